// The page begins: what is pressed and typed leads to what shows it, and the address says what is shown first.

at("theme").onclick = switchTheme;
at("keys").onclick = () => at("help").showModal();
at("search").oninput = () => setSearch(at("search").value);
at("search").onfocus = at("search").onblur = showList;
at("zoom").onclick = ({ target }) => {
  if (target.dataset.zoom === "fit") KEYS.f();
  else if (target.dataset.zoom) zoom(Number(target.dataset.zoom));
};
dark.onchange = recolour;
addEventListener("resize", () => (arrange(), resize()));
addEventListener("popstate", fromAddress);

scene.colours = readColours();
canvas.width = canvas.clientWidth * devicePixelRatio;
canvas.height = canvas.clientHeight * devicePixelRatio;
showKinds();
showList();
fromAddress();
