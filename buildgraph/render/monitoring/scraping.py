"""Prometheus's configuration: whom it asks for metrics, and what those are called by.

A service's containers are found by the engine's own DNS, which tells all of them: one address would be a different
container with every question. What a container says its service is called gives way to the name in the manifests.
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.render.monitoring.watched import (
    ALERTMANAGER,
    CADVISOR,
    EXPORTERS,
    NODE_EXPORTER,
    Watched,
    address,
)
from buildgraph.render.yaml import Yaml, render_file

RULES: Final = "alerts.yml"  # beside the configuration
SCRAPE_INTERVAL: Final = "30s"  # the architecture's
COMPOSE_LABEL: Final = (
    "container_label_com_docker_compose_service"  # as cadvisor writes what compose calls it
)


def render_scraping(watched: Watched) -> str:
    """The file `prometheus.yml`."""
    jobs = [_service(service) for service in watched.services]
    servers = [_server(kind, name) for kind, name in EXPORTERS.items() if name in watched.exporters]
    return render_file(
        {
            "global": {
                "scrape_interval": SCRAPE_INTERVAL,
                "evaluation_interval": SCRAPE_INTERVAL,
                "external_labels": {"environment": watched.stack.environment.name},
            },
            "rule_files": [RULES],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [address(ALERTMANAGER)]}]}]},
            "scrape_configs": [*jobs, *servers, _containers(), _machine()],
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


def _containers() -> dict[str, Yaml]:
    """Of the machine's control groups, those that are containers of this file's services."""
    return {
        "job_name": CADVISOR,
        "static_configs": [{"targets": [address(CADVISOR)]}],
        "metric_relabel_configs": [
            {"source_labels": [COMPOSE_LABEL], "regex": "(.+)", "target_label": "service"},
            {"source_labels": ["__name__", "service"], "regex": "container_[a-z_]+;", "action": "drop"},
            {"action": "labeldrop", "regex": "container_label_.*"},
        ],
    }


def _machine() -> dict[str, Yaml]:
    return {"job_name": NODE_EXPORTER, "static_configs": [{"targets": [address(NODE_EXPORTER)]}]}
