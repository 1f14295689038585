"""What monitoring asks for is there: every metric of a rule or dashboard is told by what really runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buildgraph.render.monitoring import FOLDER
from tests.support.metrics import OF_CADVISOR, Labels, asked, exporter, queries, told
from tests.support.system import ROOT, System, docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(580)]

AUTH, PORT = "mana-core-auth", 3001
SCRAPE = f"fetch('http://127.0.0.1:{PORT}/metrics').then(async (found) => console.log(await found.text()))"
FROM_PROMETHEUS = {"service", "product", "job", "instance"}  # labels that its configuration gives
POSTGRES, REDIS, NODE = "postgres", "redis", "node"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The accounts, deployed: a backend with a database and Redis that tells all metrics there are."""
    made = System(tmp_path_factory.mktemp("monitoring") / "clone", products=(AUTH,))
    deployed = made.doit(f"deploy:{AUTH}")
    assert deployed.code == 0, deployed.err
    yield made
    made.remove()


def backend(system: System) -> Labels:
    """What a backend tells that was asked for something before."""
    assert system.get("auth.localhost", "/api/me")[0] == 401
    return told(docker("exec", system.containers()[AUTH], "node", "-e", SCRAPE))


def address_of(system: System, kind: str) -> str:
    """Where a server of the environment answers this machine."""
    labels = (f"label=buildgraph.workspace={system.name}", f"label=buildgraph.backing={kind}")
    name = docker("ps", "-q", "--filter", labels[0], "--filter", labels[1]).strip()
    return docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name).strip()


def secrets(system: System) -> dict[str, str]:
    """The passwords of development, which are worth nothing."""
    lines = (system.root / "manifests/environments/development.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def servers(system: System) -> Labels:
    """What Debian's exporters tell of the servers, and of this machine."""
    known = secrets(system)
    database = {
        "DATA_SOURCE_URI": f"{address_of(system, POSTGRES)}:5432/postgres?sslmode=disable",
        "DATA_SOURCE_USER": known["POSTGRES_USER"],
        "DATA_SOURCE_PASS": known["POSTGRES_PASSWORD"],
    }
    cache = {
        "REDIS_ADDR": f"redis://{address_of(system, REDIS)}:6379",
        "REDIS_PASSWORD": known["REDIS_PASSWORD"],
    }
    with exporter(POSTGRES, **database) as one, exporter(REDIS, **cache) as two, exporter(NODE) as three:
        assert "\npg_up 1" in one
        assert "\nredis_up 1" in two
        return told("\n".join((one, two, three)))


def test_every_metric_of_a_rule_or_dashboard_is_told_with_its_labels_by_what_runs(system: System) -> None:
    there = {name: set[str]() for name in ("up", *OF_CADVISOR)} | backend(system) | servers(system)
    named = [(query, *found) for query in queries(ROOT / FOLDER) for found in asked(query).items()]

    assert {name for _, name, _ in named} <= there.keys()
    assert [found for found in named if not found[2] <= there[found[1]] | FROM_PROMETHEUS] == []
