"""Prometheus's configuration: whom it asks for metrics, and what those are called by.

A service's containers are found by the engine's own DNS, which tells all of them: one address would be a different
container with every question. What a container says its service is called gives way to the name in the manifests.
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.manifests.naming import BACKING, ENVIRONMENT, SERVICE, WORKSPACE
from buildgraph.render.monitoring.health import health_job
from buildgraph.render.monitoring.watched import (
    ALERTMANAGER,
    CADVISOR,
    EXPORTERS,
    NODE_EXPORTER,
    Watched,
    address,
    as_seen,
)
from buildgraph.render.yaml import Yaml, render_file

RULES: Final = "alerts.yml"  # beside the configuration
SCRAPE_INTERVAL: Final = "30s"  # the architecture's
COMPOSE_SERVICE: Final = "com.docker.compose.service"
CONTAINER_LABEL: Final = "container_label_"  # what cadvisor writes before a container's own labels
# What tells whose a container is: compose's word, or those of `deploy`.
OWNERS: Final = (WORKSPACE, ENVIRONMENT, SERVICE, BACKING)


def render_scraping(watched: Watched) -> str:
    """The file `prometheus.yml`."""
    jobs = [_service(service) for service in watched.services]
    servers = [_server(kind, name) for kind, name in EXPORTERS.items() if name in watched.exporters]
    health = [health_job()] if watched.answering else []
    return render_file(
        {
            "global": {
                "scrape_interval": SCRAPE_INTERVAL,
                "evaluation_interval": SCRAPE_INTERVAL,
                "external_labels": {"environment": watched.stack.environment.name},
            },
            "rule_files": [RULES],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [address(ALERTMANAGER)]}]}]},
            "scrape_configs": [*jobs, *health, *servers, _containers(watched), _machine()],
        }
    )


def _service(service: Service) -> dict[str, Yaml]:
    names: dict[str, Yaml] = {
        "names": [service.name],
        "type": "A",
        "port": service.listens or service.port,
        "refresh_interval": SCRAPE_INTERVAL,
    }
    return {
        "job_name": service.name,
        "metrics_path": service.metrics,
        "dns_sd_configs": [names],
        "relabel_configs": [
            {"target_label": "service", "replacement": service.name},
            {"target_label": "product", "replacement": service.product},
        ],
        "metric_relabel_configs": [{"action": "labeldrop", "regex": "exported_(service|product)"}],
    }


def _server(kind: str, exporter: str) -> dict[str, Yaml]:
    target: dict[str, Yaml] = {"targets": [address(exporter)], "labels": {"service": kind}}
    return {"job_name": kind, "static_configs": [target]}


def _containers(watched: Watched) -> dict[str, Yaml]:
    """Of the machine's control groups, those that are containers of compose's, or of this environment's."""
    return {
        "job_name": CADVISOR,
        "static_configs": [{"targets": [address(CADVISOR)]}],
        "metric_relabel_configs": [
            _named((COMPOSE_SERVICE,), "(.+)"),
            *(_named((WORKSPACE, ENVIRONMENT, name), _own(watched)) for name in (BACKING, SERVICE)),
            {"source_labels": ["__name__", "service"], "regex": "container_[a-z_]+;", "action": "drop"},
            {"action": "labeldrop", "regex": f"{CONTAINER_LABEL}.*"},
        ],
    }


def _named(labels: tuple[str, ...], regex: str) -> dict[str, Yaml]:
    """A container whose labels are so belongs to the service that the pattern finds in them."""
    found: list[Yaml] = [as_seen(CONTAINER_LABEL, label) for label in labels]
    return {"source_labels": found, "regex": regex, "target_label": "service"}


def _own(watched: Watched) -> str:
    return f"{watched.stack.workspace};{watched.stack.environment.name};(.+)"


def _machine() -> dict[str, Yaml]:
    return {"job_name": NODE_EXPORTER, "static_configs": [{"targets": [address(NODE_EXPORTER)]}]}
