"""The lockfile that pnpm 9 would write for a layout and a registry, in its own form; pure."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from bench.layout import Layout, Project
from bench.registry import (
    COLOR,
    DEBUG,
    FIRST_VERSION,
    HOLDER,
    HOSTS,
    KEEPERS,
    TARGET,
    Published,
    Registry,
    make_registry,
    needed_by,
    reference_to,
    with_hosts,
)

HEAD: Final = """lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

catalogs:
  default:
    typescript:
      specifier: ^5.9.0
      version: 5.9.3
"""
POPULAR, TAKEN = 60, (4, 9)
INDICATORS: Final = "@*&!|>'\"%`[]{},#?:-"
OTHER_TYPES: Final = re.compile(r"[0-9]+(\.[0-9]*)?|\.[0-9]+|true|false|null|~")


@dataclass(frozen=True, slots=True)
class Direct:
    """A line of a project's package.json: what it asks for, and what the lockfile answers."""

    name: str
    specifier: str
    version: str
    is_dev: bool = False


@dataclass(frozen=True)
class Installed:
    """What a workspace installs: every project's direct dependencies and the registry they come from."""

    layout: Layout
    registry: Registry
    direct: Mapping[str, tuple[Direct, ...]]

    @cached_property
    def snapshots(self) -> Mapping[str, Published]:
        """Key -> published version with its needs, for every set of peers in which it is used."""
        return _snapshots(self.registry, self.direct.values())


def install(layout: Layout) -> Installed:
    """What the projects of a layout use of a registry of the layout's size."""
    registry = make_registry(layout.size.name, layout.size.published)
    chance = random.Random(f"install {layout.size.name}")
    shares = _shares(layout, registry)
    direct = {
        project.folder: tuple(_direct(project, shares[project.folder], registry, chance))
        for project in layout.projects
    }
    return Installed(layout, registry, {".": (_typescript(),), **direct})


def _shares(layout: Layout, registry: Registry) -> dict[str, list[Published]]:
    """Each root of the registry goes to one project; what holds the edge that is edited to an app of its own."""
    special = (HOLDER, *KEEPERS)
    common = [root for root in registry.roots if root.name not in special]
    count = len(layout.projects)
    shares = {project.folder: common[at::count] for at, project in enumerate(layout.projects)}
    by_key = registry.by_key
    shares[layout.apps[1].folder].append(by_key[f"{HOLDER}@{FIRST_VERSION}"])
    shares[layout.apps[2].folder].extend(by_key[f"{name}@{FIRST_VERSION}"] for name in KEEPERS)
    return shares


def repoint(lockfile: str, version: str) -> str:
    """The lockfile with its one edge re-pointed to another version of the same package."""
    head = f"\n  {HOLDER}@{FIRST_VERSION}:\n    dependencies:\n      {TARGET}: "
    before, found, after = lockfile.partition(head)
    assert found, f"the lockfile has no snapshot of {HOLDER}"
    return f"{before}{found}{version}\n{after.partition(chr(10))[2]}"


def _direct(
    project: Project, share: Iterable[Published], registry: Registry, chance: random.Random
) -> Iterator[Direct]:
    yield from (Direct(name, "workspace:*", _link(project, name)) for name in project.uses)
    common = [root for root in registry.roots if root.name not in (HOLDER, *KEEPERS)][:POPULAR]
    taken = [*share, *chance.sample(common, min(len(common), chance.randint(*TAKEN)))]
    references = with_hosts({each.name: reference_to(each, chance) for each in taken})
    for name, reference in references.items():
        if name != "typescript":
            yield Direct(name, f"^{reference.partition('(')[0]}", reference, chance.random() < 0.3)
    yield _typescript()


def _typescript() -> Direct:
    return Direct("typescript", "catalog:", HOSTS["typescript"][0], is_dev=True)


def _link(project: Project, name: str) -> str:
    folder = f"{'apps' if '/app-' in name else 'packages'}/{name.partition('/')[2]}"
    return f"link:{os.path.relpath(folder, project.folder)}"


def _snapshots(registry: Registry, direct: Iterable[Iterable[Direct]]) -> Mapping[str, Published]:
    by_key = registry.by_key
    waiting = [
        f"{each.name}@{each.version}"
        for table in direct
        for each in table
        if not each.version.startswith("link:")
    ]
    found: dict[str, Published] = {}
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = _with_peers(key, by_key)
            needs = {**found[key].needs, **found[key].binaries}
            waiting.extend(f"{name}@{reference}" for name, reference in needs.items())
    return found


