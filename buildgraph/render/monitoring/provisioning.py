"""What Grafana finds when it starts: where metrics and logs are asked for, and in which folder dashboards lie."""

from __future__ import annotations

from typing import Final

from buildgraph.render.monitoring.watched import LOKI, PROMETHEUS, Watched, address
from buildgraph.render.yaml import Yaml, render_file

DASHBOARDS: Final = "/var/lib/grafana/dashboards"  # in its container


def render_sources(watched: Watched) -> str:
    """The file of data sources; panels name them by `uid`."""
    del watched
    sources: list[Yaml] = [_source(PROMETHEUS, isDefault=True), _source(LOKI, isDefault=False)]
    return render_file({"apiVersion": 1, "datasources": sources})


def render_provider(watched: Watched) -> str:
    """The file of where dashboards lie; what is edited in Grafana would be lost, so that it cannot be saved."""
    provider: dict[str, Yaml] = {
        "name": watched.stack.workspace,
        "folder": watched.stack.workspace,
        "type": "file",
        "allowUiUpdates": False,
        "options": {"path": DASHBOARDS},
    }
    return render_file({"apiVersion": 1, "providers": [provider]})


def _source(name: str, **more: Yaml) -> dict[str, Yaml]:
    return {
        "name": name.capitalize(),
        "uid": name,
        "type": name,
        "access": "proxy",
        "url": f"http://{address(name)}",
        "editable": False,
        **more,
    }
