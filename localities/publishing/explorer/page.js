"use strict";
(() => {
const C = JSON.parse(document.getElementById("content").textContent);
const P = C.places, Z = C.zones, I = C.indicators, F = C.findings, COLUMNS = I.length;
const $ = id => document.getElementById(id);
const AGAINST = { scotland: "the rest of Scotland", cpp: C.national ? "elsewhere in its partnership" : `elsewhere in ${P.cpp_name[0]}` };
const GRADES = C.order.significance;
const VERDICT_COLOURS = { strong_evidence: "#a63603", some_evidence: "#fdc38d", no_evidence: "#deebf7", insufficient_evidence: "#bdbdbd" };
const GRADE_COLOURS = { poorer: "#a63603", slightly_poorer: "#fdae6b", not_different: "#f0f0f0", better: "#6baed6", not_assessed: "#bdbdbd" };
const SHAPES = { poorer_than_both: "circle", poorer_than_scotland: "triangle-up", poorer_within_cpp_only: "square" };
const PATHS = { circle: "M8 2a6 6 0 1 0 .01 0z", "triangle-up": "M8 1l7 13H1z", square: "M2 2h12v12H2z" };
const OUTSIDE = "#ffffff", SPOT = "#00695c";
const state = { d: C.drawings[0].id, c: "answer", b: "", v: "scotland", p: "", z: "", f: "", h: "" };

// ---- small things -------------------------------------------------------------------------------------------------
// text goes in as text: nothing that a publisher or a planner wrote is ever read as mark-up
function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children.filter(one => one !== null && one !== undefined && one !== ""));
  return node;
}
function fill(node, ...children) { node.replaceChildren(...children.filter(Boolean)); }

// three significant digits, as everything that is told here has them
function number(value) {
  if (value === null || value === undefined) return "not known";
  if (value === 0) return "0";
  const power = Number(value.toExponential(2).split("e")[1]), decimals = Math.max(0, 2 - power);
  return value.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}
const whole = value => value === null ? "not known" : Math.round(value).toLocaleString("en-GB");
const withUnit = (value, unit) => number(value) + (unit.startsWith("%") && value !== null ? "%" : "");
const drawing = () => C.drawings.find(one => one.id === state.d) || C.drawings[0];
const isStrong = place => P.answer[place] in SHAPES;
const chosen = () => P.locality_id.indexOf(state.p);
const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
function grade(place, indicator, against) { return GRADES[F["grade_" + against][place * COLUMNS + indicator]] || null; }

// ---- shapes: zones from arcs, places from zones ------------------------------------------------------------------
const { scale, translate } = C.topology.transform;
const ARCS = C.topology.arcs.map(arc => {
  let x = 0, y = 0;
  return arc.map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]);
});
const ringOf = arcs => arcs.flatMap((arc, n) => {
  const points = arc < 0 ? [...ARCS[~arc]].reverse() : ARCS[arc];
  return n ? points.slice(1) : points;
});
const RINGS = C.topology.zones.map(polygons => polygons.map(rings => rings.map(ringOf)));
function shapeOf(zones) {
  // an arc that only one of these zones has is part of the outline
  const once = new Map();
  for (const zone of zones) for (const arc of C.topology.zones[zone].flat(2)) {
    const own = arc < 0 ? ~arc : arc;
    once.set(own, (once.get(own) || 0) + 1);
  }
  const outline = [...once].filter(([, times]) => times === 1).map(([arc]) => ARCS[arc]);
  const polygons = zones.flatMap(zone => RINGS[zone]);
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const line of outline) for (const [x, y] of line) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
  return { area: { type: "MultiPolygon", coordinates: polygons }, line: { type: "MultiLineString", coordinates: outline }, box: [x0, y0, x1, y1], zones };
}
// a point that lies in the place: half way up its zone with most residents, in the middle of the widest stretch of it
function pointOf(zones) {
  const most = zones.reduce((a, b) => (Z.population[b] || 0) > (Z.population[a] || 0) ? b : a);
  const rings = RINGS[most].reduce((a, b) => b[0].length > a[0].length ? b : a), ys = rings[0].map(point => point[1]);
  const y = (Math.min(...ys) + Math.max(...ys)) / 2;
  const crossings = rings.flatMap(ring => ring.flatMap(([x, at], n) => {
    const [x0, at0] = ring[n ? n - 1 : ring.length - 1];
    return (at > y) === (at0 > y) ? [] : [x0 + (x - x0) * (y - at0) / (at - at0)];
  })).sort((a, b) => a - b);
  let [from, to] = [rings[0][0][0], rings[0][0][0]];
  for (let n = 0; n + 1 < crossings.length; n += 2) if (crossings[n + 1] - crossings[n] > to - from) [from, to] = [crossings[n], crossings[n + 1]];
  return [(from + to) / 2, y];
}
const laidOut = new Map();
function shapes(one) {
  if (!laidOut.has(one.id)) {
    const zones = new Map();
    one.zones.forEach((place, zone) => { if (place >= 0) zones.set(place, [...zones.get(place) || [], zone]); });
    const made = new Map([...zones].map(([place, of]) => [place, { ...shapeOf(of), point: pointOf(of) }]));
    const outside = one.zones.flatMap((place, zone) => place < 0 ? [zone] : []);
    laidOut.set(one.id, { places: made, outside: outside.length ? shapeOf(outside) : null });
  }
  return laidOut.get(one.id);
}
const boxOf = points => points.reduce((b, [x, y]) => [Math.min(b[0], x), Math.min(b[1], y), Math.max(b[2], x), Math.max(b[3], y)], [Infinity, Infinity, -Infinity, -Infinity]);
const WHOLE = boxOf(RINGS.flat(3));
// the map opens on all but islets far out: further parts of a zone under half a per cent of the area
const areaOf = ring => Math.abs(ring.reduce((sum, [x, y], n) => { const [x0, y0] = ring[n ? n - 1 : ring.length - 1]; return sum + x0 * y - x * y0; }, 0)) / 2;
const AREAS = RINGS.map(polygons => polygons.map(rings => areaOf(rings[0]))), LAND = AREAS.flat().reduce((a, b) => a + b, 0);
const MAIN = boxOf(RINGS.flatMap((polygons, zone) => polygons.filter((_, n) => AREAS[zone][n] === Math.max(...AREAS[zone]) || AREAS[zone][n] >= 0.005 * LAND).flat(2)));

