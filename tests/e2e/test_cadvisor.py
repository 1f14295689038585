"""What containers use is told of under their services' names: by cadvisor's own code, beside what was deployed.

`script/kubernetes` compiles it: its image is had from a registry that is not reached here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.render.monitoring import FOLDER
from buildgraph.render.monitoring.queries import CPU_SHARE, MEMORY_SHARE
from tests.support.hamlet import NODE, Hamlet
from tests.support.metrics import CONTAINER, asked, queries
from tests.support.prometheus import PROGRAMS, Prometheus, watching
from tests.support.system import CACHE, ROOT, docker, substitute
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(900)]

CADVISOR = CACHE / "kubernetes/cadvisor"
THERE = "production"  # the environment that is watched
POSTGRES = "postgres"
DEPLOYED = {"api", "web", POSTGRES}
SECRETS = "POSTGRES_USER=acme\nPOSTGRES_PASSWORD=acme\n"
LIMITS = {"cpus": 0.1, "memory": "512M"}
# More than 80% of that memory, and all that the processors give.
GREEDY = "const held = Buffer.alloc(430 << 20, 1); for (;;) held[0]++"
ALERTS = ("HighMemoryUsage", "HighCpuUsage")


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A shop in production on this engine, with a database: the api's containers have limits, the web's have none."""
    made = Hamlet(tmp_path_factory.mktemp("cadvisor") / "hamlet", (THERE,))
    made.write("manifests/workspace.toml", 'render = ["monitoring"]\n' + manifest(made))
    made.write("secrets.env", SECRETS)
    made.settings(THERE, secrets="secrets.env", backing={POSTGRES: {"image": "postgres:16-alpine"}})
    made.declare("shop", api={"port": 3001, "database": "shop", "resources": LIMITS}, web={"port": 3002})
    made.commit()
    try:
        made.must("deploy:shop", f"env={THERE}")
        made.must("render", "monitoring")
        yield made
    finally:
        made.raze()


def manifest(hamlet: Hamlet) -> str:
    return (hamlet.root / "manifests/workspace.toml").read_text()


@pytest.fixture(scope="module")
def watcher(hamlet: Hamlet) -> Iterator[Prometheus]:
    """Prometheus and cadvisor as they are rendered, beside what was deployed."""
    assert CADVISOR.is_file(), "no cadvisor: run script/kubernetes"
    programs = {"prometheus": PROGRAMS["prometheus"], "cadvisor": str(CADVISOR)}
    count_what_disks_do()
    with watching(hamlet.root, f"{hamlet.name}-{THERE}", programs) as found:
        yield found


def count_what_disks_do() -> None:
    """With control groups of version 1, Linux counts it for containers as soon as somebody has limited it."""
    device = Path(docker("info", "--format", "{{.DockerRootDir}}").strip()).stat().st_dev
    found = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve()
    disk = found.parent if (found / "partition").exists() else found
    docker("run", "--rm", "--device-write-bps", f"/dev/{disk.name}:1tb", substitute(NODE), "true")


def own(hamlet: Hamlet) -> str:
    """What selects the containers of a hamlet, and of those who watch it."""
    return f'name=~"{hamlet.name}-.*"'


def narrowed(query: str, hamlet: Hamlet) -> str:
    """The same query of a hamlet alone: other tests' containers on this engine bear names of services, too."""
    told = rf'\b({CONTAINER}\w+)(\{{service!=""\}})?'
    return re.sub(told, rf'\1{{service!="", {own(hamlet)}}}', query)


def services(watcher: Prometheus, query: str) -> set[str]:
    """The services of the series that a query gives."""
    return {found["metric"].get("service", "") for found in watcher.ask(query)}


def labels(watcher: Prometheus, metric: str) -> set[str]:
    """The labels that all series of a metric bear."""
    return set.intersection(*(set(found["metric"]) for found in watcher.ask(metric)))


def test_every_metric_of_containers_is_told_with_its_labels_of_what_was_deployed(
    hamlet: Hamlet, watcher: Prometheus
) -> None:
    """All others are in `test_monitoring.py`."""
    every = [found for query in queries(ROOT / FOLDER) for found in asked(query).items()]
    named = [found for found in every if found[0].startswith(CONTAINER)]
    panels = [query for query in queries(ROOT / FOLDER / "grafana") if CONTAINER in query]
    assert named and panels

    write_to_disk(hamlet)

    shown = {narrowed(query, hamlet) for query in (*panels, *(metric for metric, _ in named))}
    until(lambda: all(services(watcher, query) & DEPLOYED for query in shown))
    assert [found for found in named if not found[1] <= labels(watcher, narrowed(found[0], hamlet))] == []


def write_to_disk(hamlet: Hamlet) -> None:
    """Have the database write what it will not lose."""
    wanted = (f"label=buildgraph.workspace={hamlet.name}", f"label=buildgraph.backing={POSTGRES}")
    (database,) = docker("ps", "-q", "--filter", wanted[0], "--filter", wanted[1]).split()
    docker("exec", database, "psql", "-U", "acme", "-d", POSTGRES, "-c", "create table written ()")


def test_containers_bear_the_name_of_their_service_and_those_of_nobody_are_left_out(
    hamlet: Hamlet, watcher: Prometheus
) -> None:
    """The machine itself is told by cadvisor, too: as a container without a name."""
    memory = narrowed(f"{CONTAINER}memory_working_set_bytes", hamlet)
    of_compose = {"prometheus", "cadvisor"}
    until(lambda: services(watcher, memory) >= DEPLOYED | of_compose)

    assert "" not in services(watcher, f'{{job="cadvisor", __name__=~"{CONTAINER}spec_.*"}}')
    assert labels(watcher, memory) == {"__name__", "id", "image", "instance", "job", "name", "service"}


def tight(watcher: Prometheus, hamlet: Hamlet) -> set[tuple[str, str]]:
    """The alerts that fire because a container of what was deployed has little left, each with its service."""
    fire = watcher.ask(f'ALERTS{{alertstate="firing", {own(hamlet)}}}')
    told = {(found["metric"]["alertname"], found["metric"]["service"]) for found in fire}
    return {(alert, service) for alert, service in told if alert in ALERTS and service in DEPLOYED}


def test_an_alert_tells_of_a_container_that_has_little_left_by_its_name_and_its_service(
    hamlet: Hamlet, watcher: Prometheus
) -> None:
    shares = [narrowed(share, hamlet) for share in (MEMORY_SHARE, CPU_SHARE)]
    until(lambda: all("api" in services(watcher, share) for share in shares))
    until(lambda: not tight(watcher, hamlet))

    docker("exec", "--detach", hamlet.containers(THERE)["api"], "node", "-e", GREEDY)

    until(lambda: tight(watcher, hamlet) == {(alert, "api") for alert in ALERTS})
    name, share = f"{hamlet.name}-{THERE}-api-blue", r"\d+(\.\d+)?%"
    (memory,), (processors,) = (
        [told for told in watcher.words(alert, "api") if told.startswith(name)] for alert in ALERTS
    )
    assert re.fullmatch(f"{name} uses {share} of its memory: give api more, or look for a leak.", memory)
    assert re.fullmatch(f"{name} uses {share} of its processors: run more of api.", processors)
