"""What environments on a Coolify server must keep to: what Coolify cannot do is told before anybody tries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from buildgraph.manifests.canary import Canary
from buildgraph.manifests.checks import Declared, Known
from buildgraph.manifests.model import Coolify, Environment, Service
from buildgraph.manifests.placeholders import INTERNAL, parse_placeholders
from buildgraph.manifests.reading import Place, suggest
from buildgraph.manifests.switching import BLUE_GREEN

FIND: Final = "Coolify shows it in the address of the application's page"
ONE: Final = "leave one of them out: a Coolify server runs the services, or something else does"


def check_coolify(
    environments: Sequence[Declared[Environment]], services: Sequence[Declared[Service]], known: Known
) -> None:
    """Keep every mistake of the environments that a Coolify server runs."""
    deployed = {found.value.name: found.value for found in services if found.value.deployed}
    for found in environments:
        if found.value.coolify is None:
            continue
        _check_environment(found.value, found.place)
        _check_uuids(found.value.coolify, found.place.at("coolify"))
        if known.is_complete:
            _check_applications(found.value.coolify, found.place.at("coolify", "applications"), deployed)
            _check_services(found, deployed, {each.value.name: each.place for each in services})


def _check_environment(environment: Environment, place: Place) -> None:
    """Keys that belong to an engine."""
    if environment.engine:
        place.at("engine").refuse("cannot stand beside [coolify]", ONE)
    if environment.kubernetes:
        place.at("kubernetes").refuse("cannot stand beside [coolify]", ONE)
    if environment.backing:
        way_out = "run databases as resources of Coolify, and give services their addresses as secrets"
        place.at("backing").refuse("cannot stand beside [coolify]", way_out)
    if environment.backups.to:
        place.at("backups").refuse("cannot stand beside [coolify]", "Coolify backs up its own databases")
    if environment.strategy == BLUE_GREEN or environment.canary != Canary():
        key = "strategy" if environment.strategy == BLUE_GREEN else "canary"
        place.at(key).refuse(
            "cannot stand beside [coolify]", "leave it out: Coolify switches versions by itself"
        )
    if not environment.registry:
        place.at("registry").refuse(
            "is missing", "write where images are pushed to: Coolify pulls them from there"
        )


def _check_uuids(coolify: Coolify, place: Place) -> None:
    """One application for each: services that share one would replace each other."""
    taken = {coolify.state: place.at("state")} if coolify.state else {}
    for service, uuid in coolify.applications.items():
        here = place.at("applications", service)
        holder = taken.setdefault(uuid, here)
        if holder != here:
            here.refuse(f"{uuid} is taken by {holder}", "make an application of its own in Coolify")


def _check_applications(coolify: Coolify, place: Place, deployed: Mapping[str, Service]) -> None:
    for name in deployed:
        if name not in coolify.applications:
            place.at(name).refuse("is missing", f"write the uuid of the service's application: {FIND}")
    for name in coolify.applications:
        if name not in deployed:
            place.at(name).refuse(f"there is no deployed service {name!r}", suggest(name, deployed))


def _check_services(
    found: Declared[Environment], deployed: Mapping[str, Service], places: Mapping[str, Place]
) -> None:
    name = found.value.name
    for service in deployed.values():
        place = places[service.name]
        if service.replicas_in(name) > 1:
            way_out = f"write replicas = {{ {name} = 1, … }}"
            place.at("replicas").refuse(
                f"Coolify runs one container of an application, in {name} too", way_out
            )
        for variable, other in _unreachable(service, name, deployed):
            what = f"{other} has no host, and on Coolify ({name}) services call each other by public names"
            place.at("env", variable).refuse(what, f"give {other} a `host`, or write the address as text")


def _unreachable(
    service: Service, environment: str, deployed: Mapping[str, Service]
) -> Iterator[tuple[str, str]]:
    """The variables that name services without a public address, and these."""
    for variable, value in service.env.items():
        for placeholder in parse_placeholders(value.value_in(environment) or ""):
            other = deployed.get(placeholder.service)
            if placeholder.relation == INTERNAL and other is not None and not other.host:
                yield variable, other.name
