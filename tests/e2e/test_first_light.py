"""The whole chain on the example workspace: real images, a real engine, containers that answer through a proxy."""

from __future__ import annotations

import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.hamlet import Hamlet
from tests.support.system import System, docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740), pytest.mark.xdist_group("the chat")]

ALL = ["chat-backend", "chat-landing", "chat-web", "mana-core-auth"]


def test_the_chat_answers_from_its_real_database(deployed: System) -> None:
    status, body = deployed.get("api-chat.localhost", "/api/health")

    assert status == 200
    assert json.loads(body)["status"] == "ok"
    assert deployed.get("chat.localhost")[0] == 200
    assert deployed.get("app-chat.localhost")[0] == 200
    assert deployed.get("auth.localhost", "/api/health")[0] == 200


def test_nobody_is_throttled_for_another_visitor_of_the_same_page(deployed: System) -> None:
    """A page's server asks the backend through the proxy, in the name of whom the hop before has named."""
    greedy, other = {"X-Forwarded-For": "198.51.100.1"}, {"X-Forwarded-For": "198.51.100.2"}

    assert any(deployed.get("api-chat.localhost", "/api/messages", greedy)[0] == 429 for _ in range(200))

    assert [deployed.get("app-chat.localhost", "/", visitor)[0] for visitor in (greedy, other)] == [429, 200]


def test_again_there_is_nothing_to_do(deployed: System) -> None:
    before = deployed.containers()

    ran = deployed.doit("deploy:chat")

    assert (ran.code, ran.done) == (0, [])
    assert "nothing to do" in ran.err
    assert deployed.containers() == before


def test_an_edit_builds_and_replaces_its_service_alone_and_reverting_it_finds_the_former_image(
    system: System,
) -> None:
    before = system.containers()
    system.append("apps/chat/apps/web/src/routes/+page.svelte", "\n<p>first light</p>\n")

    ran = system.doit("deploy:chat")

    assert ran.code == 0, ran.err
    assert ran.built == ["chat-web"]
    assert "first light" in system.get("app-chat.localhost")[1]
    after = system.containers()
    assert [name for name in ALL if before[name] != after[name]] == ["chat-web"]

    system.revert()
    ran = system.doit("deploy:chat")

    assert (ran.built, ran.done) == ([], ["deploy:chat"])
    assert "first light" not in system.get("app-chat.localhost")[1]


def test_an_edit_in_a_shared_package_builds_exactly_its_dependents(system: System) -> None:
    graph = json.loads(system.buildgraph("graph", "--format", "json").out)
    uses = {node["id"]: node["uses"] for node in graph["nodes"]}
    package = "package:@manacore/shared-branding"
    expected = sorted(name for name in ALL if package in reach(uses, f"image:{name}"))
    assert 0 < len(expected) < len(ALL)
    system.append("packages/shared-branding/src/index.ts", "\nexport const edited = true;\n")

    affected = system.buildgraph("affected", "--kind", "image", "--format", "names").out.split()
    ran = system.doit("-n", "2", "build")

    assert affected == [f"image:{name}" for name in expected]
    assert ran.built == expected


def test_a_readme_or_a_test_file_builds_nothing(system: System) -> None:
    system.append("README.md", "more\n")
    system.write("packages/shared-types/src/new.test.ts", "test")

    assert system.doit("deploy:chat").done == []


def test_an_image_removed_behind_the_tool_s_back_is_built_again_and_no_other(system: System) -> None:
    """Pitfall 10."""
    nodes = json.loads(system.buildgraph("graph", "chat-landing", "--format", "json").out)["nodes"]
    fingerprint = next(node["fingerprint"] for node in nodes if node["id"] == "image:chat-landing")
    docker("rmi", "-f", f"{system.name}/chat-landing:{fingerprint}")

    assert system.doit("build").built == ["chat-landing"]
    assert system.doit("build").built == []


def test_deleting_the_caches_costs_time_and_nothing_else(system: System) -> None:
    shutil.rmtree(system.root / ".buildgraph")

    assert system.doit("deploy:chat").done == []


def test_both_spellings_say_the_same(deployed: System) -> None:
    for arguments in (
        ["plan", "deploy:chat"],
        ["affected"],
        ["graph", "--format", "dot"],
        ["why", "chat-web"],
    ):
        one, other = deployed.doit(*arguments), deployed.buildgraph(*arguments)
        assert (one.code, one.out, one.err) == (other.code, other.out, other.err)
    one, other = deployed.doit("deploy:chatt"), deployed.buildgraph("deploy:chatt")
    assert (one.code, one.err) == (other.code, other.err) == (2, one.err)
    assert "did you mean deploy:chat" in one.err


