"""A stand-in for a base image that the engine lacks."""

from __future__ import annotations

import pytest

from tests.support.monorepo import Monorepo

pytestmark = pytest.mark.engine


def test_a_stand_in_that_is_not_there_is_told_with_its_recipe_and_the_ways_to_have_it(
    repo: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = "docker/substitutes/base.Dockerfile"
    repo.write("manifests/workspace.toml", f'name = "acme"\n[substitutes]\n"acme/base:1" = "{recipe}"\n')
    service = '[services.api]\npath = "api"\ndockerfile = "api/Dockerfile"\ndeployed = false\n'
    repo.write("manifests/products/shop.toml", service)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.write("api/Dockerfile", "FROM acme/base:1\n")
    repo.write(recipe, "FROM scratch\n")
    repo.write("docker/substitutes/debian.sh", "# of nobody\n")
    monkeypatch.setenv("BUILDGRAPH_BASES", "substitute")

    ran = repo.run("build:api")

    assert ran.code == 3
    assert "the substitute of acme/base:1 (buildgraph.local/base:" in ran.err
    assert f"build its recipe ({recipe}) under that name, or give an image of yours that name" in ran.err
