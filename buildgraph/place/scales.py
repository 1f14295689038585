"""Services that somebody has scaled: how many containers were asked for, kept in the environment's state volume."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from buildgraph.errors import refuse_newer
from buildgraph.place.model import Place, Target
from buildgraph.place.names import PROXY
from buildgraph.place.state import State, read_state, render_archive, write_state

FORMAT: Final = 1
FOLDER: Final = "scaled"


@dataclass(frozen=True, slots=True)
class Scale:
    """How many containers were asked for: `to`, by `who`, `at` (UTC, ISO 8601), when the manifest said `declared`.

    It holds for as long as the manifest says that number: one who writes another there knows better.
    """

    to: int
    declared: int
    who: str = ""
    at: str = ""


def scales_in(state: State) -> dict[str, Scale]:
    """The services that are scaled, by name."""
    prefix = f"{FOLDER}/"
    files = {path.removeprefix(prefix): text for path, text in state.files.items() if path.startswith(prefix)}
    found = {name: parse_scale(text) for name, text in sorted(files.items())}
    return {name: scale for name, scale in found.items() if scale}


def read_scales(place: Place) -> dict[str, Scale]:
    """The same, asked of the environment."""
    return scales_in(read_state(place, place.named(PROXY), FOLDER))


def write_scale(place: Place, service: str, scale: Scale | None) -> None:
    """Keep how many containers a service was given; None: as many as its manifest says."""
    text = render_scale(scale) if scale else b""
    write_state(place, place.named(PROXY), render_archive({f"{FOLDER}/{service}": text}))


def render_scale(scale: Scale) -> bytes:
    """What is kept."""
    return json.dumps({"format": FORMAT, **asdict(scale)}).encode()


def as_scaled(targets: Iterable[Target], scales: Mapping[str, Scale], environment: str) -> tuple[Target, ...]:
    """The targets with as many containers as were asked for, where that still holds."""
    return tuple(_scaled(target, scales.get(target.service.name), environment) for target in targets)


def holds(scale: Scale, target: Target, environment: str) -> bool:
    """Whether the manifest says the number yet that it said when its service was scaled."""
    return scale.declared == target.service.replicas_in(environment)


def _scaled(target: Target, scale: Scale | None, environment: str) -> Target:
    if scale is None or not holds(scale, target, environment):
        return target
    return replace(target, service=replace(target.service, replicas={"*": scale.to}))


def parse_scale(text: bytes) -> Scale | None:
    """What a file says; None for an empty or damaged one: the manifest's number holds.

    StepFailed for one that a newer version has written.
    """
    try:
        told = json.loads(text)
        refuse_newer("a scaled service", told.get("format"), FORMAT)
        return Scale(int(told["to"]), int(told["declared"]), str(told["who"]), str(told["at"]))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
