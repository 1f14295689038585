"""Releases of a product, kept in the environment's state volume: what ran there verified, ready to run again."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from buildgraph.deploy.proof import proof_of
from buildgraph.errors import ConfigurationError, StepFailed, UnknownName
from buildgraph.manifests.model import Autoscale, EnvValue, Migration, Resources, Service, SmokeTest
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import moment
from buildgraph.place.containers import run_in_container
from buildgraph.place.model import Discreet, Place, Target
from buildgraph.place.names import PROXY
from buildgraph.place.state import MOUNT, read_state, render_archive, write_state

Versions = Mapping[str, str]  # the fingerprint of each service
FORMAT: Final = 1
FOLDER: Final = "history/releases"
RECORD: Final = re.compile(r"(\d{4,})\.json")
TAKEN: Final = 9
# link(2) makes a name once: of two who record at the same time, one takes the next number. What one who died
# has left unplaced goes as well; from one who lives, it takes a turn.
PLACE: Final = """\
cd "$0" || exit 1
ln "$1" "$2" || { rm -f "$1"; [ ! -e "$2" ] || exit 9; exit 1; }
rm -f new-*; shift 2; rm -f "$@"
"""


@dataclass(frozen=True, slots=True)
class ReleasedService:
    """A service of a release: its manifest as it was, what the engine ran, and the fingerprints of both.

    `stand_ins` are the base images that stand-ins were used for when its image was built.
    """

    service: Service
    image: str
    image_fingerprint: str
    fingerprint: str
    stand_ins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """What ran, verified: `name` is `PRODUCT-NUMBER`, numbers grow by one; `at` is UTC in ISO 8601.

    `kind` tells how it came: deploy, rollback or promote; `origin` the release that it repeats, of this
    environment or (`staging/chat-0007`) of another. `values` are the environment's public values. A release
    that a newer version has recorded has nothing but its name and `unreadable`, which says why.
    """

    name: str
    product: str
    services: tuple[ReleasedService, ...] = ()
    commit: str = ""
    who: str = ""
    at: str = ""
    kind: str = "deploy"
    origin: str = ""
    is_breaking: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    unreadable: str = ""

    @property
    def versions(self) -> dict[str, str]:
        """The deployment fingerprint of each service."""
        return {released.service.name: released.fingerprint for released in self.services}

    @property
    def images(self) -> dict[str, str]:
        """What the engine runs for each service."""
        return {released.service.name: released.image for released in self.services}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a release comes from: how (`deploy`, `rollback`, `promote`), its commit, the release that it repeats."""

    kind: str = "deploy"
    commit: str = ""
    origin: str = ""


def released(target: Target, service: Service, stand_ins: Iterable[str] = ()) -> ReleasedService:
    """A target as part of a release; `service` is its manifest in full (a target may go without its migration)."""
    return ReleasedService(
        service, target.image, target.image_fingerprint, target.fingerprint, tuple(sorted(stand_ins))
    )


def record_release(place: Place, product: str, services: Iterable[ReleasedService], source: Source) -> str:
    """Record what runs now as a release, and forget those that are too many; returns its name.

    Nothing is recorded when the last release is the very same: its name is returned. StepFailed when the
    state volume does not take it.
    """
    new = tuple(sorted(services, key=lambda found: found.service.name))
    while True:
        before = read_releases(place, product)
        last = before[-1] if before else None
        made = Release("", product, new, source.commit, read_actor(), moment(), source.kind, source.origin)
        name = next_name(last, made)
        if last and name == last.name:
            return name
        surplus = max(0, len(before) + 1 - place.environment.releases)
        old = [_file(found.name) for found in before[:surplus]]
        if _write(place, product, _file(name), render_release(place, made, last), old):
            return name


def next_name(last: Release | None, made: Release) -> str:
    """The name of a release that comes after the last one; the last one's own when it is the very same.

    That is one of the same versions, from the same images, marked and tested alike.
    """
    if last is None:
        return f"{made.product}-0001"
    if (proof_of(last.services), last.images) == (proof_of(made.services), made.images):
        return last.name
    number = int(last.name.rpartition("-")[2]) + 1
    return f"{made.product}-{number:04d}"


def read_releases(place: Place, product: str) -> tuple[Release, ...]:
    """The releases of a product that are kept, the oldest first."""
    return read_history(place).get(product, ())


def read_history(place: Place, container: str = "") -> dict[str, tuple[Release, ...]]:
    """The releases of every product that are kept, the oldest first; read through the proxy, or a container."""
    files = read_state(place, container or place.named(PROXY), FOLDER).files
    found: dict[str, dict[int, Release]] = {}
    for path, content in files.items():
        product, _, file = path.removeprefix(f"{FOLDER}/").partition("/")
        record = RECORD.fullmatch(file)
        if record:
            release = parse_release(f"{product}-{record[1]}", product, content.decode())
            found.setdefault(product, {})[int(record[1])] = release
    return {product: tuple(r for _, r in sorted(kept.items())) for product, kept in sorted(found.items())}


