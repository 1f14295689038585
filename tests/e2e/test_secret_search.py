"""Secrets of every source go through all verbs once, and are looked for in whatever those say and leave behind."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from buildgraph.commands import TASKS, VERBS
from buildgraph.image.registry_content import Registry
from tests.support.gossip import ASKED, BLABS, FILED, KEPT, NAMES, Gossip
from tests.support.search import FileWatch, Marked, ProcessWatch
from tests.support.starting import Ran
from tests.support.system import docker
from tests.support.terminal import on_terminal
from tests.support.watched import watching

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]

Told = dict[str, Any]  # the engine's own words
# What is asked of a product that runs.
ASKED_FOR = """
status
status --format html -o ../status.html
releases --events
releases shop --events --format json
health --format json
logs shop --tail 100
logs proxy
logs postgres
logs redis
plan deploy:shop --format json --save ../plan
plan deploy:shop --secrets
affected --format json
why image:api
graph --format html -o ../graph.html
bases
doctor
render compose env helm kubernetes tables workflows
schema product
completion bash
list --all
lock --format json
backups shop --format json
prune env=production --days 0
tag api v1
check
scan
push
"""
GIVEN_TO = {"development-api", "development-postgres", "development-redis"}
# The chain as far as a test run has time for it, and (script/prove) through the verbs that take longest.
SHORT, WHOLE = "short", pytest.param("whole", marks=pytest.mark.long)


@dataclass
class Chain:
    """Command lines that are run one after another, and what each has told."""

    town: Gossip
    marked: Marked
    told: list[tuple[str, Ran]] = field(default_factory=list)

    def run(self, line: str, code: int = 0, **env: str) -> Ran:
        """Run a command line that has to end so."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in env.items():
                patch.setenv(name, value)
            ran = self.town.run(*shlex.split(line))
        self.told.append((line, ran))
        assert ran.code == code, (line, ran.err)
        return ran

    def verbs(self) -> set[str]:
        """The verbs and kinds of tasks that were run."""
        return {line.split()[0].partition(":")[0] for line, _ in self.told}


@dataclass(frozen=True)
class Left:
    """A chain that is over, and what was seen on the machine meanwhile."""

    chain: Chain
    processes: ProcessWatch
    temporary: FileWatch

    @property
    def town(self) -> Gossip:
        """Where all of it happened."""
        return self.chain.town

    @property
    def marked(self) -> Marked:
        """The values."""
        return self.chain.marked


@pytest.fixture(scope="module", params=[SHORT, WHOLE])
def left(
    registry: str, real_node: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Left]:
    """All that a team does in weeks, done once; what it leaves is there until the last search is over."""
    town, marked = Gossip(tmp_path_factory.mktemp("gossip"), registry, real_node), Marked()
    chain = Chain(town, marked)
    with town.around() as patch:
        watches = ProcessWatch(), FileWatch(marked, *town.written)
        try:
            with heard_events(town), watches[0], watches[1]:
                lack(chain)
                patch.setenv("GIVEN", marked.value("GIVEN"))
                deploy(chain)
                if request.param != SHORT:
                    go_on(chain)
                ask(chain)
                fail(chain)
                rotate(chain)
                if request.param != SHORT:
                    watch(chain)
            yield Left(chain, *watches)
        finally:
            town.raze()


@contextmanager
def heard_events(town: Gossip) -> Iterator[None]:
    """Whatever the engine tells of the town's containers: labels, and the commands that are run in them."""
    words = ("--filter", f"label=buildgraph.workspace={town.name}", "--format", "{{json .}}")
    with (
        (town.folder / "events").open("wb") as events,
        subprocess.Popen(("docker", "events", *words), stdout=events) as hearing,
    ):
        try:
            yield
        finally:
            hearing.terminate()


def lack(chain: Chain) -> None:
    """No secret is there; then a file cannot be read, then a command fails after it has said all."""
    town, marked = chain.town, chain.marked
    assert missing(chain.run("deploy:shop", 2)) == sorted(NAMES)
    town.keep(marked)
    town.write(FILED, marked.value("FILED"))
    assert f"{FILED}:1: is no NAME=VALUE line" in chain.run("deploy:shop", 2).err
    town.keep(marked)
    town.asks(BLABS)
    assert "sh ended with code 3" in chain.run("deploy:shop", 3).err
    assert "Traceback" in chain.run("deploy:shop", 1, BUILDGRAPH_DEBUG="1").err
    town.asks(["cat", ASKED])