// ---- what is shown -----------------------------------------------------------------------------------------------
const ANSWERS = { title: "Poorer than whom? Both answers", codes: C.order.answer, words: C.words.answer, colours: C.colours, of: place => P.answer[place], marks: true };
const NEED = [[200, "#3f007d", "200 people or more"], [100, "#6a51a3", "100 to 199"], [50, "#9e9ac8", "50 to 99"], [0.5, "#dadaeb", "1 to 49"], [-1, "#f7f7f7", "None, or hidden by the publisher"]];
const FIFTHS = [["4", "#8c2d04", "Poorest fifth"], ["3", "#d95f0e", "Next poorest fifth"], ["2", "#fe9929", "Middle fifth"], ["1", "#fed98e", "Next best fifth"], ["0", "#ffffd4", "Best fifth"]];
const NO_FIGURE = [["s", "#9e9ac8", "Hidden by the publisher, so that nobody is known by it"], ["n", "#ffffff", "Does not apply there"], ["m", "#bdbdbd", "Missing: never published, or not for this zone"]];
const needIn = zone => C.need[state.v][zone] ?? -0.5;
const needClass = zone => NEED.findIndex(([from]) => needIn(zone) >= from);
// zones by the figure of an indicator; a letter from a to e is a fifth too, of a modelled figure
function fifthsOf(one, { classes, bounds, values, period, area }) {
  const fifth = zone => "abcde".includes(classes[zone]) ? "01234"["abcde".indexOf(classes[zone])] : classes[zone];
  const isModelled = zone => "abcde".includes(classes[zone]);
  const range = n => bounds[n] ? ` (${[...new Set(bounds[n].map(value => withUnit(value, one.unit)))].join(" to ")})` : " (none: ties)";
  const bands = [...FIFTHS.map(([code, colour, words]) => [code, colour, `${words} of Scotland's data zones${range(Number(code))}`]), ...NO_FIGURE];
  const of = zone => bands.find(([code]) => code === fifth(zone)), modelled = [...classes].filter((_, zone) => isModelled(zone)).length;
  return { title: `${one.indicator_title}, ${period}, by data zone`, head: one.unit, byZone: true, fillOf: zone => of(zone)[1],
    tell: zone => (values && values[zone] !== null ? `${withUnit(values[zone], one.unit)} (${of(zone)[2].split(" of Scotland")[0].toLowerCase()})` : of(zone)[2].split(/ \(|:/)[0]) + (isModelled(zone) ? ", modelled from other zones" : ""),
    order: zone => -"nms01234".indexOf(fifth(zone)) * 1e9 + (values && values[zone] !== null ? (one.poorer_is === "higher" ? -values[zone] : values[zone]) : 0),
    note: `${one.unit}; ${C.words.poorer_is[one.poorer_is].toLowerCase()}. A description: whether a place is surely poorer is asked of places, not of zones.${area === "intermediate_zone" ? " Published for intermediate zones only: every zone of one has the same figure." : ""}${modelled ? ` ${whole(modelled)} of the figures here are modelled from other zones.` : ""}`,
    legend: bands.map(([code, colour, words]) => [colour, `${words}: ${whole(Z.code.filter((_, zone) => fifth(zone) === code).length)}`]) };
}
function needByZone() {
  const sum = Z.code.reduce((total, _, zone) => total + Math.max(0, needIn(zone)), 0);
  return { title: `People in need outside places poorer than ${AGAINST[state.v]}`, head: "In need, outside", byZone: true, fillOf: zone => NEED[needClass(zone)][1], order: zone => -needIn(zone),
    tell: zone => C.need[state.v][zone] === null ? "Hidden by the publisher, or not known" : `${whole(needIn(zone))} people in need`,
    note: `Counted against ${C.need.drawing}. ${whole(sum)} people in need in all.`,
    legend: NEED.map(([, colour, words], n) => [colour, `${words}: ${whole(Z.code.filter((_, zone) => needClass(zone) === n).length)} data zones`]) };
}
function shown() {
  if (state.c === "answer") return ANSWERS;
  if (state.c === "need") return needByZone();
  if (state.c === "verdict") return {
    title: `Outcomes poorer than ${AGAINST[state.v]}?`, codes: C.order.verdict, words: C.words.verdict, colours: VERDICT_COLOURS,
    of: place => P["verdict_" + state.v][place] };
  const indicator = Number(state.c), figures = state.b && C.zone_figures && C.zone_figures[I[indicator].indicator_id];
  if (figures) return fifthsOf(I[indicator], figures);
  return { title: `${I[indicator].indicator_title}: against ${AGAINST[state.v]}`, codes: GRADES, words: C.words.significance, colours: GRADE_COLOURS,
    of: place => grade(place, indicator, state.v) };
}
const told = (how, place) => `${P.locality_name[place]}: ${how.words[how.of(place)] || "no finding"}`;

// ---- the map -----------------------------------------------------------------------------------------------------
const size = () => ({ w: Math.max(240, $("map").clientWidth), h: Math.round(Math.min(innerHeight * 0.7, Math.max(260, $("map").clientWidth * 0.8))) });
function viewOn([x0, y0, x1, y1], { w, h }, share = 0.94) {
  const k = share * Math.min(w / Math.max(x1 - x0, 1), h / Math.max(y1 - y0, 1));
  return { k, tx: w / 2 - k * (x0 + x1) / 2, ty: h / 2 + k * (y0 + y1) / 2 };
}
const shape = (data, encode) => ({ type: "shape", from: { data }, encode: { update: encode }, transform: [{ type: "geoshape", projection: "flat" }] });
const at = { x: { signal: "datum.x * k + tx" }, y: { signal: "ty - datum.y * k" } };
let map = null, look = null;
// the picture has one name, said by its frame: its parts are not read out one by one
const silent = spec => ({ ...spec, ...Object.fromEntries(["marks", "axes", "legends"].filter(name => spec[name]).map(name => [name, spec[name].map(one => ({ ...one, aria: false }))])) });
const QUIET = { mode: "vega", renderer: "svg", actions: false, tooltip: false, defaultStyle: false, hover: false };
async function makeMap() {
  const { w, h } = size();
  look = viewOn(MAIN, { w, h });
  ({ view: map } = await vegaEmbed($("map"), silent({
    width: w, height: h, padding: 0, autosize: "none",
    signals: Object.entries(look).map(([name, value]) => ({ name, value })),
    projections: [{ name: "flat", type: "identity", reflectY: true, scale: { signal: "k" }, translate: [{ signal: "tx" }, { signal: "ty" }] }],
    data: ["areas", "lines", "spots", "spotpoints", "chosen", "zone", "marks", "labels"].map(name => ({ name })),
    marks: [
      shape("areas", { fill: { field: "properties.fill" }, stroke: { field: "properties.fill" }, strokeWidth: { value: 0.7 }, cursor: { value: "pointer" } }),
      shape("lines", { stroke: { value: "#555" }, strokeWidth: { value: 0.6 } }),
      shape("spots", { stroke: { value: "#fff" }, strokeWidth: { signal: "datum.properties.width + 2.5" } }),
      shape("spots", { stroke: { value: SPOT }, strokeWidth: { field: "properties.width" }, strokeDash: { field: "properties.dash" } }),
      { type: "symbol", interactive: false, from: { data: "spotpoints" }, encode: { update: { ...at, shape: { value: "diamond" }, size: { value: 60 }, fill: { value: "#fff" }, stroke: { value: SPOT }, strokeWidth: { value: 2 } } } },
      shape("zone", { stroke: { value: "#000" }, strokeWidth: { value: 1.5 }, strokeDash: { value: [4, 3] } }),
      { type: "symbol", from: { data: "marks" }, encode: { update: { ...at, shape: { field: "shape" }, size: { value: 70 }, fill: { value: "#111" }, stroke: { value: "#fff" }, strokeWidth: { value: 1.2 }, cursor: { value: "pointer" } } } },
      shape("chosen", { stroke: { value: "#111" }, strokeWidth: { value: 3 } }),
      { type: "text", interactive: false, from: { data: "labels" }, encode: { update: { ...at, dy: { value: -11 }, text: { field: "name" }, align: { value: "center" }, fontSize: { value: 12 }, fill: { value: "#fff" }, stroke: { value: "#fff" }, strokeWidth: { value: 3 }, strokeJoin: { value: "round" } } } },
      { type: "text", interactive: false, from: { data: "labels" }, encode: { update: { ...at, dy: { value: -11 }, text: { field: "name" }, align: { value: "center" }, fontSize: { value: 12 }, fill: { value: "#111" } } } },
    ],
  }), QUIET));
  map.addEventListener("click", (event, item) => { if (!dragged && item && item.datum.place >= 0) choose(item.datum.place); });
  map.addEventListener("mousemove", (event, item) => {
    const over = item && item.datum;
    $("hover").textContent = over && over.zone >= 0 && shown().byZone ? `${Z.name[over.zone]}: ${shown().tell(over.zone)}` : over && over.place >= 0 ? told(shown(), over.place) : "";
  });
}
function paint() {
  const one = drawing(), { places, outside } = shapes(one), how = shown(), now = chosen();
  const areas = how.byZone ? RINGS.map((polygons, zone) => ({ type: "Feature", place: one.zones[zone], zone, geometry: { type: "MultiPolygon", coordinates: polygons }, properties: { fill: how.fillOf(zone) } })) : [...places].map(([place, of]) => ({ type: "Feature", place, geometry: of.area, properties: { fill: how.colours[how.of(place)] || OUTSIDE } }));
  if (outside && !how.byZone) areas.push({ type: "Feature", place: -1, geometry: outside.area, properties: { fill: OUTSIDE } });
  const lines = [...places.values(), outside].filter(Boolean).map(of => ({ type: "Feature", geometry: of.line, properties: {} }));
  const marks = how.marks ? [...places].filter(([place]) => isStrong(place)).map(([place, of]) => ({ place, x: of.point[0], y: of.point[1], shape: SHAPES[P.answer[place]] })) : [];
  map.data("areas", areas).data("lines", lines).data("marks", marks);
  map.data("spotpoints", state.h ? SPOTS.map(spot => pointOf(spot.zones)).map(([x, y]) => ({ x, y })) : []);
  map.data("spots", state.h ? SPOTS.map(spot => ({ type: "Feature", geometry: shapeOf(spot.zones).line, properties: { width: spot.is_beyond_inequality ? 3.5 : 2, dash: spot.is_beyond_inequality ? [] : [5, 3] } })) : []);
  map.data("chosen", places.has(now) ? [{ type: "Feature", geometry: places.get(now).line, properties: {} }] : []);
  const zone = Z.code.indexOf(state.z);
  map.data("zone", zone >= 0 ? [{ type: "Feature", geometry: shapeOf([zone]).line, properties: {} }] : []);
  move(look);
}
function move(next) {
  look = next;
  // a name where it fits: strong evidence first, then the largest, none over another
  const { w, h } = { w: map.width(), h: map.height() }, labels = [];
  const taken = map.data("marks").map(mark => [mark.x * look.k + look.tx, look.ty - mark.y * look.k + 11, 5]);
  const places = [...shapes(drawing()).places].sort(([a], [b]) => (chosen() === b) - (chosen() === a) || isStrong(b) - isStrong(a) || P.population[b] - P.population[a]);
  for (const [place, of] of places) {
    const x = of.point[0] * look.k + look.tx, y = look.ty - of.point[1] * look.k, half = P.locality_name[place].length * 3.2 + 3;
    const isNarrow = !isStrong(place) && place !== chosen() && (of.box[2] - of.box[0]) * look.k < half * 1.4;
    if (isNarrow || x - half < 0 || x + half > w || y < 22 || y > h || labels.length > 60) continue;
    if (taken.some(([a, b, l]) => Math.abs(a - x) < l + half && Math.abs(b - y) < 14 && !(Math.abs(a - x) < 0.01 && l === 5))) continue;
    taken.push([x, y, half]);
    labels.push({ x: of.point[0], y: of.point[1], name: P.locality_name[place] });
  }
  map.data("labels", labels).signal("k", look.k).signal("tx", look.tx).signal("ty", look.ty).runAsync();
}
function zoomBy(factor, x = map.width() / 2, y = map.height() / 2) {
  const least = viewOn(WHOLE, { w: map.width(), h: map.height() }).k;
  const k = Math.min(Math.max(look.k * factor, least * 0.8), least * 400), f = k / look.k;
  move({ k, tx: x - f * (x - look.tx), ty: y - f * (y - look.ty) });
}
function zoomTo(place) {
  const of = shapes(drawing()).places.get(place);
  if (of) zoomToBox(of.box);
}
function zoomToBox([x0, y0, x1, y1]) {
  // with what lies around it
  const pad = Math.max(x1 - x0, y1 - y0) * 0.6;
  move(viewOn([x0 - pad, y0 - pad, x1 + pad, y1 + pad], { w: map.width(), h: map.height() }));
}
const fingers = new Map();
let dragged = false;
function listenToPointers() {
  const frame = $("map");
  frame.addEventListener("wheel", event => { event.preventDefault(); const box = frame.getBoundingClientRect(); zoomBy(event.deltaY < 0 ? 1.25 : 0.8, event.clientX - box.left, event.clientY - box.top); }, { passive: false });
  frame.addEventListener("pointerdown", event => { fingers.set(event.pointerId, event); dragged = false; });
  addEventListener("pointermove", event => {
    const before = fingers.get(event.pointerId);
    // one finger scrolls the page; a mouse, or two fingers, move the map
    if (!before || (event.pointerType !== "mouse" && fingers.size < 2)) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (!dragged && Math.hypot(dx, dy) < 4) return;
    dragged = true;
    const other = [...fingers.values()].find(one => one.pointerId !== event.pointerId), box = frame.getBoundingClientRect();
    fingers.set(event.pointerId, event);
    if (other) {
      const apart = one => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
      zoomBy(apart(event) / apart(before), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
    }
    const share = other ? 0.5 : 1;
    move({ ...look, tx: look.tx + dx * share, ty: look.ty + dy * share });
  });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, event => fingers.delete(event.pointerId));
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => {
    const what = button.dataset.zoom;
    if (what === "in") zoomBy(1.6); else if (what === "out") zoomBy(1 / 1.6);
    else if (what === "place") zoomTo(chosen()); else move(viewOn(WHOLE, { w: map.width(), h: map.height() }));
  });
}

