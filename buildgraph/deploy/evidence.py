"""What speaks for and against a version: its containers' state, their ends, the last check, their last lines."""

from __future__ import annotations

from typing import Final

from buildgraph.deploy.retiring import containers_of
from buildgraph.place.containers import read_condition, read_last_lines
from buildgraph.place.model import Place
from buildgraph.place.names import Colour
from buildgraph.traffic.directing import find_servers

LAST_LINES: Final = 20


def read_evidence(place: Place, service: str, colour: Colour) -> str:
    """What the containers of a colour are like and have said, and what the proxy's checks say of them."""
    checks = [f"{s.name}: the check says {s.said or s.status}" for s in find_servers(place, service, colour)]
    containers = [
        _told(place, container.id, container.name) for container in containers_of(place, service, colour)
    ]
    return "\n".join([*checks, *containers])


def count_starts(place: Place, service: str, colour: Colour) -> int:
    """How often the engine has started containers of a colour again because they had ended."""
    return sum(read_condition(place, each.id).restarts for each in containers_of(place, service, colour))


def has_ended(place: Place, service: str, colour: Colour, starts: int) -> bool:
    """Whether a container of a colour has ended since its containers had been started again so often."""
    conditions = [read_condition(place, each.id) for each in containers_of(place, service, colour)]
    is_running = all(condition.is_running for condition in conditions)
    return not is_running or sum(condition.restarts for condition in conditions) > starts


def read_last_words(place: Place, container: str) -> str:
    """The end of what a container has said, or that it said nothing."""
    return read_last_lines(place, container, LAST_LINES) or "(it said nothing)"


def _told(place: Place, container: str, name: str) -> str:
    lines = read_last_words(place, container)
    return f"{name}: {read_condition(place, container)}; its last lines:\n{lines}"
