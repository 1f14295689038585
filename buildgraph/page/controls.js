// What pointer and keys do, and how the light is changed.

function nodeAt(event) {
  const { scale, x, y } = scene.view;
  const point = { x: (event.offsetX - x) / scale, y: (event.offsetY - y) / scale };
  for (const [id, place] of scene.places) {
    const isIn = point.x >= place.x && point.x <= place.x + NODE.width && Math.abs(point.y - place.y) <= CELL.height / 2;
    if (isIn) return id;
  }
  return null;
}

let drag = null;
canvas.onpointerdown = (event) => {
  drag = { x: event.clientX, y: event.clientY, view: { ...scene.view }, isMoved: false };
  canvas.setPointerCapture(event.pointerId);
};
canvas.onpointermove = (event) => {
  if (drag) return pan(event);
  hover(nodeAt(event), event);
};
canvas.onpointerup = (event) => {
  const isClick = drag && !drag.isMoved;
  drag = null;
  canvas.classList.remove("drag");
  if (isClick && nodeAt(event)) focus(nodeAt(event));
};
canvas.onpointerleave = () => hover(null);
canvas.onwheel = (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
};

function pan(event) {
  const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
  if (Math.hypot(right, down) < 4 && !drag.isMoved) return;
  drag.isMoved = true;
  canvas.classList.add("drag");
  scene.view = { ...drag.view, x: drag.view.x + right, y: drag.view.y + down };
  redraw();
}

function hover(id, event) {
  if (event && id) showTip(id, event);
  at("tip").hidden = !id;
  if (id === scene.hovered) return;
  scene.hovered = id;
  canvas.classList.toggle("over", Boolean(id));
  redraw();
}

function showTip(id, event) {
  const node = nodes.get(id);
  const told = `${node.kind}, uses ${node.uses.length}, used by ${node.usedBy.length}${node.change ? `, ${node.change}` : ""}`;
  at("tip").replaceChildren(node.name, element("small", { textContent: told }));
  const isRight = event.offsetX > canvas.clientWidth - 260;
  at("tip").style.cssText = `top:${event.offsetY + 14}px;${isRight ? `right:${canvas.clientWidth - event.offsetX + 8}px` : `left:${event.offsetX + 14}px`}`;
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const before = scene.view;
  const scale = Math.min(MOST_SCALE, Math.max(0.03, before.scale * factor));
  const by = scale / before.scale;
  scene.view = { scale, x: x - (x - before.x) * by, y: y - (y - before.y) * by };
  redraw();
}

// Keys ------------------------------------------------------------------------------------------------------

const KEYS = {
  "/": () => at("search").select(),
  Escape: () => focus(null),
  a: () => data.base && at("kind-affected").click(),
  f: () => (fit(), redraw()),
  "+": () => zoom(1.3),
  "=": () => zoom(1.3),
  "-": () => zoom(0.77),
  t: () => switchTheme(),
  "?": () => at("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
  if (event.target === at("search")) return inSearch(event);
  if (event.target === canvas && event.key in MOVES) return move(event);
  if (KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

function inSearch(event) {
  const found = Math.min(listed().length, LISTED);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found) {
    event.preventDefault();
    state.chosen = (state.chosen + step + found) % found;
    showList();
  } else if (event.key === "Enter" && found) {
    chooseListed();
  } else if (event.key === "Escape") {
    setSearch("");
    canvas.focus();
  }
}

function chooseListed() {
  const id = listed()[state.chosen].id;
  setSearch("");
  focus(id);
  canvas.focus();
}

function setSearch(text) {
  at("search").value = text;
  state.text = text;
  state.chosen = 0;
  at("list").hidden = Boolean(scene.focused) && !text;
  showList();
}

// Where an arrow key leads: towards users, towards what is used, or among those that stand beside.
const MOVES = {
  ArrowLeft: { axis: "x", sign: -1 },
  ArrowRight: { axis: "x", sign: 1 },
  ArrowUp: { axis: "y", sign: -1 },
  ArrowDown: { axis: "y", sign: 1 },
  Enter: null,
};

/** To the nearest node that way: along an edge where edges run that way, else to the one beside. */
function move(event) {
  event.preventDefault();
  const current = scene.hovered ?? scene.focused ?? scene.places.keys().next().value;
  if (event.key === "Enter") return focus(current);
  const { axis, sign } = MOVES[event.key];
  const other = axis === "x" ? "y" : "x";
  const from = scene.places.get(current);
  const isAlong = (axis === "x") === (scene.way === "right");
  const linked = isAlong ? linkedTo(current) : null;
  const there = [...scene.places].filter(([id, place]) => {
    const isThatWay = (place[axis] - from[axis]) * sign > 0;
    return isThatWay && (linked ? linked.has(id) : place[other] === from[other]);
  });
  const distance = (place) => Math.abs(place[axis] - from[axis]) + Math.abs(place[other] - from[other]);
  const [nearest] = there.sort(([, a], [, b]) => distance(a) - distance(b));
  mark(scene.hovered || scene.focused ? (nearest?.[0] ?? current) : current);
}

function linkedTo(id) {
  const users = [...scene.edges].filter(([, used]) => used.includes(id)).map(([user]) => user);
  return new Set([...scene.edges.get(id), ...users]);
}

function mark(id) {
  scene.hovered = id;
  const place = scene.places.get(id);
  const { scale, x, y } = scene.view;
  const [left, top] = [place.x * scale + x, place.y * scale + y];
  const isOut = left < 0 || top < 20 || left > canvas.clientWidth - NODE.width * scale || top > canvas.clientHeight - 20;
  if (isOut) scene.view = { scale, x: canvas.clientWidth / 2 - place.x * scale, y: canvas.clientHeight / 2 - place.y * scale };
  showTip(id, { offsetX: place.x * scale + scene.view.x, offsetY: place.y * scale + scene.view.y + 10 });
  at("tip").hidden = false;
  redraw();
}

// Light -----------------------------------------------------------------------------------------------------

const dark = matchMedia("(prefers-color-scheme: dark)");

function switchTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
  recolour();
}

function recolour() {
  scene.colours = readColours();
  redraw();
}
