"""What an environment on Coolify remembers: the variables of one application that is never started.

They reach no container, survive every service, and are Coolify's own data: whoever deploys next finds them there.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Final

from buildgraph.coolify.answers import Variable
from buildgraph.coolify.api import NewVariable
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.deploy.releases import Release, next_name, parse_release, render_release
from buildgraph.errors import ConfigurationError, refuse_newer
from buildgraph.place.audit import Event, events_in, render_event

FORMAT: Final = 1
PREFIX: Final = "BUILDGRAPH_"
OWNER, KEY, LOCK = f"{PREFIX}OF", f"{PREFIX}KEY", f"{PREFIX}LOCK_"
RUNS, VERIFIED = f"{PREFIX}RUNS_", f"{PREFIX}VERIFIED_"
RELEASE, EVENT = f"{PREFIX}RELEASE_", f"{PREFIX}EVENT_"
EVENTS_KEPT: Final = 100
NOT_YET: Final = ""
NUMBER: Final = re.compile(r"(\d{4,})")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A service as it was deployed last, `at` (UTC in ISO 8601), with the names of the variables it was given."""

    service: str
    product: str
    application: str
    image: str
    image_fingerprint: str
    fingerprint: str
    secrets: str
    commit: str
    at: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ledger:
    """All that is remembered, as it was read."""

    variables: tuple[Variable, ...]

    def value(self, key: str) -> str:
        """What stands under a name, "" for nothing."""
        return next((variable.value for variable in self.variables if variable.key == key), "")

    @property
    def key(self) -> bytes:
        """The key of the digests of secrets; none before the first deploy."""
        return self.value(KEY).encode()

    @cached_property
    def deployed(self) -> dict[str, Deployed]:
        """The services that were deployed and have not been taken away, by name."""
        found = (parse_deployed(variable.value) for variable in self._below(RUNS))
        return {deployed.service: deployed for deployed in found if deployed}

    def verified(self, product: str) -> str:
        """What a product's smoke tests have proved, see `buildgraph.deploy.proof`."""
        return self.value(f"{VERIFIED}{part_of_key(product)}")

    @cached_property
    def history(self) -> dict[str, tuple[Release, ...]]:
        """The releases of every product, the oldest first."""
        found: dict[str, list[Release]] = {}
        for variable in sorted(self._below(RELEASE), key=_number):
            release = _parse_release(variable)
            found.setdefault(release.product, []).append(release)
        return {product: tuple(releases) for product, releases in sorted(found.items())}

    def events(self, product: str = "") -> tuple[Event, ...]:
        """What was done (to a product, with what concerns all), the oldest first; the last hundred."""
        return events_in((variable.value for variable in self._below(EVENT)), product)

    def _below(self, prefix: str) -> list[Variable]:
        return [variable for variable in self.variables if variable.key.startswith(prefix)]


def read_ledger(place: CoolifyPlace) -> Ledger:
    """What the environment remembers; ConfigurationError where the application is the memory of another one."""
    ledger = Ledger(place.api.variables(place.coolify.state))
    owner = ledger.value(OWNER)
    if owner not in ("", place.name):
        where = f"manifests/environments/{place.environment.name}.toml: coolify.state"
        what = f"{place.coolify.state} is the memory of {owner}, not of {place.name}"
        raise ConfigurationError.of(
            where, what, "make an application of its own in Coolify, and never start it"
        )
    return ledger


def open_ledger(place: CoolifyPlace) -> Ledger:
    """What the environment remembers, made where it does not exist yet."""
    ledger = read_ledger(place)
    if ledger.value(OWNER) and ledger.key:
        return ledger
    for key, value in ((OWNER, place.name), (KEY, secrets.token_hex(32))):
        place.api.create_variable(place.coolify.state, NewVariable(key, value))  # or somebody else has
    return read_ledger(place)


def record_deployed(place: CoolifyPlace, deployed: Deployed) -> None:
    """Remember what a service was deployed as."""
    _write(place, {f"{RUNS}{part_of_key(deployed.service)}": render_deployed(deployed)})


