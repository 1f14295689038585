"""Secrets of every source go through a whole chain, and are looked for in all that it leaves behind."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hamlet import NODE, Hamlet
from tests.support.search import Marked, ProcessWatch
from tests.support.starting import Ran
from tests.support.system import docker, substitute

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]

KEPT = ("all.env", "asked", "here.env")
GIVEN = ("DATABASE_URL", "TOLD", "ASKED", "GIVEN", "REDIS_PASSWORD")
NAMES = (*GIVEN, "NPM_TOKEN")
TELLS = f"for (const name of {list(GIVEN)}) console.log(process.env[name]);"
SERVER = f"""
import http from 'node:http';
{TELLS}
if (process.env.BROKEN) process.exit(7);
http.createServer((request, response) => response.end('well')).listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
"""
MIGRATION = f"{TELLS}\nprocess.exit(process.env.BROKEN === 'migration' ? 1 : 0);\n"
DOCKERFILE = f"""FROM {NODE}
RUN --mount=type=secret,id=NPM_TOKEN cat /run/secrets/NPM_TOKEN && sha256sum /run/secrets/NPM_TOKEN >/seen
COPY services/api/ /app/
CMD ["node", "/app/server.mjs"]
"""


@pytest.fixture
def marked() -> Marked:
    """The values."""
    return Marked()


@pytest.fixture
def town(registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hamlet]:
    """A service that tells its secrets to whoever reads its logs, in an environment with a registry and Redis."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    town = Hamlet(tmp_path / "town")
    (town.root / "manifests/products/mail.toml").unlink()
    town.write("services/api/Dockerfile", DOCKERFILE)
    town.write("services/api/server.mjs", SERVER)
    town.write("services/api/migrate.mjs", MIGRATION)
    town.write(".gitignore", "\n".join(KEPT))
    for name in KEPT:
        town.write(name, "")
    configure(town, registry)
    town.commit()
    yield town
    town.raze()


def configure(town: Hamlet, registry: str, broken: str = "") -> None:
    """Write the manifests; what is `broken` fails, and shows its secrets."""
    town.settings(
        registry=f"{registry}/{town.name}",
        secrets="here.env",
        secret_commands={"*": ["cat", "all.env"], "ASKED": ["cat", "asked"]},
        backing={"redis": {"image": "redis:7-alpine"}},
    )
    secrets = {name: {"secret": True} for name in GIVEN[:4]}
    api = {
        "port": 3001,
        "redis": True,
        "database": "shop",
        "build_secrets": ["NPM_TOKEN"],
        "env": {**secrets, **({"BROKEN": broken} if broken else {})},
        "migration": {"command": ["node", "/app/migrate.mjs"]},
        "smoke": [{"name": "it is well", "contains": "well"}],
    }
    town.declare("shop", api=api)


