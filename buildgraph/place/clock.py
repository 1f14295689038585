"""The engine's clock: moments that outlive a deployment are told by it, whoever deploys next."""

from __future__ import annotations

from datetime import UTC, datetime

from buildgraph.image.engine import told_plainly
from buildgraph.place.model import Place


def read_clock(place: Place) -> float:
    """The moment by the engine's clock, in seconds since 1970."""
    with told_plainly():
        now = str(place.engine.client.api.info()["SystemTime"])
    return parse_moment(now)


def parse_moment(stamp: str) -> float:
    """Seconds since 1970 of a stamp such as 2026-01-31T12:00:00.123456789+01:00 (RFC 3339)."""
    whole, dot, rest = stamp.replace("Z", "+00:00").partition(".")
    digits = rest[: len(rest) - 6] if dot else ""
    zone = rest[-6:] if dot else ""
    found = datetime.fromisoformat(f"{whole}{zone}")
    moment = found if found.tzinfo else found.replace(tzinfo=UTC)
    return moment.timestamp() + (float(f"0.{digits}") if digits else 0.0)
