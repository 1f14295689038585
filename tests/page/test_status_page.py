"""The page of what runs where: services by environments, told by sign and word, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from buildgraph.page import render_page
from tests.support.browser import opened_browser
from tests.support.hamlet import Hamlet
from tests.support.window import Window

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
    """One browser for all tests of this file."""
    with opened_browser(tmp_path_factory.mktemp("browser")) as found:
        yield Window(found)


def service(name: str, product: str = "shop", **told: Any) -> dict[str, Any]:
    """How a service stands; healthy and in date unless `told` says otherwise."""
    usual = {
        "state": "healthy",
        "in_date": True,
        "colour": "blue",
        "commit": "3f9c2b7a11d2",
        "since": "",
        "by": "",
    }
    return {
        "service": name,
        "product": product,
        **usual,
        "release": "",
        "address": "",
        "kept": "",
        "kept_for": 0,
    } | told


REMARK = "redis runs otherwise than declared"
STANDING = {
    "format": 1,
    "environments": [
        {
            "environment": "development",
            "error": "",
            "remarks": [],
            "services": [
                service("api", address="http://api.localhost:8480", commit="3f9c2b7a11d2-dirty"),
                service("web", in_date=False, address="javascript:alert(1)"),
                service("mail", "mail", state="absent"),
            ],
        },
        {
            "environment": "staging",
            "error": "",
            "remarks": [REMARK],
            "services": [service("api"), service("web", state="unhealthy")],
        },
        {
            "environment": "production",
            "error": "nobody answers\n  wake it",
            "remarks": [],
            "services": [],
        },
    ],
}


@pytest.fixture
def page(window: Window, tmp_path: Path) -> Window:
    """The page of these standings, opened."""
    file = tmp_path / "status.html"
    file.write_text(render_page("status", "shop", json.dumps(STANDING)))
    window.prefer("light")
    window.open(file.as_uri())
    return window


def rows(window: Window) -> list[list[str]]:
    """The cells of every row that is shown, their first lines only."""
    script = """return [...document.querySelectorAll('tr')].map(row =>
        [...row.cells].map(cell => cell.innerText.split('\\n')[0]))"""
    return list(window.asked(script))


def test_every_service_is_told_in_every_environment_by_sign_and_word(page: Window) -> None:
    assert rows(page) == [
        ["", "development", "staging", "production"],
        ["mail"],
        ["mail", "○ not there", "", "not known"],
        ["shop"],
        ["api", "● in date", "● in date", "not known"],
        ["web", "◐ not in date", "✕ unhealthy", "not known"],
    ]
    assert page.text("#summary") == (
        "development: 2 of 3 run, 1 not as they should · staging: 2 of 2 run, 1 not as they should"
        " · production: not known"
    )
    assert "nobody answers" in page.text("thead") and page.text("thead").count(REMARK) == 1
    assert "3f9c2b7a+edits · blue" in page.text("tbody:last-of-type")
    assert page.complaints() == []


def test_only_addresses_of_the_web_are_links(page: Window) -> None:
    links = "return [...document.querySelectorAll('a')].map(link => link.getAttribute('href'))"

    assert page.asked(links) == ["http://api.localhost:8480"]


def test_a_search_leaves_the_services_of_a_name_or_product(page: Window) -> None:
    page.press("/", "shop we")
    assert [row[0] for row in rows(page)] == ["", "shop", "web"]


def test_the_page_is_dark_where_the_system_is_and_a_key_turns_it(page: Window) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = page.asked(ground)
    page.prefer("dark")
    dark = page.asked(ground)
    page.press("t")

    assert (light != dark, page.asked(ground)) == (True, light)


def test_what_runs_is_what_the_page_shows(window: Window, tmp_path: Path) -> None:
    hamlet = Hamlet(tmp_path / "hamlet", ("development", "staging"))
    hamlet.write("manifests/environments/production.toml", 'engine = "ssh://nobody@127.0.0.1:1"\n')
    try:
        hamlet.must("deploy:mail")
        told = json.loads(hamlet.must("status", "--all", "--format", "json").out)
        hamlet.must("status", "--format", "html", "-o", str(tmp_path / "status.html"))
    finally:
        hamlet.raze()

    window.open((tmp_path / "status.html").as_uri())
    shown = {row[0]: row[1:] for row in rows(window) if len(row) > 1}
    assert shown["mail"] == ["● in date", "not known", "○ not there"]
    assert shown["api"] == ["○ not there", "not known", "○ not there"]
    assert [found["environment"] for found in told["environments"]] == [
        "development",
        "production",
        "staging",
    ]
    assert [bool(found["error"]) for found in told["environments"]] == [False, True, False]
