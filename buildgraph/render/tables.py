"""Tables for the docs, as one page of Markdown: the ports, names, origins, limits and variables of services."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from buildgraph.manifests.addresses import public_url, public_values
from buildgraph.manifests.model import Environment, EnvValue, Manifests, Resources, Service
from buildgraph.render.limits import MEBI
from buildgraph.render.rendered import head
from buildgraph.render.zone import COLUMNS, name_rows

PATH: Final = "docs/RENDERED.md"
ORIGINS: Final = "CORS_ORIGINS"  # the variable by which a service is told whose pages may call it
NONE: Final = "–"
Rows = Iterable[Sequence[str]]


def render_tables(manifests: Manifests) -> dict[str, str]:
    """The page."""
    parts = (
        _ports(manifests),
        _domains(manifests),
        _section("Names", COLUMNS, name_rows(manifests)),
        _origins(manifests),
        _resources(manifests),
        _variables(manifests),
    )
    title = "# The services, by what the manifests say\n"
    return {PATH: head("<!-- ", " -->") + "\n" + "\n".join([title, *parts])}


def _ports(manifests: Manifests) -> str:
    rows = sorted(
        (s.port, s.name, s.kind, str(s.listens or s.port), _code(s.health), _code(s.alive))
        for s in manifests.services
        if s.port
    )
    told = ((str(port), *others) for port, *others in rows)
    heads = ("port", "service", "kind", "listens on", "healthy when 200 comes from", "alive by")
    return _section("Ports", heads, told)


def _domains(manifests: Manifests) -> str:
    public = [service for service in manifests.services if service.host]
    rows = ((s.name, *(public_url(there, s) for there in manifests.environments)) for s in public)
    return _section("Domains", ("service", *_names(manifests)), rows)


def _origins(manifests: Manifests) -> str:
    """Whose pages may call a service, from its variable."""
    asked = [service for service in manifests.services if ORIGINS in service.env]
    rows = ((s.name, *(_origin(manifests, s, there) for there in manifests.environments)) for s in asked)
    return _section("CORS origins", ("service", *_names(manifests)), rows)


def _origin(manifests: Manifests, service: Service, there: Environment) -> str:
    told = public_values(service, there, manifests.services).get(ORIGINS, "")
    return "<br>".join(map(_code, told.split(",")))


def _resources(manifests: Manifests) -> str:
    environments = manifests.environments
    columns = ("service", "processors", "memory", *(f"in {there.name}" for there in environments))
    services = [service for service in manifests.services if service.deployed]
    rows = (_limits(service, environments) for service in services)
    sums = (_sum(services, there) for there in environments)
    lines = [*rows, *_servers(environments), ("**all, at most**", "", "", *sums)]
    return _section("Resources", columns, lines)


def _limits(service: Service, environments: Iterable[Environment]) -> Sequence[str]:
    counts = (_count(service, there) for there in environments)
    return _limits_row(service.name, service.resources, counts)


def _servers(environments: Iterable[Environment]) -> Rows:
    """What environments run themselves: a row for each of the limits that it has in one of them."""
    held = [{(backing.kind, backing.resources) for backing in there.backing} for there in environments]
    found = {one for there in held for one in there}
    for kind, limits in sorted(found, key=lambda one: (one[0], one[1].cpus, one[1].memory)):
        counts = ("1" if (kind, limits) in there else NONE for there in held)
        yield _limits_row(kind, limits, counts)


def _limits_row(name: str, limits: Resources, counts: Iterable[str]) -> Sequence[str]:
    return (name, _cpus(limits.cpus), _memory(limits.memory), *counts)


def _count(service: Service, there: Environment) -> str:
    usual, most = service.replicas_in(there.name), _most(service, there)
    return str(usual) if usual == most else f"{usual} to {most}"


def _most(service: Service, there: Environment) -> int:
    """Up to how many containers of a service there are in an environment: a cluster alone starts more of them."""
    grows = service.autoscale if there.kubernetes else None
    return grows.most if grows else service.replicas_in(there.name)


def _sum(services: Iterable[Service], there: Environment) -> str:
    found = [(_most(service, there), service.resources) for service in services]
    found += [(1, backing.resources) for backing in there.backing]
    cpus = sum(count * limits.cpus for count, limits in found)
    memory = sum(count * limits.memory for count, limits in found)
    return f"{sum(count for count, _ in found)}: {_cpus(cpus)} cpus, {_memory(memory)}"


def _variables(manifests: Manifests) -> str:
    names = sorted({name for there in manifests.environments for name in there.values})
    shared = (
        (
            "*every service*",
            _code(name),
            *(_code(there.values.get(name, "")) for there in manifests.environments),
        )
        for name in names
    )
    rows = (
        (s.name, _code(name), *(_value(value, there) for there in manifests.environments))
        for s in manifests.services
        for name, value in sorted(s.env.items())
    )
    return _section("Variables", ("service", "variable", *_names(manifests)), [*shared, *rows])


def _value(value: EnvValue, there: Environment) -> str:
    if value.secret:
        return "secret"
    return _code(value.value_in(there.name) or "")


def _names(manifests: Manifests) -> tuple[str, ...]:
    return tuple(environment.name for environment in manifests.environments)


def _cpus(count: float) -> str:
    return f"{count:g}" if count else NONE


def _memory(size: int) -> str:
    return f"{size / MEBI:g} MB" if size else NONE


def _code(text: str) -> str:
    """A value as it stands: between more backticks than it has itself, or it would end there."""
    if not text:
        return NONE
    marks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{marks} {text} {marks}" if "`" in text else f"`{text}`"


def _section(title: str, columns: Sequence[str], rows: Rows) -> str:
    return f"## {title}\n\n" + "".join(f"{line}\n" for line in _table(columns, rows))


def _table(columns: Sequence[str], rows: Rows) -> Iterator[str]:
    yield _line(columns)
    yield _line(["---"] * len(columns))
    for row in rows:
        yield _line([cell.replace("|", "\\|").replace("\n", " ") for cell in row])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
