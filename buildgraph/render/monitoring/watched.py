"""What is watched of an environment: the services that tell metrics, the servers they stand on, and who asks those."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.render.compose.stack import Stack
from buildgraph.servers import POSTGRES, REDIS

PROMETHEUS, ALERTMANAGER = "prometheus", "alertmanager"
GRAFANA, LOKI, ALLOY = "grafana", "loki", "alloy"
CADVISOR, NODE_EXPORTER = "cadvisor", "node-exporter"
POSTGRES_EXPORTER, REDIS_EXPORTER = "postgres-exporter", "redis-exporter"
PORTS: Final = {
    PROMETHEUS: 9090,
    ALERTMANAGER: 9093,
    GRAFANA: 3000,
    LOKI: 3100,
    CADVISOR: 8080,
    NODE_EXPORTER: 9100,
    POSTGRES_EXPORTER: 9187,
    REDIS_EXPORTER: 9121,
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
    def exporters(self) -> tuple[str, ...]:
        """Who tells metrics of the servers that run here, of the containers and of the machine."""
        asked = (EXPORTERS[kind] for kind in EXPORTERS if self.stack.backing(kind))
        return (*asked, CADVISOR, NODE_EXPORTER)

    @property
    def quiet_routes(self) -> str:
        """A PromQL text that fits the paths by which services are watched: what users ask is counted without them."""
        watched = (path for each in self.services for path in (each.health, each.alive, each.metrics))
        paths = {path for path in watched if path}
        return json.dumps("|".join(map(re.escape, sorted(paths))))


def address(name: str) -> str:
    """Where one of the watchers answers on the network."""
    return f"{name}:{PORTS[name]}"
