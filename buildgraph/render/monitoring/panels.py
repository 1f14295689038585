"""Dashboards as values, and as the JSON by which Grafana is provisioned with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from buildgraph.render.monitoring.watched import LOKI, PROMETHEUS
from buildgraph.render.rendered import head
from buildgraph.render.yaml import Yaml

SHARE, SECONDS, PER_SECOND, BYTES, BYTES_PER_SECOND, COUNT = (
    "percentunit",
    "s",
    "reqps",
    "bytes",
    "Bps",
    "short",
)
WIDTH, HEIGHT, ALL = 12, 8, 24  # of a panel, and of a row, in Grafana's grid
SCHEMA: Final = 39  # of dashboards, in Grafana 10 and 11; a later one takes it, too


@dataclass(frozen=True, slots=True)
class Panel:
    """A diagram: each query with what its lines are called, and the unit of all of them."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogLines:
    """The lines that a query of Loki finds."""

    title: str
    query: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A page of panels, two in a row."""

    name: str
    title: str
    panels: tuple[Panel | LogLines, ...]


def render_dashboard(dashboard: Dashboard) -> str:
    """The page as JSON; its description, which JSON has instead of comments, says that it is rendered."""
    told = {
        "uid": dashboard.name,
        "title": dashboard.title,
        "timezone": "browser",
        "schemaVersion": SCHEMA,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "panels": list(_panels(dashboard.panels)),
    }
    return f'{{"description": {json.dumps(head("").strip())},{json.dumps(told, indent=2)[1:]}\n'


def _panels(panels: Sequence[Panel | LogLines]) -> Iterator[dict[str, Yaml]]:
    for index, panel in enumerate(panels):
        told = _diagram(panel) if isinstance(panel, Panel) else _lines(panel)
        place: dict[str, Yaml] = {
            "x": index % 2 * WIDTH if isinstance(panel, Panel) else 0,
            "y": index // 2 * HEIGHT,
            "w": WIDTH if isinstance(panel, Panel) else ALL,
            "h": HEIGHT,
        }
        yield {"id": index + 1, "title": panel.title, "gridPos": place, **told}


def _diagram(panel: Panel) -> dict[str, Yaml]:
    source = _source(PROMETHEUS)
    targets: list[Yaml] = [
        {"refId": chr(ord("A") + index), "datasource": source, "expr": query, "legendFormat": called}
        for index, (query, called) in enumerate(panel.queries)
    ]
    return {
        "type": "timeseries",
        "datasource": source,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
        "targets": targets,
    }


def _lines(panel: LogLines) -> dict[str, Yaml]:
    source = _source(LOKI)
    return {
        "type": "logs",
        "datasource": source,
        "options": {"showTime": True, "wrapLogMessage": True},
        "targets": [{"refId": "A", "datasource": source, "expr": panel.query}],
    }


def _source(name: str) -> dict[str, Yaml]:
    return {"type": name, "uid": name}
