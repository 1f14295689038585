"""What is watched of an environment: services that answer, or tell metrics, the servers they stand on, and who asks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.manifests.naming import prefix_of
from buildgraph.render.compose.stack import Stack
from buildgraph.servers import POSTGRES, REDIS

PROMETHEUS, ALERTMANAGER = "prometheus", "alertmanager"
GRAFANA, LOKI, ALLOY = "grafana", "loki", "alloy"
CADVISOR, NODE_EXPORTER = "cadvisor", "node-exporter"
POSTGRES_EXPORTER, REDIS_EXPORTER, BLACKBOX = "postgres-exporter", "redis-exporter", "blackbox-exporter"
PORTS: Final = {
    PROMETHEUS: 9090,
    ALERTMANAGER: 9093,
    GRAFANA: 3000,
    LOKI: 3100,
    CADVISOR: 8080,
    NODE_EXPORTER: 9100,
    POSTGRES_EXPORTER: 9187,
    REDIS_EXPORTER: 9121,
    BLACKBOX: 9115,
}
EXPORTERS: Final = {POSTGRES: POSTGRES_EXPORTER, REDIS: REDIS_EXPORTER}  # who tells metrics of a server


@dataclass(frozen=True, slots=True)
class Watched:
    """The part of an environment's compose file that is watched."""

    stack: Stack

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that tell metrics, sorted by name."""
        return tuple(service for service in self.stack.services if service.metrics)

    @property
    def answering(self) -> tuple[Service, ...]:
        """The services that somebody can ask whether they are well, sorted by name."""
        return tuple(service for service in self.stack.services if service.port and path_of(service))

    @property
    def exporters(self) -> tuple[str, ...]:
        """Who tells metrics of the servers that run here, of services' health, of the containers and of the machine."""
        asked = (EXPORTERS[kind] for kind in EXPORTERS if self.stack.backing(kind))
        return (*asked, *((BLACKBOX,) if self.answering else ()), CADVISOR, NODE_EXPORTER)

    @property
    def network(self) -> str:
        """The private network of what `deploy` starts."""
        return prefix_of(self.stack.workspace, self.stack.environment.name)

    @property
    def is_on_an_engine(self) -> bool:
        """Whether `deploy` starts containers on an engine there: clusters and Coolify are watched in their own ways."""
        return not (self.stack.environment.kubernetes or self.stack.environment.coolify)

    @property
    def quiet_routes(self) -> str:
        """A PromQL text that fits the paths by which services are watched: what users ask is counted without them."""
        watched = (path for each in self.services for path in (each.health, each.alive, each.metrics))
        paths = {path for path in watched if path}
        return json.dumps("|".join(map(re.escape, sorted(paths))))


def path_of(service: Service) -> str:
    """Where 200 says that a service is well; one that has a command for that may tell metrics as long as it runs."""
    return service.health or service.metrics


def address(name: str) -> str:
    """Where one of the watchers answers on the network."""
    return f"{name}:{PORTS[name]}"


def as_seen(before: str, label: str) -> str:
    """What a label of a container is called by who reads it from the engine: `before`, then its letters and digits."""
    return before + re.sub(r"\W", "_", label)