// ---- legend, and what stands beside the map ----------------------------------------------------------------------
function swatch(colour, mark) {
  const box = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true", class: "swatch", style: `background:${colour}` })) box.setAttribute(name, value);
  if (mark) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", PATHS[mark]);
    path.setAttribute("transform", "translate(3.2 3.2) scale(.6)");
    path.setAttribute("fill", "#111"); path.setAttribute("stroke", "#fff");
    box.append(path);
  }
  return box;
}
function showLegend() {
  const how = shown(), one = drawing();
  const places = Array.from({ length: one.stop - one.start }, (_, n) => one.start + n);
  if (how.byZone) fill($("legend"), el("h3", {}, how.title), el("p", { class: "quiet" }, how.note), el("ul", {}, ...how.legend.map(([colour, words]) => el("li", {}, swatch(colour), ` ${words}`))));
  else fill($("legend"), el("h3", {}, how.title), el("ul", {}, ...how.codes.map(code => el("li", {}, swatch(how.colours[code], how.marks && SHAPES[code]), ` ${how.words[code]}: ${whole(places.filter(place => how.of(place) === code).length)}`)),
    one.zones.includes(-1) ? el("li", {}, swatch(OUTSIDE), " In no place of this drawing") : null));
  const years = places.map(place => P.years[place]).filter(Boolean).flatMap(text => text.split(" to ")).sort();
  fill($("beside"), el("h3", {}, "Beside the map"), el("ul", {},
    el("li", {}, `${one.title}${one.recommended ? " (recommended to start from)" : ""}: ${one.about}`),
    years.length ? el("li", {}, `Age of the evidence: figures of ${years[0]} to ${years[years.length - 1]}.`) : null,
    ...one.missed.map(text => el("li", {}, text)),
    ...(C.national && C.need ? Object.keys(AGAINST).map(against => el("li", {}, `${whole(C.need[against].reduce((sum, value) => sum + (value || 0), 0))} people in need live outside every place poorer than ${AGAINST[against]}, counted against ${C.need.drawing}.`)) : []),
    el("li", {}, "Rural need is scattered, and areas miss it: no evidence does not mean no need."),
    el("li", {}, "The two answers are two questions and are never added up. The decision remains the partnership's.")));
  $("map-title").textContent = how.title;
  $("spots-choice").hidden = !C.hot_spots;
  showHotSpots();
  $("map").setAttribute("aria-label", `Map: ${how.title}. ${one.title}. Everything on it is in the list of places.`);
}