def deploy(chain: Chain) -> None:
    """Make the first release, with a trace, and save its data."""
    chain.run(f"deploy:shop -v 2 --trace {chain.town.folder / 'trace.json'}")
    chain.run("smoke:shop")
    chain.run("backup:shop")


def go_on(chain: Chain) -> None:
    """Make a second release, go back from it and promote that, with more containers, and bring the data back."""
    chain.run("migrate:shop")
    chain.run("scale:shop service=api to=2")
    chain.run("scale:shop service=api to=manifest")
    with chain.town.taken_back():
        chain.town.append("services/api/server.mjs")
        chain.town.commit()
        chain.run("deploy:shop")
        chain.run("rollback:shop")
    chain.run("restore:shop from=latest redis=yes")
    chain.run("promote:shop env=production from=development")


def ask(chain: Chain) -> None:
    """Ask whatever can be asked, also while somebody holds the lock for a reason that is better not told."""
    planned = plan_without_commands(chain)
    assert planned.out == "nothing to do\n"
    assert "the secrets of api were not compared: `--secrets` runs the commands" in planned.err
    chain.run(f"lock shop --reason {shlex.quote(chain.marked.value('GIVEN'))}")
    for line in ASKED_FOR.strip().splitlines():
        chain.run(line)
    chain.run("lock shop --release")


def plan_without_commands(chain: Chain) -> Ran:
    """Plan while the commands that tell secrets would fail."""
    asked = chain.town.root / ASKED
    aside = asked.rename(chain.town.folder / "aside")
    planned = chain.run("plan deploy:shop")
    aside.rename(asked)
    return planned


def fail(chain: Chain) -> None:
    """Fail at each step that shows what it has met: plainly, on a terminal, and on GitHub."""
    town, summary = chain.town, str(chain.town.folder / "summary")
    for step in ("migration", "start", "smoke"):
        town.fails_at(step)
        assert "***" in chain.run("deploy:shop", 1, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=summary).err
    town.fails_at("")
    town.keep(chain.marked, POSTGRES_PASSWORD=chain.marked.value("ANOTHER"))
    assert "does not take the password" in chain.run("deploy:shop", 1).err
    town.keep(chain.marked)
    town.write("services/api/Dockerfile", town.dockerfile.replace("&& sha256sum", "&& false"))
    assert "***" in chain.run("build:api", 1).err
    code, terminal = on_terminal(town.root, "build:api", "-v", "2")
    said = "\n".join(terminal.history)
    assert (code, "***" in said) == (1, True), said
    chain.told.append(("build:api, on a terminal", Ran(code, "", said)))
    town.git("checkout", "-q", ".")


def rotate(chain: Chain) -> None:
    """Others are secret now; what runs has said the former ones, and was given them."""
    chain.town.write(ASKED, chain.marked.value("ROTATED") + "\n")
    assert "***" in chain.run("logs shop --tail 100").out


def watch(chain: Chain) -> None:
    """Deploy what was rotated, then meet an edit that breaks the build, and end; production ends, too."""
    town = chain.town
    with watching(town, "deploy:shop") as watched:
        here = watched.wait_for("\n== ")
        town.write(
            "services/api/Dockerfile", town.dockerfile.replace("&& sha256sum", "&& false && sha256sum")
        )
        watched.wait_for("the next edit tries again", here)
        assert watched.interrupt() == 130
    chain.run("down env=production --volumes")
    assert "ok deploy:shop" in watched.told and "***" in watched.told, watched.told
    chain.told.append(("watch", Ran(130, "", watched.told)))
    town.git("checkout", "-q", ".")


def missing(ran: Ran) -> list[str]:
    """The secrets that a run has missed."""
    lines = ran.err.removeprefix("error: ").splitlines()
    return [line.split()[1].rstrip(":") for line in lines if line.startswith("secret ")]


def test_no_secret_is_in_anything_that_is_said(left: Left) -> None:
    """Pitfall 62: by verbs that go well and verbs that fail, to people's eyes and to the machine's."""
    assert [line for line, ran in left.chain.told if left.marked.is_in((ran.out + ran.err).encode())] == []


@pytest.mark.long
@pytest.mark.parametrize("left", [WHOLE], indirect=True)
def test_every_verb_has_had_its_turn(left: Left) -> None:
    """Whoever adds one is told to have it searched; `init` is for where no manifest is yet."""
    tasks = {name.partition(":")[0].partition("[")[0] for name in TASKS}

    assert {*VERBS, *tasks} - left.chain.verbs() == {"init"}


