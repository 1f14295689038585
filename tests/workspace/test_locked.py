"""A lockfile in short, followed from one version to the next: it says what reading the whole file says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildgraph.errors import ConfigurationError
from buildgraph.order import closure
from buildgraph.project import open_project
from buildgraph.workspace import importer_digest, install_digest, parse_lockfile, render_lockfile
from buildgraph.workspace.locked import Locked, locked_of
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.relock import Relocked, relock
from buildgraph.workspace.sheets import Unusual
from tests.support.monorepo import Monorepo
from tests.workspace.locks import Document, document, parsed

EXAMPLES = int(os.environ.get("BUILDGRAPH_EXAMPLES", "60"))
PACKAGES = [f"p{number}" for number in range(6)]
VERSIONS = ("1.0.0", "2.0.0")
NAMES = frozenset(("p1", "p2"))
#  web -> a -> b -> c <-> d        dev -> x        lib -> b
IMPORTERS = {".": "", "apps/web": "a=1.0.0 lib=link:../../lib", "dev": "dev:x=1.0.0", "lib": "b=1.0.0"}
NEEDS = {
    "a@1.0.0": "b=1.0.0",
    "b@1.0.0": "c=1.0.0",
    "c@1.0.0": "d=1.0.0",
    "d@1.0.0": "c=1.0.0",
    "x@1.0.0": "",
}


def text_of(plain: Document) -> bytes:
    """The text that pnpm would write."""
    return render_lockfile(parsed(plain))


def moved(before: Document, after: Document, names: frozenset[str] = frozenset()) -> Relocked:
    """The second version, followed from the first; Unusual when it has to be read."""
    lockfile = parse_lockfile(text_of(before))
    locked = locked_of(lockfile, "before", names)
    assert locked is not None
    return relock(locked, text_of(before), "after", text_of(after))


def told(locked: Locked) -> dict[str, Any]:
    """All that a short lockfile holds; which bit a mark has means nothing."""

    def spelled(bits: Mapping[str, int]) -> dict[str, set[Any]]:
        marks = {
            key: {m for at, m in enumerate(locked.marks) if held >> at & 1} for key, held in bits.items()
        }
        return {key: found for key, found in marks.items() if found}

    plain = {**locked._asdict(), "own": spelled(locked.own), "held": spelled(locked.held)}
    return {name: value for name, value in plain.items() if name != "marks"}


def read_whole(
    plain: Document, names: frozenset[str]
) -> tuple[dict[str, Any], Mapping[str, tuple[str, str]]]:
    lockfile = parse_lockfile(text_of(plain))
    locked = locked_of(lockfile, "after", names)
    assert locked is not None
    return told(locked), digests(lockfile)


def digests(lockfile: Lockfile) -> dict[str, tuple[str, str]]:
    return {
        folder: (importer_digest(lockfile, folder), install_digest(lockfile, folder))
        for folder in lockfile.importers
    }


def check(before: Document, after: Document, names: frozenset[str] = frozenset()) -> set[str]:
    """Follow a change, hold it against reading the whole file, and tell which importers it moves."""
    found = moved(before, after, names)
    short, whole = read_whole(after, names)
    was = digests(parse_lockfile(text_of(before)))
    assert told(found.locked) == short
    assert {**was, **found.digests} == whole
    return {folder for folder, digest in whole.items() if was[folder] != digest}


def sample(**more: Any) -> Document:
    return document(IMPORTERS, NEEDS, settings={"autoInstallPeers": True}, **more)


def changed(*changes: Callable[[Document], Any], **more: Any) -> Document:
    plain = sample(**more)
    for change in changes:
        change(plain)
    return plain


def integrity(key: str) -> Callable[[Document], Any]:
    return lambda plain: plain["packages"][key]["resolution"].update(integrity="sha512-other")


def needing(key: str, **needs: str) -> Callable[[Document], Any]:
    return lambda plain: plain["snapshots"][key].update(dependencies=needs)


def with_package(key: str, **record: Any) -> Callable[[Document], Any]:
    def add(plain: Document) -> None:
        plain["packages"][key] = {"resolution": {"integrity": key}, **record}
        plain["snapshots"][key] = {}

    return add


def without_package(key: str) -> Callable[[Document], Any]:
    return lambda plain: (plain["packages"].pop(key), plain["snapshots"].pop(key))


def installing(folder: str, alias: str, version: str) -> Callable[[Document], Any]:
    return lambda plain: plain["importers"][folder]["dependencies"][alias].update(version=version)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([integrity("x@1.0.0")], {"dev"}),
        ([integrity("c@1.0.0")], {"apps/web", "lib"}),
        ([integrity("a@1.0.0")], {"apps/web"}),
        ([needing("a@1.0.0", x="1.0.0")], {"apps/web"}),
        ([with_package("c@2.0.0"), needing("b@1.0.0", c="2.0.0")], {"apps/web", "lib"}),
        ([with_package("b@2.0.0"), installing("lib", "b", "2.0.0")], {"lib"}),
        ([with_package("unused@1.0.0")], set()),
        ([lambda plain: plain["packages"]["c@1.0.0"].update(deprecated="use d")], set()),
        ([lambda plain: plain["snapshots"]["c@1.0.0"].update(optional=True)], set()),
    ],
)
def test_a_change_of_entries_is_followed_to_those_who_install_them(
    changes: list[Callable[[Document], Any]], expected: set[str]
) -> None:
    assert check(sample(), changed(*changes)) == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(settings={"autoInstallPeers": False}),
        lambda plain: plain.update(overrides={"a": "1.0.0"}),
        lambda plain: plain["importers"].update(new={}),
        lambda plain: plain["importers"].pop("dev"),
        lambda plain: plain["importers"]["lib"].update(dependenciesMeta={"b": {"injected": True}}),
        lambda plain: plain["importers"]["lib"]["dependencies"].update(
            x={"specifier": "^1.0.0", "version": "1.0.0"}
        ),
        lambda plain: plain["importers"]["lib"]["dependencies"]["b"].update(specifier="1.0.0"),
        installing("apps/web", "lib", "1.0.0"),
        installing("lib", "b", "link:../b"),
        installing("lib", "b", "9.0.0"),  # of which there is nothing
        without_package("x@1.0.0"),
        needing("a@1.0.0", b="9.0.0"),
        needing("a@1.0.0", b="link:../b"),
        lambda plain: plain["packages"]["a@1.0.0"].update(
            resolution={"type": "directory", "directory": "lib"}
        ),
    ],
)
def test_what_may_reach_further_is_read_as_a_whole(change: Callable[[Document], Any]) -> None:
    with pytest.raises(Unusual):
        moved(sample(), changed(change))


def test_marks_that_come_or_go_are_read_as_a_whole() -> None:
    add = [with_package("p1@1.0.0"), needing("c@1.0.0", p1="1.0.0")]
    assert check(sample(), changed(*add)) == {"apps/web", "lib"}
    with pytest.raises(Unusual):
        moved(sample(), changed(*add), NAMES)
    with pytest.raises(Unusual):
        moved(changed(*add), sample(), NAMES)
    assert check(changed(*add), changed(*add, integrity("p1@1.0.0")), NAMES) == {"apps/web", "lib"}


PATCHED = {"patchedDependencies": {"c@1.0.0": "abc"}}


def with_patch(plain: Document) -> None:
    """The package `c` with its patch."""
    key = "c@1.0.0(patch_hash=abc)"
    plain["snapshots"][key] = plain["snapshots"].pop("c@1.0.0")
    for user in ("b@1.0.0", "d@1.0.0"):
        plain["snapshots"][user]["dependencies"]["c"] = "1.0.0(patch_hash=abc)"


def test_a_patched_package_that_comes_to_a_project_is_read_as_a_whole() -> None:
    before = changed(with_patch, **PATCHED)
    assert check(before, changed(with_patch, integrity("c@1.0.0"), **PATCHED)) == {"apps/web", "lib"}
    with pytest.raises(Unusual):
        moved(before, changed(with_patch, needing("x@1.0.0", b="1.0.0"), **PATCHED))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ("sha512-x@1.0.0", "sha512-y\n  x@1.0.0: {}"),
        ("resolution: {integrity: sha512-a@1.0.0}", "resolution: {integrity: sha512-a@1.0.0"),
        ("resolution: {integrity: sha512-a@1.0.0}", "resolution: '"),
        ("    resolution: {integrity: sha512-a@1.0.0}", "    resolution: &one\n      integrity: x"),
        ("    resolution: {integrity: sha512-a@1.0.0}", "   resolution: {}"),
        ("  b@1.0.0:\n    resolution", "  a@1.0.0:\n    resolution"),
        ("  b@1.0.0:\n    resolution", "<<<<<<< HEAD\n  b@1.0.0:\n    resolution"),
        ("packages:\n", "other: {}\n\npackages:\n"),
        ("snapshots:\n", "---\nsnapshots:\n"),
    ],
)
def test_a_text_of_another_shape_is_read_as_a_whole(old: str, new: str) -> None:
    text = text_of(sample()).decode()
    locked = locked_of(parse_lockfile(text.encode()), "before", ())
    assert locked is not None and old in text
    with pytest.raises(Unusual):
        relock(locked, text.encode(), "after", text.replace(old, new).encode())


def test_a_file_that_is_not_utf_8_is_read_as_a_whole() -> None:
    text = text_of(sample())
    locked = locked_of(parse_lockfile(text), "before", ())
    assert locked is not None
    with pytest.raises(Unusual):
        relock(locked, text, "after", text + b"\xff")


def test_a_lockfile_with_references_that_lead_nowhere_is_always_read_as_a_whole() -> None:
    broken = changed(needing("a@1.0.0", gone="1.0.0"))
    assert locked_of(parsed(broken), "", ()) is None


KEYS = [f"{name}@{version}" for name in PACKAGES for version in VERSIONS]
versions = st.sampled_from(VERSIONS)
edges = st.dictionaries(st.sampled_from(PACKAGES), versions, max_size=2)
apps = st.dictionaries(st.sampled_from(PACKAGES), versions, min_size=1, max_size=2)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Document, Document]:
    """Two versions of a lockfile, which differ in some edges, facts, and versions that projects install."""
    needs = {key: draw(edges) for key in KEYS}
    tables = {folder: draw(apps) for folder in ("apps/a", "apps/b")}
    later = {folder: {name: draw(versions) for name in table} for folder, table in tables.items()}
    edited = draw(st.dictionaries(st.sampled_from(KEYS), edges, max_size=2))
    other = draw(st.sets(st.sampled_from(KEYS), max_size=1))
    return written(tables, needs, set()), written(later, {**needs, **edited}, other)


def written(
    tables: Mapping[str, Mapping[str, str]], needs: Mapping[str, Mapping[str, str]], other: set[str]
) -> Document:
    """A lockfile as pnpm leaves it: it holds what somebody needs, and specifiers do not tell versions."""
    starts = [f"{name}@{version}" for table in tables.values() for name, version in table.items()]
    edges = {key: [f"{name}@{version}" for name, version in table.items()] for key, table in needs.items()}
    kept = sorted(closure(edges, starts))
    plain = document(
        {folder: line_of(table) for folder, table in tables.items()}, {k: line_of(needs[k]) for k in kept}
    )
    for table in plain["importers"].values():
        for line in table["dependencies"].values():
            line["specifier"] = "*"
    for key in other.intersection(kept):
        integrity(key)(plain)
    return plain


def line_of(table: Mapping[str, str]) -> str:
    return " ".join(f"{name}={version}" for name, version in table.items())


@settings(deadline=None, max_examples=EXAMPLES)
@given(changes())
def test_whatever_changes_the_short_way_tells_what_the_whole_file_tells(
    change: tuple[Document, Document],
) -> None:
    check(*change)
    with suppress(Unusual):
        check(*change, NAMES)


def hold(before: str, after: str) -> None:
    """Whatever is followed says what the whole file says; what the whole file cannot say is not followed."""
    locked = locked_of(parse_lockfile(before.encode()), "before", ())
    if locked is None:  # always read as a whole
        return
    was = digests(parse_lockfile(before.encode()))
    try:
        found = relock(locked, before.encode(), "after", after.encode())
    except Unusual:
        return
    lockfile = parse_lockfile(after.encode())
    whole = locked_of(lockfile, "after", ())
    assert whole is not None
    assert told(found.locked) == told(whole)
    assert {**was, **found.digests} == digests(lockfile)
    assert lockfile.others == parse_lockfile(before.encode()).others


def written_as_text(*edits: tuple[str, str]) -> str:
    """The sample's text with some of it written otherwise."""
    text = text_of(sample()).decode()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