// ---- hot spots: where people in need gather, found without boundaries --------------------------------------------
const SPOTS = C.hot_spots || [];
function showHotSpots() {
  const beyond = SPOTS.filter(spot => spot.is_beyond_inequality).length, yes = value => value ? "yes" : "no";
  const [summary, body] = $("hot").children;
  $("hot").hidden = !C.hot_spots;
  summary.textContent = SPOTS.length ? `${whole(SPOTS.length)} hot spot${SPOTS.length === 1 ? "" : "s"}, ${beyond ? whole(beyond) : "none"} beyond the area's own inequality` : "No clear hot spot here";
  fill(body, el("p", {}, "A hot spot is a group of neighbouring data zones, found by a scan, in which more people are in need than elsewhere in its partnership. It is no locality. The solid outline is beyond the area's own inequality; a dashed one is beyond chance alone: an area with gaps as wide, and neighbours as alike, would often show as strong a one. A no does not say that a place is not poor."),
    el("ol", {}, ...SPOTS.map(spot => el("li", {}, el("button", { type: "button", class: "link", on: { click: () => showSpot(spot) } }, C.national ? `${spot.hot_spot_name} (${spot.cpp_name}, ${spot.rank})` : spot.hot_spot_name),
      `: ${spot.observed === null ? "" : `${number(spot.observed)} where ${number(spot.expected)} were expected${spot.ratio === null ? "" : `, ${number(spot.ratio)} times the rest's rate`}; `}${whole(spot.population)} residents. Beyond chance: ${yes(spot.is_beyond_chance)}. Beyond this area's own inequality: ${yes(spot.is_beyond_inequality)} (p ${number(spot.p_inequality)}).`))));
}
function showSpot(spot) {
  state.h = "1"; $("spots").checked = true;
  show();
  zoomToBox(shapeOf(spot.zones).box);
}

