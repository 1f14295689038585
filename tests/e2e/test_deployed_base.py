"""`--base deployed:ENV`: what differs from what runs, however many commits and failed deploys lie between."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.monorepo import Monorepo
from tests.support.starting import Ran
from tests.support.system import ROOT, docker, free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

DOCKERFILE = 'FROM node:20-alpine\nCOPY services/{name}/ /app/\nCMD ["node", "/app/server.mjs"]\n'
SERVER = """
import http from 'node:http';
const server = http.createServer((request, response) => response.end('hello'));
server.listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
"""
SINCE = ("--base", "deployed:development")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monorepo]:
    """Two small services, `api` and `web`, deployed from a commit; a third, `off`, never is."""
    repo = Monorepo(tmp_path_factory.mktemp("deployed") / "town")
    name = f"t{uuid.uuid4().hex[:8]}"
    shutil.copytree(ROOT / "docker/substitutes", repo.root / "docker/substitutes")
    substitutes = (ROOT / "manifests/workspace.toml").read_text().partition("[substitutes]")[2]
    repo.write("manifests/workspace.toml", f'name = "{name}"\n[substitutes]{substitutes}')
    environment = f"proxy_port = {free_port()}\nhealth_within = 30\ndrain_within = 1\n"
    repo.write("manifests/environments/development.toml", environment)
    for service, port in (("api", 3001), ("web", 3002), ("off", 3003)):
        repo.plain_service(service, DOCKERFILE.format(name=service), port=port)
        repo.write(f"services/{service}/server.mjs", SERVER)
    repo.commit()
    try:
        deploy(repo, "api", "web")
        yield repo
    finally:
        repo.run("down", "--volumes")
        listed = docker("images", "--filter", f"reference={name}/*", "--format", "{{.Repository}}:{{.Tag}}")
        docker("rmi", "-f", *listed.split())


@pytest.fixture
def deployed(town: Monorepo) -> Iterator[Monorepo]:
    """The town as it was deployed first; what a test does to it is taken back."""
    first = town.git("rev-parse", "HEAD")
    yield town
    town.git("reset", "-q", "--hard", first)
    town.git("clean", "-q", "-fd")
    deploy(town, "api", "web")


def deploy(repo: Monorepo, *products: str) -> None:
    """Deploy these products; they must succeed."""
    ran = try_deploy(repo, *products)
    assert ran.code == 0, ran.err


def try_deploy(repo: Monorepo, *products: str) -> Ran:
    return repo.run(*(f"deploy:{product}" for product in products))


def affected(repo: Monorepo, *arguments: str) -> list[str]:
    """The ids that are named as affected by a process of its own, which ends its connection to the engine."""
    ran = repo.run("affected", "--format", "names", *arguments)
    assert ran.code == 0, ran.err
    return ran.out.split()


def nodes(repo: Monorepo, *arguments: str) -> dict[str, dict[str, Any]]:
    """The affected nodes of the two services, by id."""
    ran = repo.run("affected", *SINCE, "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert (told["base"], told["complete"]) == ({"ref": "deployed:development", "commit": None}, True)
    return {node["id"]: node for node in told["nodes"] if not node["id"].endswith("off")}


def of(service: str) -> list[str]:
    return [f"deployment:development/{service}", f"image:{service}", f"product:{service}"]


def test_what_was_deployed_is_not_affected_and_what_never_was_is_new(deployed: Monorepo) -> None:
    assert affected(deployed, *SINCE) == of("off")

    told = json.loads(deployed.run("affected", *SINCE, "--format", "json").out)["nodes"]

    assert {(node["change"], node["base"]) for node in told} == {("added", None)}
    assert {reason["kind"] for node in told for reason in node["reasons"]} == {"new"}


def test_an_edit_is_explained_from_the_commit_that_runs(deployed: Monorepo) -> None:
    first = deployed.git("rev-parse", "HEAD")
    deployed.append("services/web/server.mjs")
    deployed.commit()
    deployed.commit("another")

    found = nodes(deployed)

    assert list(found) == of("web")
    assert [found[node]["base"] for node in of("web")] == [first, first, None]
    assert all(node["change"] == "changed" for node in found.values())
    why = deployed.run("why", "web", *SINCE)
    assert why.out.splitlines()[0] == "image:web is changed since deployed:development:"
    assert "services/web/server.mjs" in why.out
    assert deployed.run("why", "api", *SINCE).out == (
        "image:api is not affected: nothing it is made of differs from deployed:development\n"
    )


def test_a_failed_deploy_stays_pending_and_each_service_has_its_own_base(deployed: Monorepo) -> None:
    """Pitfall 33: the base is the last deploy that succeeded, per service, not the last commit or run."""
    first = deployed.git("rev-parse", "HEAD")
    deployed.write("services/web/server.mjs", "process.exit(1)\n")
    deployed.commit("web is broken")
    assert try_deploy(deployed, "web").code == 1
    deployed.append("services/api/server.mjs")
    second = deployed.commit("api goes on")
    deploy(deployed, "api")
    deployed.append("services/api/server.mjs")
    deployed.commit("and on")

    found = nodes(deployed)

    assert list(found) == sorted(of("api") + of("web"))
    assert found["image:api"]["base"] == second
    assert found["image:web"]["base"] == first
    assert affected(deployed, "--base", "HEAD~1", "--kind", "image") == ["image:api"]


def test_a_deploy_whose_smoke_tests_failed_stays_pending(deployed: Monorepo) -> None:
    """Pitfall 33: what ran before runs again."""
    smoke = 'name = "never"\npath = "/"\ncontains = "no such words"\nwithin = 1\n'
    deployed.append("manifests/products/web.toml", f'host = "web"\n\n[[services.web.smoke]]\n{smoke}')
    deployed.append("services/web/server.mjs")
    deployed.commit()
    assert try_deploy(deployed, "web").code == 1

    assert list(nodes(deployed)) == of("web")


def test_what_was_deployed_with_edits_has_no_commit_to_compare_with(deployed: Monorepo) -> None:
    first = deployed.git("rev-parse", "HEAD")
    deployed.append("services/web/server.mjs")
    deploy(deployed, "web")
    assert nodes(deployed) == {}

    deployed.git("checkout", "-q", "--", ".")
    found = nodes(deployed)

    assert list(found) == of("web")
    reasons = found["image:web"]["reasons"]
    assert [(reason["kind"], reason["name"]) for reason in reasons] == [("unresolved-base", f"{first}-dirty")]


def test_a_commit_that_is_not_here_leaves_the_set_exact(deployed: Monorepo, tmp_path: Path) -> None:
    """Pitfall 21: a shallow clone knows what differs, though not why."""
    first = deployed.git("rev-parse", "HEAD")
    deployed.append("services/web/server.mjs")
    deployed.commit()
    shallow = Monorepo.__new__(Monorepo)
    shallow.root = tmp_path / "shallow"
    deployed.git("clone", "-q", "--depth", "1", f"file://{deployed.root}", str(shallow.root))

    found = nodes(shallow)

    assert list(found) == of("web")
    reasons = found["image:web"]["reasons"]
    assert [(reason["kind"], reason["name"]) for reason in reasons] == [("unresolved-base", first)]


def test_a_service_that_left_the_manifests_is_removed_while_it_runs(deployed: Monorepo) -> None:
    (deployed.root / "manifests/products/web.toml").unlink()
    deployed.commit()

    found = nodes(deployed)

    assert list(found) == of("web")
    assert {node["change"] for node in found.values()} == {"removed"}
    assert "is removed since deployed:development" in deployed.run("why", "web", *SINCE).out


def test_a_stopped_service_does_not_run(deployed: Monorepo) -> None:
    listed = docker(
        "ps",
        "-q",
        "--filter",
        f"label=buildgraph.workspace={workspace(deployed)}",
        "--filter",
        "label=buildgraph.service=web",
    )
    docker("stop", "-t", "1", *listed.split())

    found = nodes(deployed)

    assert list(found) == of("web")
    assert {reason["kind"] for reason in found["image:web"]["reasons"]} == {"new"}


def workspace(repo: Monorepo) -> str:
    return (repo.root / "manifests/workspace.toml").read_text().split('"')[1]


def test_only_nodes_of_the_environment_have_an_answer(deployed: Monorepo) -> None:
    deployed.package("@acme/core")

    assert deployed.run("why", "package:@acme/core", *SINCE).code == 2
    assert "package:@acme/core is not deployed there" in deployed.run("why", "package:@acme/core", *SINCE).err
    assert affected(deployed, *SINCE, "--kind", "product") == ["product:off"]
    assert deployed.run("affected", *SINCE, "--kind", "product", "--exit-code").code == 1
