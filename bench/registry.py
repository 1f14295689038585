"""A made-up registry, the same from the same seed: published packages, their edges, what is true of each."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

# fmt: off
FIRST: Final = (
    "array", "async", "base", "buffer", "cache", "chalk", "color", "config", "css", "date", "deep", "dom",
    "event", "fast", "fetch", "file", "form", "glob", "graph", "hash", "http", "image", "json", "lazy",
    "log", "markdown", "micro", "mime", "node", "object", "parse", "path", "promise", "query", "react",
    "regex", "request", "safe", "schema", "semver", "stream", "string", "svelte", "time", "token", "tree",
    "type", "url", "vite", "web",
)
SECOND: Final = (
    "adapter", "assert", "builder", "bundle", "client", "clone", "compiler", "core", "diff", "emitter",
    "encode", "equal", "escape", "filter", "format", "from", "helper", "iterator", "kit", "lexer", "limit",
    "loader", "map", "merge", "parser", "picker", "plugin", "pool", "proxy", "queue", "reader", "render",
    "resolve", "retry", "router", "runtime", "server", "set", "sort", "split", "stack", "state", "types",
    "validate", "walk",
)
# fmt: on
SCOPES: Final = (
    "babel",
    "codemirror",
    "nest",
    "opentelemetry",
    "radix",
    "rollup",
    "swc",
    "types",
    "unified",
    "vue",
)
ENGINES: Final = (
    "'>=18'",
    "'>=14'",
    "'>=8'",
    "'>= 0.4'",
    "'>=6.9.0'",
    "^18.18.0 || ^20.9.0 || >=21.1.0",
    "'>=12.20'",
)
PLATFORMS: Final = tuple(
    (system, cpu)
    for system in ("android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "win32")
    for cpu in ("arm64", "ia32", "x64")
)
# Packages that others do not bring along but ask for, with the versions that are about.
HOSTS: Final = {
    "react": ("18.3.1", "19.2.0"),
    "rxjs": ("7.8.2",),
    "typescript": ("5.9.3",),
    "vue": ("3.5.22",),
}
DEBUG, COLOR = "debug", "supports-color"
# The edge that edits of the lockfile re-point: HOLDER needs the first of many versions of TARGET; each is needed
# by a keeper too, so that none comes or goes with the edge.
HOLDER, TARGET, FIRST_VERSION = "edge-holder", "edge-target", "1.0.0"
TARGETS: Final = tuple(f"1.{minor}.0" for minor in range(24))
KEEPERS: Final = {f"edge-keeper-{minor:02d}": version for minor, version in enumerate(TARGETS)}


@dataclass(frozen=True, slots=True)
class Published:
    """A published version: what a lockfile says of it, and the packages it needs (name -> reference).

    `peers` are what it asks of its users (name -> range); `system` and `cpu` where alone it is installed.
    """

    name: str
    version: str
    engines: str = ""
    has_bin: bool = False
    deprecated: str = ""
    system: str = ""
    cpu: str = ""
    peers: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    binaries: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name in a lockfile."""
        return f"{self.name}@{self.version}"

    @property
    def integrity(self) -> str:
        """What stands for the digest of its archive."""
        return base64.b64encode(hashlib.sha512(self.key.encode()).digest()).decode()

    @property
    def host(self) -> str:
        """The one package that its users must bring, if any; an optional peer is not such."""
        return next((name for name in self.peers if name in HOSTS), "")


@dataclass(frozen=True, slots=True)
class Registry:
    """All published versions that a workspace may install, and those of them that no other one needs."""

    published: tuple[Published, ...]
    roots: tuple[Published, ...]

    @property
    def by_key(self) -> Mapping[str, Published]:
        """Name in a lockfile -> published version."""
        return {each.key: each for each in self.published}


def make_registry(seed: str, count: int) -> Registry:
    """A registry of about so many published versions.

    Some packages have several versions, some bring a binary for each platform, some ask their users for a
    host; a few needs run in circles, as in the real one.
    """
    chance = random.Random(f"registry {seed}")
    families = count // 240
    plain = _with_needs(_names(count - families * len(PLATFORMS), chance), chance)
    every = [*plain, *_edge_to_edit(), *_hosts(), *_debug(), *_with_binaries(plain, families)]
    merged = {each.key: each for each in every}
    published = tuple(merged[key] for key in sorted(merged))
    return Registry(published, _roots(published))


def _names(count: int, chance: random.Random) -> list[Published]:
    found: dict[str, Published] = {}
    names: list[str] = []
    while len(found) < count:
        names.append(chance.choice(names) if names and chance.random() < 0.2 else _new_name(chance))
        version = f"{chance.randint(0, 11)}.{chance.randint(0, 30)}.{chance.randint(0, 12)}"
        made = Published(names[-1], version, chance.choice(ENGINES) if chance.random() < 0.6 else "")
        found[made.key] = replace(
            made,
            has_bin=chance.random() < 0.05,
            deprecated="Rarely used, please use the platform's own way" if chance.random() < 0.01 else "",
            peers=_peers(chance),
        )
    return list(found.values())


