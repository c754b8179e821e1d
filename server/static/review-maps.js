// The review page's map in each of its modes, and the release that the public has beside or under it.

import { enhance } from "./map.js";

const middle = document.getElementById("tengah");
let old = null;
let now = "";

const tell = (peta, name, detail) => peta.dispatchEvent(new CustomEvent(name, { detail }));

// `mode`, `cara` and `kolom` as the address says them.
export async function arrange(peta, { mode, cara, kolom }, here) {
  if (!peta?.classList.contains("peta-ready")) return;
  const wanted = `${mode} ${cara} ${kolom}`;
  if (wanted === now) return;
  now = wanted;
  tell(peta, "peta:marks", { source: "findings", visible: mode === "temuan", address: `${here}/temuan.geojson` });
  tell(peta, "peta:marks", { source: "comparison", visible: mode === "banding", address: `/api/v1/submissions/${here.split("/").pop()}/comparison` });
  beside(peta, mode === "banding" ? cara : "tumpuk");
  const column = kolom || document.getElementById("kolom-tematik")?.value;
  let theme = null;
  if (mode === "tematik" && column) {
    const answer = await fetch(`${here}/tematik?kolom=${encodeURIComponent(column)}`, { headers: { Accept: "application/json" } });
    theme = answer.ok ? await answer.json() : null;
  }
  if (wanted === now) tell(peta, "peta:theme", theme);
}

function beside(peta, how) {
  const box = peta.map.getBounds(), narrower = how === "dampingan" && !middle.classList.contains("map-pair");
  middle.classList.toggle("map-pair", how === "dampingan");
  if (narrower) peta.map.once("resize", () => peta.map.fitBounds(box, { animate: false }));
  middle.classList.toggle("map-swipe", how === "geser");
  const kept = document.getElementById("rilis-lama");
  if (how === "tumpuk" || !kept || old) return;
  old = kept.content.firstElementChild.cloneNode(true);
  const names = [["map-name-old", old.getAttribute("aria-label")], ["map-name-new", "Versi ini"]].map(([name, words]) => {
    const label = document.createElement("p");
    label.className = `map-name ${name}`;
    label.textContent = words;
    return label;
  });
  middle.append(old, ...names, slider());
  old.addEventListener("peta:ready", () => follow(peta.map, old.map));
  enhance(middle);
}

// Two maps of one place: what one shows the other shows.
function follow(...maps) {
  let leading = false;
  const copy = (from, to) => {
    if (leading) return;
    leading = true;
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
    leading = false;
  };
  const [first, second] = maps;
  copy(first, second);
  first.on("move", () => copy(first, second));
  second.on("move", () => copy(second, first));
}

function slider() {
  const handle = document.createElement("div");
  handle.className = "swipe";
  for (const [name, value] of Object.entries({ role: "slider", tabindex: "0", "aria-label": "Batas antara rilis lama di kiri dan versi ini di kanan", "aria-valuemin": "0", "aria-valuemax": "100" })) handle.setAttribute(name, value);
  let at = 50;
  const set = (value) => {
    at = Math.max(0, Math.min(100, value));
    middle.style.setProperty("--swipe", `${at}%`);
    handle.setAttribute("aria-valuenow", Math.round(at));
    handle.setAttribute("aria-valuetext", `rilis lama ${Math.round(at)} %`);
  };
  set(at);
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    set(at + by);
  });
  handle.addEventListener("pointerdown", ({ pointerId }) => {
    handle.setPointerCapture(pointerId);
    handle.onpointermove = ({ clientX }) => {
      const { left, width } = middle.getBoundingClientRect();
      set((100 * (clientX - left)) / width);
    };
  });
  handle.addEventListener("pointerup", () => { handle.onpointermove = null; });
  return handle;
}
