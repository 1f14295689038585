"""The parsers that meet strangers' bytes, each with what must hold of its answer; tests and bench/fuzz.py feed them."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomli
import yaml

from buildgraph.adopt.compose import compose_builds
from buildgraph.adopt.model import Facts
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import parse_result, render_result
from buildgraph.errors import BuildgraphError
from buildgraph.graph.ignoring import matcher
from buildgraph.manifests.parsing import parse_manifests
from buildgraph.manifests.site import read_site
from buildgraph.place.env_file import parse_env_file
from buildgraph.recipes.dockerfile import parse_dockerfile
from buildgraph.recipes.window import Window, parse_ignored
from buildgraph.runs.report import parse_took
from buildgraph.schema_changes import read_losses
from buildgraph.workspace.globs import parse_globs
from buildgraph.workspace.imports import parse_uses
from buildgraph.workspace.locked import locked_of
from buildgraph.workspace.lockfile_parsing import parse_lockfile
from buildgraph.workspace.package import Package, parse_package
from buildgraph.workspace.projects import find_projects
from buildgraph.workspace.reading import connect
from buildgraph.workspace.script_words import named_words
from buildgraph.workspace.settings import WorkspaceSettings, parse_npmrc, parse_workspace_yaml
from buildgraph.workspace.sheets import Unusual, compare_sheets, read_sheet
from buildgraph.workspace.tsconfig import parse_extends, parse_notes, parse_taken_in
from tests.fuzz.adopted import read_workspace_files
from tests.fuzz.told import (
    read_blobs,
    read_branches,
    read_commits_difference,
    read_left_alone,
    read_progress,
    read_registry_answer,
    read_saved_plan,
    read_status,
    read_tree,
)

PER_BYTE, AT_LEAST = 1 / 100_000, 1.0  # seconds of the processor that an answer may take
PATHS = ("a", "a/b", "packages/core/src/index.ts", "a" * 40, "/".join("a" * 20), ".x/y", "node_modules/a")


def paths_like(pattern: str) -> tuple[str, ...]:
    """Paths that say no late, if at all: long ones of the pattern's own letters."""
    letters = re.sub(r"[^\w.-]", "", pattern)[:8]
    names = re.sub(r"[^\w./-]", "", pattern)[:20]
    most = (*letters[:2], letters, names, "a")
    return (*PATHS, *(f"{one * 300}!" for one in most[:3]), *(f"{f'{one}/' * 100}!" for one in most))


def read_lockfile(content: bytes) -> None:
    """All that is asked of a lockfile: edges, digests, the short form, and its sheet."""
    found = parse_lockfile(content)
    assert found.edges is not None and found.facts is not None and found.digests is not None
    locked_of(found, "blob", ("a", "b"))
    packages = {folder: Package(folder) for folder in found.importers}
    connect(".", packages, WorkspaceSettings(), found)


def read_sheets(content: bytes) -> None:
    """A lockfile's text, and another version of it: what is told to differ leads from the one to the other."""
    text = content.decode("utf-8", "replace")
    before, _, after = text.partition("\f")
    try:
        sheet = read_sheet(before, before.count("\n  ") - before.count("\n   "))
        compare_sheets(sheet, after or before)
    except Unusual:
        return


def read_package(content: bytes) -> None:
    """A package.json is what JSON's own reader says."""
    found = parse_package(content, "a")
    assert found.document == json.loads(content.decode("utf-8-sig"))
    _connected(found)


def read_package_json5(content: bytes) -> None:
    """A package.json5, which YAML's reader is given."""
    _connected(parse_package(content, "a", "a/package.json5"))


def _connected(package: Package) -> None:
    """The projects around it, with edges."""
    packages = {"a": package, ".": package._replace(folder="."), "b": Package("b", "b", "1.0.0")}
    connect(".", packages, WorkspaceSettings(link_workspace_packages=True), None)
    json.dumps(package.document, ensure_ascii=False).encode()