def _new_name(chance: random.Random) -> str:
    words = f"{chance.choice(FIRST)}-{chance.choice(SECOND)}"
    number = f"-{chance.randint(2, 99)}" if chance.random() < 0.7 else ""
    return f"@{chance.choice(SCOPES)}/{words}{number}" if chance.random() < 0.35 else words + number


def _peers(chance: random.Random) -> Mapping[str, str]:
    if chance.random() > 0.08:
        return {}
    host = chance.choice(tuple(HOSTS))
    return {host: " || ".join(f"^{version.split('.')[0]}.0.0" for version in HOSTS[host])}


def _with_needs(found: list[Published], chance: random.Random) -> list[Published]:
    """Each needs some that come later in the list; most needed are the last ones, which need nothing."""
    return [replace(each, needs=_needs(at, found, chance)) for at, each in enumerate(found)]


def _needs(at: int, found: list[Published], chance: random.Random) -> Mapping[str, str]:
    count = chance.choice((0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 6, 9, 14))
    picked = [_pick(at, found, chance) for _ in range(count)]
    needs = {each.name: each for each in picked if each is not None and each.name != found[at].name}
    hosted = not found[at].host
    references = {name: reference_to(each, chance) for name, each in needs.items() if hosted or not each.host}
    references |= {DEBUG: "4.4.3"} if chance.random() < 0.03 else {}
    return with_hosts(references)


def _pick(at: int, found: list[Published], chance: random.Random) -> Published | None:
    """One that comes later; now and then one that comes earlier, which closes a circle."""
    if chance.random() < 0.002:
        return found[chance.randrange(at + 1)]
    left = len(found) - at - 1
    if left <= 0:
        return None
    far = chance.random() < 0.55
    return (
        found[-1 - int(left * chance.random() ** 4)]
        if far
        else found[at + 1 + chance.randrange(min(left, 200))]
    )


def reference_to(each: Published, chance: random.Random) -> str:
    """How a package's user names it: its version, and the version of the host that it is to use."""
    if not each.host:
        return each.version
    return f"{each.version}({each.host}@{chance.choice(HOSTS[each.host])})"


def with_hosts(references: Mapping[str, str]) -> Mapping[str, str]:
    """References, and the hosts that they name: who needs a package brings what that asks for."""
    hosts: dict[str, str] = {}
    kept: dict[str, str] = {}
    for name, reference in references.items():
        host, _, version = reference.partition("(")[2].rstrip(")").partition("@")
        if host and hosts.setdefault(host, version) != version:
            continue
        kept[name] = reference
    return kept | hosts


def _edge_to_edit() -> Iterable[Published]:
    yield Published(HOLDER, FIRST_VERSION, needs={TARGET: FIRST_VERSION})
    yield from (Published(TARGET, version) for version in TARGETS)
    yield from (Published(name, FIRST_VERSION, needs={TARGET: needed}) for name, needed in KEEPERS.items())


def _hosts() -> Iterable[Published]:
    return (Published(name, version, "'>=14'") for name, versions in HOSTS.items() for version in versions)


def _debug() -> Iterable[Published]:
    yield Published(DEBUG, "4.4.3", "'>=6.0'", peers={COLOR: "*"}, needs={"ms": "2.1.3"})
    yield Published("ms", "2.1.3")


def _with_binaries(plain: list[Published], families: int) -> Iterable[Published]:
    """Some of the packages again, with a binary for each platform, and these binaries."""
    for each in plain[5 :: max(1, len(plain) // max(1, families))][:families]:
        scope = each.name.strip("@").replace("/", "-")
        binaries = [
            Published(f"@{scope}/{system}-{cpu}", each.version, "'>=18'", system=system, cpu=cpu)
            for system, cpu in PLATFORMS
        ]
        yield replace(each, has_bin=True, binaries={binary.name: binary.version for binary in binaries})
        yield from binaries


def _roots(published: tuple[Published, ...]) -> tuple[Published, ...]:
    """Enough packages that all others are reached from them: those that no earlier one reaches."""
    by_key = {each.key: each for each in published}
    needed = {key for each in published for key in needed_by(each)}
    roots = [each for each in published if each.key not in needed]
    reached = _reached(roots, by_key)
    for each in published:
        if each.key not in reached:
            roots.append(each)
            reached |= _reached([each], by_key)
    return tuple(roots)


def needed_by(each: Published) -> Iterable[str]:
    """The keys of the published versions that one needs."""
    for name, reference in {**each.needs, **each.binaries}.items():
        yield f"{name}@{reference.partition('(')[0]}"


def _reached(roots: Iterable[Published], by_key: Mapping[str, Published]) -> set[str]:
    waiting = [each.key for each in roots]
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(needed_by(by_key[key]))
    return found