// ---- the list ----------------------------------------------------------------------------------------------------
const heads = (...titles) => fill($("head"), ...titles.map(title => el("th", { scope: "col" }, title)));
// a long list comes in pages, and opens on the one of what is chosen; on paper it is whole
const A_PAGE = 100;
let page = 0, listed = "", onPaper = false;
function fillRows(items, now, row) {
  const key = [state.d, state.c, state.b, state.v, state.f, now].join("|"), pages = Math.max(1, Math.ceil(items.length / A_PAGE));
  if (key !== listed) page = Math.max(0, Math.floor(items.indexOf(now) / A_PAGE));
  listed = key;
  const from = onPaper ? 0 : page * A_PAGE, to = onPaper ? items.length : Math.min(items.length, from + A_PAGE);
  $("pages").hidden = pages < 2;
  $("earlier").disabled = page === 0; $("further").disabled = page === pages - 1;
  $("page-shown").textContent = pages < 2 ? "" : `Rows ${whole(from + 1)} to ${whole(to)} of ${whole(items.length)}`;
  fill($("rows"), ...items.slice(from, to).map((item, n) => row(item, from + n)));
}
function turn(by) {
  page += by; showList();
  // the button may be the last of its kind: the keyboard goes on to the rows
  const frame = document.querySelector("#list .scroll");
  frame.scrollTop = 0; frame.focus({ preventScroll: true });
}
function listZones(how) {
  const one = drawing(), zones = Z.code.map((_, zone) => zone).sort((a, b) => how.order(a) - how.order(b) || a - b);
  $("list-title").textContent = `Data zones in order: ${how.title}`;
  heads("Order", "Data zone", how.head, "Residents", "In place");
  fillRows(zones, Z.code.indexOf(state.z), (zone, n) => el("tr", { class: Z.code[zone] === state.z ? "now" : null },
    el("td", {}, whole(n + 1)), el("th", { scope: "row" }, el("button", { type: "button", "data-zone": zone, "aria-current": Z.code[zone] === state.z ? "true" : null, on: { click: () => chooseZone(zone) } }, Z.name[zone])),
    el("td", {}, swatch(how.fillOf(zone)), ` ${how.tell(zone)}`), el("td", { class: "figure" }, whole(Z.population[zone])), el("td", {}, one.zones[zone] >= 0 ? P.locality_name[one.zones[zone]] : "None of this drawing")));
}
function chooseZone(zone) {
  take({ zone }, true);
  const button = document.querySelector(`[data-zone="${zone}"]`);
  if (button) button.focus({ preventScroll: true });
}
function showList() {
  const one = drawing(), how = shown(), now = chosen();
  $("only-choice").hidden = Boolean(how.byZone);
  if (how.byZone) { listZones(how); return; }
  heads("Order", "Place", "Answer", "Residents", "In need");
  let places = Array.from({ length: one.stop - one.start }, (_, n) => one.start + n);
  if (state.f) places = places.filter(isStrong);
  if (C.national) places.sort((a, b) => isStrong(b) - isStrong(a) || (P.cpp_name[a] < P.cpp_name[b] ? -1 : P.cpp_name[a] > P.cpp_name[b] ? 1 : 0) || P.priority_rank[a] - P.priority_rank[b]);
  else places.sort((a, b) => P.priority_rank[a] - P.priority_rank[b]);
  $("list-title").textContent = `Places in order: ${one.title}${C.national ? ", by partnership" : ""}`;
  fillRows(places, now, place => el("tr", { class: place === now ? "now" : null },
    el("td", {}, number(P.priority_rank[place]).replace(/\.0+$/, "")),
    el("th", { scope: "row" }, el("button", { type: "button", "data-place": place, "aria-current": place === now ? "true" : null, on: { click: () => choose(place, "list") } }, P.locality_name[place]), C.national ? el("span", { class: "quiet" }, ` ${P.cpp_name[place]}`) : null),
    el("td", {}, swatch(how.colours[how.of(place)] || OUTSIDE, how.marks && SHAPES[P.answer[place]]), ` ${how.words[how.of(place)] || "No finding"}`),
    el("td", { class: "figure" }, whole(P.population[place])), el("td", { class: "figure" }, whole(P.people_in_need[place]))));
  if (!places.length) fill($("rows"), el("tr", {}, el("td", { colspan: 5 }, "No place of this drawing has strong evidence. No evidence does not mean no need.")));
}

