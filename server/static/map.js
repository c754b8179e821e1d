// The map of every page. It turns <div class="peta" …> into a map; without it the page's table says the same.
//
//   data-src         GeoJSON file or OGC items address      data-bbox      "w,s,e,n" to begin with
//   data-base        boundaries drawn as grey paper         data-table     address or #id of the table beside it
//   data-legend      what is shown, with                    data-value     number field to colour by
//   data-unit, data-period, data-source, data-indicative    data-label     field that names a feature
//   data-fields      JSON [[name, words, kind], …]          data-findings  GeoJSON with key, severity, message
//   data-comparison  GeoJSON with change: added, removed, moved, changed
//   data-tiles       JSON {layer, items, key, shape}: data-src is a TileJSON, and whole features stand behind items
//   data-scroll      "page": the wheel scrolls the page     data-hash      the view is kept in the address
//   data-notes       GeoJSON with key, kind, message
//
// It dispatches peta:ready {moved} (whether the address said the view) and peta:select {layer, id, key, properties,
// lngLat}; preventDefault() keeps its own panel shut. After peta:ask the next place that is clicked is told as
// peta:point {lngLat, feature}; Escape forgets it.
// It listens to peta:zoom {geometry | bbox | id | key}, peta:reload, peta:layer {id, visible, src, legend, …},
// peta:pick {geometry, zoom} (what is selected elsewhere on the page), peta:marks {source, visible, address} and
// peta:theme {field, legend, unit, ends, least, missing | values, others, missing}. Its element's `map` is MapLibre's.
// Elsewhere on the page <button data-map="id" data-zoom="key or id"> and <input type="checkbox" data-map="id"
// data-layer='{"id": …, "src": …, "legend": …}'> do the same.

import { Map as Maplibre, Marker, NavigationControl, ScaleControl } from "./vendor/maplibre-gl/maplibre-gl.mjs";
import { _, written } from "./language.js";
import { angka, extent, isNumber, load, loadTileset, middle, quantiles, said, shape } from "./map-data.js";
import { CATEGORIES, DYES, MARKS, addImages, baseLayers, dataLayers, hatch, markLayers, pattern, pickLayers, shades, sign, style } from "./map-look.js";

const WORDS = {
  "Map.Title": _("Peta. Tombol panah menggeser, tambah dan kurang mengubah skala, Enter membuka fitur di tengah peta."),
  "NavigationControl.ZoomIn": _("Perbesar"),
  "NavigationControl.ZoomOut": _("Perkecil"),
  "CooperativeGesturesHandler.WindowsHelpText": _("Tahan Ctrl sambil menggulir untuk mengubah skala peta"),
  "CooperativeGesturesHandler.MacHelpText": _("Tahan ⌘ sambil menggulir untuk mengubah skala peta"),
  "CooperativeGesturesHandler.MobileHelpText": _("Geser peta dengan dua jari"),
};
const INDONESIA = [95, -11, 141, 6];
const LABELS_FROM = 12;
const RANKS = { Polygon: 1, LineString: 2, Point: 3 };

const KINDS = { findings: "severity", comparison: "change", notes: "kind" };
const FINDING_FIELDS = [["row", "Baris", "code"], ["column", "Kolom"], ["suggestion", "Mungkin maksudnya"], ["mend", "Cara memperbaiki"]];

const still = matchMedia("(prefers-reduced-motion: reduce)");

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function hasWebGL() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

const parse = (text, otherwise) => {
  try {
    return text ? JSON.parse(text) : otherwise;
  } catch {
    return otherwise;
  }
};

class Peta {
  constructor(element) {
    this.element = element;
    this.layers = new Map();
    this.marks = new Map();
    this.colours = new Map();
    this.unwanted = new Set();
    this.labels = [];
    this.picked = null;
    this.moved = element.dataset.hash !== undefined && location.hash !== "";
  }

  async start() {
    const { element } = this;
    if (!hasWebGL()) {
      this.explain(_("Peramban ini tidak dapat menggambar peta (WebGL tidak tersedia)."));
      return;
    }
    this.frame = h("div", { class: "peta-canvas" });
    this.wait = h("p", { class: "peta-wait", role: "status" }, _("Memuat peta…"));
    this.live = h("p", { class: "hidden", "aria-live": "polite" });
    this.legend = h("details", { class: "peta-legend", open: element.clientWidth >= 520 });
    this.panel = h("section", { class: "peta-panel", hidden: true, tabindex: "-1", "aria-label": _("Keterangan fitur") });
    element.replaceChildren(this.frame, h("span", { class: "peta-cross", "aria-hidden": "true" }), this.legend, this.panel, this.live, this.wait);
    this.draw();
    this.listen();
    await new Promise((done) => { this.map.once("load", done); });
    element.map = this.map;
    addImages(this.map);
    this.put("picked", [], pickLayers("picked"));
    await this.fill();
    this.wait.remove();
    element.classList.add("peta-ready");
    this.tell("peta:ready", { moved: this.moved });
  }

