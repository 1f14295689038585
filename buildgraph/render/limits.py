"""What a container may use and is promised, and how long it has to end, wherever it runs."""

from __future__ import annotations

import math
from typing import Final

from buildgraph.manifests.model import Environment

MEBI: Final = 2**20
QUARTER, HALF = (
    4,
    2,
)  # of its processors and its memory a container is promised; the rest it has when others leave it
LEAST_STOP: Final = 10  # seconds a container has to end by itself, as Docker's own default


def stop_seconds(environment: Environment) -> int:
    """Seconds a container has to end after SIGTERM, a whole number: never less than requests have to drain."""
    return max(LEAST_STOP, math.ceil(environment.drain_within))
