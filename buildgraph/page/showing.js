// What the page shows: the kinds that were asked for, or a node with its surroundings, arranged and fitted in.

const ALONE = 150; // from so many nodes on, the surroundings of one are shown without the others
const LISTED = 100; // nodes in the list; who looks for more searches
const MOST_SCALE = 2.5;
const MARGIN = 44; // pixels around the whole
const HOW = {
  right: "Left: who uses. Right: what is used. Enter shows a node's surroundings, Escape all.",
  down: "Above: who uses. Below: what is used. Enter shows a node's surroundings, Escape all.",
};

const data = JSON.parse(document.getElementById("data").textContent);
const nodes = readGraph(data);
const at = (id) => document.getElementById(id);
const canvas = at("canvas");
const present = KINDS.filter((kind) => data.nodes.some((node) => node.kind === kind));
const affected = new Set(data.nodes.filter((node) => node.change).map((node) => node.id));
const state = {
  kinds: new Set(present.filter((kind) => kind !== "deployment")),
  onlyAffected: false,
  text: "",
  chosen: 0,
};
const scene = { nodes, places: new Map(), edges: new Map(), view: { scale: 1, x: 0, y: 0 }, focused: null, hovered: null, near: null };

// What is shown ---------------------------------------------------------------------------------------------

function isShown(node) {
  return state.kinds.has(node.kind) && (!state.onlyAffected || node.change);
}

/** The focused node with all that it is made of and all that it reaches. */
function surroundings(id) {
  return new Set([id, ...reached(nodes, id, "uses"), ...reached(nodes, id, "usedBy")]);
}

function arrange() {
  const all = data.nodes.filter((node) => isShown(node) || node.id === scene.focused).map((node) => node.id);
  const around = scene.focused ? surroundings(scene.focused) : null;
  const isAlone = around && all.length > ALONE;
  const shown = new Set(isAlone ? all.filter((id) => around.has(id)) : all);
  scene.near = around && !isAlone ? around : null;
  scene.edges = shownEdges(nodes, shown, (node) => !state.kinds.has(node.kind) && (!around || around.has(node.id)));
  const size = { width: canvas.clientWidth - 2 * MARGIN, height: canvas.clientHeight - 2 * MARGIN };
  Object.assign(scene, shown.size ? layered(nodes, [...shown], scene.edges, size) : { places: new Map() });
  at("how").textContent = HOW[scene.way];
  scene.hovered = null;
  at("summary").textContent = summary(shown.size);
}

function summary(count) {
  const counts = present.map((kind) => `${data.nodes.filter((node) => node.kind === kind).length} ${kind}s`).join(", ");
  const told = scene.focused ? `${count} shown around ${scene.focused}` : counts;
  const since = data.base ? ` since ${data.base.ref}` : "";
  return data.base ? `${told} · ${affected.size} affected${since}` : told;
}

/** Shows the whole of what is shown, not nearer than it is written. */
function fit() {
  const places = [...scene.places.values()];
  if (!places.length) return;
  const left = Math.min(...places.map((place) => place.x));
  const right = Math.max(...places.map((place) => place.x)) + NODE.width;
  const top = Math.min(...places.map((place) => place.y)) - NODE.height / 2;
  const bottom = Math.max(...places.map((place) => place.y)) + NODE.height / 2;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const scale = Math.min(1.2, (width - 2 * MARGIN) / (right - left), (height - 2 * MARGIN) / (bottom - top));
  scene.view = { scale, x: (width - (left + right) * scale) / 2, y: (height - (top + bottom) * scale) / 2 };
}

let isAsked = false;
function redraw() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    draw(canvas, scene);
    performance.mark("drawn");
  });
}

function resize() {
  canvas.width = canvas.clientWidth * devicePixelRatio;
  canvas.height = canvas.clientHeight * devicePixelRatio;
  fit();
  redraw();
}

// Focus -----------------------------------------------------------------------------------------------------

/** Puts a node into the middle of attention; null is the whole. The address remembers it. */
function focus(id, { isRemembered = true } = {}) {
  performance.mark("focus");
  scene.focused = nodes.has(id) ? id : null;
  arrange();
  fit();
  showDetails();
  if (isRemembered) history.pushState(null, "", scene.focused ? `#${encodeURIComponent(scene.focused)}` : location.pathname + location.search);
  draw(canvas, scene);
  performance.measure("focus-shown", "focus");
}

function fromAddress() {
  focus(decodeURIComponent(location.hash.slice(1)), { isRemembered: false });
}