// ---- one place ---------------------------------------------------------------------------------------------------
const parts = text => (text || "").split(";").map(one => one.trim()).filter(Boolean);
function domainTable(place) {
  const votes = ["income and work", "health", "education", "crime", "housing"];
  const cell = (against, vote) => parts(P["poorer_votes_" + against][place]).includes(vote) ? "▲▲ Surely and importantly poorer"
    : parts(P["slightly_votes_" + against][place]).includes(vote) ? "▲ Poorer, not surely by enough to matter"
    : parts(P["better_votes_" + against][place]).includes(vote) ? "▽ Better" : "– Not shown to be poorer, or not assessed";
  return el("table", {}, el("thead", {}, el("tr", {}, ...["Domain", `Than ${AGAINST.scotland}`, `Than ${AGAINST.cpp}`].map(text => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...votes.map(vote => el("tr", {}, el("th", { scope: "row" }, vote[0].toUpperCase() + vote.slice(1)), el("td", {}, cell("scotland", vote)), el("td", {}, cell("cpp", vote))))));
}
const figure = (name, place, indicator) => F[name][place * COLUMNS + indicator];
function difference(place, indicator, against) {
  const name = "difference", [d, lower, upper] = ["", "_lower_ci", "_upper_ci"].map(end => figure(`${name}${end}_${against}`, place, indicator));
  if (d === null) return "";
  const points = I[indicator].unit.startsWith("%") ? " points" : "", limits = lower === null || upper === null ? "" : d < 0 ? `, ${number(-upper)} to ${number(-lower)}` : `, ${number(lower)} to ${number(upper)}`;
  return `${d < 0 ? "lower" : "higher"} by ${number(Math.abs(d))}${points}${limits}`;
}
function heldAgainst(place, indicator, against) {
  const code = grade(place, indicator, against);
  if (!code) return "Not held against";
  const why = F[`reason_${against}`], text = why.at[place * COLUMNS + indicator];
  const value = figure(`comparator_value_${against}`, place, indicator), apart = difference(place, indicator, against);
  return [value === null ? "" : `${withUnit(value, I[indicator].unit)}${apart ? ` (${apart})` : ""}`, C.words.significance[code] + (text >= 0 && code === "not_assessed" ? `: ${why.texts[text]}` : "")].filter(Boolean).join(". ");
}
function figureTable(place) {
  return el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Figures of this place" }, el("table", { id: "figures" },
    el("thead", {}, el("tr", {}, ...["Indicator", "Here, with its interval", "The rest of Scotland", `${AGAINST.cpp[0].toUpperCase()}${AGAINST.cpp.slice(1)}`].map(text => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...I.map((one, n) => {
      const value = figure("value", place, n), lower = figure("lower_ci", place, n), upper = figure("upper_ci", place, n);
      return el("tr", { "data-indicator": one.indicator_id }, el("th", { scope: "row", title: one.definition }, `${one.indicator_title} (${one.period}) `, el("span", { class: "quiet" }, `${one.unit}; ${C.words.poorer_is[one.poorer_is].toLowerCase()}`)),
        el("td", {}, value === null ? "No figure" : withUnit(value, one.unit), lower === null || upper === null ? "" : ` (${number(lower)} to ${number(upper)})`),
        el("td", {}, heldAgainst(place, n, "scotland")), el("td", {}, heldAgainst(place, n, "cpp")));
    }))));
}
const CHART = { labelColor: "#111", titleColor: "#111", labelFontSize: 11, titleFontSize: 12, domainColor: "#555", tickColor: "#555" };
function draw(node, spec, label) {
  node.setAttribute("role", "img"); node.setAttribute("aria-label", label);
  vegaEmbed(node, silent({ padding: 4, autosize: { type: "fit", contains: "padding" }, ...spec }), QUIET);
}
function intervalChart(place, node) {
  const who = { scotland: "The rest of Scotland", cpp: "Elsewhere in this partnership" };
  const rows = Object.keys(who).flatMap((against, n) => I.flatMap((one, i) => {
    const [value, lower, upper, rest] = ["value", "lower_ci", "upper_ci", `comparator_value_${against}`].map(name => figure(name, place, i));
    if (!(value > 0 && lower > 0 && upper > 0 && rest > 0)) return [];
    const [x, a, b] = one.poorer_is === "higher" ? [value / rest, lower / rest, upper / rest] : [rest / value, rest / upper, rest / lower];
    const within = figure => Math.min(Math.max(figure, 0.2), 8);
    return [{ name: one.indicator_title, who: who[against], x: within(x), a: within(a), b: within(b), dy: n ? 4 : -4 }];
  }));
  if (!rows.length) return;
  const names = [...new Set(rows.map(row => row.name))], y = { scale: "y", field: "name", band: 0.5, offset: { field: "dy" } }, colour = { scale: "who", field: "who" };
  draw(node, { width: Math.max(260, node.clientWidth - 12), height: names.length * 21 + 60, data: [{ name: "rows", values: rows }],
    scales: [{ name: "y", type: "band", domain: names, range: "height" }, { name: "x", type: "log", domain: [0.2, 8], range: "width" },
      { name: "who", type: "ordinal", domain: Object.values(who), range: ["#08519c", "#c44e11"] }, { name: "form", type: "ordinal", domain: Object.values(who), range: ["circle", "diamond"] }],
    axes: [{ scale: "y", orient: "left", labelLimit: Math.min(260, node.clientWidth * 0.5), ticks: false, ...CHART }, { scale: "x", orient: "bottom", grid: true, values: [0.25, 0.5, 1, 2, 4, 8], format: "~g", title: ["Times the comparator:", "right is poorer"], ...CHART }],
    legends: [{ fill: "who", shape: "form", orient: "top", direction: "horizontal", title: "Held against", columns: 1, labelLimit: 260, labelColor: "#111", titleColor: "#111" }],
    marks: [{ type: "rule", encode: { enter: { x: { scale: "x", value: 1 }, y: { value: 0 }, y2: { signal: "height" }, stroke: { value: "#111" }, strokeWidth: { value: 1.5 } } } },
      { type: "rule", from: { data: "rows" }, encode: { enter: { y, x: { scale: "x", field: "a" }, x2: { scale: "x", field: "b" }, stroke: colour, strokeWidth: { value: 1.5 } } } },
      { type: "symbol", from: { data: "rows" }, encode: { enter: { y, x: { scale: "x", field: "x" }, fill: colour, shape: { scale: "form", field: "who" }, size: { value: 40 } } } }] },
    `Figures of ${P.locality_name[place]} as times those of each comparator, with intervals. The table below has the same figures.`);
}
function trendCharts(place, node) {
  const rows = C.series.filter(one => one.values[place].some(value => value !== null) && one.direction[place]);
  for (const one of rows) {
    const indicator = I[one.indicator], values = one.periods.map((period, n) => ({ period, value: one.values[place][n] })).filter(row => row.value !== null);
    const text = `${indicator.indicator_title} (${indicator.unit}): ${withUnit(values[0].value, indicator.unit)} in ${values[0].period}, ${withUnit(values[values.length - 1].value, indicator.unit)} in ${values[values.length - 1].period}; ${one.direction[place].replace(/_/g, " ")}`;
    const box = el("div", { class: "chart" });
    node.append(el("figure", { class: "trend" }, el("figcaption", {}, text), box));
    draw(box, { width: Math.max(220, box.clientWidth), height: 110, data: [{ name: "rows", values }],
      scales: [{ name: "x", type: "point", domain: one.periods, range: "width" }, { name: "y", domain: { data: "rows", field: "value" }, zero: true, nice: true, range: "height" }],
      axes: [{ scale: "x", orient: "bottom", labelOverlap: true, ...CHART }, { scale: "y", orient: "left", tickCount: 3, ...CHART }],
      marks: [{ type: "line", from: { data: "rows" }, encode: { enter: { x: { scale: "x", field: "period" }, y: { scale: "y", field: "value" }, stroke: { value: "#08519c" }, strokeWidth: { value: 2 } } } },
        { type: "symbol", from: { data: "rows" }, encode: { enter: { x: { scale: "x", field: "period" }, y: { scale: "y", field: "value" }, fill: { value: "#08519c" }, size: { value: 25 } } } }] }, text);
  }
  if (!rows.length) node.append(el("p", {}, "No figure of this place has three comparable periods."));
}
function similar(place) {
  const found = C.peers[place] || [];
  return found.length ? el("ul", {}, ...found.map(([name, partnership, id]) => {
    const own = P.locality_id.indexOf(id), page = C.pages && C.pages[partnership];
    return el("li", {}, own >= 0 ? el("button", { type: "button", class: "link", on: { click: () => choose(own) } }, name) : page ? el("a", { href: `${encodeURIComponent(page)}#p=${encodeURIComponent(id)}` }, name) : name, ` (${partnership})`);
  })) : el("p", {}, "None is similar enough to say.");
}
// a flag is firm that stands when more were asked of it, and under other settings
function howSure(place) {
  const ratio = P.holds_up_to[place], share = P.stability[place];
  if (!isStrong(place) || ratio === null) return "";
  return `It would be flagged even if only outcomes ${number(ratio)} times as poor counted${share === null ? "" : `, and with ${share === 1 ? "every other setting" : `${number(100 * share)}% of the other settings`} tried`}.`;
}
function passage(id, title, text) { return text ? [el("h3", {}, title), el("ul", { id }, ...text.split("\n").map(line => el("li", {}, line)))] : []; }
function showDetail() {
  const place = chosen();
  if (place < 0) {
    $("detail-title").textContent = "No place chosen";
    fill($("detail-body"), el("p", {}, "Choose a place on the map, in the list, or by name, data zone or postcode."));
    return;
  }
  const one = C.drawings.find(d => place >= d.start && place < d.stop), words = C.words, cpp = P.cpp_name[place];
  $("detail-title").textContent = P.locality_name[place];
  const charts = { intervals: el("div", { class: "chart" }), trends: el("div", { id: "trends" }) };
  const facts = [["Residents", whole(P.population[place])], ["People in need", whole(P.people_in_need[place])], ["Order in its drawing", P.priority_rank[place]],
    ["Evidence of", P.years[place]], ["How sure the flag is", howSure(place)], ["The flag hangs on", P.hangs_on[place]], ["What would flag it", P.would_flag[place]],
    ["Access to services", words.verdict_access[P.verdict_access[place]]], ["Against places of its own kind", words.verdict[P.verdict_same_kind[place]]], ["Also called", P.alternative_names[place]]];
  const page = C.pages && C.pages[cpp];
  fill($("detail-body"),
    el("p", { class: "quiet" }, `${one.title}, ${cpp}`),
    el("p", { class: "answer" }, swatch(C.colours[P.answer[place]], SHAPES[P.answer[place]]), ` ${words.answer[P.answer[place]]}`),
    el("dl", {}, el("dt", {}, `Poorer than ${AGAINST.scotland}?`), el("dd", {}, words.verdict[P.verdict_scotland[place]] || "Not assessed"),
      el("dt", {}, `Poorer than ${AGAINST.cpp}?`), el("dd", {}, words.verdict[P.verdict_cpp[place]] || "Not assessed")),
    el("h3", {}, "Why"), el("p", { id: "why" }, P.why[place] || ""),
    ...passage("decided", "What the partnership decided", P.decision_text[place]),
    el("dl", { class: "facts" }, ...facts.filter(([, value]) => value !== null && value !== undefined && value !== "").flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, String(value))])),
    el("h3", {}, "By domain"), domainTable(place),
    ...(C.national ? [page ? el("p", {}, el("a", { href: `${encodeURIComponent(page)}#p=${encodeURIComponent(P.locality_id[place])}` }, `Figures, intervals, trends and similar places: the page of ${cpp}`)) : null] : [
      P.evidence[place] ? el("h3", {}, "Strongest evidence") : null, P.evidence[place] ? el("ul", {}, ...P.evidence[place].split("\n").map(line => el("li", {}, line))) : null,
      el("h3", {}, "Figures, intervals and comparators"), charts.intervals, figureTable(place),
      ...passage("said", "What residents said (Place Standard)", P.said_text[place]),
      el("h3", {}, "Over time"), charts.trends, el("h3", {}, "Similar places"), similar(place)]));
  if (!C.national) { intervalChart(place, charts.intervals); trendCharts(place, charts.trends); }
}
function choose(place, from) {
  state.p = P.locality_id[place];
  const one = C.drawings.find(d => place >= d.start && place < d.stop);
  if (one.id !== state.d) { state.d = one.id; $("drawing").value = one.id; }
  if (from !== "zone") state.z = "";
  show();
  if (from === "list") {
    // the list is made anew: the keyboard stays where it was
    const button = document.querySelector(`[data-place="${place}"]`);
    if (button) button.focus({ preventScroll: true });
  } else if (from) zoomTo(place);
  $("found-count").textContent = `Chosen: ${P.locality_name[place]}`;
}