def test_no_secret_is_in_any_file_or_its_name(left: Left) -> None:
    """The checkout and git's own folder, reports, traces, pages, plans, backups, caches, the engine's events."""
    town = left.town
    there = {path.name for path in town.folder.iterdir()}
    kept = sorted(str(town.root / name) for name in KEPT)
    heard = (town.folder / "events").read_text()

    assert '"exec_create: ' in heard, "that of the backup, of which the engine told"
    assert left.marked.files(town.folder, Path.home() / ".docker") == kept
    assert {"town", "backups", "events", "trace.json", "summary", "plan"} <= there
    assert left.temporary.count > 0 and left.temporary.found == set()
    assert not any(
        left.marked.is_in_file(file) for file in Path("/tmp").glob("buildgraph*") if file.is_file()
    )


def test_no_secret_is_in_the_list_of_processes(left: Left) -> None:
    seen = left.processes.seen

    assert any(b"buildx" in line and b"id=NPM_TOKEN" in line for line in seen)
    assert [line for line in seen if left.marked.is_in(line)] == []


def test_no_secret_is_in_what_was_pushed(left: Left, registry: str, real_node: str) -> None:
    found = [f"{left.town.name}/{place}/api" for place in ("trial", "live")]
    images = [f"{registry}/{name}:{tag}" for name in found for tag in Registry(registry).tags(name)]

    assert images and not left.marked.is_in(" ".join(images).encode())
    assert [blob for image in images for blob in left.marked.published(image, real_node)] == []


def test_no_secret_is_held_by_the_engine(left: Left) -> None:
    """Images, labels, volumes, what containers have written: all but the variables of those who were given them."""
    given = [name for name, found in containers(left.town).items() if left.marked.is_in(variables(found))]

    names = {re.sub("-(blue|green)(-2)?$", "", name.removeprefix(f"{left.town.name}-")) for name in given}
    assert names == GIVEN_TO, "it would be found"
    assert [name for name, told in held(left.town).items() if left.marked.is_in(told)] == []


def test_no_secret_is_in_the_log_of_a_database_or_of_the_proxy(left: Left) -> None:
    """Whatever was asked of PostgreSQL is in its log, with what the connections call themselves."""
    told = {
        name: said(name) for name in containers(left.town) if name.endswith(("postgres", "redis", "proxy"))
    }

    assert any(b"pg_export_snapshot" in log for log in told.values()), told
    assert [name for name, log in told.items() if left.marked.is_in(log)] == []


def test_no_secret_is_in_what_the_engine_remembers_of_builds(left: Left) -> None:
    records = docker("buildx", "du", "--verbose")

    assert "/run/secrets/NPM_TOKEN" in records
    assert not left.marked.is_in(records.encode())


def containers(town: Gossip) -> Mapping[str, Told]:
    """What the engine tells of each of the town's containers, by name."""
    label = f"label=buildgraph.workspace={town.name}"
    names = docker("ps", "-aq", "--filter", label).split()
    return {found["Name"].lstrip("/"): found for found in json.loads(docker("inspect", *names))}


def variables(found: Told) -> bytes:
    return json.dumps(found["Config"]["Env"]).encode()


def held(town: Gossip) -> Mapping[str, bytes]:
    """What the engine holds of the town, but for the variables of its containers and what those say."""
    told = {name: docker("inspect", name).encode() for name in town.images()}
    for name, found in containers(town).items():
        plain = {**found, "Config": {**found["Config"], "Env": []}}
        told[name] = json.dumps(plain).encode()
        told |= {f"{name}:{place}": tarred(name, place) for place in written(name, found)}
    for kind in ("volume", "network"):
        label = f"label=buildgraph.workspace={town.name}"
        names = docker(kind, "ls", "-q", "--filter", label).split()
        told |= {f"{kind} {name}": docker(kind, "inspect", name).encode() for name in names}
    return told


def written(name: str, found: Told) -> list[str]:
    """The files that a container has written outside of memory, and its volumes."""
    changes = [line.split(maxsplit=1) for line in docker("diff", name).splitlines()]
    files = [place for kind, place in changes if kind in "AC"]
    last = [place for place in files if not any(other.startswith(f"{place}/") for other in files)]
    return last + [mount["Destination"] for mount in found["Mounts"]]


def tarred(container: str, place: str) -> bytes:
    """A file or folder of a container, or a volume that is mounted there, as one text."""
    copied = subprocess.run(["docker", "cp", f"{container}:{place}", "-"], capture_output=True, check=True)
    return copied.stdout


def said(container: str) -> bytes:
    ran = subprocess.run(["docker", "logs", container], capture_output=True, check=True)
    return ran.stdout + ran.stderr
