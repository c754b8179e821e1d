// The words of maps and buttons in the language of the page: Indonesian where they are used, English here.

export const language = document.documentElement.lang === "en" ? "en" : "id";
export const locale = { id: "id-ID", en: "en-GB" }[language];

// For elements that say what agencies wrote.
export const written = { lang: language === "id" ? null : "id" };

const ENGLISH = {
  "Coba lagi": "Try again",
  "Fitur {id}": "Feature {id}",
  "Geser peta dengan dua jari": "Move the map with two fingers",
  "Keterangan fitur": "About this feature",
  "Legenda": "Legend",
  "Lihat tabelnya": "See the table",
  "Memuat peta…": "Loading the map…",
  "Perbesar": "Zoom in",
  "Peramban ini tidak dapat menggambar peta (WebGL tidak tersedia).": "This browser cannot draw maps (WebGL is not available).",
  "Perkecil": "Zoom out",
  "Peta. Tombol panah menggeser, tambah dan kurang mengubah skala, Enter membuka fitur di tengah peta.": "Map. Arrow keys move it, plus and minus change its scale, Enter opens the feature in the middle.",
  "Sebagian data peta tidak dapat dimuat. ": "Some of the map's data could not be loaded. ",
  "Tahan Ctrl sambil menggulir untuk mengubah skala peta": "Hold Ctrl while scrolling to zoom the map",
  "Tahan ⌘ sambil menggulir untuk mengubah skala peta": "Hold ⌘ while scrolling to zoom the map",
  "Tersalin": "Copied",
  "Tutup": "Close",
  "indikatif": "indicative",
  "lainnya ({count})": "others ({count})",
  "tidak": "no",
  "tidak ada data": "no data",
  "ya": "yes",
};

export const _ = (text, values = {}) => ((language === "en" && ENGLISH[text]) || text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
