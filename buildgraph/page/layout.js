// Where each node stands: who uses stands before what is used, in an order that crosses few edges. Pure.

// Sizes of a node and its cell, and how far layers stand apart at least and at most.
const NODE = { width: 164, height: 26 };
const CELL = { width: 176, height: 34 };
const GAPS = { right: [44, 120], down: [34, 110] };
const SWEEPS = 6;

/**
 * Positions by id and the way they run, `right` or `down`: whichever shows nodes larger in a place of this size.
 * `edges` tell for each of the `ids` which it uses.
 */
function layered(nodes, ids, edges, size) {
  const layers = inLayers(nodes, ids, edges);
  order(layers, edges);
  const [right, down] = ["right", "down"].map((way) => placed(layers, way, size));
  return down.scale > right.scale ? down : right;
}

/** Layers one after the other: kinds one after the other, and packages by the longest way that leads to them. */
function inLayers(nodes, ids, edges) {
  const depth = new Map();
  for (const id of topological(ids, edges)) {
    const own = Math.max(depth.get(id) ?? 0, KINDS.indexOf(nodes.get(id).kind));
    depth.set(id, own);
    for (const used of edges.get(id)) {
      if (depth.get(used) === undefined || depth.get(used) <= own) depth.set(used, Math.max(depth.get(used) ?? 0, own + 1));
    }
  }
  const layers = [];
  for (const id of ids) (layers[depth.get(id)] ??= []).push(id);
  return layers.filter(Boolean);
}

/** Users before what they use; where they use one another in a circle, the first one met. */
function topological(ids, edges) {
  const done = new Set();
  const found = [];
  for (const start of ids) {
    if (done.has(start)) continue;
    done.add(start);
    const way = [[start, 0]];
    while (way.length) {
      const top = way[way.length - 1];
      const next = edges.get(top[0])[top[1]++];
      if (next === undefined) found.push(way.pop()[0]);
      else if (!done.has(next)) {
        done.add(next);
        way.push([next, 0]);
      }
    }
  }
  return found.reverse();
}

/** Sorts every layer by where its neighbours stand, to and fro. */
function order(layers, edges) {
  const users = new Map();
  for (const [id, used] of edges) for (const other of used) users.set(other, [...(users.get(other) ?? []), id]);
  for (const layer of layers) layer.sort();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    const neighbours = isForth ? users : edges;
    const place = new Map();
    for (const layer of layers) layer.forEach((id, at) => place.set(id, layer.length > 1 ? at / (layer.length - 1) : 0.5));
    for (const layer of isForth ? layers : [...layers].reverse()) {
      const middle = new Map(layer.map((id) => [id, mean(neighbours.get(id) ?? [], place, place.get(id))]));
      layer.sort((a, b) => middle.get(a) - middle.get(b) || (a < b ? -1 : 1));
      layer.forEach((id, at) => place.set(id, layer.length > 1 ? at / (layer.length - 1) : 0.5));
    }
  }
}

function mean(ids, place, otherwise) {
  let sum = 0;
  for (const id of ids) sum += place.get(id);
  return ids.length ? sum / ids.length : otherwise;
}

/** The layers laid one after the other, each in as many lines as make the whole fill its place best. */
function placed(layers, way, size) {
  const longest = Math.max(...layers.map((layer) => layer.length));
  let best = null;
  for (let line = Math.min(4, longest); ; line = Math.min(longest, Math.ceil(line * 1.15))) {
    const measured = measure(layers, way, line, size);
    if (!best || measured.scale > best.scale) best = measured;
    if (line === longest) break;
  }
  return { way, scale: best.scale, places: places(layers, way, best) };
}

/** How large nodes are shown with so many of a layer in one line, and the gap between layers that this leaves. */
function measure(layers, way, line, size) {
  const isDown = way === "down";
  const lines = layers.reduce((sum, layer) => sum + Math.ceil(layer.length / line), 0);
  const across = line * (isDown ? CELL.width : CELL.height);
  const along = lines * (isDown ? CELL.height : CELL.width);
  const [least, most] = GAPS[way];
  const between = Math.max(1, layers.length - 1);
  const wanted = (across * (isDown ? size.height / size.width : size.width / size.height) - along) / between;
  const gap = Math.min(most, Math.max(least, wanted));
  const total = along + gap * between;
  const [width, height] = isDown ? [across, total] : [total, across];
  return { line, gap, scale: Math.min(size.width / width, size.height / height) };
}

function places(layers, way, { line, gap }) {
  const isDown = way === "down";
  const found = new Map();
  const [step, thick] = isDown ? [CELL.width, CELL.height] : [CELL.height, CELL.width];
  let along = 0;
  for (const layer of layers) {
    const lines = Math.ceil(layer.length / line);
    const each = Math.ceil(layer.length / lines);
    layer.forEach((id, at) => {
      const row = Math.floor(at / each);
      const inRow = Math.min(each, layer.length - row * each);
      const across = ((at % each) - (inRow - 1) / 2) * step;
      const depth = along + row * thick;
      found.set(id, isDown ? { x: across, y: depth } : { x: depth, y: across });
    });
    along += lines * thick + gap;
  }
  return found;
}
