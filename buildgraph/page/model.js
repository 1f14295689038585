// What the page knows of the graph: nodes, who uses whom, closures and search. Pure: nothing here draws.

const KINDS = ["product", "deployment", "image", "package"];

/** The graph of the page's data: nodes by id, and both directions of `uses`. */
function readGraph(data) {
  const nodes = new Map();
  for (const node of data.nodes) nodes.set(node.id, { ...node, name: nameOf(node), usedBy: [] });
  for (const node of nodes.values()) {
    node.uses = node.uses.filter((id) => nodes.has(id) && id !== node.id);
    for (const id of node.uses) nodes.get(id).usedBy.push(node.id);
  }
  return nodes;
}

function nameOf(node) {
  const name = node.id.slice(node.id.indexOf(":") + 1);
  return name === "." ? "the root" : name;
}

/** All that is reached from a node one way (`uses` or `usedBy`), itself left out. */
function reached(nodes, start, way) {
  const found = new Set();
  const rest = [start];
  while (rest.length) {
    for (const id of nodes.get(rest.pop())[way]) {
      if (id === start || found.has(id)) continue;
      found.add(id);
      rest.push(id);
    }
  }
  return found;
}

/** The edges among shown nodes; a way through nodes that are `passed` over, and so not drawn, is one edge. */
function shownEdges(nodes, shown, passed) {
  const edges = new Map();
  for (const id of shown) edges.set(id, [...nextShown(nodes, id, shown, passed)]);
  return edges;
}

function nextShown(nodes, start, shown, passed) {
  const found = new Set();
  const seen = new Set([start]);
  const rest = [start];
  while (rest.length) {
    for (const id of nodes.get(rest.pop()).uses) {
      if (seen.has(id)) continue;
      seen.add(id);
      if (shown.has(id)) found.add(id);
      else if (passed(nodes.get(id))) rest.push(id);
    }
  }
  return found;
}

/** The nodes whose id or path holds all words of a text: names that begin with it first, then short ones. */
function searched(nodes, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (const node of nodes) {
    const haystack = `${node.id} ${node.path}`.toLowerCase();
    if (words.every((word) => haystack.includes(word))) found.push(node);
  }
  const rank = (node) => (words.length && tailOf(node).startsWith(words[0]) ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
}

function tailOf(node) {
  return node.name.slice(node.name.lastIndexOf("/") + 1).toLowerCase();
}
