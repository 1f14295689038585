"""What a build sees by symbolic links that its COPY lines name or lead over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from buildgraph.recipes import CopiedLinks, Window
from buildgraph.recipes.effort import Effort

FILES = ("a.txt", "real/a.json", "real/sub/b.json", "src/x", "s[1]/y")
LINKS = {
    "linkdir": "real",
    "link.json": "real/a.json",
    "src/up": "../real/sub",
    "top": "/real/sub",
    "far": "../../../real/sub",
    "chain": "linkdir/sub",
    "written": "linkdir/../a.txt",
    "here": ".",
    "nowhere": "gone",
    "x1": "x2",
    "x2": "x1",
    "odd": "s[1]",
}


def with_ends(copies: tuple[str, ...], links: Mapping[str, str] = LINKS) -> tuple[str, ...]:
    """These copies with all that the links add."""
    return CopiedLinks(links, Effort()).with_ends(copies)


def seen(*copies: str) -> set[str]:
    """What is seen by these copies beside what the copies alone name."""
    window = Window(".", with_ends(copies))
    return {path for path in (*FILES, *LINKS) if window.sees(path) and not Window(".", copies).sees(path)}


FOLLOWED = {
    "a link to a folder": ("linkdir", {"real/a.json", "real/sub/b.json"}),
    "a link to a file": ("link.json", {"real/a.json"}),
    "a file behind a link": ("linkdir/a.json", {"linkdir", "real/a.json"}),
    "a pattern behind a link": ("linkdir/*.json", {"linkdir", "real/a.json"}),
    "a link that a pattern names": ("*.json", {"real/a.json"}),
    "a link that a pattern leads over": ("l[hi]?kdir/sub/*", {"linkdir", "real/sub/b.json"}),
    "a link in a folder": ("src/up/b.json", {"src/up", "real/sub/b.json"}),
    "a link that a pattern names in a folder": ("src/*", {"real/sub/b.json"}),
    "none inside of what is copied whole": ("src", set()),
    "from the top of the context": ("top", {"real/sub/b.json"}),
    "never above it": ("far", {"real/sub/b.json"}),
    "a link over another one": ("chain/*.json", {"chain", "linkdir", "real/sub/b.json"}),
    "back as it is written": ("written", {"a.txt"}),
    "to the top itself": ("here", {*FILES, *LINKS} - {"here"}),
    "a link to nothing": ("nowhere", set()),
    "links in a circle": ("x1/y", {"x1", "x2"}),
    "a folder with signs of patterns in its name": ("odd", {"s[1]/y"}),
    "folders of any number": ("src/**/b.json", {"src/up", "real/sub/b.json"}),
    "no link": ("real/sub", set()),
}


@pytest.mark.parametrize(("copied", "more"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_build_sees_where_links_lead_that_its_copies_meet(copied: str, more: set[str]) -> None:
    """Tried with `docker build`: it copies all of this."""
    assert seen(copied) == more


def test_copies_that_meet_no_link_stay_as_they_are() -> None:
    assert with_ends(("real", "*.txt", "gone/*")) == ("real", "*.txt", "gone/*")
    assert with_ends((".", "linkdir")) == (".", "linkdir")
    assert with_ends(("linkdir",), {}) == ("linkdir",)


def test_what_is_kept_out_stays_so_behind_a_link() -> None:
    window = Window(".", with_ends(("linkdir",)), ("real/sub",))

    assert [path for path in FILES if window.sees(path)] == ["real/a.json"]


def test_a_path_that_is_longer_than_any_leads_nowhere() -> None:
    links = {"one": "two/" + "b/" * 1500 + "b", "two": "c/" * 1500 + "c"}

    assert with_ends(("one",), links) == ("one", "two")


def test_a_link_over_more_links_than_buildkit_follows_leads_nowhere() -> None:
    links = {f"l{n}": f"l{n + 1}" for n in range(256)}

    assert "l256" not in with_ends(("l0",), links)
    assert "l256" in with_ends(("l1",), links)


# Copies and links, and how many signs it takes at least to look at them, and for a service that copies more besides.
LOOKED: Final = {
    "a pattern at many links": (("*/x",), {f"l{n}": "real" for n in range(1000)}, 100_000, 30_000),
    "what is no link at many": (("x*",), {f"l{n}": "real" for n in range(1000)}, 60_000, 0),
    "long names": (("*/x",), {f"{'l' * 200}{n}": "r" for n in range(1000)}, 200_000, 30_000),
    "what a link leads over": (("l0",), {f"l{n}": f"l{n + 1}" for n in range(200)}, 6_000, 220),
    "links in a circle": (("*/x",), {f"l{n}": f"l{(n + 1) % 500}" for n in range(500)}, 500_000, 100_000),
    "long ways": (("l0",), {"l0": f"l1{'/a' * 1000}", "l1": "a"}, 4_000, 2_000),
    "many paths": (tuple(f"p{n}" for n in range(1000)), {"l": "a"}, 30_000, 0),
    "many folders": (("**/a/**/b",), {"a/" * 100 + "l": "x"}, 6_000, 300),
}


@pytest.mark.parametrize(("copies", "links", "once", "again"), LOOKED.values(), ids=LOOKED)
def test_looking_at_links_costs_an_effort_once_for_all_services(
    copies: tuple[str, ...], links: Mapping[str, str], once: int, again: int
) -> None:
    looking = CopiedLinks(links, Effort())

    looking.with_ends(copies)
    first = looking.effort.left
    looking.with_ends((*copies, "other"))

    assert Effort().left - first >= once
    assert again <= first - looking.effort.left < 2 * again + 50
