"""The engine's clock: moments that outlive a deployment are told by it, whoever deploys next."""

from __future__ import annotations

from buildgraph.image.engine import told_plainly, understood
from buildgraph.image.moments import parse_moment
from buildgraph.place.model import Place


def read_clock(place: Place) -> float:
    """The moment by the engine's clock, in seconds since 1970."""
    with told_plainly(), understood():
        return parse_moment(str(place.engine.client.api.info()["SystemTime"]))
