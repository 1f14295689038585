from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import parse_workspace_yaml
from buildgraph.workspace.settings import parse_npmrc


def test_the_workspace_file_tells_globs_catalogs_overrides_and_patches() -> None:
    settings = parse_workspace_yaml(
        b"packages: ['apps/*', '!apps/old']\ncatalog: {react: 18}\ncatalogs: {old: {react: ^17.0.0}}\n"
        b"overrides: {ms: 2.1.2}\npatchedDependencies: {is-odd@3.0.1: patches/is-odd.patch}\n"
        b"linkWorkspacePackages: deep\n"
    )

    assert settings.packages == ("apps/*", "!apps/old")
    assert settings.catalogs == {"default": {"react": "18"}, "old": {"react": "^17.0.0"}}
    assert settings.overrides == {"ms": "2.1.2"}
    assert settings.patches == {"is-odd@3.0.1": "patches/is-odd.patch"}
    assert settings.link_workspace_packages


@pytest.mark.parametrize(
    "text", [b"", b"# nothing\n", b"{}"], ids=["nothing", "a comment", "an empty mapping"]
)
def test_an_empty_workspace_file_has_no_projects_but_the_root(text: bytes) -> None:
    assert parse_workspace_yaml(text).packages == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"- apps/*\n", "pnpm-workspace.yaml: must be a mapping"),
        (b"packages: apps/*\n", "pnpm-workspace.yaml: packages: must be a list of globs"),
        (b"packages: [1]\n", "pnpm-workspace.yaml: packages: must be a list of globs"),
    ],
)
def test_a_workspace_file_of_another_shape_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_workspace_yaml(text)

    assert str(raised.value).startswith(said)


def test_the_root_package_and_npmrc_complete_the_settings() -> None:
    """pnpm 9 reads them from there; what pnpm-workspace.yaml says wins."""
    settings = parse_workspace_yaml(b"overrides: {ms: 2.1.2}\n")

    completed = settings.with_root(
        {"overrides": {"ms": "1.0.0", "a": "1"}, "patchedDependencies": {"b": "b.patch"}}, {"c": "3"}
    ).with_npmrc(parse_npmrc(b"# no\n;no=1\nlink-workspace-packages = true\n"))

    assert completed.overrides == {"c": "3", "ms": "2.1.2", "a": "1"}
    assert completed.patches == {"b": "b.patch"}
    assert completed.link_workspace_packages


def test_the_workspace_file_has_the_last_word_on_linking() -> None:
    settings = parse_workspace_yaml(b"linkWorkspacePackages: false\n")

    assert not settings.with_npmrc({"link-workspace-packages": ("true",)}).link_workspace_packages


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(
            b"\xef\xbb\xbfpnpmfile = 'a.cjs'\n", {"pnpmfile": ("a.cjs",)}, id="a mark of bytes first"
        ),
        pytest.param(
            b"pnpmfile[]=a.cjs\npnpmfile[] = b.cjs\n", {"pnpmfile": ("a.cjs", "b.cjs")}, id="a list"
        ),
        pytest.param(b"shamefully-hoist\n", {"shamefully-hoist": ("true",)}, id="a key alone"),
        pytest.param(b"# a=1\n ;b=2\n\n=3\n", {}, id="comments, and nothing"),
    ],
)
def test_an_npmrc_is_read_in_one_way(content: bytes, found: dict[str, tuple[str, ...]]) -> None:
    assert parse_npmrc(content) == found


def test_hooks_in_an_npmrc_are_those_of_all_its_lines() -> None:
    settings = parse_workspace_yaml(b"").with_npmrc(parse_npmrc(b"pnpmfile[]=a.cjs\npnpmfile[]=b.cjs\n"))

    assert settings.named == {"pnpmfile": ("a.cjs", "b.cjs")}
