"""What is shown of a version that is given up: its containers' state, the last check, their last lines."""

from __future__ import annotations

from typing import Final

from buildgraph.deploy.containers import read_condition, read_last_lines
from buildgraph.deploy.model import Place
from buildgraph.deploy.names import Colour
from buildgraph.deploy.retiring import containers_of
from buildgraph.deploy.traffic import find_servers

LAST_LINES: Final = 20


def read_evidence(place: Place, service: str, colour: Colour) -> str:
    """What the containers of a colour are like and have said, and what the proxy's checks say of them."""
    checks = [f"{s.name}: the check says {s.said or s.status}" for s in find_servers(place, service, colour)]
    containers = [
        _told(place, container.id, container.name) for container in containers_of(place, service, colour)
    ]
    return "\n".join([*checks, *containers])


def _told(place: Place, container: str, name: str) -> str:
    lines = read_last_lines(place, container, LAST_LINES) or "(it said nothing)"
    return f"{name}: {read_condition(place, container)}; its last lines:\n{lines}"
