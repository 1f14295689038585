from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildgraph.order import closure
from buildgraph.workspace import importer_digest
from tests.workspace.locks import Document, document, parsed

#  web -> a -> b -> c        c and d need each other; only `dev` reaches x
#  dev -> x    b -> d <-> c
IMPORTERS = {".": "", "web": "a=1.0.0 ui=link:../ui", "dev": "dev:x=1.0.0", "ui": ""}
PACKAGES = {
    "a@1.0.0": "b=1.0.0",
    "b@1.0.0": "c=1.0.0 d=1.0.0",
    "c@1.0.0": "d=1.0.0",
    "d@1.0.0": "c=1.0.0",
    "x@1.0.0": "",
}


def sample() -> Document:
    return document(IMPORTERS, PACKAGES, settings={"autoInstallPeers": True})


def digests(plain: Document) -> dict[str, str]:
    lock = parsed(plain)
    return {folder: importer_digest(lock, folder) for folder in lock.importers}


def changed_by(change: Callable[[Document], Any]) -> set[str]:
    """The importers whose digest a change moves."""
    before, after = sample(), sample()
    change(after)
    was, now = digests(before), digests(after)
    return {folder for folder in was.keys() & now.keys() if was[folder] != now[folder]}


def lines(folder: str, group: str = "dependencies") -> Callable[[Document], Any]:
    return lambda plain: plain["importers"][folder][group]


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain["packages"]["c@1.0.0"].update(
            deprecated="use d", engines={"node": ">=99"}, libc=["musl"]
        ),
        lambda plain: plain["snapshots"]["c@1.0.0"].update(optional=True),
        lambda plain: lines("web")(plain)["a"].update(specifier=">=1"),
        lambda plain: plain.update(settings={"autoInstallPeers": False}, time={"a@1.0.0": "2026"}),
        lambda plain: plain["importers"].update(new={}),
        lambda plain: plain["snapshots"].update({"unused@1.0.0": {}}),
        lambda plain: plain.update(
            overrides={"x": "1.0.0"}, catalogs={"default": {"x": {"specifier": "^1"}}}
        ),
    ],
    ids=[
        "texts of a newer pnpm",
        "the flag that only optional packages need it",
        "a specifier alone",
        "settings and times",
        "a new importer",
        "a package that nobody needs",
        "overrides and catalogs that install the same",
    ],
)
def test_what_installs_the_same_changes_no_digest(change: Callable[[Document], Any]) -> None:
    """Pitfall 30 (a), (b), (e): only what gets installed counts."""
    assert changed_by(change) == set()


@pytest.mark.parametrize(
    ("change", "importers"),
    [
        (lambda plain: plain["packages"]["x@1.0.0"]["resolution"].update(integrity="sha512-other"), {"dev"}),
        (lambda plain: plain["packages"]["d@1.0.0"]["resolution"].update(tarball="https://x/d.tgz"), {"web"}),
        (lambda plain: plain["packages"]["c@1.0.0"].update(hasBin=True), {"web"}),
        (lambda plain: plain["snapshots"]["c@1.0.0"]["dependencies"].update(x="1.0.0"), {"web"}),
        (lambda plain: plain["snapshots"]["d@1.0.0"]["dependencies"].update(c="gone"), {"web"}),
        (lambda plain: lines("web")(plain)["ui"].update(version="1.0.0"), {"web"}),
        (
            lambda plain: plain["importers"].update(
                dev={"dependencies": plain["importers"]["dev"]["devDependencies"]}
            ),
            {"dev"},
        ),
        (
            lambda plain: plain["importers"]["web"].update(dependenciesMeta={"ui": {"injected": True}}),
            {"web"},
        ),
        (lambda plain: lines("web")(plain).pop("ui"), {"web"}),
    ],
    ids=[
        "another integrity",
        "another archive",
        "a program it brings",
        "an edge inside a cycle",
        "the same packages with other edges",
        "a link that turns to the registry",
        "a move to another group",
        "an injected project",
        "a dependency less",
    ],
)
def test_what_installs_otherwise_changes_exactly_those_who_install_it(
    change: Callable[[Document], Any], importers: set[str]
) -> None:
    """Pitfall 30 (c), (d), (f), (i), (j): through any number of steps, and nobody else."""
    assert changed_by(change) == importers


