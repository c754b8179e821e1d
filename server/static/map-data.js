// What a map shows, as numbers and GeoJSON: loading, extents, classes, words. Knows no map library and no page.

import { _, locale } from "./language.js";

const MOST_PAGES = 20;

// An absolute address of ours under the name with which this page was opened.
const here = (address) => address?.replace(/^.*?(?=\/(ogc|meja)\/)/, location.origin);

// Every feature behind an address: one GeoJSON file, or the pages of an OGC API collection. The file may say `counts`
// of what there is in all, and how many features are `left` out.
export async function load(address) {
  const features = [];
  let next = new URL(address, location.href).href;
  for (let page = 0; next && page < MOST_PAGES; page += 1) {
    const answer = await fetch(next, { headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const collection = await answer.json();
    for (const feature of collection.features ?? (collection.geometry ? [collection] : [])) features.push(feature);
    const { counts, left = counts && collection.numberMatched - collection.numberReturned } = collection;
    Object.assign(features, { counts, left });
    next = here(collection.links?.find((link) => link.rel === "next")?.href);
  }
  return features;
}

// The vector source behind a TileJSON.
export async function loadTileset(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { tiles, minzoom, maxzoom, bounds } = await answer.json();
  return { tiles: tiles.map(here), minzoom, maxzoom, bounds };
}

const eachPosition = (geometry, visit) => {
  if (!geometry) return;
  if (geometry.type === "GeometryCollection") {
    for (const part of geometry.geometries) eachPosition(part, visit);
    return;
  }
  const walk = (coordinates) => {
    if (typeof coordinates?.[0] === "number") visit(coordinates);
    else for (const part of coordinates ?? []) walk(part);
  };
  walk(geometry.coordinates);
};

// [west, south, east, north], or null where nothing has a place.
export function extent(geometries) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const geometry of geometries) {
    eachPosition(geometry, ([x, y]) => {
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    });
  }
  return Number.isFinite(box[0]) ? box : null;
}

// The middle of the largest ring: where a label stands.
export function middle(geometry) {
  const polygons = geometry?.type === "Polygon" ? [geometry.coordinates] : geometry?.coordinates ?? [];
  const boxes = polygons.map((rings) => extent([{ type: "Polygon", coordinates: rings }])).filter(Boolean);
  const area = ([w, s, e, n]) => (e - w) * (n - s);
  const largest = boxes.sort((a, b) => area(b) - area(a))[0];
  return largest && [(largest[0] + largest[2]) / 2, (largest[1] + largest[3]) / 2];
}

// "Polygon", "LineString" or "Point": what most features are.
export function shape(features) {
  const count = {};
  for (const { geometry } of features) {
    const kind = geometry?.type.replace("Multi", "");
    if (kind) count[kind] = (count[kind] ?? 0) + 1;
  }
  return Object.entries(count).sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

// Upper ends of at most five classes with about equally many values each; the last end is the largest value.
export function quantiles(values, classes = 5) {
  const sorted = values.filter(isNumber).sort((a, b) => a - b);
  const distinct = [...new Set(sorted)];
  if (distinct.length <= classes) return distinct;
  const ends = Array.from({ length: classes }, (_, n) => sorted[Math.ceil(((n + 1) * sorted.length) / classes) - 1]);
  return [...new Set(ends)];
}

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const days = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "Asia/Jakarta" });

export const angka = (value) => numbers.format(value);

// A value in words; `kind` "code" keeps digits as they are (years, codes).
export function said(value, kind) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? _("ya") : _("tidak");
  if (isNumber(value)) return kind === "code" ? String(value) : numbers.format(value);
  if (kind === "date" && !Number.isNaN(Date.parse(value))) return days.format(new Date(value));
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
