"""Alertmanager's configuration: who is told of which alert, and when anew. Addresses that are secret stand in files."""

from __future__ import annotations

from typing import Final

from buildgraph.render.monitoring.alerts import CRITICAL, WARNING
from buildgraph.render.monitoring.watched import Watched
from buildgraph.render.yaml import Yaml, render_file

SECRETS: Final = "/run/secrets"  # where compose puts them
PAGERDUTY_KEY, SLACK_WEBHOOK = "pagerduty-service-key", "slack-webhook"
PAGERDUTY, SLACK = "pagerduty", "slack"
CHANNEL: Final = "#alerts"


def render_routing(watched: Watched) -> str:
    """The file `alertmanager.yml`; who is told what is the same everywhere."""
    del watched
    return render_file({"route": _route(), "inhibit_rules": [_inhibition()], "receivers": _receivers()})


def _route() -> dict[str, Yaml]:
    """What no route fits is told all the same, where it wakes nobody."""
    return {
        "receiver": SLACK,
        "group_by": ["alertname", "service"],
        "group_wait": "10s",
        "group_interval": "5m",
        "repeat_interval": "12h",
        "routes": [
            {"receiver": PAGERDUTY, "matchers": [_is(CRITICAL)]},
            {"receiver": SLACK, "matchers": [_is(WARNING)]},
        ],
    }


def _inhibition() -> dict[str, Yaml]:
    """Of a service that is ill, only the worst is told."""
    return {"source_matchers": [_is(CRITICAL)], "target_matchers": [_is(WARNING)], "equal": ["service"]}


def _receivers() -> list[Yaml]:
    pages: dict[str, Yaml] = {"service_key_file": f"{SECRETS}/{PAGERDUTY_KEY}"}
    posts: dict[str, Yaml] = {
        "api_url_file": f"{SECRETS}/{SLACK_WEBHOOK}",
        "channel": CHANNEL,
        "send_resolved": True,
        "title": "{{ .Status }}: {{ .CommonLabels.alertname }} {{ .CommonLabels.service }}",
        "text": "{{ range .Alerts }}{{ .Annotations.description }}\n{{ end }}",
    }
    return [{"name": PAGERDUTY, "pagerduty_configs": [pages]}, {"name": SLACK, "slack_configs": [posts]}]


def _is(severity: str) -> str:
    return f"severity={severity}"
