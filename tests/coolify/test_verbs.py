"""Verbs that only read an environment on Coolify: they ask its server, and no Docker engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.coolify import TOKEN, CoolifyServer
from tests.support.coolify_state import Shadows
from tests.support.monorepo import Monorepo

STAGING = """
registry = "127.0.0.1:9/acme"
[coolify]
url = "{url}"
state = "state0"
applications = {{ api = "api" }}
"""


@pytest.fixture
def server() -> Iterator[CoolifyServer]:
    made = CoolifyServer(Shadows())
    for name in ("state0", "api"):
        made.application(name)
    yield made
    made.close()


@pytest.fixture
def shop(repo: Monorepo, server: CoolifyServer, monkeypatch: pytest.MonkeyPatch) -> Monorepo:
    """One service, declared for a Coolify server, on a machine without an engine."""
    monkeypatch.setenv("COOLIFY_TOKEN", TOKEN)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    repo.plain_service("api", "FROM scratch\n", port=3001, host="api")
    repo.write("manifests/environments/staging.toml", STAGING.format(url=server.url))
    repo.commit()
    return repo


def told(repo: Monorepo, *arguments: str) -> Any:
    ran = repo.run(*arguments, "env=staging", "--format", "json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_where_nothing_was_deployed_every_verb_says_so_without_an_engine(
    shop: Monorepo, server: CoolifyServer
) -> None:
    (state,) = told(shop, "status")["services"]

    assert (state["service"], state["state"], state["in_date"]) == ("api", "absent", False)
    assert told(shop, "releases")["releases"] == []
    assert told(shop, "releases", "--events")["events"] == []
    assert told(shop, "lock")["locks"] == []
    assert shop.affected("--base", "deployed:staging") == [
        "deployment:staging/api",
        "image:api",
        "product:api",
    ]
    logs = shop.run("logs", "api", "env=staging")
    assert (logs.code, logs.err) == (2, "error: there is no running service or product 'api'\n")
    assert server.writes() == []


def test_doctor_asks_the_server(
    shop: Monorepo, server: CoolifyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finding() -> dict[str, Any]:
        found = json.loads(shop.run("doctor", "--format", "json").out)["findings"]
        return next(each for each in found if each["name"] == "Coolify of staging")

    assert finding()["found"] == f"Coolify 4.0.0-beta.460 at {server.url}"

    monkeypatch.setenv("COOLIFY_TOKEN", "2|wrongT0ken")
    wrong = finding()
    assert (wrong["ok"], "401: Unauthenticated." in wrong["found"]) == (False, True)
    assert wrong["way_out"].startswith("give COOLIFY_TOKEN an API token of this server")

    monkeypatch.delenv("COOLIFY_TOKEN")
    assert finding()["found"] == "manifests/environments/staging.toml: coolify: COOLIFY_TOKEN has no value"
