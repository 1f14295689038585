"""Moments as engines, registries and clusters write them."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_moment(stamp: str) -> float:
    """Seconds since 1970, to the microsecond, of a stamp such as 2026-01-31T12:00:00.123456789+01:00 (RFC 3339).

    One that names no zone is UTC. ValueError when it is no moment.
    """
    found = datetime.fromisoformat(stamp)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def is_younger(age: float, days: float) -> bool:
    """Whether what has an age in days is younger than so many.

    A moment that is yet to come, as where a registry's date tells whole seconds only, counts as now.
    """
    return max(age, 0.0) < days
