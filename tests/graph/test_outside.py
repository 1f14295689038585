"""What projects read outside of their workspace: where links lead out of it, and what stands there."""

from __future__ import annotations

from collections.abc import Mapping

from buildgraph.graph.files import Files
from buildgraph.graph.nodes import Part
from buildgraph.graph.outside import Outside, places_outside
from buildgraph.snapshot.links import Links
from buildgraph.snapshot.snapshot import REGULAR, SUBMODULE, SYMLINK, Entry

PROJECTS = (".", "packages/core", "packages/ui")
WHOLE = {
    "proto/schema.json": Entry(REGULAR, "b1"),
    "proto/more/a.json": Entry(REGULAR, "b2"),
    "proto/link.json": Entry(SYMLINK, "b3"),
    "now": Entry(SYMLINK, "b4"),
    "vendor": Entry(SUBMODULE, "b5"),
    "web/packages/ui/index.ts": Entry(REGULAR, "b6"),
}
TARGETS = {"proto/link.json": "schema.json", "now": "proto"}


def outside(
    *places: str, root: str = "web/", whole: Mapping[str, Entry] = WHOLE, targets: Mapping[str, str] = TARGETS
) -> Outside:
    """What a project reads that is led to these places, seen from the workspace's root."""
    found = places_outside(PROJECTS, Links({}), {"packages/core": places})
    return Outside(root, found, Files(whole, frozenset()), Links(targets))


def test_links_and_linked_folders_lead_out_by_their_owners() -> None:
    links = {
        "packages/core/schema.json": "../../../proto/schema.json",
        "packages/core/own.ts": "../ui/index.ts",
        "packages/ui/all": "inner",
        "packages/ui/inner": "/etc/acme",
        "notes": "..",
    }

    assert places_outside(PROJECTS, Links(links), {"packages/ui": ["../lib", "shared"], ".": ["shared"]}) == {
        "packages/core": ("../proto/schema.json",),
        "packages/ui": ("../lib", "/etc/acme"),
        ".": ("..",),
    }


def test_what_leads_nowhere_outside_reads_nothing() -> None:
    found = outside()

    assert (found.parts, found.read, found.unseen) == ({}, set(), {})


def test_a_file_outside_counts_by_its_blob() -> None:
    found = outside("../proto/schema.json")

    assert found.parts == {"packages/core": (Part("file", "../proto/schema.json", "100644 b1"),)}
    assert found.read == {"proto/schema.json"}
    assert found.unseen == {}


def test_of_a_folder_outside_all_files_count_and_of_a_submodule_its_commit() -> None:
    names = [part.name for part in outside("../proto/more", "../vendor/lib").parts["packages/core"]]

    assert names == ["../proto/more/a.json", "../vendor"]


def test_links_outside_are_followed_and_count_themselves() -> None:
    found = outside("../now/link.json")

    names = [part.name for part in found.parts["packages/core"]]
    assert names == ["../now", "../proto/link.json", "../proto/schema.json"]
    assert {"now", "proto/link.json", "proto/schema.json"} < found.read


def test_a_way_that_leads_out_and_in_again_is_none_the_less_a_way() -> None:
    assert outside("../web/packages/ui").parts == {
        "packages/core": (Part("file", "packages/ui/index.ts", "100644 b6"),)
    }


def test_what_is_not_there_yet_is_looked_for() -> None:
    found = outside("../proto/new.json")

    assert (found.parts, found.read, found.folders) == ({}, {"proto/new.json"}, {"proto/new.json/"})


def test_what_lies_above_the_project_is_in_no_snapshot() -> None:
    beyond = outside("../../other/lib", "/etc/acme", "../proto/schema.json")
    above = outside("../proto", root="", whole={}, targets={})
    whole = outside("..")

    assert beyond.unseen == {"packages/core": ("../../other/lib", "/etc/acme")}
    assert list(beyond.parts) == ["packages/core"]
    assert (above.unseen, above.parts) == ({"packages/core": ("../proto",)}, {})
    assert (whole.unseen, whole.read) == ({"packages/core": ("../.",)}, set())