def test_a_patch_changes_those_who_install_what_it_mends() -> None:
    """Pitfall 30 (h): the digest of the patch stands in the key."""

    def patched(hash_: str) -> dict[str, str]:
        packages = PACKAGES | {f"x@1.0.0(patch_hash={hash_})": ""}
        importers = IMPORTERS | {"dev": f"dev:x=1.0.0(patch_hash={hash_})"}
        return digests(document(importers, packages, patchedDependencies={"x@1.0.0": {"hash": hash_}}))

    one, two = patched("one"), patched("two")

    assert {folder for folder in one if one[folder] != two[folder]} == {"dev"}


def test_another_lockfile_version_changes_every_digest() -> None:
    """Pitfall 30 (l): what a new format means is not known to be the same."""
    old, new = sample(), sample()
    old["lockfileVersion"], new["lockfileVersion"] = "6.0", "6.1"
    was, now = digests(old), digests(new)

    assert all(was[folder] != now[folder] for folder in was)


def test_a_folder_that_is_no_importer_has_the_digest_of_an_empty_table() -> None:
    lock = parsed(sample())

    assert importer_digest(lock, "nowhere") == importer_digest(lock, "ui")


def test_dangling_references_are_answered() -> None:
    plain = document({"web": "a=1.0.0 gone=2.0.0"}, {"a@1.0.0": "lost=9.9.9"})
    del plain["packages"]["a@1.0.0"]

    assert len(digests(plain)["web"]) == 64


keys = st.integers(0, 9).map(lambda number: f"p{number}@1.0.0")
graphs = st.dictionaries(keys, st.sets(keys, max_size=4), max_size=10)


def text_of(needs: set[str]) -> str:
    return " ".join(key.replace("@", "=") for key in sorted(needs))


@given(graph=graphs, start=st.sets(keys, min_size=1, max_size=2), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_order_moves_no_digest(graph: dict[str, set[str]], start: set[str], seed: int) -> None:
    """Pitfall 1: any order of packages, edges and lines."""
    packages = {key: text_of(needs) for key, needs in graph.items()}
    shuffled = list(packages)
    random.Random(seed).shuffle(shuffled)
    importers = {"web": text_of(start), ".": ""}

    plain = document(importers, packages)
    other = document(dict(reversed(importers.items())), {key: packages[key] for key in shuffled})

    assert digests(plain) == digests(other)


@given(graph=graphs, start=keys, touched=keys)
@settings(max_examples=100, deadline=None)
def test_a_digest_moves_exactly_when_the_closure_holds_what_changed(
    graph: dict[str, set[str]], start: str, touched: str
) -> None:
    """Condensed cycles and shared digests mean the same as hashing each closure on its own."""
    plain = document({"web": text_of({start})}, {key: text_of(needs) for key, needs in graph.items()})
    before = digests(plain)["web"]
    if touched in plain["packages"]:
        plain["packages"][touched]["resolution"] = {"integrity": "sha512-touched"}
    reached = closure(parsed(plain).edges, [start])

    assert (digests(plain)["web"] != before) == (touched in reached & graph.keys())


def test_a_chain_of_many_packages_needs_no_deep_stack() -> None:
    """And a change at its end moves the digest at its beginning."""
    packages = {f"p{number}@1.0.0": f"p{number + 1}=1.0.0" for number in range(5_000)} | {"p5000@1.0.0": ""}
    plain = document({"web": "p0=1.0.0"}, packages)
    before = digests(plain)

    plain["packages"]["p5000@1.0.0"]["hasBin"] = True

    assert digests(plain) != before