def render_deployed(deployed: Deployed) -> str:
    """What is remembered of a service."""
    return json.dumps({"format": FORMAT, **asdict(deployed)}, ensure_ascii=False)


def forget_deployed(place: CoolifyPlace, ledger: Ledger, service: str) -> None:
    """A service runs here no more."""
    _remove(place, (v for v in ledger.variables if v.key == f"{RUNS}{part_of_key(service)}"))


def record_verified(place: CoolifyPlace, product: str, proof: str) -> None:
    """Remember what a product's smoke tests have proved; NOT_YET takes that back."""
    _write(place, {f"{VERIFIED}{part_of_key(product)}": proof})


def record_event(place: CoolifyPlace, event: Event) -> bool:
    """Add an event, for which there is always a log; those beyond the last hundred go."""
    stamp = re.sub(r"\D", "", event.at)[:17]
    key = f"{EVENT}{stamp}_{secrets.token_hex(4).upper()}"
    place.api.create_variable(place.coolify.state, NewVariable(key, render_event(place, event)))
    kept = sorted((v for v in read_ledger(place).variables if v.key.startswith(EVENT)), key=lambda v: v.key)
    _remove(place, kept[:-EVENTS_KEPT])
    return True


def record_release(place: CoolifyPlace, release: Release) -> str:
    """Record what runs now as a release, and forget those that are too many; returns its name.

    Nothing is recorded when the last release is the very same. A name is made once: of two who record at the same
    time, one takes the next number.
    """
    while True:
        before = read_ledger(place).history.get(release.product, ())
        last = before[-1] if before else None
        name = next_name(last, release)
        if last and name == last.name:
            return name
        text = json.dumps({"product": release.product, **json.loads(render_release(place, release, last))})
        key = f"{RELEASE}{part_of_key(release.product)}_{name.rpartition('-')[2]}"
        if place.api.create_variable(place.coolify.state, NewVariable(key, text)):
            _forget_surplus(place, release.product)
            return name


def _forget_surplus(place: CoolifyPlace, product: str) -> None:
    prefix = f"{RELEASE}{part_of_key(product)}_"
    found = [v for v in read_ledger(place).variables if re.fullmatch(rf"{prefix}\d+", v.key)]
    _remove(place, sorted(found, key=_number)[: -place.environment.releases])


def _write(place: CoolifyPlace, values: dict[str, str]) -> None:
    place.api.set_variables(place.coolify.state, [NewVariable(key, value) for key, value in values.items()])


def _remove(place: CoolifyPlace, variables: Iterable[Variable]) -> None:
    for variable in variables:
        place.api.remove_variable(place.coolify.state, variable)


def parse_deployed(text: str) -> Deployed | None:
    """What a variable tells; StepFailed for one that a newer version has written, None for one that is damaged."""
    try:
        told: dict[str, Any] = json.loads(text)
        refuse_newer("coolify: what runs", told.pop("format"), FORMAT)
        known = {field.name for field in fields(Deployed)}
        return Deployed(
            **{**{n: v for n, v in told.items() if n in known}, "variables": tuple(told["variables"])}
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _parse_release(variable: Variable) -> Release:
    number = _number(variable)
    try:
        told: dict[str, Any] = json.loads(variable.value)
        product = str(told.pop("product"))
        return parse_release(f"{product}-{number:04d}", product, json.dumps(told))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        product = variable.key.removeprefix(RELEASE).rpartition("_")[0].lower().replace("_", "-")
        return Release(f"{product}-{number:04d}", product, unreadable="is damaged")


def _number(variable: Variable) -> int:
    found = NUMBER.fullmatch(variable.key.rpartition("_")[2])
    return int(found[1]) if found else 0


def part_of_key(name: str) -> str:
    """A name of a service or product (which hold no `_`) as part of a variable's."""
    return name.upper().replace("-", "_")