def read_workspace_yaml(content: bytes) -> None:
    """A pnpm-workspace.yaml names the globs that another reader sees."""
    found = parse_workspace_yaml(content)
    find_projects(("a/package.json", "packages/core/package.json"), found.packages)
    json.dumps(found.document, sort_keys=True, default=str)
    try:
        other = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError, TypeError, AttributeError):
        return  # YAML 1.1 in another reader refuses more
    listed = other.get("packages") if isinstance(other, dict) else None
    if isinstance(listed, list) and all(isinstance(glob, str) for glob in listed) and found.packages:
        assert found.packages == tuple(listed)


def read_tsconfig(content: bytes) -> None:
    """A tsconfig never fails; where it is plain JSON, it extends what JSON's reader says, and so are its notes."""
    found, notes = parse_extends(content), parse_notes(content)
    parse_taken_in.__wrapped__(content)
    try:
        plain = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return
    extends = plain.get("extends") if isinstance(plain, dict) else None
    if isinstance(extends, str) and extends and b"extends" in content:
        assert found == (extends,)
    options = plain.get("compilerOptions") if isinstance(plain, dict) else None
    if isinstance(options, dict) and isinstance(told := options.get("tsBuildInfoFile"), str):
        assert notes == told.removeprefix("${configDir}/")


def read_dockerfile(content: bytes) -> None:
    """A Dockerfile, and what it sees of some paths."""
    found = parse_dockerfile(content, "Dockerfile", build_args={"A": "a"})
    window = Window(".", found.context_paths)
    assert all(not path.startswith("../") for path in found.context_paths)
    for path in paths_like(" ".join(found.context_paths)):
        window.sees(path)


def read_dockerignore(content: bytes) -> None:
    """The patterns of a .dockerignore, asked for some paths."""
    patterns = parse_ignored(content)
    window = Window(".", (".",), patterns)
    for path in paths_like("".join(patterns)):
        window.sees(path)


def read_glob(content: bytes) -> None:
    """A pattern of pnpm-workspace.yaml, and a path."""
    pattern, _, path = content.decode("utf-8", "replace").partition("\n")
    matches = parse_globs((pattern,), "x")
    for other in (path, *paths_like(pattern)):
        matches(other)


def read_ignored(content: bytes) -> None:
    """A pattern in gitignore syntax, and a path."""
    pattern, _, path = content.decode("utf-8", "replace").partition("\n")
    is_ignored = matcher.__wrapped__((pattern,))
    for other in (path or "x", *paths_like(pattern)):
        is_ignored(other)


def read_outputs(content: bytes) -> None:
    """Patterns of outputs, one per line."""
    patterns = content.decode("utf-8", "replace").split("\n")
    found = parse_patterns.__wrapped__(patterns)
    for path in paths_like("".join(patterns)):
        found.matches(path)
        found.may_begin(path.partition("/")[0])


def read_product(content: bytes) -> None:
    """A product's manifest is read where TOML's own reader reads it."""
    parse_manifests({"manifests/workspace.toml": b'name = "acme"', "manifests/products/a.toml": content})
    tomli.loads(content.decode("utf-8-sig"))


def read_workspace_toml(content: bytes) -> None:
    """The workspace's manifest."""
    parse_manifests({"manifests/workspace.toml": content})
    tomli.loads(content.decode("utf-8-sig"))


def read_environment(content: bytes) -> None:
    """An environment's manifest."""
    parse_manifests({"manifests/workspace.toml": b'name = "acme"', "manifests/environments/a.toml": content})
    tomli.loads(content.decode("utf-8-sig"))


def read_bases(content: bytes) -> None:
    """The locked base images."""
    found = parse_manifests(
        {"manifests/workspace.toml": b'name = "acme"', "manifests/bases.toml": content}
    ).bases
    assert all(digest.startswith("sha256:") for digest in found.values())


