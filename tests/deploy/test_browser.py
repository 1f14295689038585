"""A real browser through a switch: the page it has loaded gets its assets, and the next page is a whole one too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.browser import Browser, opened_browser
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]
# What a page does that loads parts of itself later: script elements, several at once.
LOAD = """
const [version, done] = arguments;
const load = (number) => new Promise((resolve) => {
  const script = document.createElement('script');
  script.onload = () => resolve('loaded');
  script.onerror = () => resolve('failed');
  script.src = `/assets/${encodeURIComponent(version)}?${number}-${Math.random()}`;
  document.head.append(script);
});
Promise.all([...Array(6).keys()].map(load)).then(done);
"""
VERSION = "arguments[0](document.querySelector('p').textContent)"


def test_a_browser_with_an_old_page_gets_its_assets_through_the_switch(town: Town, tmp_path: Path) -> None:
    """Pitfall 57: sticky, as a browser does it and no test imitates it."""
    address = f"http://web.localhost:{town.place.environment.proxy_port}/page"
    town.switches(50, 100, window=600.0, hold=1.0, least_requests=0)
    town.service("web", port=3001)
    town.deploy()
    during: list[tuple[str, set[str]]] = []

    with opened_browser(tmp_path) as old, opened_browser(made(tmp_path / "new")) as new:
        old.open(address)
        assert shown(old) == "web 1"

        def browse() -> None:
            for _ in range(8):
                new.open(address)
                during.append((shown(new), loaded(new)))
            during.append((shown(old), loaded(old)))

        town.moments = {"50 % of the requests": browse}
        town.service("web", "2", port=3001)
        town.deploy()
        after = [loaded(old) for _ in range(5)]
        old.open(address)
        fresh = (shown(old), loaded(old))

    assert {version for version, _ in during} == {"web 1", "web 2"}
    assert [assets for _, assets in during] == [{"loaded"}] * 9
    assert after == [{"loaded"}] * 5
    assert fresh == ("web 2", {"loaded"})


def shown(browser: Browser) -> str:
    """The version of the page in a browser."""
    return str(browser.run(VERSION))


def loaded(browser: Browser) -> set[str]:
    """What becomes of assets that the page in a browser asks for now."""
    return set(browser.run(LOAD, shown(browser)))


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder
