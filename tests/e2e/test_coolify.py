"""An environment on Coolify through the front door: real images and registry, a server that speaks Coolify's API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.support.coolify import TOKEN, CoolifyServer
from tests.support.coolify_engine import EngineRunner
from tests.support.hamlet import Hamlet
from tests.support.starting import Ran
from tests.support.system import ROOT, docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
SMOKE = '[[services.api.smoke]]\nname = "it answers"\ncontains = "api"\n'
MIGRATE = (
    "console.log(`migrated by ${process.env.LEVEL}`); process.exit(process.env.LEVEL === 'broken' ? 3 : 0);\n"
)


@pytest.fixture
def server() -> Iterator[CoolifyServer]:
    """A Coolify server whose containers are real."""
    made = CoolifyServer(EngineRunner())
    for name in ("state0", "api", "web", "mail"):
        made.application(name)
    yield made
    made.close()


@pytest.fixture
def shop(
    tmp_path_factory: pytest.TempPathFactory,
    registry: str,
    real_node: str,
    server: CoolifyServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Hamlet]:
    """A repository whose staging is on that server, upon a real base; both its environments share a registry."""
    monkeypatch.setenv("COOLIFY_TOKEN", TOKEN)
    made = Hamlet(tmp_path_factory.mktemp("coolify") / "hamlet", ("staging", "production"), real_node)
    made.ports["staging"] = server.door
    applications = {name: name for name in ("api", "web", "mail")}
    coolify = {
        "url": server.url,
        "state": "state0",
        "migrations": "here",
        "applications": applications,
        "within": 240,
    }
    made.settings("staging", registry=f"{registry}/{made.name}", coolify=coolify)
    made.settings("production", registry=f"{registry}/{made.name}")
    made.append("manifests/products/shop.toml", SMOKE)
    made.commit()
    yield made
    made.run("down", "--volumes", "env=production")
    pushed = f"reference={registry}/{made.name}/*"
    images = docker("images", "--filter", pushed, "--format", "{{.Repository}}:{{.Tag}}").split()
    if images := [*made.images(), *images]:
        docker("rmi", "-f", *images)


def refused(ran: Ran, code: int, *words: str) -> None:
    assert ran.code == code, ran.err
    assert all(word in ran.err for word in words), ran.err
    assert TOKEN not in ran.err + ran.out


def test_deploy_again_change_fail_and_go_back(shop: Hamlet, server: CoolifyServer) -> None:
    ran = shop.must("deploy:shop", "env=staging")

    assert "api: it answers" in ran.err and TOKEN not in ran.err
    assert (shop.fetch("api", "staging"), shop.fetch("web", "staging")) == ("api 1", "web 1")
    assert all("@sha256:" in server.apps[name].image for name in ("api", "web"))

    server.requests.clear()
    assert "deploy:shop  fresh" in shop.must("deploy:shop", "env=staging").err
    assert shop.told("plan", "deploy:shop", "env=staging")["steps"] == []
    assert shop.affected("--base", "deployed:staging", "--kind", "image,deployment,product") == [
        "deployment:staging/mail", "image:mail", "product:mail"
    ]  # fmt: skip
    assert server.writes() == []

    shop.says("api", "api 2")
    shop.commit()
    assert "image:api" in shop.affected("--base", "deployed:staging")
    shop.must("deploy:shop", "env=staging")
    deployed = [path for path in server.writes() if "/deploy?" in path]
    assert len(deployed) == 1 and "uuid=api&" in deployed[0]
    assert shop.fetch("api", "staging") == "api 2"

    shop.breaks("api")
    refused(shop.run("deploy:shop", "env=staging"), 1, "api: going back to what ran before")
    assert shop.fetch("api", "staging") == "api 2"

    shop.must("rollback:shop", "env=staging")
    assert shop.fetch("api", "staging") == "api 1"
    states = {found["service"]: found for found in shop.told("status", "env=staging")["services"]}
    assert (states["api"]["state"], states["mail"]["state"]) == ("healthy", "absent")
    assert shop.releases(environment="staging") == ["shop-0001", "shop-0002", "shop-0003"]
    refused(shop.run("scale:shop", "service=api", "to=2", "env=staging"), 2, "Coolify runs one container")
    kinds = [event["kind"] for event in shop.told("releases", "--events", "env=staging")["events"]]
    assert kinds[-4:] == ["deploy-started", "deploy-failed", "rollback-started", "rollback-finished"]


def test_what_is_verified_goes_from_coolify_to_an_engine_and_back(
    shop: Hamlet, server: CoolifyServer
) -> None:
    shop.must("deploy:shop", "env=staging")

    shop.must("promote:shop", "from=staging", "env=production")

    assert shop.fetch("api", "production") == "api 1"
    assert images_of(shop, "production") == images_of(shop, "staging")
    assert "promote:shop  fresh" in shop.must("promote:shop", "env=production").err

    shop.says("api", "api 2")
    shop.commit()
    shop.must("deploy:shop", "env=production")
    ran = shop.must("promote:shop", "from=production", "env=staging")

    assert "build:" not in ran.err
    assert shop.fetch("api", "staging") == "api 2"
    assert images_of(shop, "production") == images_of(shop, "staging")
    assert server.apps["api"].image == images_of(shop, "staging")["api"]


def images_of(shop: Hamlet, environment: str) -> dict[str, str]:
    """Service -> the image of the newest release of the shop."""
    release = shop.told("releases", "shop", f"env={environment}")["releases"][-1]
    return {found["service"]: found["image"] for found in release["services"]}


def test_verbs_that_make_no_sense_there_are_refused_in_a_line(shop: Hamlet, server: CoolifyServer) -> None:
    where = "manifests/environments/staging.toml: coolify: this is asked of Docker engines only"

    for verb in (["backup:shop", "to=backups"], ["prune"], ["backups", "shop", "--former"]):
        refused(shop.run(*verb, "env=staging"), 2, where)
    refused(shop.run("down", "--volumes", "env=staging"), 2, "data of a Coolify server is its own")
    assert server.writes() == []


def test_a_migration_runs_here_from_the_new_image_before_coolify_hears_of_it(
    shop: Hamlet, server: CoolifyServer
) -> None:
    """Pitfall 59: a migration that fails switches nothing."""
    shop.write("services/api/migrate.mjs", MIGRATE)
    migrated = {"port": 3001, "migration": {"command": ["node", "/app/migrate.mjs"]}}
    env = {"DATABASE_URL": "postgresql://db", "LEVEL": "one"}
    shop.declare("shop", api={**migrated, "env": env}, web={"port": 3002})

    assert "api: migrated by one" in shop.must("migrate:shop", "env=staging").err
    assert server.deployments == []
    ran = shop.must("deploy:shop", "env=staging")

    assert "api: migrated by one" in ran.err
    assert server.apps["api"].values()["LEVEL"] == "one"
    shop.declare("shop", api={**migrated, "env": {**env, "LEVEL": "broken"}}, web={"port": 3002})
    refused(
        shop.run("deploy:shop", "env=staging"), 1, "migrate:api: the migration failed", "migrated by broken"
    )
    assert server.apps["api"].values()["LEVEL"] == "one"


def test_a_deployer_that_is_killed_leaves_what_the_next_one_completes(
    shop: Hamlet, server: CoolifyServer
) -> None:
    """Pitfall 48: its lock is taken over once it gives no sign of life; here that is long ago by the server's clock."""
    server.behind = timedelta(seconds=300)
    argv = (sys.executable, "-m", "buildgraph.main", "deploy:shop", "env=staging")
    deployer = subprocess.Popen(
        argv, cwd=shop.root, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )

    def kill(method: str, path: str) -> None:
        if method == "POST" and "uuid=web&" in path:
            deployer.kill()
            deployer.wait()

    server.before = kill
    assert deployer.wait() == -signal.SIGKILL
    server.before = lambda method, path: None
    server.behind = timedelta()

    shop.must("deploy:shop", "env=staging")

    assert (shop.fetch("api", "staging"), shop.fetch("web", "staging")) == ("api 1", "web 1")
    assert shop.releases(environment="staging") == ["shop-0001"]
    assert shop.told("lock", "env=staging")["locks"] == []
