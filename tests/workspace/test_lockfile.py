from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import Patch, parse_lockfile
from buildgraph.workspace.references import key_of, linked_folder, name_of, selected_names, without_suffix
from tests.workspace.locks import document, lockfile, parsed

NINE = b"lockfileVersion: '9.0'\nimporters:\n  .: {}\n"


def test_a_lockfile_tells_what_each_importer_installs() -> None:
    found = lockfile({".": "", "apps/web": "ui=link:../../ui ms=2.1.3 dev:vite=5.0.0"}, {"ms@2.1.3": ""})

    assert [line[:3] for line in found.importers["apps/web"].dependencies] == [
        ("ui", "dependencies", "link:../../ui"),
        ("ms", "dependencies", "2.1.3"),
        ("vite", "devDependencies", "5.0.0"),
    ]


def test_of_several_documents_the_one_with_importers_counts() -> None:
    """Pitfall 30 (k): newer pnpm versions write documents of their own before it."""
    text = b"---\nlockfileVersion: '9.0'\npackageManagerDependencies: {pnpm: 11.0.0}\n---\n" + NINE

    assert list(parse_lockfile(text + b"  apps/web: {}\n").importers) == [".", "apps/web"]


def test_patches_are_read_in_both_shapes() -> None:
    found = lockfile({".": ""}, patchedDependencies={"a@1.0.0": {"hash": "x", "path": "a.patch"}, "b": "y"})

    assert found.patches == {"a@1.0.0": Patch("x", "a.patch"), "b": Patch("y")}


def test_a_lockfile_6_of_one_project_is_the_root_importer() -> None:
    table = b"dependencies:\n  ms: {specifier: ^2.0.0, version: 2.1.3}\n"
    found = parse_lockfile(b"lockfileVersion: '6.0'\n" + table + b"packages:\n  /ms@2.1.3: {}\n")

    assert [line.alias for line in found.importers["."].dependencies] == ["ms"]
    assert found.key_of("ms", "2.1.3") == "/ms@2.1.3"
    assert found.others == {}


