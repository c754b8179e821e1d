// How Sebar's maps look: colours, symbols and layers.

export const PAPER = "#f7f8fa";
export const LAND = "#eceff3";
export const BOUNDARY = "#b8c0cc";
export const NILA = "#20407a";
const INK = "#17202e";

// One hue, light to dark, for one to five classes.
const SHADES = ["#d5dfef", "#a9bfe0", "#7595c8", "#4469a8", "#20407a"];
export const shades = (count) => ({ 1: [2], 2: [1, 3], 3: [0, 2, 4], 4: [0, 1, 3, 4], 5: [0, 1, 2, 3, 4] })[count].map((n) => SHADES[n]);

// Layers of the map viewer, in the order they are switched on.
export const DYES = ["#20407a", "#8a4a22", "#1f7a54", "#7a4e0c", "#6b3a78", "#b3261e"];

// Marks on a map never differ by colour alone: each has a sign and a line of its own.
export const MARKS = {
  blocks: { word: "Menghalangi", colour: "#b3261e", sign: "octagon", dash: [1] },
  warns: { word: "Peringatan", colour: "#b7791f", sign: "triangle", dash: [3, 2] },
  informs: { word: "Keterangan", colour: "#20407a", sign: "dot", dash: [1, 1] },
  added: { word: "Baru", colour: "#1f7a54", sign: "+", dash: [1] },
  removed: { word: "Hilang", colour: "#b3261e", sign: "−", dash: [2, 2] },
  moved: { word: "Bergeser", colour: "#b7791f", sign: "↔", dash: [5, 2] },
  changed: { word: "Berubah", colour: "#8a4a22", sign: "#", dash: [1, 1] },
  must_fix: { word: "Catatan: harus diperbaiki", colour: "#8a4a22", sign: "!", square: true, dash: [1] },
  question: { word: "Catatan: pertanyaan", colour: "#20407a", sign: "?", square: true, dash: [3, 2] },
  suggestion: { word: "Catatan: saran", colour: "#5a6475", sign: "i", square: true, dash: [1, 1] },
};

const SCALE = 2;

function canvas(size) {
  const element = document.createElement("canvas");
  element.width = size * SCALE;
  element.height = size * SCALE;
  const pen = element.getContext("2d");
  pen.scale(SCALE, SCALE);
  return [element, pen];
}

const pixels = (element) => element.getContext("2d").getImageData(0, 0, element.width, element.height);

const polygon = (pen, corners, turn) => {
  for (let n = 0; n < corners; n += 1) {
    const angle = (2 * Math.PI * n) / corners + turn;
    pen.lineTo(11 + 9 * Math.cos(angle), 11 + 9 * Math.sin(angle));
  }
  pen.closePath();
};

// A mark's symbol on a canvas of 22 × 22, as the map and the legend draw it.
export function sign({ sign: name, colour, square }) {
  const [element, pen] = canvas(22);
  pen.fillStyle = colour;
  pen.strokeStyle = "#fff";
  pen.lineWidth = 2;
  pen.beginPath();
  if (name === "octagon") polygon(pen, 8, Math.PI / 8);
  else if (name === "triangle") polygon(pen, 3, -Math.PI / 2);
  else if (square) pen.roundRect(2.5, 2.5, 17, 17, 3);
  else pen.arc(11, 11, 8.5, 0, 2 * Math.PI);
  pen.stroke();
  pen.fill();
  pen.fillStyle = "#fff";
  pen.font = "700 13px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  const text = { octagon: "!", triangle: "!", dot: "i" }[name] ?? name;
  pen.fillText(text, 11, name === "triangle" ? 12.5 : 11.5);
  return element;
}

// Hatched grey: no data.
export function hatch() {
  const [element, pen] = canvas(8);
  pen.fillStyle = "#f1f3f6";
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#b4bcc9";
  pen.lineWidth = 1.2;
  pen.beginPath();
  for (const start of [-8, 0, 8]) {
    pen.moveTo(start, 8);
    pen.lineTo(start + 8, 0);
  }
  pen.stroke();
  return element;
}

// Categories differ by colour and by what is drawn on it; the last one is all others.
export const CATEGORIES = ["#20407a", "#c98a5a", "#1f7a54", "#b3a1c9", "#7a4e0c", "#8fb7c9", "#c4c9d2"];
const STROKES = ["", "M0 8L8 0", "M0 0L8 8", "M0 4L8 4", "M4 0L4 8", "M0 4L8 4M4 0L4 8", ""];

export function pattern(n, name = "") {
  const [element, pen] = canvas(8);
  element.className = name;
  pen.fillStyle = CATEGORIES[n];
  pen.fillRect(0, 0, 8, 8);
  pen.strokeStyle = "#fff";
  pen.lineWidth = 1.2;
  pen.stroke(new Path2D(STROKES[n]));
  return element;
}