X = "  x@1.0.0:\n    resolution: {integrity: sha512-x@1.0.0}\n"
LONE = "  lone@1.0.0:\n    resolution: {integrity: lone}\n"
PARAGRAPHS = "    deprecated: |-\n      first\n\n      second\n    hasBin: true\n"


@pytest.mark.parametrize("ending", ["", "]", " ", "0", "x: [", "\n---", "\n\n  y"])
def test_an_end_of_the_file_amid_a_line_is_no_end_of_an_entry(ending: str) -> None:
    before = written_as_text(
        ("  x@1.0.0: {}\n", "  x@1.0.0: {}\n\n  y@1.0.0:\n    dependencies:\n      x: 1.0.0\n")
    )
    before = before.replace("  x@1.0.0: {}\n", "  x@1.0.0: {}\n\n  x@1.0.01: {}\n")
    for now in (before[:-1] + ending, before[:-1] + "1" + ending):
        hold(before, now)


@pytest.mark.parametrize(
    "edits",
    [
        [(X, f"{X}\n{LONE}\n{LONE}")],
        [("sha512-a@1.0.0", "A"), ("sha512-b@1.0.0}\n", "sha512-b@1.0.0}\n\n" + X)],
        [
            ("snapshots:\n\n  a@1.0.0:\n", "snapshots:\n\n  a@1.0.0:\n    optional: true\n"),
            (
                "\n  x@1.0.0: {}\n",
                "\n  b@1.0.0:\n    dependencies:\n      c: 1.0.0\n\n  x@1.0.0:\n    optional: true\n",
            ),
        ],
        [("importers:\n", "importers:\n\nimporters:\n")],
        [("packages:\n", "packages:\n\npackages:\n")],
    ],
)
def test_what_stands_twice_is_not_followed(edits: list[tuple[str, str]]) -> None:
    with pytest.raises(Unusual):
        locked = locked_of(parse_lockfile(text_of(sample())), "before", ())
        assert locked is not None
        relock(locked, text_of(sample()), "after", written_as_text(*edits).encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  x@1.0.0: {}\n", "  x@1.0.0:\n    dependencies:\n      d: 1.0.0\n"),
        ("sha512-x@1.0.0", "X"),
        ("first", "1st"),
        ("second", "2nd"),
        ("\n\n      second", ""),
        ("    hasBin: true\n", ""),
        ("sha512-d@1.0.0", "D"),
    ],
)
def test_a_text_of_several_paragraphs_belongs_to_its_entry(old: str, new: str) -> None:
    before = written_as_text((X, X + PARAGRAPHS))
    hold(before, before.replace(old, new, 1))


