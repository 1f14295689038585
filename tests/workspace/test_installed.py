"""Which published packages a lockfile installs otherwise, told by name for people."""

from __future__ import annotations

from buildgraph.workspace.installed import InstalledChange, installed_changes
from tests.workspace.locks import document, lockfile, parsed

BEFORE = lockfile({"web": "a=1.0.0", "docs": "c=1.0.0"}, {"a@1.0.0": "b=1.0.0", "b@1.0.0": "", "c@1.0.0": ""})


def test_the_same_lockfile_installs_the_same() -> None:
    assert installed_changes(BEFORE, BEFORE, "web") == ()


def test_another_version_far_away_is_told_beside_the_package_whose_edge_leads_there() -> None:
    after = lockfile(
        {"web": "a=1.0.0", "docs": "c=1.0.0"}, {"a@1.0.0": "b=1.1.0", "b@1.1.0": "", "c@1.0.0": ""}
    )

    assert installed_changes(BEFORE, after, "web") == (
        InstalledChange("a", "1.0.0", "1.0.0"),
        InstalledChange("b", "1.0.0", "1.1.0"),
    )
    assert installed_changes(BEFORE, after, "docs") == ()


def test_what_comes_and_goes_has_a_version_on_one_side() -> None:
    after = lockfile({"web": "d=2.0.0", "docs": "c=1.0.0"}, {"d@2.0.0": "", "c@1.0.0": ""})

    assert installed_changes(BEFORE, after, "web") == (
        InstalledChange("a", "1.0.0", ""),
        InstalledChange("b", "1.0.0", ""),
        InstalledChange("d", "", "2.0.0"),
    )


def test_another_integrity_of_the_same_version_is_a_change() -> None:
    plain = document(
        {"web": "a=1.0.0", "docs": "c=1.0.0"}, {"a@1.0.0": "b=1.0.0", "b@1.0.0": "", "c@1.0.0": ""}
    )
    plain["packages"]["b@1.0.0"]["resolution"]["integrity"] = "sha512-other"

    assert installed_changes(BEFORE, parsed(plain), "web") == (InstalledChange("b", "1.0.0", "1.0.0"),)


def test_without_a_lockfile_everything_came() -> None:
    assert installed_changes(None, BEFORE, "docs") == (InstalledChange("c", "", "1.0.0"),)
