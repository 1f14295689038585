"""Who watches the services of a server, beside its compose file: metrics, alerts, dashboards and logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.compose.stack import Stack
from buildgraph.render.monitoring.alerts import render_alerts
from buildgraph.render.monitoring.routing import render_routing
from buildgraph.render.monitoring.scraping import RULES, render_scraping
from buildgraph.render.monitoring.watched import Watched

FOLDER: Final = "docker/monitoring"
ENVIRONMENT: Final = "production"  # whose compose file it stands beside
FILES: Final[Mapping[str, Callable[[Watched], str]]] = MappingProxyType(
    {
        "prometheus/prometheus.yml": render_scraping,
        f"prometheus/{RULES}": render_alerts,
        "alertmanager.yml": render_routing,
    }
)


def render_monitoring(manifests: Manifests) -> dict[str, str]:
    """The files, where the environment `production` is there."""
    found = (environment for environment in manifests.environments if environment.name == ENVIRONMENT)
    return {
        f"{FOLDER}/{path}": render(Watched(Stack(manifests, environment)))
        for environment in found
        for path, render in FILES.items()
    }