def find_running(versions: Versions, releases: Iterable[Release]) -> Release | None:
    """The newest of a product's releases that is what runs now, or None: something else runs.

    `versions` are the fingerprints of the product's services as they run.
    """
    return next((found for found in reversed(tuple(releases)) if is_running(versions, found)), None)


def is_running(versions: Versions, release: Release) -> bool:
    """Whether exactly the services of a release run, each as it was released."""
    return bool(release.versions) and versions == release.versions


def find_previous(versions: Versions, releases: Iterable[Release]) -> Release | None:
    """The release that ran before what runs now: the newest one that differs from it."""
    return next((found for found in reversed(tuple(releases)) if not is_running(versions, found)), None)


def choose_release(versions: Versions, product: str, releases: tuple[Release, ...], wanted: str) -> Release:
    """The release of this name (or number), or without a name the one before what runs (`versions`).

    Raises UnknownName for a name that is not kept, ConfigurationError where there is nothing to go back to.
    """
    if not wanted:
        previous = find_previous(versions, releases)
        if previous is None:
            what = f"{product} has no release to go back to: {len(releases)} recorded"
            raise ConfigurationError.of(f"rollback:{product}", what, "`buildgraph releases` lists them")
        return _readable(previous)
    names = {found.name: found for found in releases}
    name = f"{product}-{int(wanted):04d}" if wanted.isdecimal() else wanted
    if name not in names:
        raise UnknownName("release", wanted, names)
    return _readable(names[name])


def _readable(release: Release) -> Release:
    if release.unreadable:
        raise ConfigurationError.of(
            f"release {release.name}", release.unreadable, "install the newest buildgraph"
        )
    return release


def _file(name: str) -> str:
    return f"{name.rpartition('-')[2]}.json"


def _write(place: Place, product: str, name: str, content: bytes, old: Iterable[str]) -> bool:
    """Write a record under its name; False when somebody else has taken the name meanwhile."""
    folder = f"{FOLDER}/{product}"
    new = f"new-{secrets.token_hex(8)}"
    write_state(place, place.named(PROXY), render_archive({f"{folder}/{new}": content}))
    argv = ["sh", "-c", PLACE, f"{MOUNT}/{folder}", new, name, *old]
    code, said = run_in_container(place, place.named(PROXY), argv, user="0:0")
    if code not in (0, TAKEN):
        raise StepFailed(f"deploy:{product}", "the release cannot be recorded", said)
    return code == 0


# The record as text ------------------------------------------------------------------------------------


def render_release(place: Discreet, release: Release, last: Release | None) -> bytes:
    """The record of a release that comes after another one, without any secret of the environment."""
    table = {
        "format": FORMAT,
        "commit": release.commit,
        "who": place.redact(release.who),
        "at": release.at,
        "kind": release.kind,
        "origin": release.origin,
        "breaking": last is not None and breaks(last, release),
        "values": dict(place.environment.values),
        "services": [asdict(found) for found in release.services],
    }
    return json.dumps(table, ensure_ascii=False, indent=1).encode()


def breaks(older: Release, newer: Release) -> bool:
    """Whether a service of the newer release is marked as breaking beyond the older one."""
    levels = {found.service.name: found.service.breaking for found in older.services}
    return any(
        found.service.breaking > levels.get(found.service.name, found.service.breaking)
        for found in newer.services
    )


def parse_release(name: str, product: str, text: str) -> Release:
    """The release that a record tells; one that this version cannot read says so in `unreadable`."""
    try:
        table = json.loads(text)
        if table.pop("format") != FORMAT:
            return Release(name, product, unreadable="is in a format that this version does not know")
        services = tuple(_released(found) for found in table.pop("services"))
        return Release(name, product, services, is_breaking=table.pop("breaking"), **table)
    except (ValueError, TypeError, KeyError, AttributeError):
        return Release(name, product, unreadable="has fields that this version does not know, or is damaged")


def _released(table: Mapping[str, Any]) -> ReleasedService:
    told = {**table, "stand_ins": tuple(table["stand_ins"]), "service": parse_service(table["service"])}
    return ReleasedService(**told)


def parse_service(table: Mapping[str, Any]) -> Service:
    """The service that a table of JSON tells; TypeError when it has fields that this version does not know."""
    known = {field.name for field in fields(Service)}
    unknown = table.keys() - known
    if unknown:
        raise TypeError(f"unknown: {sorted(unknown)}")
    return Service(**{name: READ.get(name, _frozen)(value) for name, value in table.items()})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _read_migration(table: Mapping[str, Any] | None) -> Migration | None:
    return Migration(**{name: _frozen(value) for name, value in table.items()}) if table else None


READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "env": lambda table: {name: EnvValue(**value) for name, value in table.items()},
    "resources": lambda table: Resources(**table),
    "migration": _read_migration,
    "autoscale": lambda table: Autoscale(**table) if table else None,
    "smoke": lambda tables: tuple(SmokeTest(**table) for table in tables),
}
