"""What the root files say about installing: pnpm-workspace.yaml, `.npmrc`, package.json's `pnpm` field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.workspace.projects import MANIFEST, WORKSPACE_FILE
from buildgraph.workspace.pruning import LISTS_OF_NAMES
from buildgraph.workspace.references import DEFAULT_CATALOG
from buildgraph.workspace.yaml import parse_yaml, with_text_keys

NPMRC = ".npmrc"
SHAPES: Final[tuple[tuple[tuple[str, ...], tuple[type, ...], str], ...]] = (
    (("overrides", "patchedDependencies"), (dict,), "a mapping"),
    (LISTS_OF_NAMES, (list, dict), "a list of names"),
)
# The settings that name files an install reads, and how `.npmrc` spells them.
OF_NPMRC = {"pnpmfile": "pnpmfile", "onlyBuiltDependenciesFile": "only-built-dependencies-file"}


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """The settings of a workspace that edges and installs depend on.

    `packages` are the globs of its projects (a leading `!` excludes). `catalogs` map a catalog's name to
    specifiers by package name. `link_workspace_packages` says that plain semver specifiers may be edges.
    `document` is all of pnpm-workspace.yaml, for writing a pruned one; `named` are the files that settings
    name, by setting.
    """

    packages: tuple[str, ...] = ()
    catalogs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    patches: Mapping[str, str] = field(default_factory=dict)
    link_workspace_packages: bool = False
    document: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_root(self, pnpm: Mapping[str, Any], resolutions: Mapping[str, str]) -> WorkspaceSettings:
        """These settings completed by the root package.json's `pnpm` field and `resolutions`.

        What pnpm-workspace.yaml says wins, as in pnpm 10. ConfigurationError names settings of a wrong type.
        """
        _refuse_shapes(pnpm, f"{MANIFEST}: pnpm.")
        return replace(
            self,
            overrides={**resolutions, **_texts(pnpm.get("overrides")), **self.overrides},
            patches={**_texts(pnpm.get("patchedDependencies")), **self.patches},
            named=_named_too(self.named, _named(pnpm)),
        )

    def with_npmrc(self, npmrc: Mapping[str, tuple[str, ...]]) -> WorkspaceSettings:
        """These settings completed by `.npmrc`, which pnpm 9 reads them from."""
        written = {name: list(npmrc[key]) for name, key in OF_NPMRC.items() if key in npmrc}
        named = replace(self, named=_named_too(self.named, _named(written)))
        return named._with_links(npmrc)

    def _with_links(self, npmrc: Mapping[str, tuple[str, ...]]) -> WorkspaceSettings:
        if "linkWorkspacePackages" in self.document or "link-workspace-packages" not in npmrc:
            return self
        return replace(self, link_workspace_packages=npmrc["link-workspace-packages"][-1] in ("true", "deep"))


def parse_workspace_yaml(content: bytes, where: str = WORKSPACE_FILE) -> WorkspaceSettings:
    """The settings in pnpm-workspace.yaml; ConfigurationError when it is not of the right shape."""
    documents = parse_yaml(content, where)
    document = with_text_keys(documents[0]) if documents else None
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise ConfigurationError.of(where, "must be a mapping", "begin with `packages:` and a list of globs")
    _refuse_shapes(document, f"{where}: ")
    return WorkspaceSettings(
        packages=_globs(document.get("packages"), where),
        catalogs=_catalogs(document),
        overrides=_texts(document.get("overrides")),
        patches=_texts(document.get("patchedDependencies")),
        link_workspace_packages=document.get("linkWorkspacePackages") in (True, "deep"),
        document=document,
        named=_named(document),
    )


def _refuse_shapes(document: Mapping[str, Any], where: str) -> None:
    """Refuse settings that are no mappings or lists, where an install, and we, look into them."""
    mistakes = [
        Mistake(f"{where}{key}", f"must be {expected}")
        for keys, types, expected in SHAPES
        for key in keys
        if not isinstance(document.get(key) or {}, types)
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def _named(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The files that settings name, by setting."""
    found: dict[str, tuple[str, ...]] = {}
    for name in OF_NPMRC:
        value = document.get(name)
        texts = tuple(
            text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)
        )
        if texts:
            found[name] = texts
    return found


def _named_too(
    one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The files that either place names: which one wins differs between versions of pnpm, so all count."""
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in {**one, **other}}


def parse_npmrc(content: bytes) -> dict[str, tuple[str, ...]]:
    """The values of each key of an `.npmrc`: lines are `key = value`, `key[] = value`, or `key` for true.

    Values may be quoted; `#` and `;` begin comments.
    """
    found: dict[str, list[str]] = {}
    for line in re.split(r"[\r\n]+", content.decode("utf-8-sig", "replace")):
        written, equals, value = (part.strip() for part in line.partition("="))
        key = written.removesuffix("[]")
        if key and not key.startswith(("#", ";")):
            found.setdefault(key, []).append(value.strip("\"'") if equals else "true")
    return {key: tuple(values) for key, values in found.items()}


def _globs(packages: Any, where: str) -> tuple[str, ...]:
    if packages is None:
        return ()
    if not isinstance(packages, list) or not all(isinstance(glob, str) for glob in packages):
        way_out = "quote globs that begin with `*` or `!`"
        raise ConfigurationError.of(f"{where}: packages", "must be a list of globs", way_out)
    return tuple(packages)


def _catalogs(document: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    named = document.get("catalogs")
    named = named if isinstance(named, dict) else {}
    catalogs: dict[str, Mapping[str, str]] = {str(name): _texts(entries) for name, entries in named.items()}
    if document.get("catalog"):
        catalogs[DEFAULT_CATALOG] = _texts(document["catalog"])
    return catalogs


def _texts(mapping: Any) -> dict[str, str]:
    """A mapping of texts; versions written without quotes arrive as numbers."""
    if not isinstance(mapping, dict):
        return {}
    return {str(key): str(value) for key, value in mapping.items()}
