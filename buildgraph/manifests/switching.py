"""How an environment switches to new versions: the keys of its canary, and what its strategy gives it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from buildgraph.manifests.canary import Canary
from buildgraph.manifests.model import Environment
from buildgraph.manifests.reading import YEAR, Place, Reader, Refused, integer, listed, number, table

BLUE_GREEN: Final = "blue-green"
WINDOWS: Final[Mapping[str, float]] = MappingProxyType({BLUE_GREEN: 3600.0})  # by strategy; others: none
HOUR: Final = 3_600_000  # milliseconds
WEIGHT: Final = integer(1, 100)
WEIGHTS: Final = listed(WEIGHT)


def _read_steps(value: object, place: Place) -> tuple[int, ...]:
    steps = WEIGHTS.read(value, place)
    if list(steps) == sorted(set(steps)) and steps[-1:] == (100,):
        return steps
    raise Refused(f"is {list(steps)}, expected rising weights up to 100", "write for example [10, 100]")


CANARY: Final = table(
    Canary,
    {
        "steps": Reader(_read_steps, WEIGHTS.schema),
        "hold": number(0, YEAR),
        "within": number(0, YEAR),
        "least_requests": integer(0),
        "errors": number(0, 1),
        "response_time": number(0, HOUR),
    },
)
WINDOW: Final = number(0, YEAR)
COOLIFY_HEALTH: Final = 180.0  # seconds: Coolify looks at its containers once a minute


def switching_environment(name: str, **given: Any) -> Environment:
    """An environment with what its strategy, or its server, gives it filled in."""
    usual = {"rollback_window": WINDOWS.get(given.get("strategy", ""), 0.0)}
    if given.get("coolify"):
        usual["health_within"] = COOLIFY_HEALTH
    return Environment(name, **{**usual, **given})
