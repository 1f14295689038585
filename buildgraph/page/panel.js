// The panel at the side: the list that a search leaves, and what is told of the node that was chosen.

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function label(node) {
  const badge = node.change ? element("span", { className: "badge", textContent: node.change }) : null;
  const dot = element("span", { className: "dot" });
  dot.setAttribute("role", "img");
  dot.setAttribute("aria-label", node.kind);
  return [dot, element("span", { textContent: node.name, title: node.id }), badge];
}

function listed() {
  const found = searched(data.nodes.filter(isShown).map((node) => nodes.get(node.id)), state.text);
  return state.text ? found : found.sort((a, b) => Boolean(b.change) - Boolean(a.change));
}

function showList() {
  performance.mark("search");
  const found = listed();
  const items = found.slice(0, LISTED).map((node, index) => {
    const item = element("li", { id: `option-${index}`, onclick: () => focus(node.id) }, ...label(node));
    item.dataset.kind = node.kind;
    item.dataset.id = node.id;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", index === state.chosen && document.activeElement === at("search"));
    return item;
  });
  if (found.length > LISTED) items.push(element("li", { className: "more", textContent: `and ${found.length - LISTED} more` }));
  if (!found.length) items.push(element("li", { className: "more", textContent: "nothing of this name" }));
  at("list").replaceChildren(...items);
  at("search").setAttribute("aria-activedescendant", found.length ? `option-${state.chosen}` : "");
  at("list").querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  performance.measure("search-answered", "search");
}

function showKinds() {
  const boxes = present.map((kind) => choice(kind, `${kind}s`, state.kinds.has(kind), (on) => {
    if (on) state.kinds.add(kind);
    else state.kinds.delete(kind);
  }));
  if (data.base) boxes.push(choice("affected", `only affected (${affected.size})`, state.onlyAffected, (on) => (state.onlyAffected = on)));
  at("kinds").append(...boxes);
}

function choice(kind, text, checked, change) {
  const input = element("input", { type: "checkbox", checked, id: `kind-${kind}` });
  input.onchange = () => {
    change(input.checked);
    refresh();
  };
  const made = element("label", {}, input, element("span", { className: "dot" }), text);
  made.dataset.kind = kind;
  return made;
}

function refresh() {
  arrange();
  fit();
  showList();
  redraw();
}

// The details -----------------------------------------------------------------------------------------------

function showDetails() {
  const node = nodes.get(scene.focused);
  at("details").hidden = !node;
  at("list").hidden = Boolean(node) && !state.text;
  if (!node) return;
  at("details").dataset.kind = node.kind;
  const parts = [
    element("button", { type: "button", className: "back", textContent: "← all nodes", onclick: () => focus(null) }),
    element("div", { className: "kind" }, element("span", { className: "dot" }), node.kind),
    element("h2", { textContent: node.name }),
    facts(node),
    node.change ? reasons(node) : null,
    ...links("Uses", node.uses, reached(nodes, node.id, "uses").size),
    ...links("Used by", node.usedBy, reached(nodes, node.id, "usedBy").size),
  ];
  at("details").replaceChildren(...parts.filter(Boolean));
}

function facts(node) {
  const rows = [
    ["folder", node.path],
    ["fingerprint", node.fingerprint?.slice(0, 12)],
    ["after", node.after?.join(", ")],
    [node.kind === "product" ? "last deploy" : "last build", duration(node.took)],
  ];
  const made = element("dl");
  for (const [name, value] of rows) {
    if (value) made.append(element("dt", { textContent: name }), element("dd", {}, element("code", { textContent: value })));
  }
  return made;
}

// Seconds as the command line tells them.
function duration(took) {
  if (took === undefined) return "";
  if (took < 10) return `${took.toFixed(1)} s`;
  return took < 60 ? `${Math.round(took)} s` : `${Math.floor(took / 60)} min ${Math.floor(took % 60)} s`;
}

function reasons(node) {
  const items = (node.reasons ?? []).map((reason) => {
    const what = `${reason.kind} ${reason.path ?? reason.node ?? reason.package ?? reason.name ?? ""}`;
    const way = (reason.via ?? []).join(" → ");
    return element("li", {}, what, way ? element("small", { textContent: way }) : null);
  });
  if (node.more_reasons) items.push(element("li", { textContent: `and ${node.more_reasons} more` }));
  const list = items.length ? element("ul", {}, ...items) : null;
  return element("div", { className: "reasons" }, element("strong", { textContent: node.change }), list);
}

function links(title, ids, all) {
  const heading = element("h3", {}, element("b", { textContent: `${title} ${ids.length}` }), all > ids.length ? ` · ${all} in all` : "");
  const items = [...ids].sort().map((id) => {
    const button = element("button", { type: "button", onclick: () => focus(id) }, ...label(nodes.get(id)));
    button.dataset.kind = nodes.get(id).kind;
    return element("li", {}, button);
  });
  return ids.length ? [heading, element("ul", { className: "links" }, ...items)] : [heading];
}
