"""Public names as whoever keeps their zone enters them: where each leads, and who may keep its answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.addresses import is_here
from buildgraph.manifests.engines import parse_engine
from buildgraph.manifests.model import Environment, Manifests, Service

COLUMNS: Final = ("name", "service", "leads to", "content network", "kept there")


@dataclass(frozen=True, slots=True)
class Passing:
    """Whether a content network may stand before services of a kind, and what it may keep of their answers."""

    network: str
    kept: str


STATIC: Final = Passing("yes", "everything, as long as each answer says")
PAGES: Final = Passing("yes", "what an answer calls immutable; no page")
API: Final = Passing("no", "nothing")
KINDS: Final = {"astro": STATIC, "expo": STATIC, "spa": STATIC, "next": PAGES, "sveltekit": PAGES}


def name_rows(manifests: Manifests) -> Iterator[Sequence[str]]:
    """A row per public name, by environment and name; names that mean a machine itself need no entry anywhere."""
    for environment in manifests.environments:
        named = {
            environment.host_of(service): service for service in manifests.services if _is_public(service)
        }
        for name, service in sorted(named.items()):
            if not is_here(name):
                passing = KINDS.get(service.kind, API)
                yield (name, service.name, _leads_to(environment), passing.network, passing.kept)


def _is_public(service: Service) -> bool:
    return bool(service.host) and service.deployed


def _leads_to(environment: Environment) -> str:
    """Where requests have to arrive: the engine's machine, else what stands before a cluster or is Coolify."""
    if environment.kubernetes:
        return "the cluster's ingress"
    if environment.coolify:
        return "the Coolify server"
    engine = parse_engine(environment.engine)
    return engine.host if engine and engine.host else "this engine's machine"