def read_site_toml(content: bytes) -> None:
    """The machine's own settings."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "buildgraph").mkdir()
        (Path(folder) / "buildgraph/site.toml").write_bytes(content)
        read_site({"XDG_CONFIG_HOME": folder})


def read_env_file(content: bytes) -> None:
    """An env file's variables, none of which holds a line's end."""
    found = parse_env_file(content.decode("utf-8", "replace"), "x.env")
    assert all(name.isidentifier() and "\n" not in value for name, value in found.items())


def read_compose(content: bytes) -> None:
    """What a compose file builds: nothing above the workspace."""
    text = content.decode("utf-8", "replace")
    found = compose_builds(Facts("a", {}, ("compose.yml",), {"compose.yml": text}))
    assert all(not path.startswith(("/", "../")) for path in found)


def read_result(content: bytes) -> None:
    """A check's result from a shared store: what is taken writes inside of its folder, and is told again as it was."""
    key = "0" * 64
    found = parse_result(content, key, lambda path: True)
    if found is not None:
        assert all(".." not in output.path.split("/") and output.path[0] != "/" for output in found.outputs)
        assert parse_result(render_result(found), key, lambda path: True) == found


def read_report(content: bytes) -> None:
    """A kept report of a run."""
    parse_took(content)


def read_npmrc(content: bytes) -> None:
    """An `.npmrc`, for settings."""
    WorkspaceSettings().with_npmrc(parse_npmrc(content))


def read_source(content: bytes) -> None:
    """What a source imports."""
    parse_uses(content)


def read_script_words(content: bytes) -> None:
    """Commands of scripts, one per line, which run one another by name: what they name is a place or a pattern."""
    lines = content.decode("utf-8", "replace").split("\n")
    scripts = {line.partition(" ")[0]: line for line in lines}
    found = named_words("apps/web", scripts, scripts)
    matcher(found.patterns)("packages/core/a.ts")
    assert not any(place.startswith("/") or "apps/web/".startswith(f"{place}/") for place in found.places)


def read_migration(content: bytes) -> None:
    """A new migration."""
    read_losses({"1.sql": content.decode("utf-8", "replace")})


PARSERS: Mapping[str, Callable[[bytes], Any]] = {
    "lockfile": read_lockfile,
    "sheets": read_sheets,
    "package": read_package,
    "package-json5": read_package_json5,
    "workspace-yaml": read_workspace_yaml,
    "tsconfig": read_tsconfig,
    "dockerfile": read_dockerfile,
    "dockerignore": read_dockerignore,
    "glob": read_glob,
    "ignored": read_ignored,
    "outputs": read_outputs,
    "product-toml": read_product,
    "workspace-toml": read_workspace_toml,
    "environment-toml": read_environment,
    "bases-toml": read_bases,
    "site-toml": read_site_toml,
    "env-file": read_env_file,
    "git-status": read_status,
    "git-tree": read_tree,
    "git-difference": read_commits_difference,
    "git-blobs": read_blobs,
    "git-index": read_left_alone,
    "git-branches": read_branches,
    "build-progress": read_progress,
    "registry-answer": read_registry_answer,
    "saved-plan": read_saved_plan,
    "compose": read_compose,
    "adopt": read_workspace_files,
    "check-result": read_result,
    "run-report": read_report,
    "npmrc": read_npmrc,
    "source": read_source,
    "migration": read_migration,
    "script-words": read_script_words,
}


def try_parser(name: str, content: bytes) -> None:
    """Feed a parser: it answers or raises an error of ours, soon; AssertionError or another one is a finding."""
    began = time.process_time()
    try:
        PARSERS[name](content)
    except BuildgraphError as error:
        assert str(error)
    took = time.process_time() - began
    assert took < max(AT_LEAST, len(content) * PER_BYTE), f"it took {took:.1f} s for {len(content)} bytes"