export function addImages(map) {
  map.addImage("hatch", pixels(hatch()), { pixelRatio: SCALE });
  for (const n of CATEGORIES.keys()) map.addImage(`pattern-${n}`, pixels(pattern(n)), { pixelRatio: SCALE });
  for (const [name, mark] of Object.entries(MARKS)) map.addImage(`mark-${name}`, pixels(sign(mark)), { pixelRatio: SCALE });
}

export const style = () => ({
  version: 8,
  sources: {},
  layers: [{ id: "paper", type: "background", paint: { "background-color": PAPER } }],
});

export const baseLayers = (source) => [
  { id: `${source}-land`, source, type: "fill", paint: { "fill-color": LAND, "fill-antialias": false } },
  { id: `${source}-edge`, source, type: "line", paint: { "line-color": BOUNDARY, "line-width": 1 }, layout: { "line-join": "round" } },
];

const selected = (yes, no) => ["case", ["boolean", ["feature-state", "selected"], false], yes, no];
const is = (kind) => ["==", ["geometry-type"], kind];

// `value`: {colours, of, patterns} for features coloured by class: `of` gives the class, -1 where there is no data;
// without it features carry theirs in _class.
export function dataLayers(source, colour, value) {
  const of = value?.of ?? ["get", "_class"];
  const fill = value ? ["match", of, ...value.colours.flatMap((shade, n) => [n, shade]), "#0000"] : colour;
  const layers = [
    { id: `${source}-fill`, source, type: "fill", filter: is("Polygon"), paint: { "fill-color": fill, "fill-opacity": value ? 0.9 : selected(0.8, 0.55) } },
  ];
  if (value) {
    layers.push({ id: `${source}-nothing`, source, type: "fill", filter: ["all", is("Polygon"), ["==", of, -1]], paint: { "fill-pattern": "hatch" } });
    if (value.patterns) layers.push({ id: `${source}-pattern`, source, type: "fill", filter: ["all", is("Polygon"), [">=", of, 0]], paint: { "fill-pattern": ["concat", "pattern-", ["to-string", of]] } });
  }
  layers.push(
    {
      id: `${source}-edge`, source, type: "line", filter: is("Polygon"), layout: { "line-join": "round" },
      paint: { "line-color": selected(INK, value ? "#ffffff" : colour), "line-width": selected(3, 1.2) },
    },
    {
      id: `${source}-line`, source, type: "line", filter: is("LineString"), layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": value ? fill : colour, "line-width": ["interpolate", ["linear"], ["zoom"], 10, selected(4, 1.2), 16, selected(6, 3)] },
    },
    {
      id: `${source}-point`, source, type: "circle", filter: is("Point"),
      paint: {
        "circle-color": value ? ["case", ["==", of, -1], BOUNDARY, fill] : colour,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 3.5, 16, 7],
        "circle-stroke-color": selected(INK, "#ffffff"),
        "circle-stroke-width": selected(3, 1.2),
      },
    },
  );
  return layers;
}

// What is selected elsewhere on the page, above everything.
export const pickLayers = (source) => [
  { id: `${source}-halo`, source, type: "line", filter: ["!", is("Point")], layout: { "line-join": "round" }, paint: { "line-color": "#ffffff", "line-width": 7 } },
  { id: `${source}-line`, source, type: "line", filter: ["!", is("Point")], layout: { "line-join": "round" }, paint: { "line-color": INK, "line-width": 3 } },
  { id: `${source}-ring`, source, type: "circle", filter: is("Point"), paint: { "circle-radius": 15, "circle-color": "#0000", "circle-stroke-color": INK, "circle-stroke-width": 3 } },
];

// Findings and comparisons: a line of its own and a sign for every kind in `_mark`.
export function markLayers(source) {
  const layers = Object.entries(MARKS).flatMap(([name, { colour, dash }]) => {
    const mine = ["==", ["get", "_mark"], name];
    return [
      { id: `${source}-${name}-fill`, source, type: "fill", filter: ["all", mine, is("Polygon")], paint: { "fill-color": colour, "fill-opacity": selected(0.3, 0.12) } },
      {
        id: `${source}-${name}-line`, source, type: "line", filter: ["all", mine, ["!", is("Point")]],
        paint: { "line-color": colour, "line-width": selected(4, 2), ...(dash.length > 1 && { "line-dasharray": dash }) },
      },
    ];
  });
  layers.push({
    id: `${source}-sign`, source, type: "symbol",
    layout: {
      "icon-image": ["concat", "mark-", ["get", "_mark"]],
      "icon-allow-overlap": true,
      "symbol-sort-key": ["match", ["get", "_mark"], "blocks", 2, "warns", 1, 0],
      "symbol-placement": "point",
    },
  });
  layers.push({
    id: `${source}-ring`, source, type: "circle", filter: is("Point"),
    paint: { "circle-radius": 15, "circle-color": "#0000", "circle-stroke-color": INK, "circle-stroke-width": selected(3, 0) },
  });
  return layers;
}