// ---- search ------------------------------------------------------------------------------------------------------
const NAMES = P.locality_name.map((name, n) => fold(`${name} ${P.alternative_names[n] || ""}`));
const ZONES = Z.name.map((name, n) => fold(`${name} ${Z.code[n]}`));
function zoneOfPostcode(text) {
  const [, outward, sector, unit] = /^([A-Z]{1,2}\d[A-Z\d]?)\s*(\d)([A-Z]{2})$/.exec(text.toUpperCase().trim()) || [];
  const all = unit && C.postcodes && C.postcodes[`${outward} ${sector}`];
  for (let n = 0; all && n < all.length; n += 5) if (all.startsWith(unit, n)) return parseInt(all.slice(n + 2, n + 5), 36);
  return -1;
}
function find(text) {
  const wanted = fold(text), one = drawing(), zone = zoneOfPostcode(text);
  if (zone >= 0) return [{ zone, name: `${text.toUpperCase().trim()}: ${Z.name[zone]}` }];
  if (wanted.length < 2) return [];
  const rank = name => name.startsWith(wanted) ? 0 : name.includes(` ${wanted}`) ? 1 : name.includes(wanted) ? 2 : 9;
  const places = NAMES.map((name, place) => ({ place, at: rank(name) + (place >= one.start && place < one.stop ? 0 : 0.5) }));
  const zones = ZONES.map((name, at) => ({ zone: at, at: rank(name) + 0.7 }));
  return [...places, ...zones].filter(hit => hit.at < 9).sort((a, b) => a.at - b.at).slice(0, 9).map(hit => ({ ...hit, name: hit.zone >= 0 ? `Data zone ${Z.name[hit.zone]}` : `${P.locality_name[hit.place]} (${C.drawings.find(d => hit.place >= d.start && hit.place < d.stop).title}${C.national ? `, ${P.cpp_name[hit.place]}` : ""})` }));
}
function take(hit, stay) {
  $("find").value = ""; fill($("found"));
  if (hit.place >= 0) { choose(hit.place, "search"); $("detail").focus(); return; }
  state.z = Z.code[hit.zone];
  const holder = drawing().zones[hit.zone];
  if (holder >= 0) { choose(holder, "zone"); if (!stay) $("detail").focus(); }
  else { state.p = ""; show(); $("found-count").textContent = `${Z.name[hit.zone]} is in no place of this drawing.`; }
}
function search() {
  const text = $("find").value, found = find(text);
  fill($("found"), ...found.map(hit => el("li", {}, el("button", { type: "button", on: { click: () => take(hit) } }, hit.name))));
  $("found-count").textContent = text.length < 2 ? "" : found.length ? `${found.length} found` : "Nothing found";
  return found;
}