def test_status_tells_what_runs(deployed: System) -> None:
    told = json.loads(deployed.buildgraph("status", "--format", "json").out)["services"]

    assert {row["service"]: (row["state"], row["in_date"]) for row in told} == dict.fromkeys(
        ALL, ("healthy", True)
    )


def test_a_failed_build_fails_the_run_while_independent_images_go_on(system: System) -> None:
    system.append("apps/chat/apps/backend/src/main.ts", "\nthis is no TypeScript\n")
    system.append("apps/chat/apps/landing/src/pages/index.astro", "\n<p>goes on</p>\n")

    ran = system.doit("build")

    assert ran.code == 1
    assert (ran.failed, ran.built) == (["build:chat-backend"], ["chat-landing"])
    assert "build:chat-backend: the build failed in step [build " in ran.err
    assert "main.ts" in ran.err
    assert "Traceback" not in ran.err


def test_a_service_that_is_never_healthy_is_told_and_the_running_one_stays(system: System) -> None:
    """Pitfall 51."""
    before = system.containers()
    system.replace(
        "examples/manacore/apps/chat/apps/backend/src/main.ts", r"\A", "throw new Error('born dead');\n"
    )

    ran = system.doit("deploy:chat")

    assert ran.code == 1
    assert "deploy:chat" in ran.failed
    assert "born dead" in ran.err
    assert system.containers()["chat-backend"] == before["chat-backend"]
    assert system.get("api-chat.localhost", "/api/health")[0] == 200


def test_a_failing_smoke_test_tells_what_was_expected_and_what_came(system: System) -> None:
    smoke = ('name = "never true"', 'path = "/"', 'contains = "no such words"', "within = 1")
    with (system.root / "manifests/products/chat.toml").open("a") as file:
        file.write("\n".join(["", "[[services.chat-landing.smoke]]", *smoke, ""]))

    ran = system.doit("smoke:chat")

    assert ran.code == 1
    assert "never true" in ran.err and "no such words" in ran.err


def test_a_deploy_whose_smoke_tests_failed_is_not_done_until_they_pass(system: System) -> None:
    """Pitfall 33: a failed deploy stays pending."""
    page = "examples/manacore/apps/chat/apps/landing/src/pages/index.astro"
    words = re.escape('contains = "ManaChat"')
    system.replace("manifests/products/chat.toml", words, 'contains = "ManaChat"\nwithin = 2')
    text = (system.root / page).read_text()
    (system.root / page).write_text("<p>something else</p>\n")

    runs = [system.doit("deploy:chat") for _ in range(2)]
    (system.root / page).write_text(text)
    mended = system.doit("deploy:chat")

    assert [run.code for run in runs] == [1, 1]
    assert (mended.code, mended.built) == (0, []), mended.err

    system.replace("manifests/products/chat.toml", "within = 2", "within = 3")
    planned = json.loads(system.buildgraph("plan", "deploy:chat", "--format", "json").out)

    assert [(step["phase"], step["node"]) for step in planned["steps"]] == [("smoke", "product:chat")]


def test_without_an_engine_reading_verbs_answer_and_tasks_say_how_to_get_one(deployed: System) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}

    assert deployed.buildgraph("affected", **nowhere).code == 0
    ran = deployed.doit("build", **nowhere)

    assert ran.code == 3
    assert "no Docker engine answers" in ran.err and "start Docker" in ran.err


def reach(uses: dict[str, list[str]], start: str) -> set[str]:
    found, waiting = set(), [start]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(uses.get(node, []))
    return found


@pytest.fixture
def shop(tmp_path: Path) -> Hamlet:
    """A shop whose staging is nowhere yet."""
    return Hamlet(tmp_path / "shop", ("staging",))


def test_a_registry_that_does_not_answer_is_a_clear_error(shop: Hamlet) -> None:
    shop.settings("staging", registry="127.0.0.1:1/shop")

    ran = shop.run("push:api", "env=staging")

    assert ran.code == 3
    assert "127.0.0.1:1" in ran.err
    assert "Traceback" not in ran.err


class Refusing(BaseHTTPRequestHandler):
    """A registry that knows nobody: the answer that the distribution spec has for strangers."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="nobody"')
        self.end_headers()

    do_HEAD = do_POST = do_PUT = do_GET

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def test_a_registry_that_refuses_is_a_clear_error(shop: Hamlet) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        shop.settings("staging", registry=f"127.0.0.1:{server.server_port}/shop")

        ran = shop.run("push:api", "env=staging")
        server.shutdown()

    assert ran.code == 3
    assert f"the registry 127.0.0.1:{server.server_port} does not serve" in ran.err
    assert f"docker login 127.0.0.1:{server.server_port}" in ran.err
    assert "Traceback" not in ran.err
