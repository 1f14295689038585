"""Products on other hosts: over ssh (a real sshd on loopback) and over TCP with TLS, through the front door."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hosts import Authority, SshHost, ssh_host, tls_engine
from tests.support.monorepo import Monorepo, bare
from tests.support.starting import Ran
from tests.support.system import ROOT, docker, free_port
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(720)]

DOCKERFILE = 'FROM node:20-alpine\nCOPY services/{name}/ /app/\nCMD ["node", "/app/server.mjs"]\n'
SERVER = """
import http from 'node:http';
const server = http.createServer((request, response) => response.end('hello'));
setTimeout(() => server.listen(Number(process.env.PORT), '0.0.0.0'), Number(process.env.LATE || 0));
console.log('listening');
process.on('SIGTERM', () => process.exit(0));
"""
SMOKE = '[[services.{name}.smoke]]\nname = "says hello"\npath = "/"\ncontains = "hello"\n'
LATE = '[services.{name}.env]\nLATE = "{late}"\n'


class Town:
    """Small services of a workspace of their own, and the environment `far` on another host."""

    def __init__(
        self, folder: Path, address: str, *services: str, registry: str = "", late: float = 0
    ) -> None:
        self.repo = Monorepo(folder)
        self.name = f"t{uuid.uuid4().hex[:8]}"
        shutil.copytree(ROOT / "docker/substitutes", self.repo.root / "docker/substitutes")
        substitutes = (ROOT / "manifests/workspace.toml").read_text().partition("[substitutes]")[2]
        self.repo.write("manifests/workspace.toml", f'name = "{self.name}"\n[substitutes]{substitutes}')
        self.port = free_port()
        self.reach(address, registry)
        for number, name in enumerate(services):
            self.repo.plain_service(name, DOCKERFILE.format(name=name), port=3001 + number, host=name)
            self.repo.append(f"manifests/products/{name}.toml", SMOKE.format(name=name))
            self.repo.append(
                f"manifests/products/{name}.toml", LATE.format(name=name, late=round(late * 1000))
            )
            self.repo.write(f"services/{name}/server.mjs", SERVER)
        self.repo.commit()

    def reach(self, address: str, registry: str = "") -> None:
        """Write where the environment is."""
        lines = [
            f'engine = "{address}"',
            f"proxy_port = {self.port}",
            "health_within = 30",
            "drain_within = 1",
        ]
        lines += [f'registry = "{registry}"'] if registry else []
        self.repo.write("manifests/environments/far.toml", "\n".join([*lines, ""]))

    def run(self, *arguments: str) -> Ran:
        """Run the console script here, for that environment."""
        return self.repo.run(*arguments, "env=far")

    def begin(self, *arguments: str, folder: Path | None = None) -> subprocess.Popen[str]:
        """Start the console script in a process of its own, and go on."""
        argv = (sys.executable, "-m", "buildgraph.main", *arguments, "env=far")
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            argv,
            cwd=folder or self.repo.root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def containers(self) -> dict[str, set[str]]:
        """The ids of all containers of the environment, by the service they serve ("" for none)."""
        label = f"label=buildgraph.workspace={self.name}"
        shown = docker("ps", "-a", "--filter", label, "--format", '{{.ID}} {{.Label "buildgraph.service"}}')
        found: dict[str, set[str]] = {}
        for line in shown.splitlines():
            id_, _, service = line.partition(" ")
            found.setdefault(service, set()).add(id_)
        return found

    def raze(self) -> None:
        """Take away all that was made, whatever way it was reached."""
        label = ("--filter", f"label=buildgraph.workspace={self.name}")
        for listing, removing in (
            (("ps", "-aq"), ("rm", "-fv")),
            (("network", "ls", "-q"), ("network", "rm")),
            (("volume", "ls", "-q"), ("volume", "rm")),
        ):
            if found := docker(*listing, *label).split():
                subprocess.run(("docker", *removing, *found), check=False, capture_output=True)
        reference = ("--filter", f"reference=*{self.name}/*", "--format", "{{.Repository}}:{{.Tag}}")
        if images := docker("images", *reference).split():
            docker("rmi", "-f", *images)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshHost]:
    """A host that ssh knows and is let in to."""
    with ssh_host(tmp_path / "ssh") as host:
        monkeypatch.setenv("PATH", f"{host.folder}:{os.environ['PATH']}")
        yield host


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def tls_address(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An engine behind TLS, and this machine's key to it."""
    monkeypatch.setenv("DOCKER_CERT_PATH", str(authority.client_folder(tmp_path / "certificates")))
    with tls_engine(authority.sign("server", "serverAuth"), authority.folder / "ca.pem") as port:
        yield f"tcp://127.0.0.1:{port}"