def _with_peers(key: str, by_key: Mapping[str, Published]) -> Published:
    plain, _, peer = key.partition("(")
    name, _, version = peer.rstrip(")").partition("@")
    each = by_key[plain]
    return replace(each, needs={**each.needs, name: version}) if name else each


def render_lockfile(installed: Installed) -> str:
    """The text of pnpm-lock.yaml."""
    published = {each.key: each for each in installed.snapshots.values()}
    by_key = installed.registry.by_key
    parts = (
        HEAD,
        "importers:\n",
        *_blocks(installed.direct, lambda folder: _importer(installed.direct[folder])),
        "packages:\n",
        *_blocks(published, lambda key: _package(by_key[key])),
        "snapshots:\n",
        *_snapshot_blocks(installed),
    )
    return "\n".join(parts)


def _snapshot_blocks(installed: Installed) -> Iterator[str]:
    snapshots = installed.snapshots
    colored = _reaching(DEBUG, snapshots)
    optional = {f"{name}@{version}" for each in snapshots.values() for name, version in each.binaries.items()}
    for key in sorted(snapshots):
        lines = list(_snapshot(snapshots[key], key in colored, key in optional))
        yield _block(key, lines) if lines else f"  {quote(key)}: {{}}\n"


def _blocks(keys: Iterable[str], lines: Callable[[str], Iterable[str]]) -> Iterator[str]:
    for key in sorted(keys):
        yield _block(key, lines(key))


def _block(key: str, lines: Iterable[str]) -> str:
    return "\n".join((f"  {quote(key)}:", *lines, ""))


def _importer(table: tuple[Direct, ...]) -> Iterator[str]:
    for group, is_dev in (("dependencies", False), ("devDependencies", True)):
        named = {each.name: each for each in table if each.is_dev is is_dev}
        if named:
            yield f"    {group}:"
        for name in sorted(named):
            yield f"      {quote(name)}:"
            yield f"        specifier: {quote(named[name].specifier)}"
            yield f"        version: {quote(named[name].version)}"


def _package(each: Published) -> Iterator[str]:
    yield f"    resolution: {{integrity: sha512-{each.integrity}}}"
    facts = {
        "engines": f"{{node: {each.engines}}}" if each.engines else "",
        "cpu": f"[{each.cpu}]" if each.cpu else "",
        "os": f"[{each.system}]" if each.system else "",
        "deprecated": quote(each.deprecated) if each.deprecated else "",
        "hasBin": "true" if each.has_bin else "",
    }
    yield from (f"    {name}: {fact}" for name, fact in facts.items() if fact)
    yield from _table("peerDependencies", each.peers)
    if COLOR in each.peers:
        yield from ("    peerDependenciesMeta:", f"      {COLOR}:", "        optional: true")


def _snapshot(each: Published, is_colored: bool, is_optional: bool) -> Iterator[str]:
    yield from _table("dependencies", each.needs)
    yield from _table("optionalDependencies", each.binaries)
    if is_colored and each.name != DEBUG:
        yield from ("    transitivePeerDependencies:", f"      - {COLOR}")
    if is_optional:
        yield "    optional: true"


def _table(name: str, lines: Mapping[str, str]) -> Iterator[str]:
    if lines:
        yield f"    {name}:"
    yield from (f"      {quote(key)}: {quote(lines[key])}" for key in sorted(lines))


def _reaching(name: str, snapshots: Mapping[str, Published]) -> set[str]:
    """The snapshots that need a package, directly or not."""
    users: dict[str, list[str]] = {}
    for key, each in snapshots.items():
        for needed in needed_by(each):
            users.setdefault(needed, []).append(key)
    waiting = [key for key in snapshots if snapshots[key].name == name]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(users.get(key.partition("(")[0], ()))
    return found


def quote(text: str) -> str:
    """A scalar as pnpm writes it: quoted only where a plain one would be read as something else."""
    needs = text[0] in INDICATORS or text.endswith(":") or ": " in text or OTHER_TYPES.fullmatch(text)
    return f"'{text}'" if needs else text
