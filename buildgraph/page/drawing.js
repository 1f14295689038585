// The graph on a canvas: edges below, nodes above; from afar nodes are marks without words.

const READABLE = 0.5; // the scale from which on names are written
const MANY = 600; // edges of which each is no more than a shade
const FEW = 60; // edges of one node that may be drawn in full

/** The palette as the page's style has it now. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ground", "surface", "line", "ink", "soft", "edge", "affected", "affected-ground", "chosen", ...KINDS];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Draws a scene: places and edges, the view on them, and which nodes stand out. */
function draw(canvas, scene) {
  const context = canvas.getContext("2d");
  const ratio = canvas.width / canvas.clientWidth || 1;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const { scale, x, y } = scene.view;
  context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
  drawEdges(context, scene);
  for (const [id, place] of scene.places) {
    if (isInView(place, scene.view, canvas)) drawNode(context, scene, scene.nodes.get(id), place);
  }
}

function isInView(place, view, canvas) {
  const left = place.x * view.scale + view.x;
  const top = place.y * view.scale + view.y;
  const far = CELL.width * view.scale;
  return left > -far && top > -far && left < canvas.clientWidth + far && top < canvas.clientHeight + far;
}

function drawEdges(context, scene) {
  const { colours, near, hovered, places, edges, view, way } = scene;
  const quiet = new Path2D();
  const loud = new Path2D();
  const around = hovered ?? scene.focused;
  let [count, loudCount] = [0, 0];
  for (const [id, used] of edges) {
    for (const other of used) {
      const isLoud = around ? id === around || other === around : false;
      const isNear = !near || (near.has(id) && near.has(other));
      if (isLoud) curve(loud, places.get(id), places.get(other), way), loudCount++;
      else if (isNear) curve(quiet, places.get(id), places.get(other), way), count++;
    }
  }
  context.strokeStyle = colours.edge;
  context.globalAlpha = count > MANY ? Math.max(0.05, 0.3 * Math.sqrt(MANY / count) * 0.5) : 0.45;
  context.lineWidth = Math.max(1.1, 0.7 / view.scale);
  context.stroke(quiet);
  context.globalAlpha = loudCount > FEW ? 0.35 : 1;
  context.strokeStyle = colours.chosen;
  context.lineWidth = Math.max(1.6, 1.3 / view.scale);
  context.stroke(loud);
  context.globalAlpha = 1;
}

/** From a node's end to the beginning of one that it uses; `way` says where these are. */
function curve(path, from, to, way) {
  if (way === "down") return curveDown(path, from, to);
  const start = from.x + NODE.width;
  const bend = Math.max(24, Math.abs(to.x - start) / 2);
  path.moveTo(start, from.y);
  path.bezierCurveTo(start + bend, from.y, to.x - bend, to.y, to.x, to.y);
}

function curveDown(path, from, to) {
  const [start, end] = [from.y + NODE.height / 2, to.y - NODE.height / 2];
  const bend = Math.max(16, Math.abs(end - start) / 2);
  const middle = NODE.width / 2;
  path.moveTo(from.x + middle, start);
  path.bezierCurveTo(from.x + middle, start + bend, to.x + middle, end - bend, to.x + middle, end);
}

function drawNode(context, scene, node, { x, y }) {
  const { colours, view, near, focused, hovered } = scene;
  const isMarked = node.id === focused || node.id === hovered;
  const colour = colours[node.kind];
  context.globalAlpha = near && !near.has(node.id) && !isMarked ? 0.16 : 1;
  const top = y - NODE.height / 2;
  if (view.scale < READABLE) drawMark(context, colours, node, colour, x, top);
  else drawCard(context, colours, node, colour, x, top);
  if (isMarked) outline(context, x, top, colours.chosen, Math.max(2, 1.6 / view.scale));
  context.globalAlpha = 1;
}

/** From afar: a block in the colour of its kind, in that of affected where it is. */
function drawMark(context, colours, node, colour, x, top) {
  context.fillStyle = node.change ? colours.affected : colour;
  if (!node.change) context.globalAlpha *= node.kind === "package" ? 0.5 : 0.85;
  box(context, x, top, 6);
  context.fill();
}

/** Near: a card with the kind at its side and the name in it. */
function drawCard(context, colours, node, colour, x, top) {
  context.fillStyle = node.change ? colours["affected-ground"] : colours.surface;
  box(context, x, top, 7);
  context.fill();
  context.strokeStyle = node.change ? colours.affected : colours.line;
  context.lineWidth = node.change ? 1.8 : 1.2;
  context.stroke();
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x + 8, top + NODE.height / 2 - 4.5, 9, 9, 3);
  context.fill();
  context.fillStyle = colours.ink;
  context.font = `${node.kind === "package" ? 400 : 600} 12.5px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif`;
  context.textBaseline = "middle";
  context.fillText(fitted(context, node, NODE.width - 34), x + 25, top + NODE.height / 2 + 0.5);
}

/** A name that fits: what is too long loses its scope, then its middle. */
function fitted(context, node, width) {
  if (node.shown) return node.shown;
  let name = node.name;
  if (context.measureText(name).width > width) name = name.slice(name.indexOf("/") + 1) || name;
  for (let keep = name.length - 1; context.measureText(name).width > width && keep > 6; keep--) {
    name = `${node.name.slice(-keep, -keep / 2)}…${node.name.slice(-keep / 2)}`;
  }
  return (node.shown = name);
}

function outline(context, x, top, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.roundRect(x - 2, top - 2, NODE.width + 4, NODE.height + 4, 9);
  context.stroke();
}

function box(context, x, top, radius) {
  context.beginPath();
  context.roundRect(x, top, NODE.width, NODE.height, radius);
}
