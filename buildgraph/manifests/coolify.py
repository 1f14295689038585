"""The keys of `[coolify]`: a server's address as people write it, and its applications; it asks nobody."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from buildgraph.manifests.kinds import MIGRATIONS
from buildgraph.manifests.model import Coolify
from buildgraph.manifests.reading import (
    YEAR,
    Needed,
    Place,
    Reader,
    Refused,
    mapped,
    of_type,
    one_of,
    positive,
    table,
    text,
)

ADDRESS: Final = re.compile(
    r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/?|https?://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?/?"
)
LOOPBACK: Final = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")
WAY_OUT: Final = (
    'write for example "https://coolify.example.org", without path; '
    "the token is COOLIFY_TOKEN in the environment"
)


def _read_url(value: object, place: Place) -> str:
    written: str = of_type(str, value)
    if not ADDRESS.fullmatch(written):
        raise Refused(f"is {written!r}, expected the address of a Coolify server", WAY_OUT)
    if written.startswith("http://") and not LOOPBACK.fullmatch(urlsplit(written).hostname or ""):
        raise Refused(f"is {written!r}, which would send the token in the clear", "write https://")
    return written.rstrip("/")


UUID: Final = text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9-]{2,63}",
    says="the uuid of an application",
    way_out="Coolify shows it in the address of the application's page",
)
COOLIFY: Final = table(
    Coolify,
    {
        "url": Needed(Reader(_read_url, {"type": "string", "pattern": "^https?://"}), ""),
        "state": Needed(UUID, ""),
        "applications": mapped(UUID),
        "within": positive(YEAR),
        "migrations": one_of(MIGRATIONS, "place for migrations"),
    },
)