@pytest.fixture
def towns() -> Iterator[list[Town]]:
    """The towns that a test makes; they end with it."""
    made: list[Town] = []
    yield made
    for town in made:
        town.raze()


def deployed(town: Town) -> Ran:
    """A deploy that must succeed."""
    ran = town.run("deploy")
    assert ran.code == 0, ran.err
    return ran


def running(town: Town) -> str:
    """The names of the containers of the environment that run, a line each."""
    return docker("ps", "--filter", f"label=buildgraph.workspace={town.name}", "--format", "{{.Names}}")


def locks(town: Town) -> list[str]:
    """The locks of the environment that are held: the engine takes a moment to notice that a deployer is gone."""
    return [name for name in running(town).split() if "-lock" in name]


def deploys_whole_products(town: Town) -> None:
    """Deploy; again: nothing; edit one service: exactly this; what runs is told; nothing stays after `down`."""
    first = deployed(town)
    assert "says hello" in first.err
    running = town.containers()
    assert {"api", "web"} <= running.keys()

    again = deployed(town)
    assert "nothing to do" in again.err
    assert town.containers() == running

    town.repo.append("services/web/server.mjs")
    deployed(town)
    after = town.containers()
    assert after["api"] == running["api"]
    assert after["web"] - running["web"], "the edited service runs in a new container"

    states = json.loads(town.repo.run("status", "--env", "far", "--format", "json").out)["services"]
    assert [(state["service"], state["state"]) for state in states] == [
        ("api", "healthy"),
        ("web", "healthy"),
    ]
    assert "listening" in town.repo.run("logs", "web", "--env", "far").out

    down = town.repo.run("down", "--env", "far", "--volumes")
    assert (down.code, town.containers()) == (0, {}), down.err


def test_products_are_deployed_over_ssh(host: SshHost, towns: list[Town], tmp_path: Path) -> None:
    towns.append(Town(tmp_path / "town", host.address(), "api", "web"))

    deploys_whole_products(towns[0])


def test_a_whole_deploy_makes_one_connection(host: SshHost, towns: list[Town], tmp_path: Path) -> None:
    towns.append(Town(tmp_path / "town", host.address(), "api"))
    deployed(towns[0])
    assert host.connections.read_text().count("\n") == 1


def test_products_are_deployed_over_tls(tls_address: str, towns: list[Town], tmp_path: Path) -> None:
    towns.append(Town(tmp_path / "town", tls_address, "api", "web"))

    deploys_whole_products(towns[0])


def test_images_from_a_registry_run_there_by_digest(
    registry: str, host: SshHost, towns: list[Town], tmp_path: Path
) -> None:
    """They are built here, whatever the host is."""
    towns.append(Town(tmp_path / "town", host.address(), "api", registry=f"{registry}/town"))

    deployed(towns[0])

    (container,) = towns[0].containers()["api"]
    image = docker("inspect", "--format", "{{.Config.Image}}", container).strip()
    assert image.startswith(f"{registry}/town/api@sha256:")
    assert "nothing to do" in deployed(towns[0]).err


# Two at once, and those that die ------------------------------------------------------------------------


@pytest.fixture
def slow_town(host: SshHost, towns: list[Town], tmp_path: Path) -> Town:
    """A product that takes some seconds to get healthy, built and not deployed."""
    towns.append(Town(tmp_path / "town", host.address(), "api", late=4))
    assert towns[0].run("build").code == 0
    return towns[0]


def test_a_product_that_another_clone_deploys_is_refused_with_its_name(
    slow_town: Town, tmp_path: Path
) -> None:
    """Pitfall 48: two machines, one engine."""
    clone = tmp_path / "clone"
    shutil.copytree(slow_town.repo.root, clone)
    with slow_town.begin("deploy") as first:
        until(lambda: "api-lock" in running(slow_town))
        first.send_signal(signal.SIGSTOP)  # it holds its lock, however long the other takes to ask for it
        other = bare(clone).run("deploy", "env=far")
        first.send_signal(signal.SIGCONT)
        _, told = first.communicate()

    assert (first.returncode, other.code) == (0, 1), told + other.err
    assert re.search(rf"is held by \S+@\S+, process {first.pid}\b", other.err), other.err
    assert len(slow_town.containers()["api"]) == 1
    assert "nothing to do" in deployed(slow_town).err


