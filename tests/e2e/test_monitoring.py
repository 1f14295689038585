"""What monitoring asks for is there: every metric of a rule or dashboard is told by what really runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from buildgraph.render.monitoring import FOLDER
from tests.support.channel import Channel, opened_channel
from tests.support.metrics import CONTAINER, Labels, asked, exporter, queries, told
from tests.support.prometheus import Prometheus, watching
from tests.support.system import ROOT, System, docker
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]

AUTH, PORT = "mana-core-auth", 3001
SCRAPE = f"fetch('http://127.0.0.1:{PORT}/metrics').then(async (found) => console.log(await found.text()))"
FROM_PROMETHEUS = {"service", "product", "job", "instance"}  # labels that its configuration gives
CREDENTIALS = "{ email: 'a@example.com', password: 'not the right one' }"
LOGIN = f"{{ method: 'POST', headers: {{ 'content-type': 'application/json' }}, body: JSON.stringify({CREDENTIALS}) }}"
POSTGRES, REDIS, NODE = "postgres", "redis", "node"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The accounts in two containers: a backend with a database and Redis that tells all metrics there are."""
    made = System(tmp_path_factory.mktemp("monitoring") / "clone", products=(AUTH,))
    made.replace(f"manifests/products/{AUTH}.toml", r"^replicas = .*", "replicas = 2")
    deployed = made.doit(f"deploy:{AUTH}")
    assert deployed.code == 0, deployed.err
    yield made
    made.remove()


def backend(system: System) -> Labels:
    """What a backend tells that was asked for something before."""
    assert system.get("auth.localhost", "/api/me")[0] == 401
    return told(docker("exec", system.containers()[AUTH], "node", "-e", SCRAPE))


def running(system: System, what: str, name: str) -> list[str]:
    """The containers of a service, or of a server."""
    labels = (f"label=buildgraph.workspace={system.name}", f"label=buildgraph.{what}={name}")
    return docker("ps", "-q", "--filter", labels[0], "--filter", labels[1]).split()


def address_of(system: System, kind: str) -> str:
    """Where a server of the environment answers this machine."""
    (name,) = running(system, "backing", kind)
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


def probes(watcher: Prometheus) -> Labels:
    """What the exporter that asks for health tells of it."""
    until(lambda: bool(watcher.ask("probe_success")))
    return {"probe_success": {label for found in watcher.ask("probe_success") for label in found["metric"]}}


def test_every_metric_of_a_rule_or_dashboard_is_told_with_its_labels_by_what_runs(
    system: System, watcher: Prometheus
) -> None:
    """Containers' are in `test_cadvisor.py`."""
    there = {"up": set[str]()} | backend(system) | servers(system) | probes(watcher)
    every = [(query, *found) for query in queries(ROOT / FOLDER) for found in asked(query).items()]
    named = [found for found in every if not found[1].startswith(CONTAINER)]

    assert {name for _, name, _ in named} <= there.keys()
    assert [found for found in named if not found[2] <= there[found[1]] | FROM_PROMETHEUS] == []


@pytest.fixture(scope="module")
def channel(system: System) -> Iterator[Channel]:
    """Where Alertmanager posts: this process, at the address that the environment's network gives this machine."""
    gateway = docker("network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", network_of(system))
    with opened_channel(gateway.strip()) as found:
        yield found


@pytest.fixture(scope="module")
def watcher(system: System, channel: Channel) -> Iterator[Prometheus]:
    """Prometheus and whom it needs, as they are rendered to be started beside what was deployed."""
    rendered = system.buildgraph("render", "monitoring")
    assert rendered.code == 0, rendered.err
    with watching(system.root, network_of(system), SLACK_WEBHOOK=channel.webhook) as found:
        yield found


def network_of(system: System) -> str:
    return f"{system.name}-development"


def is_well(watcher: Prometheus) -> bool:
    """Whether both containers tell metrics, and the service says through the proxy that it is well."""
    well = f'probe_success{{service="{AUTH}", instance="http://proxy:{PORT}/api/health"}} == 1'
    return [len(watcher.ask(query)) for query in (f'up{{job="{AUTH}"}} == 1', well)] == [2, 1]


def test_every_container_is_asked_and_what_it_tells_bears_the_name_of_its_manifest(
    watcher: Prometheus,
) -> None:
    until(lambda: is_well(watcher))
    up = f'up{{job="{AUTH}", service="{AUTH}", product="{AUTH}"}} == 1'
    assert len(watcher.ask(up)) == 2

    connections = f'db_pool_connections{{state="most", service="{AUTH}"}}'
    until(lambda: len({found["metric"]["instance"] for found in watcher.ask(connections)}) == 2)
    assert not [found for found in watcher.ask(connections) if "exported_service" in found["metric"]]
    until(lambda: ("ServiceDown", AUTH) not in watcher.firing())


def test_a_backend_without_its_database_fails_its_users_and_an_alert_tells(
    system: System, watcher: Prometheus
) -> None:
    """It tells metrics all the while: whether it is well is another question."""
    ask = (
        f"fetch('http://127.0.0.1:{PORT}/api/auth/login', {LOGIN}).then((found) => console.log(found.status))"
    )
    (database,) = running(system, "backing", POSTGRES)
    one, *_ = running(system, "service", AUTH)
    until(lambda: is_well(watcher))
    assert ("HighErrorRate", AUTH) not in watcher.firing()

    docker("stop", "-t", "5", database)
    try:
        until(lambda: is_told_after(watcher, lambda: docker("exec", one, "node", "-e", ask)))
        until(lambda: ("ServiceDown", AUTH) in watcher.firing())
        assert len(watcher.ask(f'up{{job="{AUTH}"}} == 1')) == 2
    finally:
        docker("start", database)
        until(lambda: system.get("auth.localhost", "/api/health")[0] == 200)


def is_told_after(watcher: Prometheus, request: Callable[[], str]) -> bool:
    """Whether one more request that fails has the alert fire."""
    request()
    return ("HighErrorRate", AUTH) in watcher.firing()


def test_a_service_whose_containers_are_gone_is_told_of_by_name(system: System, watcher: Prometheus) -> None:
    """One that goes while another stays, as former versions do, is asked no more and told of by nobody."""
    until(lambda: is_well(watcher) and ("ServiceDown", AUTH) not in watcher.firing())
    first, last = gone = running(system, "service", AUTH)

    try:
        docker("stop", "-t", "0", first)
        until(lambda: [found["value"][1] for found in watcher.ask(f'up{{job="{AUTH}"}}')] == ["1"])
        until(lambda: not {("TargetDown", AUTH), ("ServiceDown", AUTH)} & watcher.firing())
        docker("stop", "-t", "0", last)
        until(lambda: ("ServiceDown", AUTH) in watcher.firing())
    finally:
        docker("start", *gone)
        until(lambda: is_well(watcher))


def test_an_alert_reaches_people_in_the_words_that_are_rendered(
    channel: Channel, watcher: Prometheus
) -> None:
    """Nobody has started this exporter, of which a warning tells."""
    until(lambda: ("TargetDown", POSTGRES) in watcher.firing())
    title = f"firing: TargetDown {POSTGRES}"

    def told() -> list[tuple[str, str]]:
        posts = [(post["channel"], found) for post in channel.posted for found in post["attachments"]]
        return [(where, found["text"].strip()) for where, found in posts if found["title"] == title]

    until(lambda: bool(told()))
    assert told()[0] == ("#alerts", "postgres-exporter:9187 of postgres does not answer Prometheus.")
