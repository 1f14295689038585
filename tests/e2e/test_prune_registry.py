"""`buildgraph prune` in a registry: what environments, releases and branches need stays, the rest goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hamlet import Hamlet
from tests.support.registries import wait_until_ready
from tests.support.system import docker, free_port, substitute

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A shop whose staging takes its images from a registry that lets them be deleted."""
    port = free_port()
    setting = ("-e", "REGISTRY_STORAGE_DELETE_ENABLED=true")
    server = docker("run", "-d", "--rm", *setting, "-p", f"127.0.0.1:{port}:5000", substitute("registry:2"))
    wait_until_ready(port)
    made = Hamlet(tmp_path_factory.mktemp("prune") / "hamlet", ("development", "staging"))
    made.settings("staging", registry=f"127.0.0.1:{port}/shop")
    made.commit()
    yield made
    made.raze()
    docker("rm", "-f", "-v", server.strip())


def pushed(shop: Hamlet, words: str, *tasks: str) -> str:
    """Have the api say other words, bring it to the registry, and return its fingerprint."""
    shop.says("api", words)
    shop.must(*tasks, "env=staging")
    return shop.fingerprints()["image:api"]


def fates(shop: Hamlet, *arguments: str) -> dict[str, tuple[str, str]]:
    """What becomes of the api's images in the registry, by fingerprint, and why."""
    things = shop.told("prune", "env=staging", *arguments)["things"]
    return {
        thing["name"].rpartition(":")[2]: (thing["fate"], thing["why"])
        for thing in things
        if thing["kind"] == "image in the registry" and "/api:" in thing["name"]
    }


def test_only_what_no_environment_release_or_branch_needs_goes(shop: Hamlet) -> None:
    """Pitfall 61: images of other branches, and what was released, stay; also when their tags look like all others."""
    shop.git("checkout", "-q", "-b", "feature")
    branch = pushed(shop, "on a branch", "push:api")
    shop.commit()
    shop.git("checkout", "-q", "main")
    shop.git("update-ref", "refs/remotes/origin/theirs", "feature")
    shop.git("branch", "-q", "-D", "feature")
    unused = pushed(shop, "never deployed", "push:api")
    former = pushed(shop, "before", "deploy:shop")
    running = pushed(shop, "now", "deploy:shop")
    shop.says("api", "being written")

    assert {why for _, why in fates(shop, "--dry-run").values()} >= {"it is younger than 14 days"}
    told = fates(shop, "--dry-run", "--days", "0")
    assert {print_: fate for print_, (fate, _) in told.items()} == {
        branch: "kept",
        unused: "would go",
        former: "kept",
        running: "kept",
    }
    assert told[branch][1] == "the branch origin/theirs would deploy it"

    assert {print_: fate for print_, (fate, _) in fates(shop, "--days", "0").items()} == {unused: "removed"}
    assert sorted(fates(shop, "--dry-run", "--days", "0")) == sorted([branch, former, running])
    shop.must("rollback:shop", "env=staging")
    assert shop.fetch("api", "staging") == "before"


def test_where_a_branch_cannot_be_read_or_an_environment_does_not_answer_no_image_goes(shop: Hamlet) -> None:
    unused = pushed(shop, "never deployed", "push:api")
    shop.says("api", "being written")
    shop.git("checkout", "-q", "-b", "broken")
    shop.write("manifests/products/mail.toml", "[services.mail]\nno_such_key = 1\n")
    shop.commit()
    shop.git("checkout", "-q", "main")

    ran = shop.run("prune", "env=staging", "--days", "0")
    assert ran.code == 1
    assert "no image is removed from the registry (broken: " in ran.err
    shop.git("branch", "-q", "-D", "broken")

    registry = (shop.root / "manifests/environments/staging.toml").read_text().partition('registry = "')[2]
    away = (
        f'proxy_port = 9999\nengine = "unix:///nowhere.sock"\nregistry = "{registry.partition(chr(34))[0]}"\n'
    )
    shop.write("manifests/environments/production.toml", away)
    assert shop.run("prune", "env=staging", "--days", "0").code == 3
    (shop.root / "manifests/environments/production.toml").unlink()

    assert fates(shop, "--days", "0")[unused][0] == "removed"
