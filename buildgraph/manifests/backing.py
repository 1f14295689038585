"""Which of the servers that an environment runs itself a service uses."""

from __future__ import annotations

from buildgraph.manifests.model import Environment, Service
from buildgraph.servers import POSTGRES, REDIS


def backing_of(service: Service, environment: Environment) -> frozenset[str]:
    """The kinds of the environment's backing services that a service uses."""
    uses = {POSTGRES: bool(service.database), REDIS: service.redis}
    return frozenset(backing.kind for backing in environment.backing if uses.get(backing.kind))