// ---- together ----------------------------------------------------------------------------------------------------
function show() {
  $("against").disabled = state.c === "answer" || Boolean(shown().byZone && state.c !== "need");
  $("by").disabled = !(I[Number(state.c)] && C.zone_figures && C.zone_figures[I[Number(state.c)].indicator_id]);
  showLegend(); showList(); showDetail(); paint();
  const kept = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
  history.replaceState(null, "", `#${kept}`);
}
function readAddress() {
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (name in state) state[name] = value;
  const place = chosen();
  if (place >= 0) state.d = C.drawings.find(d => place >= d.start && place < d.stop).id;
  else state.p = "";
  if (!C.drawings.some(one => one.id === state.d)) state.d = C.drawings[0].id;
  if (!(state.c in { answer: 1, verdict: 1, ...C.need && { need: 1 } } || I[Number(state.c)])) state.c = "answer";
  if (!(state.v in AGAINST)) state.v = "scotland";
  $("drawing").value = state.d; $("colour").value = state.c; $("against").value = state.v; $("only").checked = Boolean(state.f);
  $("by").value = state.b = state.b ? "zone" : ""; $("spots").checked = Boolean(state.h);
}
async function begin() {
  $("fiction").hidden = !C.fictional;
  $("abstract").textContent = C.abstract;
  document.querySelector("#against option[value=cpp]").textContent = AGAINST.cpp[0].toUpperCase() + AGAINST.cpp.slice(1);
  fill($("drawing"), ...C.drawings.map(one => el("option", { value: one.id }, one.title + (one.recommended ? " (recommended)" : ""))));
  const groups = new Map();
  I.forEach((one, n) => groups.set(one.domain, [...groups.get(one.domain) || [], el("option", { value: n }, one.indicator_title)]));
  fill($("colour"), el("option", { value: "answer" }, "Both answers"), el("option", { value: "verdict" }, "One answer"), C.need ? el("option", { value: "need" }, "People in need outside flagged places") : null, ...[...groups].map(([name, options]) => el("optgroup", { label: name }, ...options)));
  $("whole").hidden = !(C.whole || []).length;
  fill($("whole"), el("h2", {}, "The whole partnership"), ...(C.whole || []).map(one => el("details", {}, el("summary", {}, one.title), el("p", {}, one.about),
    el("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": one.title }, el("table", {}, el("thead", {}, el("tr", {}, ...one.header.map(text => el("th", { scope: "col" }, text)))),
      el("tbody", {}, ...one.rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), ...rest.map(text => el("td", {}, text))))))))));
  fill($("sources"), ...C.attributions.map(text => el("p", {}, text)));
  fill($("licences"), el("p", {}, "This page carries no font: it names those of your own machine."), ...C.licences.map(one => el("div", {}, el("h3", {}, one.what), el("p", {}, `${one.licence}. ${one.notice}`), one.address ? el("p", { class: "quiet" }, one.address) : null, one.text ? el("pre", {}, one.text) : null)));
  for (const [id, name] of [["drawing", "d"], ["colour", "c"], ["by", "b"], ["against", "v"]]) $(id).addEventListener("change", event => { state[name] = event.target.value; if (name === "d") state.p = ""; show(); });
  $("only").addEventListener("change", event => { state.f = event.target.checked ? "1" : ""; show(); });
  $("spots").addEventListener("change", event => { state.h = event.target.checked ? "1" : ""; show(); });
  $("earlier").addEventListener("click", () => turn(-1)); $("further").addEventListener("click", () => turn(1));
  for (const [event, paper] of [["beforeprint", true], ["afterprint", false]]) addEventListener(event, () => { onPaper = paper; showList(); });
  $("find").addEventListener("input", search);
  $("controls").addEventListener("submit", event => { event.preventDefault(); const [first] = search(); if (first) take(first); });
  addEventListener("hashchange", () => { readAddress(); show(); });
  let again = 0;
  addEventListener("resize", () => { clearTimeout(again); again = setTimeout(() => { const { w, h } = size(); map.width(w).height(h); move(viewOn(MAIN, { w, h })); }, 200); });
  readAddress(); await makeMap(); listenToPointers(); show();
  if (chosen() >= 0) zoomTo(chosen());
  document.documentElement.dataset.ready = "yes";
}
begin();
})();