  draw() {
    const { dataset } = this.element;
    this.map = new Maplibre({
      container: this.frame,
      style: style(),
      bounds: this.given() ?? INDONESIA,
      fitBoundsOptions: { padding: 24 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      renderWorldCopies: false,
      maxZoom: 19,
      cooperativeGestures: dataset.scroll === "page",
      hash: dataset.hash !== undefined,
      locale: WORDS,
      fadeDuration: 0,
      canvasContextAttributes: { preserveDrawingBuffer: true, antialias: true },
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  }

  given() {
    const box = this.element.dataset.bbox?.split(",").map(Number);
    return box?.length === 4 && box.every(Number.isFinite) ? box : null;
  }

  listen() {
    const { element, map } = this;
    element.addEventListener("peta:zoom", ({ detail }) => this.zoom(detail));
    element.addEventListener("peta:layer", ({ detail }) => this.toggle(detail));
    element.addEventListener("peta:reload", () => this.fill());
    element.addEventListener("peta:pick", ({ detail }) => this.pick(detail));
    element.addEventListener("peta:marks", ({ detail }) => this.showMarks(detail));
    element.addEventListener("peta:theme", ({ detail }) => this.colour(detail));
    element.addEventListener("peta:ask", () => this.ask(true));
    map.on("click", ({ point }) => this.inspect(point));
    map.on("mousemove", ({ point }) => { map.getCanvas().style.cursor = this.at(point) ? "pointer" : ""; });
    map.on("zoomend", () => this.declutter());
    map.on("movestart", ({ originalEvent }) => { this.moved ||= Boolean(originalEvent); });
    map.getCanvas().addEventListener("keydown", ({ key }) => {
      if (key === "Enter") this.inspect();
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || (this.panel.hidden && !this.asking)) return;
      event.preventDefault();
      this.ask(false);
      this.close();
    });
  }

  // Everything that the element's attributes name.
  async fill() {
    const { dataset } = this.element;
    const told = await Promise.allSettled([
      dataset.base && dataset.base !== dataset.src && this.addBase(dataset.base),
      dataset.src && this.add({ ...dataset, id: "data", fields: parse(dataset.fields, []), tiles: parse(dataset.tiles, null) }),
      ...Object.keys(KINDS).map((source) => dataset[source] && this.addMarks(source, dataset[source])),
    ]);
    this.drawLegend();
    this.fit();
    if (told.slice(1).some(({ status }) => status === "rejected")) this.complain();
  }

  // The whole, until somebody has moved the map.
  fit() {
    if (!this.moved) this.show(this.given() ?? this.everything(), 0);
  }

  everything() {
    return extent([...this.layers.values(), ...this.marks.values()].flatMap(({ features, whole }) => [whole, ...features.map(({ geometry }) => geometry)])) ?? this.baseBox;
  }

  put(source, features, layers) {
    for (const [n, feature] of features.entries()) feature._n = n;
    const data = {
      type: "FeatureCollection",
      features: features.filter(({ geometry }) => geometry).map((feature) => ({ type: "Feature", id: feature._n, geometry: feature.geometry, properties: { _class: feature._class, _mark: feature._mark } })),
    };
    this.putSource(source, { type: "geojson", data }, layers);
  }

  putSource(source, specification, layers) {
    const { map } = this;
    if (map.getSource(source)) this.drop(source);
    const above = this.above(source);
    map.addSource(source, specification);
    for (const layer of layers) map.addLayer(layer, above);
  }

  // Base below areas below lines below points below marks.
  above(source) {
    const rank = (name) => (name === "base" ? 0 : name === "picked" ? 6 : name === "notes" ? 5 : this.marks.has(name) ? 4 : RANKS[this.layers.get(name)?.shape] ?? 1);
    const sources = new Set([...this.layers.keys(), ...this.marks.keys(), "base", "picked"].filter((name) => name !== source && rank(name) > rank(source)));
    return this.map.getStyle().layers.find((layer) => sources.has(layer.source))?.id;
  }

  drop(source) {
    for (const { id } of this.map.getStyle().layers.filter((layer) => layer.source === source)) this.map.removeLayer(id);
    this.map.removeSource(source);
  }

  async addBase(address) {
    const features = await load(address);
    this.baseBox = extent(features.map(({ geometry }) => geometry));
    this.put("base", features, baseLayers("base"));
    this.addLabels(features);
  }

  addLabels(features) {
    for (const { marker } of this.labels) marker.remove();
    this.labels = features.flatMap(({ geometry, properties }) => {
      const name = Object.keys(properties).find((key) => key.startsWith("nama"));
      const place = middle(geometry);
      if (!name || !place) return [];
      const element = h("span", { class: "peta-label", "aria-hidden": "true" }, String(properties[name]));
      return [{ element, marker: new Marker({ element }).setLngLat(place).addTo(this.map) }];
    });
    this.declutter();
  }

  declutter() {
    const far = this.map.getZoom() < LABELS_FROM;
    const taken = [];
    for (const { element } of this.labels) element.classList.toggle("peta-label-off", far);
    if (far) return;
    for (const { element } of this.labels) {
      const box = element.getBoundingClientRect();
      const clash = taken.some((other) => box.left < other.right + 4 && box.right + 4 > other.left && box.top < other.bottom && box.bottom > other.top);
      element.classList.toggle("peta-label-off", clash);
      if (!clash) taken.push(box);
    }
  }

  async add(spec) {
    if (spec.tiles) {
      await this.addTiles(spec);
      return;
    }
    const features = await load(spec.src);
    const layer = { ...spec, features, colour: spec.colour ?? DYES[0], shape: shape(features) };
    if (spec.value) {
      const values = features.map(({ properties }) => properties[spec.value]);
      layer.ends = quantiles(values);
      layer.least = Math.min(...values.filter(isNumber));
      for (const [n, feature] of features.entries()) feature._class = isNumber(values[n]) ? layer.ends.findIndex((end) => values[n] <= end) : -1;
    }
    const coloured = layer.ends?.length ? { colours: shades(layer.ends.length) } : undefined;
    if (this.unwanted.has(spec.id)) return;
    this.layers.set(spec.id, layer);
    this.put(spec.id, features, dataLayers(spec.id, layer.colour, coloured));
  }

  // Tiles say little of a feature: whole ones are asked for when somebody looks at them.
  async addTiles(spec) {
    const { layer: name, key, shape: kind } = spec.tiles;
    const tileset = await loadTileset(spec.src);
    if (this.unwanted.has(spec.id)) return;
    const [west, south, east, north] = tileset.bounds;
    const whole = { type: "LineString", coordinates: [[west, south], [east, north]] };
    const layer = { ...spec, features: [], whole, colour: spec.colour ?? DYES[0], shape: kind };
    this.layers.set(spec.id, layer);
    const source = { type: "vector", ...tileset, ...(key && { promoteId: { [name]: key } }) };
    this.putSource(spec.id, source, dataLayers(spec.id, layer.colour).map((one) => ({ ...one, "source-layer": name })));
  }

  // Colours the data by a column, or again plainly. Without a theme of before or now nothing is to be done.
  colour(theme) {
    const layer = this.layers.get("data");
    if (!layer || (!theme && !layer.theme)) return;
    layer.theme = theme;
    const colours = theme?.values ? CATEGORIES : theme && shades(theme.ends.length);
    const of = theme && this.classOf(layer, theme);
    if (layer.tiles) {
      const { id } = layer;
      for (const one of this.map.getStyle().layers.filter(({ source }) => source === id)) this.map.removeLayer(one.id);
      const above = this.above(id);
      // Under new ids: MapLibre keeps what it made of a tile's features by the layer's id.
      layer.times = (layer.times ?? 0) + 1;
      for (const one of dataLayers(id, layer.colour, theme && { colours, of, patterns: Boolean(theme.values) })) this.map.addLayer({ ...one, id: `${one.id}-${layer.times}`, "source-layer": layer.tiles.layer }, above);
    } else {
      for (const feature of layer.features) feature._class = theme ? of(feature.properties[theme.field]) : undefined;
      this.put("data", layer.features, dataLayers("data", layer.colour, theme && { colours, patterns: Boolean(theme.values) }));
    }
    this.drawLegend();
  }

  // The number of a value's class, -1 for none: an expression for tiles, else a function.
  classOf(layer, { field, ends, values }) {
    const tests = (values ?? ends).map((one) => (values ? ["==", ["get", field], one[0]] : ["<=", ["to-number", ["get", field]], one]));
    if (layer.tiles) return ["case", ["!", ["has", field]], -1, ...tests.flatMap((test, n) => [test, n]), values ? values.length : -1];
    return (value) => {
      if (value === null || value === undefined) return -1;
      const n = values ? values.findIndex(([one]) => one === value) : ends.findIndex((end) => value <= end);
      return n < 0 && values ? values.length : n;
    };
  }

  async addMarks(source, address) {
    const found = await load(address);
    const features = found.filter(({ properties }) => MARKS[properties[KINDS[source]]]);
    for (const feature of features) feature._mark = feature.properties[KINDS[source]];
    this.marks.set(source, { features, off: new Set(), hidden: false, counts: found.counts, left: found.left });
    this.put(source, features, markLayers(source));
  }

  async showMarks({ source, visible, address }) {
    try {
      if (visible && !this.marks.has(source)) await this.addMarks(source, address);
    } catch {
      this.complain();
    }
    if (!this.marks.has(source)) return;
    this.marks.get(source).hidden = !visible;
    this.paintMarks(source);
    this.drawLegend();
  }

  pick({ geometry, zoom }) {
    this.map.getSource("picked").setData({ type: "FeatureCollection", features: geometry ? [{ type: "Feature", geometry, properties: {} }] : [] });
    if (!geometry) this.mark(null, null);
    if (!geometry || !zoom) return;
    this.moved = true;
    this.show(extent([geometry]));
  }

  ask(on) {
    this.asking = on;
    this.element.classList.toggle("peta-asking", on);
  }

  async toggle({ visible = true, ...spec }) {
    if (!visible) {
      this.unwanted.add(spec.id);
      this.colours.delete(spec.id);
      if (this.layers.delete(spec.id)) this.drop(spec.id);
      this.close();
    } else if (!this.colours.has(spec.id)) {
      this.unwanted.delete(spec.id);
      const used = new Set(this.colours.values());
      this.colours.set(spec.id, DYES.find((dye) => !used.has(dye)) ?? DYES[0]);
      try {
        await this.add({ colour: this.colours.get(spec.id), ...spec });
      } catch {
        this.complain();
      }
    }
    this.drawLegend();
    this.fit();
  }

  sources() {
    return [...this.marks, ...this.layers];
  }

  // The foremost feature of ours, or of one source, at a point of the screen: [source, feature].
  at(point, one = null) {
    const around = [[point.x - 4, point.y - 4], [point.x + 4, point.y + 4]];
    const ours = this.map.getStyle().layers.filter(({ source }) => (one ? source === one : this.marks.has(source) || this.layers.has(source))).map(({ id }) => id);
    if (!ours.length) return null;
    const [hit] = this.map.queryRenderedFeatures(around, { layers: ours });
    if (!hit) return null;
    const held = this.marks.get(hit.source) ?? this.layers.get(hit.source);
    if (held.tiles) return [hit.source, { id: hit.id, _n: hit.id, properties: hit.properties }];
    return [hit.source, held.features[hit.id]];
  }

  // At a point of the screen, or in the middle of the map; who is faster than the drawing is answered when it is done.
  async inspect(asked) {
    const here = () => asked ?? this.map.project(this.map.getCenter());
    if (!this.at(here()) && !this.map.loaded()) await this.map.once("idle");
    const point = here();
    const [source, feature] = this.at(point) ?? [];
    const lngLat = this.map.unproject(point).toArray();
    if (this.asking) {
      this.ask(false);
      const [, beneath] = this.at(point, "data") ?? [];
      this.tell("peta:point", { lngLat, feature: beneath?.id ?? null });
      return;
    }
    if (!source) {
      this.close();
      return;
    }
    this.mark(source, feature);
    const { picked } = this;
    const whole = await this.whole(source, feature.id);
    if (this.picked === picked) this.select(source, { ...feature, ...whole }, lngLat);
  }

  // What a tile leaves out of a feature; nothing where the tile must do.
  async whole(source, id) {
    const { tiles } = this.layers.get(source) ?? {};
    if (!tiles || id === undefined || id === null) return {};
    const [feature] = await load(`${tiles.items}${encodeURIComponent(id)}?f=json`).catch(() => []);
    return feature ?? {};
  }

  select(source, feature, lngLat) {
    this.mark(source, feature);
    const { properties } = feature;
    const id = feature.id ?? properties.key;
    if (!this.tell("peta:select", { layer: source, id, key: properties.key, properties, lngLat })) return;
    this.live.textContent = this.name(source, feature);
    this.open(source, feature);
  }

  mark(source, feature) {
    if (this.picked && this.map.getSource(this.picked.source)) this.map.setFeatureState(this.picked, { selected: false });
    const { layer: sourceLayer } = this.layers.get(source)?.tiles ?? {};
    this.picked = feature && feature._n !== undefined ? { source, id: feature._n, ...(sourceLayer && { sourceLayer }) } : null;
    if (this.picked) this.map.setFeatureState(this.picked, { selected: true });
  }

  name(source, { id, properties, _mark }) {
    if (_mark) return properties.message ?? MARKS[_mark].word;
    const field = this.layers.get(source)?.label || Object.keys(properties).find((key) => key.startsWith("nama"));
    return String((field && properties[field]) || _("Fitur {id}", { id: id ?? "" }));
  }

  open(source, feature) {
    const rows = this.fields(source, feature).flatMap(([name, words, kind]) => [h("dt", written, words), h("dd", written, said(feature.properties[name], kind))]);
    const shut = h("button", { type: "button", class: "plain peta-shut", "aria-label": _("Tutup"), onclick: () => this.close(true) }, "×");
    this.panel.replaceChildren(shut, h("h3", written, this.name(source, feature)), h("dl", {}, rows));
    this.panel.hidden = false;
    this.panel.focus({ preventScroll: true });
  }

  fields(source, { properties }) {
    const { fields } = this.layers.get(source) ?? {};
    if (fields?.length) return fields;
    if (source === "findings") return FINDING_FIELDS.filter(([name]) => properties[name] ?? false);
    return Object.keys(properties).filter((name) => name !== "change").map((name) => [name, name, "code"]);
  }

  close(back = false) {
    if (this.panel.hidden && !this.picked) return;
    this.panel.hidden = true;
    this.mark(null, null);
    if (back) this.map.getCanvas().focus();
  }

  show(box, time = 300) {
    if (!box) return;
    const { clientWidth, clientHeight } = this.element;
    const room = Math.min(40, clientWidth / 8, clientHeight / 8);
    const legend = this.legend.open && !this.legend.hidden ? this.legend.offsetWidth : 0;
    const beside = legend < 0.45 * clientWidth ? legend : 0;
    const padding = { top: room, bottom: room, right: room, left: room + beside };
    this.map.fitBounds(box, { padding, maxZoom: 17, duration: still.matches ? 0 : time });
  }

  zoom({ geometry, bbox, id, key }) {
    const found = this.find(key ?? id);
    if (found) this.select(...found);
    this.moved = true;
    this.show(bbox ?? extent([geometry ?? found?.[1].geometry]));
  }

  find(wanted) {
    if (wanted === undefined || wanted === null) return null;
    for (const [source, { features }] of this.sources()) {
      const feature = features.find(({ id, properties }) => String(properties?.key ?? id) === String(wanted) || String(id) === String(wanted));
      if (feature) return [source, feature];
    }
    return null;
  }

  drawLegend() {
    const parts = [...[...this.layers.values()].map((layer) => this.layerLegend(layer)), ...[...this.marks].map(([source, marks]) => this.marksLegend(source, marks))].filter(Boolean);
    this.legend.replaceChildren(h("summary", {}, _("Legenda")), ...parts);
    this.legend.hidden = !parts.length;
  }

  layerLegend(given) {
    const layer = given.theme ? { ...given, ...given.theme } : given;
    if (!layer.legend) return null;
    const swatch = (colour, kind = layer.shape) => {
      const key = h("span", { class: `peta-key peta-key-${(kind ?? "Polygon").toLowerCase()}` });
      key.style.setProperty("--key", colour);
      return key;
    };
    const classes = (layer.ends ?? []).map((end, n) => {
      const from = n ? layer.ends[n - 1] : layer.least;
      return h("li", {}, swatch(shades(layer.ends.length)[n], "class"), from === end ? angka(end) : `${angka(from)} – ${angka(end)}`);
    });
    const dyed = (n) => (layer.shape === "Polygon" ? pattern(n, "peta-key peta-key-class") : swatch(CATEGORIES[n]));
    for (const [n, [value, count]] of (layer.theme?.values ?? []).entries()) classes.push(h("li", {}, dyed(n), `${said(value, "code")} (${angka(count)})`));
    if (layer.theme?.others) classes.push(h("li", {}, dyed(layer.theme.values.length), _("lainnya ({count})", { count: angka(layer.theme.others) })));
    if (classes.length && (layer.missing || layer.features.some(({ _class }) => _class === -1))) {
      const none = hatch();
      none.className = "peta-key peta-key-class";
      classes.push(h("li", {}, none, _("tidak ada data")));
    }
    const notes = [layer.period, layer.source].filter(Boolean).join(", ");
    return h("div", { class: "peta-legend-part" },
      h("p", { class: "peta-legend-title" }, !classes.length && swatch(layer.colour), h("span", written, layer.legend, layer.unit && h("small", {}, ` (${layer.unit})`))),
      classes.length > 0 && h("ul", {}, classes),
      notes && h("p", { class: "peta-legend-note", ...written }, notes),
      layer.indicative && h("p", { class: "peta-legend-note" }, h("em", {}, _("indikatif")), layer.indicative.length > 1 && `: ${layer.indicative}`));
  }

  marksLegend(source, { features, off, hidden, counts, left }) {
    if (hidden) return null;
    const kinds = Object.keys(MARKS).filter((name) => features.some(({ _mark }) => _mark === name));
    if (!kinds.length) return null;
    const items = kinds.map((name) => {
      const drawn = sign(MARKS[name]);
      drawn.className = "peta-key peta-key-sign";
      const box = h("input", { type: "checkbox", checked: !off.has(name), onchange: ({ target }) => this.switchMark(source, name, target.checked) });
      return h("li", {}, h("label", {}, box, drawn, `${MARKS[name].word} (${angka(counts?.[name] ?? features.filter(({ _mark }) => _mark === name).length)})`));
    });
    return h("div", { class: "peta-legend-part" }, h("ul", {}, items), left > 0 && h("p", { class: "peta-legend-note" }, `${angka(left)} lagi tidak digambar; daftarnya lengkap`));
  }

  switchMark(source, name, on) {
    const { off } = this.marks.get(source);
    if (on) off.delete(name);
    else off.add(name);
    this.paintMarks(source);
  }

  paintMarks(source) {
    const { off, hidden } = this.marks.get(source);
    for (const { id } of this.map.getStyle().layers.filter((layer) => layer.source === source)) {
      const gone = hidden || [...off].some((name) => id.startsWith(`${source}-${name}-`));
      this.map.setLayoutProperty(id, "visibility", gone ? "none" : "visible");
    }
    this.map.setFilter(`${source}-sign`, ["!", ["in", ["get", "_mark"], ["literal", [...off]]]]);
  }

  tell(name, detail) {
    return this.element.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }));
  }

  explain(sentence) {
    const { table } = this.element.dataset;
    this.element.classList.add("peta-none");
    this.element.replaceChildren(h("p", { class: "peta-wait" }, sentence, table && " ", table && h("a", { href: table }, _("Lihat tabelnya")), table && "."));
  }

  complain() {
    const again = h("button", { type: "button", class: "plain", onclick: () => { note.remove(); this.fill(); } }, _("Coba lagi"));
    const note = h("p", { class: "peta-wait peta-fault", role: "alert" }, _("Sebagian data peta tidak dapat dimuat. "), again);
    this.element.append(note);
  }
}

export function enhance(root) {
  for (const element of root.querySelectorAll(".peta:not([data-begun])")) {
    element.dataset.begun = "";
    new Peta(element).start();
  }
}

const target = ({ dataset }) => document.getElementById(dataset.map);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-map][data-zoom]");
  if (button) target(button)?.dispatchEvent(new CustomEvent("peta:zoom", { detail: { key: button.dataset.zoom } }));
});

document.addEventListener("change", ({ target: input }) => {
  if (!input.matches("[data-map][data-layer]")) return;
  target(input)?.dispatchEvent(new CustomEvent("peta:layer", { detail: { ...parse(input.dataset.layer, {}), visible: input.checked } }));
});

document.addEventListener("peta:ready", ({ target: element }) => {
  for (const input of document.querySelectorAll("[data-layer]:checked")) {
    if (input.dataset.map === element.id) input.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

document.addEventListener("htmx:load", ({ target: root }) => enhance(root.parentElement ?? document));
enhance(document);
