"""What a build sees by symbolic links that its COPY lines name or lead over."""

from __future__ import annotations

import pytest

from buildgraph.recipes import Window, followed

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


def seen(*copies: str) -> set[str]:
    """What is seen by these copies beside what the copies alone name."""
    window = Window(".", followed(copies, LINKS))
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
    assert followed(("real", "*.txt", "gone/*"), LINKS) == ("real", "*.txt", "gone/*")
    assert followed((".", "linkdir"), LINKS) == (".", "linkdir")
    assert followed(("linkdir",), {}) == ("linkdir",)


def test_what_is_kept_out_stays_so_behind_a_link() -> None:
    window = Window(".", followed(("linkdir",), LINKS), ("real/sub",))

    assert [path for path in FILES if window.sees(path)] == ["real/a.json"]


def test_more_links_than_anybody_could_tell_apart_show_all_of_the_context() -> None:
    links = {f"l{n}": f"l{n + 1}" for n in range(500)}

    assert followed(tuple(f"l*{n}/*/*" for n in range(1000)), links) == (".",)
