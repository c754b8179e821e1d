// A new note is pinned by a click: "Pilih letaknya", then a feature or a point of the map, or a cell of a table. Without
// JavaScript a note is pinned to what is selected, or by the links "Catat".

const angka = new Intl.NumberFormat("id-ID", { maximumFractionDigits: 5 });
const form = () => document.querySelector(".note-form");
const pane = () => document.getElementById("sisi")?.dataset.pane;
const cells = () => document.querySelectorAll("tr[data-row] td[data-column]");
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

let armed = false;

function arm(on) {
  armed = on;
  document.body.classList.toggle("note-picking", on);
  for (const cell of cells()) {
    if (on) cell.tabIndex = 0;
    else cell.removeAttribute("tabindex");
  }
  const map = document.getElementById("peta");
  if (on && pane() !== "tabel") map?.dispatchEvent(new CustomEvent("peta:ask"));
  const inTable = !map || pane() === "tabel";
  hint.textContent = !on ? "" : inTable ? "Klik sel tabel yang hendak dicatat. Esc membatalkan." : "Klik fitur atau titik di peta (di papan ketik: Enter di tengah peta). Esc membatalkan.";
  if (on && !inTable) map.querySelector("canvas")?.focus({ preventScroll: true });
}

// What is to be done now, over the page, for as long as it is to be done.
const hint = document.createElement("p");
hint.className = "note-hint";
hint.setAttribute("role", "status");
document.body.append(hint);

function pin(place, words) {
  arm(false);
  const one = form();
  if (!one) {
    // The pane of the notes is shut: its link opens it with this place.
    const link = document.createElement("a");
    const asked = new URLSearchParams(location.search);
    asked.set("sisi", "catatan");
    asked.set("pada", JSON.stringify(place));
    link.href = `${location.pathname}?${asked}${location.hash}`;
    (document.getElementById("meja") ?? document.body).append(link);
    link.click();
    link.remove();
    return;
  }
  one.elements.pada.value = JSON.stringify(place);
  one.querySelector("[data-note-words]").textContent = words;
  one.querySelector("[data-note-clear]").hidden = false;
  one.elements.text.focus();
}

const degrees = (value, positive, negative) => `${angka.format(Math.abs(value))}° ${value < 0 ? negative : positive}`;

document.addEventListener("peta:point", ({ detail: { lngLat, feature } }) => {
  if (!armed) return;
  const [lon, lat] = lngLat;
  const known = feature !== null && feature !== undefined;
  pin({ ...(known && { feature: String(feature) }), lon, lat }, known ? `Fitur ${feature}` : `Titik ${degrees(lon, "BT", "BB")}, ${degrees(lat, "LU", "LS")}`);
});

function pinCell(cell) {
  const row = Number(cell.closest("tr").dataset.row), { column } = cell.dataset;
  pin({ row, column }, `Baris ${row}, kolom ${column}`);
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const zoom = target.closest(".note [data-zoom]");
  if (zoom) document.getElementById(zoom.dataset.map)?.scrollIntoView({ block: "nearest" });
  if (target.closest("[data-note-pick]")) {
    arm(true);
    return;
  }
  const cell = armed && target.closest("tr[data-row] td[data-column]");
  if (cell) {
    event.preventDefault();
    event.stopPropagation();
    pinCell(cell);
    return;
  }
  const clear = target.closest("[data-note-clear]");
  if (!clear) return;
  event.preventDefault();
  event.stopPropagation();
  const one = form();
  one.elements.pada.value = "{}";
  one.querySelector("[data-note-words]").textContent = "Seluruh data";
  clear.hidden = true;
  one.elements.text.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (armed && key === "Escape") {
    arm(false);
    document.getElementById("peta")?.dispatchEvent(new KeyboardEvent("keydown", { key }));
    event.preventDefault();
  } else if (armed && key === "Enter" && target.matches("td[data-column]")) {
    event.preventDefault();
    pinCell(target);
  } else if (key === "n" && pane() === "tabel" && !armed && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(target) && localStorage.getItem("sebar-pintasan") !== "mati") {
    // Beside a table a note belongs to a cell; n once more writes it without one.
    event.preventDefault();
    event.stopPropagation();
    arm(true);
  }
}, true);

// A pin on the map leads to its note.
document.addEventListener("peta:select", (event) => {
  const one = event.detail.layer === "notes" && document.getElementById(`catatan-${event.detail.key}`);
  if (!one || document.getElementById("meja")) return;
  event.preventDefault();
  for (const other of document.querySelectorAll('.note[aria-current="true"]')) other.removeAttribute("aria-current");
  one.setAttribute("aria-current", "true");
  one.scrollIntoView({ block: "nearest" });
});

function offer() {
  const pickable = Boolean(document.getElementById("peta") || cells().length);
  for (const button of document.querySelectorAll("[data-note-pick]")) button.hidden = !pickable;
}
new MutationObserver(offer).observe(document.body, { childList: true, subtree: true });
offer();