@pytest.mark.parametrize("sign", ["\r", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("place", ["sha512-x@1.0.0}", "sha512-d@1.0.0}", "x@1.0.0: {}"])
def test_a_line_ends_where_yaml_says(sign: str, place: str) -> None:
    hold(written_as_text(), written_as_text((place, f"{place}{sign}other: 1")))


@pytest.mark.parametrize(
    ("anchor", "alias", "old", "new"),
    [
        ("{integrity: a, os: [&o linux]}", "{integrity: x, os: [*o]}", "&o linux", "&o darwin"),
        ("\n      &o\n      integrity: a", "*o", "integrity: a", "integrity: b"),
    ],
)
def test_what_others_refer_to_is_not_followed(anchor: str, alias: str, old: str, new: str) -> None:
    before = written_as_text(
        ("resolution: {integrity: sha512-a@1.0.0}", f"resolution: {anchor}"),
        ("resolution: {integrity: sha512-x@1.0.0}", f"resolution: {alias}"),
    )
    hold(before, before.replace(old, new, 1))


@pytest.mark.parametrize(
    ("odd", "old", "new"),
    [
        (LONE, LONE, "  {lone@1.0.0: {resolution: {integrity: other}}}\n"),
        (LONE.replace("lone@1.0.0:", '"lone@1.0.0":'), X, f"{LONE}\n{X}"),
        (
            LONE.replace("lone@1.0.0", "x@1.0.0:y"),
            "x@1.0.0: {}",
            "x@1.0.0:\n    transitivePeerDependencies: [y]",
        ),
    ],
)
def test_a_key_that_is_written_in_another_way_is_found_or_the_file_is_read(
    odd: str, old: str, new: str
) -> None:
    before = written_as_text((X, f"{odd}\n{X}"))
    hold(before, before.replace(old, new, 1))


def test_a_folder_whose_name_begins_like_that_of_another_is_not_taken_for_it() -> None:
    before = written_as_text(("\n  lib:\n", "\n  lib:x:\n    publishDirectory: dist\n\n  lib:\n"))
    hold(before, before.replace("sha512-b@1.0.0", "B"))


def test_a_document_of_pnpm_itself_before_the_lockfile_is_not_taken_for_it() -> None:
    own = "---\nlockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    packageManagerDependencies: {}\n\n"
    own += "packages:\n\n  pnpm@11.0.0: {}\n\nsnapshots:\n\n  pnpm@11.0.0: {}\n\n---\n"
    lone = ("snapshots:\n\n", "snapshots:\n\n  _lone@1.0.0: {}\n\n")
    before = own + written_as_text(lone)
    hold(before, own + written_as_text(("sha512-a@1.0.0", "A")))
    hold(before, own + written_as_text(("sha512-x@1.0.0", "X"), lone))
    hold(before, before.replace("pnpm@11.0.0", "pnpm@11.0.1"))


def test_a_name_that_a_package_only_tells_of_itself_does_not_hide_one_that_comes() -> None:
    before = changed(with_package("p1@1.0.0"), lambda plain: plain["packages"]["c@1.0.0"].update(name="p1"))
    after = changed(
        with_package("p1@1.0.0"),
        lambda plain: plain["packages"]["c@1.0.0"].update(name="p1"),
        needing("b@1.0.0", c="1.0.0", p1="1.0.0"),
    )
    with pytest.raises(Unusual):
        moved(before, after, NAMES)


def declaring(path: str, lines: str) -> Callable[[Monorepo], Any]:
    return lambda repo: repo.append(path, lines)


def linking(path: str, target: str) -> Callable[[Monorepo], Any]:
    return lambda repo: (repo.root / path).symlink_to(target)


def with_template_at_the_root(repo: Monorepo) -> None:
    """The template stands beside the lockfile, and copies all that stands beside it."""
    repo.write(
        "Dockerfile.app", (repo.root / "docker/Dockerfile.app").read_text() + "COPY template/ ./all/\n"
    )
    product = repo.root / "manifests/products/web.toml"
    product.write_text(product.read_text().replace("docker/Dockerfile.app", "Dockerfile.app"))


def with_plain_service(repo: Monorepo) -> None:
    repo.plain_service("side", "FROM node:20\nCOPY . .\n", port=4000, inputs=["pnpm-lock.yaml"])


def without_root_package(repo: Monorepo) -> None:
    """The lockfile tells what the root installs, and images install it, but the root is no project."""
    (repo.root / "package.json").unlink()
    repo.append("manifests/workspace.toml", "root_dependencies = true\n")


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(lambda repo: None, id="nobody"),
        pytest.param(declaring("manifests/workspace.toml", 'inputs = ["pnpm-lock.yaml"]\n'), id="all"),
        pytest.param(declaring("manifests/products/web.toml", 'inputs = ["*.yaml"]\n'), id="a service"),
        pytest.param(with_plain_service, id="a service that is no project"),
        pytest.param(linking("apps/web/lock", "../../pnpm-lock.yaml"), id="a project, behind a link"),
        pytest.param(with_template_at_the_root, id="a template"),
        pytest.param(declaring("pnpm-workspace.yaml", "pnpmfile: pnpm-lock.yaml\n"), id="a setting"),
        pytest.param(
            lambda repo: repo.write("apps/web/tsconfig.json", '{"extends": "../../pnpm-lock.yaml"}'),
            id="a compiler's settings",
        ),
        pytest.param(without_root_package, id="images, for a root that is no project"),
    ],
)
def test_whoever_sees_the_lockfile_as_a_file_sees_it_change(
    tmp_path: Path, reading: Callable[[Monorepo], Any]
) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.write("package.json", json.dumps({"name": "root", "private": True}))
    repo.service("web")
    repo.write("pnpm-lock.yaml", text_of(document({".": "b=1.0.0", "apps/web": "a=1.0.0"}, NEEDS)))
    reading(repo)
    repo.commit()
    assert open_project(repo.root).picture_of("HEAD").graph
    lockfile = repo.root / "pnpm-lock.yaml"
    lockfile.write_text(lockfile.read_text().replace("sha512-b@1.0.0", "B"))
    picture = open_project(repo.root).working_picture()
    assert picture.graph.nodes == picture.layout.graph.nodes
    assert picture.graph.fingerprints == picture.layout.graph.fingerprints


