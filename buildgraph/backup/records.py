"""What a backup holds, as the manifest.json beside its files tells it; it reads and writes no disk."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from buildgraph.errors import StepFailed, refuse_newer

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
REQUESTED, SAFETY = "requested", "before a restore"
STAMP: Final = "%Y%m%dT%H%M%SZ"
DAMAGED: Final = "is damaged"
FILE: Final = re.compile(r"[a-z0-9_][a-z0-9_.]*")  # a file beside the manifest, never one elsewhere


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds, to compare two by: rows and a digest of them by table, and what else is there.

    The digests are the server's own; they mean the same within one major version of PostgreSQL.
    """

    tables: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    objects: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(rows for rows, _ in self.tables.values())


@dataclass(frozen=True, slots=True)
class DatabaseDump:
    """One database in a file that pg_restore reads; `roles` own or may see something in it."""

    name: str
    database: str
    server: str
    size: int
    sha256: str
    contents: Contents = Contents()
    roles: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RedisSnapshot:
    """What Redis held, in a file that it starts from; `keys` counts those that had not expired."""

    name: str
    server: str
    size: int
    sha256: str
    keys: int


@dataclass(frozen=True, slots=True)
class Running:
    """A service as it ran when the backup was made."""

    image: str
    fingerprint: str
    commit: str


@dataclass(frozen=True, slots=True)
class Record:
    """A backup of a product: when, of what, by which version of this program, and its files."""

    id: str
    workspace: str
    environment: str
    product: str
    time: datetime
    purpose: str = REQUESTED
    made_by: str = ""
    services: Mapping[str, Running] = field(default_factory=dict)
    databases: tuple[DatabaseDump, ...] = ()
    redis: RedisSnapshot | None = None

    @property
    def files(self) -> tuple[DatabaseDump | RedisSnapshot, ...]:
        """Every file of it, besides its manifest."""
        return (*self.databases, *([self.redis] if self.redis else []))

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def commits(self) -> tuple[str, ...]:
        """The commits that ran, sorted."""
        return tuple(sorted({service.commit for service in self.services.values() if service.commit}))


def new_id(moment: datetime) -> str:
    """The name of a backup that begins at a moment (UTC), such as 20260131T030000Z."""
    return moment.strftime(STAMP)


def parse_id(backup: str) -> datetime:
    """The moment (UTC) at which a backup of this name began; ValueError for any other name."""
    return datetime.strptime(backup, STAMP).replace(tzinfo=UTC)


def render_record(record: Record) -> bytes:
    """The manifest of a backup; it ends with the digest of all else it says."""
    told = {"format": FORMAT, **asdict(record), "time": record.time.isoformat(timespec="seconds")}
    return (json.dumps({**told, "sha256": _digest(told)}, indent=1) + "\n").encode()


def parse_record(content: bytes, where: str) -> Record:
    """The record that a manifest tells; StepFailed when it is damaged, or newer than this program."""
    try:
        told = json.loads(content)
        refuse_newer(where, told["format"], FORMAT)
        if told.pop("sha256") != _digest(told):
            raise StepFailed(where, DAMAGED, "its manifest.json is not what was written: take another one")
        return _record(told)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StepFailed(where, DAMAGED, "its manifest.json is none: take another one") from error


def _record(told: Mapping[str, Any]) -> Record:
    redis = told["redis"]
    for file in [*told["databases"], *([redis] if redis else [])]:
        if not FILE.fullmatch(file["name"]):
            raise ValueError(file["name"])
    return Record(
        id=str(told["id"]),
        workspace=str(told["workspace"]),
        environment=str(told["environment"]),
        product=str(told["product"]),
        time=datetime.fromisoformat(told["time"]).astimezone(UTC),
        purpose=str(told["purpose"]),
        made_by=str(told["made_by"]),
        services={name: Running(**running) for name, running in told["services"].items()},
        databases=tuple(_dump(dump) for dump in told["databases"]),
        redis=RedisSnapshot(**redis) if redis else None,
    )


def _dump(told: Mapping[str, Any]) -> DatabaseDump:
    contents = told["contents"]
    tables = {name: (int(rows), str(digest)) for name, (rows, digest) in contents["tables"].items()}
    lists = {name: tuple(map(str, told[name])) for name in ("roles", "settings")}
    return DatabaseDump(**{**told, **lists, "contents": Contents(tables, tuple(contents["objects"]))})


def _digest(told: Mapping[str, Any]) -> str:
    """The digest of what a manifest says, however it is laid out."""
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
