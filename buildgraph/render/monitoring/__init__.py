"""Who watches the services of a server, beside its compose file: metrics, alerts, dashboards and logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.taken import check_names
from buildgraph.render.monitoring.alerts import render_alerts
from buildgraph.render.monitoring.containers import IMAGES, render_containers, render_joining
from buildgraph.render.monitoring.dashboards import render_databases, render_resources, render_services
from buildgraph.render.monitoring.health import (
    DEPLOYED,
    TARGETS,
    render_asking,
    render_deployed_targets,
    render_targets,
)
from buildgraph.render.monitoring.logs import render_collecting, render_loki
from buildgraph.render.monitoring.provisioning import render_provider, render_sources
from buildgraph.render.monitoring.routing import render_routing
from buildgraph.render.monitoring.scraping import RULES, render_scraping
from buildgraph.render.monitoring.watched import Watched

FOLDER: Final = "docker/monitoring"
ENVIRONMENT: Final = "production"  # whose compose file it stands beside
FILES: Final[Mapping[str, Callable[[Watched], str]]] = MappingProxyType(
    {
        "prometheus/prometheus.yml": render_scraping,
        f"prometheus/{RULES}": render_alerts,
        f"prometheus/{TARGETS}": render_targets,
        "alertmanager.yml": render_routing,
        "blackbox.yml": render_asking,
        "compose.yml": render_containers,
        "loki.yml": render_loki,
        "promtail.yml": render_collecting,
        "grafana/provisioning/datasources/sources.yml": render_sources,
        "grafana/provisioning/dashboards/provider.yml": render_provider,
        "grafana/dashboards/services.json": render_services,
        "grafana/dashboards/databases.json": render_databases,
        "grafana/dashboards/resources.json": render_resources,
    }
)
# What is otherwise beside containers that `deploy` has started.
OF_DEPLOYED: Final[Mapping[str, Callable[[Watched], str]]] = MappingProxyType(
    {"deployed.yml": render_joining, f"prometheus/{DEPLOYED}": render_deployed_targets}
)


def render_monitoring(manifests: Manifests) -> dict[str, str]:
    """The files, where the environment `production` is there.

    ConfigurationError when a service is called like one of those that watch.
    """
    found = [environment for environment in manifests.environments if environment.name == ENVIRONMENT]
    if found:
        check_names(manifests, IMAGES)
    return {
        f"{FOLDER}/{path}": render(watched)
        for watched in (Watched(Stack(manifests, environment)) for environment in found)
        for path, render in _files(watched).items()
    }


def _files(watched: Watched) -> dict[str, Callable[[Watched], str]]:
    return {**FILES, **(OF_DEPLOYED if watched.is_on_an_engine else {})}