def test_two_clones_that_begin_at_once_leave_one_good_product(slow_town: Town, tmp_path: Path) -> None:
    """Pitfall 48: nothing interleaves; the log of the environment tells one deed after the other."""
    clone = tmp_path / "clone"
    shutil.copytree(slow_town.repo.root, clone)
    with slow_town.begin("deploy") as one, slow_town.begin("deploy", folder=clone) as other:
        told = [process.communicate()[1] for process in (one, other)]

    assert sorted([one.returncode, other.returncode]) in ([0, 0], [0, 1]), told
    assert all(
        "is held by" in text for process, text in zip((one, other), told, strict=True) if process.returncode
    )
    assert len(slow_town.containers()["api"]) == 1
    ran = slow_town.run("releases", "api", "--events", "--format", "json")
    events = json.loads(ran.out)["events"]
    refused = [event for event in events if "is held by" in event.get("detail", "")]
    deeds = [event["kind"] for event in events if event not in refused]
    assert deeds in (["deploy-started", "deploy-finished"], ["deploy-started", "deploy-finished"] * 2)
    assert {event["kind"] for event in refused} <= {"deploy-failed"}
    assert "nothing to do" in deployed(slow_town).err


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where connections have their folders, of this test's processes alone; the path of a socket must be short."""
    with tempfile.TemporaryDirectory(prefix="lines-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def test_a_killed_deploy_leaves_no_lock_and_the_next_one_goes_on(slow_town: Town, lines: Path) -> None:
    """Pitfall 48: stale after a crash. The connection of the killed process ends by itself, with its folder."""
    with slow_town.begin("deploy") as killed:
        until(lambda: "api-blue" in running(slow_town))
        assert list(lines.glob("buildgraph-line-*"))
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    until(lambda: locks(slow_town) == [])

    deployed(slow_town)

    assert len(slow_town.containers()["api"]) == 1
    assert "nothing to do" in deployed(slow_town).err
    until(lambda: list(lines.glob("buildgraph-line-*")) == [])


def test_a_connection_that_breaks_is_told_and_the_next_deploy_goes_on(slow_town: Town, host: SshHost) -> None:
    with slow_town.begin("deploy") as cut:
        until(lambda: "api-blue" in running(slow_town))
        assert host.cut() > 0
        _, told = cut.communicate()

    assert cut.returncode == 3, told
    assert f"the connection to {host.name} was lost" in told
    assert "run the same again" in told and "Traceback" not in told
    until(lambda: locks(slow_town) == [])
    deployed(slow_town)
    assert len(slow_town.containers()["api"]) == 1


# What is told where there is no way -----------------------------------------------------------------------


def test_a_host_that_nobody_has_seen_before_is_not_trusted(
    host: SshHost, towns: list[Town], tmp_path: Path
) -> None:
    towns.append(Town(tmp_path / "town", host.address(), "api"))
    host.know("")

    ran = towns[0].run("deploy")

    assert ran.code == 3
    assert f"the host key of {host.name} is not known on this machine" in ran.err
    assert f"`ssh -p {host.port} {host.user}@127.0.0.1`" in ran.err
    assert "Traceback" not in ran.err


def test_a_certificate_of_another_authority_is_told(
    tls_address: str, towns: list[Town], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    towns.append(Town(tmp_path / "town", tls_address, "api"))
    folder = Authority(tmp_path / "other").client_folder(tmp_path / "wrong")
    shutil.copy(tmp_path / "ca/ca.pem", folder / "ca.pem")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(folder))

    ran = towns[0].run("deploy")

    assert ran.code == 3
    assert f"refuses the certificate {folder}/cert.pem: unknown ca" in ran.err
    assert "Traceback" not in ran.err


def test_doctor_tells_how_every_environment_is_reached(
    host: SshHost, towns: list[Town], tmp_path: Path
) -> None:
    towns.append(Town(tmp_path / "town", host.address(), "api"))
    towns[0].repo.write("manifests/environments/nowhere.toml", 'engine = "tcp://127.0.0.1:1"\n')

    ran = towns[0].repo.run("doctor", "--format", "json")

    told = {finding["name"]: finding for finding in json.loads(ran.out)["findings"]}
    assert ran.code == 3
    assert told["engine of far"]["ok"] and f"on {host.name}" in told["engine of far"]["found"]
    assert "127.0.0.1:1 is reached with TLS, and" in told["engine of nowhere"]["found"]
    assert "site.toml" in told["engine of nowhere"]["way_out"]
