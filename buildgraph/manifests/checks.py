"""What the manifests must keep to among themselves; what they say about files is checked elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from buildgraph.errors import WayOut, close_matches, did_you_mean
from buildgraph.manifests.canary import Canary
from buildgraph.manifests.model import Environment, EnvValue, Service
from buildgraph.manifests.placeholders import INTERNAL, PUBLIC, Placeholder, parse_placeholders
from buildgraph.manifests.reading import Place, suggest
from buildgraph.manifests.switching import BLUE_GREEN
from buildgraph.manifests.values import FEWER
from buildgraph.order import cycles

T = TypeVar("T")
MOST_INPUTS: Final = 5000  # of all services


@dataclass(frozen=True, slots=True)
class Declared(Generic[T]):
    """A value and the place that declares it."""

    value: T
    place: Place


@dataclass(frozen=True, slots=True)
class Known:
    """What the manifests may name. `is_complete` is false when a product could not be read."""

    environments: frozenset[str]
    is_complete: bool = True


def check_services(declared: Sequence[Declared[Service]], known: Known) -> None:
    """Keep every mistake of the services at its place: each alone, then all against each other."""
    services = {found.value.name: found.value for found in declared}
    for found in declared:
        for check in ALONE:
            check(found.value, found.place)
        _check_environment_names(found, known.environments)
    _check_unique(declared)
    _check_inputs(declared)
    if known.is_complete:
        _check_names(declared, services)
        _check_cycles(declared)


def _check_inputs(declared: Iterable[Declared[Service]]) -> None:
    """Keep one mistake where all services together have too many patterns: each is matched with every file."""
    known: set[str] = set()
    for found in declared:
        known.update(found.value.inputs)
        if len(known) > MOST_INPUTS:
            found.place.at("inputs").refuse(
                f"are, with those before, more than {MOST_INPUTS} patterns, which take too long to be matched",
                FEWER,
            )
            return


def check_environments(declared: Sequence[Declared[Environment]]) -> None:
    """Keep a mistake where environments of one engine share a proxy port, or a canary has no strategy."""
    taken: dict[object, Place] = {}
    for found in declared:
        _check_canary(found)
        if found.value.coolify or found.value.kubernetes:
            continue
        port = found.value.proxy_port
        _claim(taken, (found.value.engine, port), found.place.at("proxy_port"), str(port))


def _check_canary(found: Declared[Environment]) -> None:
    if found.value.canary != Canary() and found.value.strategy != BLUE_GREEN:
        found.place.at("canary").refuse("needs another strategy", f'write strategy = "{BLUE_GREEN}"')


def _check_reachable(service: Service, place: Place) -> None:
    """Whoever deploys a service must be able to tell that it is well."""
    if not service.deployed:
        return
    if service.host and not service.port:
        place.at("port").refuse("is missing, but the service has a host")
    for key in ("alive", "metrics"):
        if getattr(service, key) and not service.port:
            place.at(key).refuse("needs a port to be asked on", f"write `port`, or leave `{key}` out")
    if not service.port and not service.health_command:
        place.at("port").refuse("is missing", "a service needs `port`, a worker `health_command`")
    if service.kind and service.port and not service.health and not service.health_command:
        place.at("health").refuse("is missing", "write the path that answers 200 when the service can serve")


def _check_kind(service: Service, place: Place) -> None:
    if not service.kind:
        place.at("kind").refuse("is missing", "write a kind, or `dockerfile` for a service of its own kind")
    elif not service.dockerfile:
        place.at("dockerfile").refuse("is missing", "a service of kind dockerfile names its own")


def _check_smoke(service: Service, place: Place) -> None:
    if service.smoke and not service.host:
        place.at("smoke").refuse("cannot be reached: the service has no host", "write `host`")
    taken: dict[object, Place] = {}
    for index, test in enumerate(service.smoke):
        _claim(taken, test.name, place.at("smoke").item(index).at("name"), repr(test.name))


def _check_migration(service: Service, place: Place) -> None:
    reached = service.database or {"DATABASE_URL", "MIGRATION_DATABASE_URL"} & set(service.env)
    if service.migration and not reached:
        place.at("migration").refuse("has no database to migrate", "write `database`")
    if service.migration and not service.migration.command:
        place.at("migration").at("command").refuse("is empty")


ALONE: Final[tuple[Callable[[Service, Place], None], ...]] = (
    _check_kind,
    _check_reachable,
    _check_smoke,
    _check_migration,
)


def _check_environment_names(found: Declared[Service], environments: Iterable[str]) -> None:
    known = {"*", *environments}
    matrices: list[tuple[Place, Mapping[str, object]]] = [
        (found.place.at("env", name), value.values) for name, value in found.value.env.items()
    ]
    for place, matrix in [*matrices, (found.place.at("replicas"), found.value.replicas)]:
        for name in matrix:
            if name not in known:
                place.at(name).refuse(f"there is no environment {name!r}", suggest(name, known))


def _check_unique(declared: Sequence[Declared[Service]]) -> None:
    """No two services share a name, port, host or base."""
    names: dict[object, Place] = {}
    for found in declared:
        _claim(names, found.value.name, found.place, repr(found.value.name))
    for key in ("port", "host", "base_of"):
        taken: dict[object, Place] = {}
        for found in declared:
            value = getattr(found.value, key)
            _claim(taken, value, found.place.at(key), repr(value))


def _claim(taken: dict[object, Place], wanted: object, place: Place, what: str) -> None:
    """Keep a mistake when another place holds the `wanted` value (one that is not empty) already."""
    holder = taken.setdefault(wanted, place)
    if wanted and holder != place:
        place.refuse(f"{what} is taken by {holder}")


def _check_names(declared: Sequence[Declared[Service]], services: Mapping[str, Service]) -> None:
    products = {service.product for service in services.values()}
    for found in declared:
        if found.value.name in products - {found.value.product}:
            found.place.refuse("is also the name of a product", "rename one: tasks take either")
        for index, name in enumerate(found.value.depends_on):
            if name not in services:
                found.place.at("depends_on").item(index).refuse(*_unknown_service(name, services))
        for variable, value in found.value.env.items():
            _check_placeholders(value, found.place.at("env", variable), services)


def _check_placeholders(value: EnvValue, place: Place, services: Mapping[str, Service]) -> None:
    for text in value.values.values():
        for placeholder in parse_placeholders(text):
            if mistake := _mistake_of(placeholder, services):
                place.refuse(*mistake)


def _mistake_of(placeholder: Placeholder, services: Mapping[str, Service]) -> tuple[str, WayOut] | None:
    """What is wrong with a placeholder; text in braces that resembles none may mean anything."""
    relation, service = placeholder.relation, services.get(placeholder.service)
    if relation not in (INTERNAL, PUBLIC):
        way_out = did_you_mean(close_matches(relation, [INTERNAL, PUBLIC]))
        return (f"there is no placeholder {relation!r}", way_out) if way_out else None
    if service is None:
        return _unknown_service(placeholder.service, services)
    if not service.port:
        return f"{service.name} has no port, so it has no address", "name a service with a port"
    if relation == PUBLIC and not service.host:
        return f"{service.name} has no host, so it is not public", f"write {{service:{service.name}}}"
    return None


def _unknown_service(name: str, services: Mapping[str, Service]) -> tuple[str, WayOut]:
    return f"there is no service {name!r}", suggest(name, services)


def _check_cycles(declared: Sequence[Declared[Service]]) -> None:
    """What waits for itself would never start; one mistake per cycle, with its path."""
    after = {found.value.name: found.value.depends_on for found in declared}
    places = {found.value.name: found.place.at("depends_on") for found in declared}
    for cycle in find_cycles(after):
        places[cycle[0]].refuse(f"services wait for one another: {_path(cycle)}", "remove one")
    if not find_cycles(after):
        _check_product_cycles(declared, after)


def _check_product_cycles(declared: Sequence[Declared[Service]], after: Mapping[str, Sequence[str]]) -> None:
    """Products are deployed one after the other, whole, so no two may each need the other first."""
    owner = {found.value.name: found.value.product for found in declared}
    products: dict[str, list[str]] = {product: [] for product in owner.values()}
    for name, others in after.items():
        products[owner[name]] += [
            owner[other] for other in others if owner.get(other, owner[name]) != owner[name]
        ]
    files = {
        found.value.product: Place(found.place.file, mistakes=found.place.mistakes) for found in declared
    }
    for cycle in find_cycles(products):
        files[cycle[0]].refuse(
            f"products wait for one another: {_path(cycle)}", "move a service, or remove one wait"
        )


def find_cycles(after: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Cycles among names, each beginning with its smallest; names that stand nowhere lead nowhere.

    Names that reach one another share one of the shortest cycles: mend it, and the next is told.
    """
    known = {name: [other for other in others if other in after] for name, others in after.items()}
    return cycles(known)


def _path(cycle: Sequence[str]) -> str:
    return " -> ".join(cycle)