def test_references_to_nothing_are_left_out() -> None:
    """A base lockfile that a merge broke answers all the same."""
    found = lockfile({".": "a=1.0.0 gone=3.0.0"}, {"a@1.0.0": "b=2.0.0 gone=3.0.0", "b@2.0.0": ""})

    assert found.edges == {"a@1.0.0": ("b@2.0.0",), "b@2.0.0": ()}
    assert found.key_of("gone", "3.0.0") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "pnpm-lock.yaml: is no lockfile"),
        (b"- a\n", "pnpm-lock.yaml: is no lockfile"),
        (b"importers: {}\n", "pnpm-lock.yaml: has no lockfileVersion"),
        (b"lockfileVersion: 5.4\n", "pnpm-lock.yaml: has lockfileVersion 5.4; 9.0 and 6.0 can be read"),
        (b"lockfileVersion: '10.0'\n", "pnpm-lock.yaml: has lockfileVersion 10.0"),
        (b"lockfileVersion: '9.0'\npackages: []\n", "pnpm-lock.yaml: packages: must be a mapping"),
        (b"lockfileVersion: '9.0'\npackages: {a: }\n", "pnpm-lock.yaml: packages: must be a mapping"),
        (b"lockfileVersion: '9.0'\nimporters: {a: [1]}\n", "pnpm-lock.yaml: importers.a: is no table"),
        (
            b"lockfileVersion: '9.0'\nimporters: {a: {dependencies: {x: 1}}}\n",
            "pnpm-lock.yaml: importers.a: is no table",
        ),
        (b"lockfileVersion: '9.0'\nimporters:\n  .: {a\n", "pnpm-lock.yaml:4:1: is no readable YAML"),
    ],
)
def test_what_is_no_lockfile_of_ours_is_refused_with_a_way_out(text: bytes, said: str) -> None:
    """Pitfall 30 (m): a lockfile that cannot be read is an error with its place."""
    with pytest.raises(ConfigurationError) as raised:
        parse_lockfile(text)

    assert str(raised.value).startswith(said)
    assert raised.value.mistakes[0].way_out


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1: {}", ""),
        ("importers: {a: {dependenciesMeta: {b: {}, 1.5: {}}}}", ": importers.a.dependenciesMeta"),
        ("catalogs: {default: {a: {specifier: 1.0.0, null: 1}}}", ": catalogs.default.a"),
        ("packages: {a@1.0.0: {peerDependencies: {b: 1, true: 1}}}", ": packages.a@1.0.0.peerDependencies"),
        ("neverBuiltDependencies: [a, {b: c, 1: d}]", ": neverBuiltDependencies.1"),
    ],
)
def test_a_key_that_is_no_text_is_refused_wherever_it_stands(text: str, place: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_lockfile(f"lockfileVersion: '9.0'\n{text}\n".encode())

    assert str(raised.value).startswith(f"pnpm-lock.yaml{place}: has a key that is no text")


@pytest.mark.parametrize(
    ("alias", "reference", "key"),
    [
        ("ms", "2.1.3", "ms@2.1.3"),
        ("@t/ui", "1.0.0(react@18.2.0)", "@t/ui@1.0.0(react@18.2.0)"),
        ("number", "is-number@7.0.0", "is-number@7.0.0"),
        ("number", "@t/number@7.0.0", "@t/number@7.0.0"),
        ("copied", "ui@file:packages/ui(react@18.2.0)", "ui@file:packages/ui(react@18.2.0)"),
        (
            "git",
            "https://codeload.example/a/b/tar.gz/c0ffee",
            "git@https://codeload.example/a/b/tar.gz/c0ffee",
        ),
        ("git", "git+ssh://git@host/a.git#c0ffee", "git@git+ssh://git@host/a.git#c0ffee"),
        ("git", "@t/git@https://codeload.example/x", "@t/git@https://codeload.example/x"),
        ("file", "file:vendor/a.tgz", "file@file:vendor/a.tgz"),
        ("a", "link:../a", None),
    ],
)
def test_a_reference_means_a_key(alias: str, reference: str, key: str | None) -> None:
    assert key_of(alias, reference, flat=False) == key


@pytest.mark.parametrize(
    ("alias", "reference", "key"),
    [
        ("ms", "2.1.3", "/ms@2.1.3"),
        ("ui", "1.0.0(@t/react@18.2.0)", "/ui@1.0.0(@t/react@18.2.0)"),
        ("number", "/is-number@7.0.0", "/is-number@7.0.0"),
        ("copied", "file:packages/ui(react@18.2.0)", "file:packages/ui(react@18.2.0)"),
        ("git", "github.com/a/b/c0ffee", "github.com/a/b/c0ffee"),
        ("a", "link:../a", None),
    ],
)
def test_a_reference_of_lockfile_6_means_a_key(alias: str, reference: str, key: str | None) -> None:
    assert key_of(alias, reference, flat=True) == key


@pytest.mark.parametrize(
    ("key", "bare", "name"),
    [
        ("ms@2.1.3", "ms@2.1.3", "ms"),
        ("@t/ui@1.0.0(react@18.2.0)(b@1.0.0(c@2.0.0))", "@t/ui@1.0.0", "@t/ui"),
        ("a@1.0.0(patch_hash=abc)(react@18.2.0)", "a@1.0.0", "a"),
        ("ui@file:packages/(group)/ui(react@18.2.0)", "ui@file:packages/(group)/ui", "ui"),
        ("/ms@2.1.3(a@1.0.0)", "/ms@2.1.3", "ms"),
        ("file:packages/ui", "file:packages/ui", ""),
        ("(odd)", "(odd)", ""),
    ],
)
def test_a_key_is_a_package_and_a_suffix(key: str, bare: str, name: str) -> None:
    assert (without_suffix(key), name_of(key)) == (bare, name)


def test_links_are_seen_from_the_importer() -> None:
    assert linked_folder("link:../../packages/ui", "apps/web") == "packages/ui"
    assert linked_folder("link:packages/ui", ".") == "packages/ui"
    assert linked_folder("link:../..", "apps/web") == "."
    assert linked_folder("link:../../../out", "apps/web") == "../out"
    assert linked_folder("1.0.0", "apps/web") is None


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("foo", {"foo"}),
        ("@t/foo@2", {"@t/foo"}),
        ("foo@>=1 <2 || >3", {"foo"}),
        ("parent@1>@t/foo@>2", {"parent", "@t/foo"}),
        ("web>foo", {"web", "foo"}),
    ],
)
def test_an_override_selects_names(selector: str, names: set[str]) -> None:
    assert selected_names(selector) == names


def test_numbers_for_versions_are_text() -> None:
    plain = document({".": ""}, overrides={"a": 2})
    plain["importers"]["."] = {"dependencies": {"a": {"specifier": 1, "version": 1}}}

    assert parsed(plain).overrides == {"a": "2"}
    assert [line.version for line in parsed(plain).importers["."].dependencies] == ["1"]