def keep(town: Hamlet, marked: Marked, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Put the values where the manifests say that they are; the files that hold them."""
    town.write("here.env", f"DATABASE_URL='{marked.value('DATABASE_URL')}'\n")
    of_all = [f"{name}='{marked.value(name)}'" for name in ("TOLD", "REDIS_PASSWORD", "NPM_TOKEN")]
    town.write("all.env", "\n".join(of_all))
    town.write("asked", marked.value("ASKED") + "\n")
    monkeypatch.setenv("GIVEN", marked.value("GIVEN"))
    return [town.root / name for name in KEPT]


def test_no_secret_is_found_in_anything_that_a_chain_leaves_behind(
    town: Hamlet, registry: str, marked: Marked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Pitfall 62: builds, pushes, deploys and what goes wrong with them, by people's eyes and by the machine's."""
    lacking = town.run("deploy:shop")
    kept = keep(town, marked, monkeypatch)
    with ProcessWatch() as processes:
        deployed = town.run("deploy:shop", "--trace", str(tmp_path / "trace.json"))
        assert deployed.code == 0, deployed.err
        digest = published(town)
        planned = plan_without_commands(town)
        failed = [
            fail(town, registry, "migration"),
            fail(town, registry, "start"),
            fail_build(town, registry),
        ]
    town.write("asked", marked.value("ROTATED") + "\n")
    asked = [town.run(*words.split()) for words in ASKED]

    assert (lacking.code, missing(lacking)) == (2, sorted(NAMES))
    assert (planned.code, planned.out) == (0, "nothing to do\n"), planned.err
    assert "the secrets of api were not compared: `--secrets` runs the commands" in planned.err
    assert [run.code for run in failed] == [1, 1, 1], failed
    assert all("***" in run.err for run in failed), failed
    assert [run.code for run in asked] == [0] * len(ASKED), asked
    assert "***" in asked[0].out
    said = [run.out + run.err for run in (lacking, deployed, *failed, *asked)]
    assert [text for text in said if marked.is_in(text.encode())] == []
    assert marked.files(town.root, tmp_path / "tmp", Path.home() / ".docker") == sorted(map(str, kept))
    assert not marked.is_in((tmp_path / "trace.json").read_bytes())
    base = len(json.loads(docker("inspect", substitute(NODE)))[0]["RootFS"]["Layers"])
    assert marked.layers(registry, f"{town.name}/api", digest, base) == []
    assert held_by_the_engine(town, marked) == []
    assert any(b"buildx" in line and b"id=NPM_TOKEN" in line for line in processes.seen)
    assert [line for line in processes.seen if marked.is_in(line)] == []


ASKED = ("logs shop --tail 100", "status", "releases --events", "health", "plan deploy:shop")


def missing(ran: Ran) -> list[str]:
    """The secrets that a run has missed."""
    lines = ran.err.removeprefix("error: ").splitlines()
    return [line.split()[1].rstrip(":") for line in lines if line.startswith("secret ")]


def plan_without_commands(town: Hamlet) -> Ran:
    """Plan while the commands that tell secrets would fail."""
    asked = town.root / "asked"
    aside = asked.rename(town.root.parent / "aside")
    planned = town.run("plan", "deploy:shop")
    aside.rename(asked)
    return planned


def fail(town: Hamlet, registry: str, how: str) -> Ran:
    """Deploy a version whose migration, or whose start, fails."""
    configure(town, registry, how)
    return town.run("deploy:shop")


def fail_build(town: Hamlet, registry: str) -> Ran:
    """Build what fails in the step that sees a secret."""
    configure(town, registry)
    town.write("services/api/Dockerfile", DOCKERFILE.replace("&& sha256sum", "&& false"))
    return town.run("build:api")


def published(town: Hamlet) -> str:
    """The digest of the image that runs."""
    container = town.containers()["api"]
    return docker("inspect", "--format", "{{.Config.Image}}", container).strip().partition("@")[2]


def held_by_the_engine(town: Hamlet, marked: Marked) -> list[str]:
    """What the engine holds of the town that has a secret, but for the variables of its containers."""
    label = f"label=buildgraph.workspace={town.name}"
    told = {name: docker("inspect", name) for name in town.images()}
    for container in docker("ps", "-aq", "--filter", label).split():
        found = json.loads(docker("inspect", container))[0]
        variables = json.dumps(found["Config"].pop("Env"))
        assert "api" not in found["Name"] or marked.is_in(variables.encode()), "it would be found"
        told[found["Name"]] = json.dumps(found)
        if "proxy" in found["Name"]:
            state = [mount["Destination"] for mount in found["Mounts"]]
            told |= {place: tarred(container, place) for place in state}
    told |= {
        name: docker("volume", "inspect", name)
        for name in docker("volume", "ls", "-q", "--filter", label).split()
    }
    return [name for name, content in told.items() if marked.is_in(content.encode("latin-1", "replace"))]


def tarred(container: str, place: str) -> str:
    """A folder of a container, or a volume that is mounted there, as one text."""
    copied = subprocess.run(["docker", "cp", f"{container}:{place}", "-"], capture_output=True, check=True)
    return copied.stdout.decode("latin-1")
