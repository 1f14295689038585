"""Where symbolic links lead: over files and folders, no further than a kernel would go."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildgraph.errors import ConfigurationError
from buildgraph.graph.files import Files
from buildgraph.graph.reached import files_at
from buildgraph.project import open_project
from buildgraph.snapshot.links import LONGEST_PATH, MOST_LINKS, MOST_UP, Beginnings, Links
from buildgraph.snapshot.snapshot import REGULAR, SUBMODULE, SYMLINK, Entry
from tests.support.monorepo import Monorepo


@pytest.mark.parametrize(
    ("place", "found"),
    [("a", None), ("a/b", "a/b"), ("a/b/c/d", "a/b"), ("a/bc", None), ("e", "e"), ("e/", "e"), ("", None)],
)
def test_a_path_begins_with_whole_parts_of_another(place: str, found: str | None) -> None:
    assert Beginnings(["a/b", "a/b/c", "e"]).of(place) == found


def test_a_place_leads_over_links_of_files_and_folders_to_what_is_there() -> None:
    links = Links({"now": "versions/2", "versions/2": "./two", "read": "x/../now//file"})

    assert links.ways("now/file") == ["now/file", "versions/2/file", "versions/two/file"]
    assert links.ways("read") == ["read", "now/file", "versions/2/file", "versions/two/file"]
    assert list(links.passed(links.ways("read"))) == ["read", "now", "versions/2"]
    assert links.places == {"versions/2", "versions/two", "now/file"}


def test_behind_a_link_a_path_leads_up_from_where_that_leads() -> None:
    links = Links({"now": "versions/two", "out": "/elsewhere", "read": "now/../file", "gone": "out/../now"})

    assert links.ways("read")[-1] == "versions/file"
    assert "versions/file" in links.places
    assert "a/b" in Links({"whole": ".", "read": "whole/a/b"}).places
    assert links.ways("gone")[-1] == "/elsewhere/../now"


def test_a_link_that_leads_up_behind_others_again_and_again_is_refused() -> None:
    links = Links({"now": "versions/two", "read": "now" + "/.." * (MOST_UP + 1) + "/x"})

    with pytest.raises(ConfigurationError, match="read: leads over other links and from there more than 8"):
        links.ways("read")


FOLDERS = ("a/b/c", "b", "c/a")
targets = st.lists(st.sampled_from(["a", "b", "c", "l", "m", "..", "..", "."]), min_size=1, max_size=7)


@given(st.dictionaries(st.sampled_from(["l", "m", "a/l", "a/b/m", "b/l", "c/a/l"]), targets.map("/".join)))
def test_links_lead_to_where_a_kernel_finds_something(made: dict[str, str]) -> None:
    with TemporaryDirectory() as outside:
        root = Path(outside).resolve() / "x/y"
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True)
        for path, target in made.items():
            (root / path).symlink_to(target)

        for path in filter(lambda path: (root / path).exists(), made):
            found, there = Links(made).ways(path)[-1], os.path.relpath((root / path).resolve(), root)
            assert found == there or (found.startswith("../") and there.startswith(".."))


def test_links_in_a_circle_lead_as_far_as_a_kernel_goes() -> None:
    links = Links({"a": "b", "b": "a"})

    assert len(links.ways("a")) == MOST_LINKS + 1


@pytest.mark.parametrize(("length", "steps"), [(LONGEST_PATH, 2), (LONGEST_PATH + 1, 1)])
def test_a_link_to_a_path_that_is_too_long_leads_nowhere(length: int, steps: int) -> None:
    links = Links({"a": "b" * (length - 5)})

    assert len(links.ways("a/1234")) == steps


def test_files_are_found_behind_links_with_the_links() -> None:
    entries = {
        "all": Entry(SYMLINK, "1"),
        "also": Entry(SYMLINK, "2"),
        "big/a": Entry(REGULAR, "3"),
        "big/b/c": Entry(REGULAR, "4"),
        "big0": Entry(REGULAR, "5"),
        "big-": Entry(REGULAR, "6"),
        "lib": Entry(SUBMODULE, "7"),
    }
    links, files = Links({"all": "big", "also": "all", "in": "lib/src/x"}), Files(entries, ())

    assert files_at(["also"], links, files) == ["all", "also", "big/a", "big/b/c"]
    assert files_at(["in"], links, files) == ["in", "lib"]
    assert files_at(["big0", "nowhere"], links, files) == ["big0"]
    assert files_at(["also", "big/a", "all"], links, files) == ["all", "also", "big/a", "big/b/c"]


def test_packages_that_see_one_folder_share_its_parts_in_a_graph_that_is_made_or_remembered(
    repo: Monorepo,
) -> None:
    """Thousands of files in thousands of packages would be millions of parts."""
    for name in ("core", "ui"):
        repo.package(f"@acme/{name}", scripts={"build": "cat ../../named"})
        (repo.root / f"packages/{name}/all").symlink_to("../../linked")
    for path in ("named/a", "named/b", "linked/a"):
        repo.write(path, path)
    made, remembered = (open_project(repo.root).working_picture().graph for _ in range(2))

    assert made.nodes == remembered.nodes
    for graph in (made, remembered):
        for path, users in {"named/a": 2, "named/b": 2, "linked/a": 4}.items():
            parts = [part for node in graph.nodes.values() for part in node.parts if part.name == path]
            assert (len(parts), len(set(map(id, parts)))) == (users, 1)
