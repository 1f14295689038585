"""How a cluster tells a container that must be started anew from one that must wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from buildgraph.render.kubernetes.pods import probes
from buildgraph.render.yaml import Yaml
from tests.render.ships import API, WORKER

WITHIN = 60


def test_a_service_whose_database_is_gone_gets_no_requests_and_is_not_started_anew() -> None:
    told = probes(API, WITHIN)

    assert asked(told, "readinessProbe") == {"httpGet": {"path": "/api/health", "port": "http"}}
    for name in ("startupProbe", "livenessProbe"):
        assert asked(told, name) == {"httpGet": {"path": "/api/health/live", "port": "http"}}


def test_a_service_that_does_not_say_where_it_lives_as_long_as_it_takes_connections() -> None:
    told = probes(replace(API, alive=""), WITHIN)

    assert asked(told, "readinessProbe") == {"httpGet": {"path": "/api/health", "port": "http"}}
    for name in ("startupProbe", "livenessProbe"):
        assert asked(told, name) == {"tcpSocket": {"port": "http"}}


def test_a_worker_has_one_command_for_both() -> None:
    told = probes(WORKER, WITHIN)

    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert asked(told, name) == {"exec": {"command": ["worker", "--alive"]}}


def asked(told: Mapping[str, Yaml], probe: str) -> Mapping[str, Yaml]:
    """What a probe asks, without when and how often."""
    found = told[probe]
    assert isinstance(found, Mapping)
    return {name: value for name, value in found.items() if name in ("httpGet", "tcpSocket", "exec")}