def test_a_lockfile_that_cannot_be_read_has_no_graph_though_it_ends_like_one(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.service("web")
    text = text_of(document({"apps/web": "a=1.0.0"}, NEEDS)).decode()
    repo.write("pnpm-lock.yaml", text)
    repo.commit()
    assert open_project(repo.root).picture_of("HEAD").graph
    repo.write("pnpm-lock.yaml", text[:-1] + "]")
    ran = repo.run("affected", "--base", "HEAD")
    assert "pnpm-lock.yaml" in ran.out + ran.err
    assert "cannot be read" in ran.out + ran.err


SMALL = "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\npackages:\n\n"
FULL = f"{SMALL}  x@1.0.0: {{}}\n\nsnapshots:\n\n  x@1.0.0: {{}}\n"


@pytest.mark.parametrize(
    "empty",
    [
        f"{SMALL}snapshots:\n",
        f"{SMALL}snapshots:\n\n",
        f"{SMALL}\nsnapshots:\n\n",
        f"{SMALL}snapshots: {{}}\n",
        f"{SMALL}  x@1.0.0: {{}}\n\nsnapshots:\n",
        f"{SMALL}snapshots:\n\n  x@1.0.0: {{}}\n",
        SMALL,
        FULL.replace("  .: {}\n\n", ""),
    ],
)
def test_a_table_that_is_emptied_or_filled_is_told_or_read(empty: str) -> None:
    hold(FULL, empty)
    if locked_of(parse_lockfile(empty.encode()), "", ()) is not None:
        hold(empty, FULL)


@settings(deadline=None, max_examples=EXAMPLES)
@given(changes(), st.sampled_from([frozenset(), NAMES]))
def test_what_was_followed_once_is_followed_back(
    change: tuple[Document, Document], names: frozenset[str]
) -> None:
    before, after = change
    with suppress(Unusual):
        there = moved(before, after, names).locked
        back = relock(there, text_of(after), "after", text_of(before))
        whole, _ = read_whole(before, names)
        assert told(back.locked) == whole


def test_a_base_whose_lockfile_is_gone_from_the_store_costs_time_only(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.service("web")
    text = text_of(document({"apps/web": "a=1.0.0"}, NEEDS)).decode()
    repo.write("pnpm-lock.yaml", text)
    repo.commit()
    assert open_project(repo.root).picture_of("HEAD").graph
    blob = repo.git("rev-parse", "HEAD:pnpm-lock.yaml")
    (repo.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    repo.write("pnpm-lock.yaml", text.replace("sha512-b@1.0.0", "B"))
    picture = open_project(repo.root).working_picture()
    assert picture.graph.nodes == picture.layout.graph.nodes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (X, "  x@1.0.0: text\n"),
        (X, "  x@1.0.0: [text]\n"),
        ("  x@1.0.0: {}\n", "  x@1.0.0: text\n"),
        ("  x@1.0.0: {}\n", "  x@1.0.0:\n    dependencies: [a]\n"),
        ("  x@1.0.0: {}\n", "  x@1.0.0:\n    dependencies: text\n"),
    ],
)
def test_a_record_that_is_no_table_is_a_mistake_with_a_place(tmp_path: Path, old: str, new: str) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.service("web")
    repo.write("pnpm-lock.yaml", written_as_text((old, new)))
    repo.commit()
    with pytest.raises(ConfigurationError):
        assert open_project(repo.root).working_picture().graph
