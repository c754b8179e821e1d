// Meja Pemeriksaan: what is selected stands in the address, and the parts that follow it are fetched without losing the
// map. Without JavaScript every link and form does the same by itself.

import { arrange } from "./review-maps.js";

const bench = document.getElementById("meja");
const peta = document.getElementById("peta");
const { here, queue } = bench.dataset;
const part = (id) => document.getElementById(id);
const say = (words) => { part("kabar").textContent = words; };
const shown = () => [...part("daftar").querySelectorAll(".finding")].filter((one) => one.offsetParent);
const phone = matchMedia("(width < 720px)");
const told = (name, detail = {}) => peta?.dispatchEvent(new CustomEvent(name, { detail }));

// What was typed and not sent survives the exchange of the pane it stands in.
const drafts = new Map();
const field = ({ form, name }) => `${form?.getAttribute("action")} ${name}`;
document.addEventListener("input", ({ target }) => {
  if (target.matches("#sisi textarea")) drafts.set(field(target), target.value);
});
document.addEventListener("submit", ({ target }) => { for (const one of target.elements) drafts.delete(field(one)); });

let last = null;
const chosen = (search) => ["temuan", "fitur", "baris"].map((name) => new URLSearchParams(search).get(name) ?? "").join(" ");

async function go(address, { push = true, zoom = true } = {}) {
  const url = new URL(address, location.href);
  // Another mode or pane leaves the map where it is.
  const again = chosen(location.search) !== chosen(url.search) || location.search === url.search;
  if (push) history.pushState(null, "", `${url.pathname}${url.search}${location.hash}`);
  const asked = url.searchParams, key = asked.get("temuan"), list = part("daftar").dataset;
  point(key);
  if ((asked.get("cek") ?? "") !== (list.cek ?? "") || (key && !part(`temuan-${key}`))) asked.set("daftar", "1");
  last?.abort();
  last = new AbortController();
  try {
    const answer = await fetch(`${here}/bagian?${asked}`, { headers: { Accept: "text/html" }, signal: last.signal });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch (fault) {
    if (fault.name !== "AbortError") location.assign(url);
    return false;
  }
  settle(zoom && again);
  return true;
}

function swap(page) {
  for (const fresh of [...page.body.children]) {
    const old = part(fresh.id);
    if (!old) continue;
    const held = old.contains(document.activeElement) && document.activeElement;
    const views = old.dataset.pane === fresh.dataset.pane ? [old, old.querySelector(".table-wrap")].map((one) => [one?.scrollTop, one?.scrollLeft]) : [];
    old.replaceWith(fresh);
    for (const [n, [top, left]] of views.entries()) [fresh, fresh.querySelector(".table-wrap")][n]?.scrollTo(left, top);
    for (const one of fresh.querySelectorAll("textarea")) one.value ||= drafts.get(field(one)) ?? "";
    if (!held) continue;
    const again = held.id ? part(held.id) : [...fresh.querySelectorAll(held.tagName)].find((one) => one.textContent === held.textContent);
    (again ?? (fresh.hidden ? bench.querySelector('#daftar [aria-current="true"] a, #rincian a') : fresh))?.focus({ preventScroll: true });
  }
}

// The page as its address wants it: map, marks, the announcement.
function settle(zoom) {
  const { place, said } = part("sisi").dataset;
  const key = new URLSearchParams(location.search).get("temuan");
  const one = key && part(`temuan-${key}`);
  point(key);
  say(one ? `Temuan ${one.dataset.number} dari ${part("daftar").dataset.total}: ${said}` : said);
  arrange(peta, part("ragam").dataset, here);
  told("peta:pick", { geometry: place ? JSON.parse(place) : null, zoom });
  if (place && zoom && phone.matches) peta?.scrollIntoView();
  document.querySelector('#isi-tabel tr[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
}

function point(key) {
  for (const other of part("daftar").querySelectorAll('.finding[aria-current="true"]')) other.removeAttribute("aria-current");
  const one = key && part(`temuan-${key}`);
  one?.setAttribute("aria-current", "true");
  one?.scrollIntoView({ block: "nearest" });
}

// The present address with something else selected.
function picking(chosen) {
  const asked = new URLSearchParams(location.search);
  for (const name of ["temuan", "fitur", "baris", "dari"]) asked.delete(name);
  asked.set("sisi", part("sisi").dataset.pane === "tabel" ? "tabel" : "fitur");
  for (const [name, value] of Object.entries(chosen)) asked.set(name, value);
  return `${here}?${asked}`;
}

bench.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
  if (link && plain && link.origin === location.origin && link.pathname === here && !link.getAttribute("href").startsWith("#")) {
    event.preventDefault();
    go(link.href);
  } else if (!link && !event.target.closest("button, summary, form, details[open]")) {
    event.target.closest(".finding")?.querySelector(".finding-message a")?.click();
  }
});
bench.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || form.getAttribute("action") !== here) return;
  event.preventDefault();
  go(`${here}?${new URLSearchParams(new FormData(form))}`);
});
addEventListener("popstate", () => go(location.href, { push: false, zoom: !location.hash }));

