// Services by environments: which version runs where, whether it is well and in date.

const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
// How a service stands, told by sign and word, not by colour alone.
const STANDS = {
  current: { sign: "●", word: "in date" },
  behind: { sign: "◐", word: "not in date" },
  ill: { sign: "✕", word: "unhealthy" },
  absent: { sign: "○", word: "not there" },
};

function standing(service) {
  if (service.state === "absent") return "absent";
  if (service.state !== "healthy") return "ill";
  return service.in_date ? "current" : "behind";
}

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Every service with its product, by product and name. */
function services() {
  const found = new Map();
  for (const { services } of data.environments) for (const each of services) found.set(each.service, each.product);
  const order = (a, b) => (a[1] === b[1] ? (a[0] < b[0] ? -1 : 1) : a[1] < b[1] ? -1 : 1);
  return [...found].sort(order);
}

function show() {
  const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = services().filter(([name, product]) => words.every((word) => `${product} ${name}`.toLowerCase().includes(word)));
  at("table").replaceChildren(head(), ...bodies(rows));
  at("summary").textContent = summary();
}

function head() {
  const names = data.environments.map(({ environment, error, remarks }) => {
    const told = [error, ...remarks].filter(Boolean);
    const lines = told.map((textContent) => element("small", { className: "error", textContent }));
    return element("th", { scope: "col" }, environment, ...lines);
  });
  return element("thead", {}, element("tr", {}, element("td"), ...names));
}

function bodies(rows) {
  const products = [...new Set(rows.map(([, product]) => product))];
  return products.map((product) => {
    const heading = element("th", { scope: "rowgroup", colSpan: data.environments.length + 1, textContent: product });
    const own = rows.filter(([, other]) => other === product).map(([name]) => row(name));
    return element("tbody", {}, element("tr", { className: "product" }, heading), ...own);
  });
}

function row(name) {
  const cells = data.environments.map(({ services, error }) => {
    const found = services.find((each) => each.service === name);
    return found ? cell(found) : element("td", { className: "none", textContent: error ? "not known" : "" });
  });
  return element("tr", {}, element("th", { scope: "row", textContent: name }), ...cells);
}

function cell(service) {
  const stand = standing(service);
  const { sign, word } = STANDS[stand];
  const made = element("td", {}, element("strong", { textContent: `${sign} ${stand === "ill" ? service.state : word}` }));
  made.dataset.stand = stand;
  if (stand !== "absent") made.append(facts(service));
  return made;
}

function facts(service) {
  const told = [service.commit && service.commit.slice(0, 8) + (service.commit.includes("-") ? "+edits" : ""), service.colour,
    service.release, service.since?.slice(0, 16).replace("T", " "), service.by];
  const list = element("small", { textContent: told.filter(Boolean).join(" · ") });
  const isAddress = /^https?:\/\//.test(service.address);
  return element("div", {}, list, isAddress ? element("a", { href: service.address, textContent: service.address }) : null);
}

function summary() {
  return data.environments.map(({ environment, services, error }) => {
    if (error) return `${environment}: not known`;
    const running = services.filter((each) => each.state !== "absent");
    const behind = running.filter((each) => standing(each) !== "current").length;
    return `${environment}: ${running.length} of ${services.length} run${behind ? `, ${behind} not as they should` : ""}`;
  }).join(" · ");
}

const dark = matchMedia("(prefers-color-scheme: dark)");
function switchTheme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
  root.dataset.theme = isDark ? "light" : "dark";
}

at("theme").onclick = switchTheme;
at("search").oninput = show;
document.addEventListener("keydown", (event) => {
  if (event.target === at("search") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "t") switchTheme();
  if (event.key !== "/") return;
  event.preventDefault();
  at("search").select();
});
show();
