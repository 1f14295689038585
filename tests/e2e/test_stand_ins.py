"""A stand-in for a base image that the engine lacks."""

from __future__ import annotations

import json
import subprocess
from typing import Any, Final

import pytest

from buildgraph.project import open_project
from tests.support.monorepo import Monorepo
from tests.support.system import docker

pytestmark = pytest.mark.engine


EMPTY_TAR: Final = bytes(10240)
RECIPE: Final = "docker/substitutes/base.Dockerfile"


@pytest.fixture
def shop(repo: Monorepo, monkeypatch: pytest.MonkeyPatch) -> Monorepo:
    """A service upon a stand-in that nobody has made."""
    repo.write("manifests/workspace.toml", f'name = "acme"\n[substitutes]\n"acme/base:1" = "{RECIPE}"\n')
    service = '[services.api]\npath = "api"\ndockerfile = "api/Dockerfile"\ndeployed = false\n'
    repo.write("manifests/products/shop.toml", service)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.write("api/Dockerfile", "FROM acme/base:1\n")
    repo.write(RECIPE, "FROM scratch\n")
    repo.write("docker/substitutes/debian.sh", "# of nobody\n")
    monkeypatch.setenv("BUILDGRAPH_BASES", "substitute")
    return repo


def test_a_stand_in_that_is_not_there_is_told_with_its_recipe_and_the_ways_to_have_it(shop: Monorepo) -> None:
    ran = shop.run("build:api")

    assert ran.code == 3
    assert "the substitute of acme/base:1 (buildgraph.local/base:" in ran.err
    assert f"build its recipe ({RECIPE}) under that name, or give an image of yours that name" in ran.err


def test_doctor_warns_of_a_stand_in_that_is_not_there_before_a_build_does(shop: Monorepo) -> None:
    shop.write(RECIPE, f"# {shop.root}\nFROM scratch\n")  # a name that no other run gives and takes away
    pinned = open_project(shop.root).working_picture().base("acme/base:1").pinned
    lacking = f"the substitute of acme/base:1 ({pinned}) is not on the engine"

    before = bases_of(shop)
    subprocess.run(["docker", "import", "-", pinned], input=EMPTY_TAR, check=True, capture_output=True)
    try:
        after = bases_of(shop)
    finally:
        docker("rmi", pinned)

    assert lacking in before["warnings"] and lacking not in after["warnings"]
    assert "build the recipe of each substitute under its name" in before["way_out"]


def bases_of(repo: Monorepo) -> Any:
    """What `doctor` finds of base images."""
    findings = json.loads(repo.run("doctor", "--format", "json").out)["findings"]
    return next(finding for finding in findings if finding["name"] == "base images")