peta?.addEventListener("peta:select", (event) => {
  const { layer, id, key } = event.detail;
  event.preventDefault();
  if (layer === "findings") go(picking({ temuan: key }), { zoom: false });
  else if (layer === "notes") go(picking({ sisi: "catatan" }), { zoom: false }).then(() => part(`catatan-${key}`)?.scrollIntoView({ block: "nearest" }));
  else go(picking(layer === "comparison" ? { fitur: id, sisi: "perubahan" } : { fitur: id }), { zoom: false });
});
peta?.addEventListener("peta:ready", ({ detail }) => settle(!detail.moved));

// The keyboard. Single letters can be turned off (WCAG 2.1.4); what needs Ctrl, and Escape, always works.
const OFF = "sebar-pintasan";
const dialog = part("pintasan");
const keys = bench.querySelector("[data-keys]");
const wanted = dialog.querySelector("input");
wanted.checked = localStorage.getItem(OFF) !== "mati";
wanted.addEventListener("change", () => localStorage.setItem(OFF, wanted.checked ? "hidup" : "mati"));
keys.hidden = false;
keys.addEventListener("click", () => dialog.showModal());

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const onControl = (target) => target.closest("a, button, summary, canvas, [role=slider]");

function step(by) {
  const all = shown();
  const now = all.findIndex((one) => one.contains(document.activeElement) || one.getAttribute("aria-current") === "true");
  const link = all[Math.max(0, Math.min(all.length - 1, now + by))]?.querySelector(".finding-message a");
  link?.focus();
  link?.click();
}

async function note() {
  if (!["fitur", "catatan"].includes(part("sisi").dataset.pane)) {
    const asked = new URLSearchParams(location.search);
    asked.set("sisi", "catatan");
    await go(`${here}?${asked}`, { zoom: false });
  }
  part("catatan")?.querySelector("textarea")?.focus();
}

async function table() {
  const canvas = peta?.querySelector(".maplibregl-canvas");
  if (canvas && document.activeElement !== canvas && part("isi-tabel")?.closest(".table-wrap").contains(document.activeElement)) {
    canvas.focus();
    return;
  }
  if (!part("isi-tabel")) {
    const asked = new URLSearchParams(location.search);
    asked.set("sisi", "tabel");
    await go(`${here}?${asked}`, { zoom: false });
  }
  part("isi-tabel")?.closest(".table-wrap").focus();
}

function compare() {
  const modes = part("ragam"), name = modes.dataset.mode === "banding" ? "Temuan" : "Banding";
  [...modes.querySelectorAll(".mode")].find((one) => one.textContent === name)?.click();
}

let awaiting = 0;
const KEYS = {
  "?": () => dialog.showModal(),
  j: () => step(1),
  k: () => step(-1),
  n: note,
  t: table,
  d: compare,
  g: () => { awaiting = Date.now(); },
  a: () => { if (Date.now() - awaiting < 1500) location.assign(queue); },
  Enter: () => told("peta:pick", { geometry: part("sisi").dataset.place ? JSON.parse(part("sisi").dataset.place) : null, zoom: true }),
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
    target.closest("form")?.requestSubmit();
    return;
  }
  if (key === "Escape") {
    if (dialog.open || document.querySelector("details.decision[open]") || part("sisi").hidden || event.defaultPrevented) return;
    if (typing(target)) part("sisi").focus();
    else part("sisi").querySelector("[data-shut]")?.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !wanted.checked || dialog.open || typing(target)) return;
  if (!Object.hasOwn(KEYS, key) || (key === "Enter" && onControl(target))) return;
  event.preventDefault();
  KEYS[key]();
});

if (!peta) settle(false);
