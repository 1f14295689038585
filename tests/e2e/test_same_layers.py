"""What BuildKit makes of the same archive, built twice from nothing; and what the engine's store cannot keep."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from buildgraph.graph.images import EPOCH
from buildgraph.image.build import BuildRequest
from tests.support.monorepo import Monorepo
from tests.support.plain_builds import build_plainly
from tests.support.system import docker

pytestmark = pytest.mark.engine

FILES = {
    "Dockerfile": b"FROM scratch\nCOPY app/ /\nCOPY app/a /b\n",
    "app/a": b"a",
    "app/deeper/still/c": b"c",
}


@pytest.fixture
def image() -> Iterator[str]:
    """The name of an image of this test alone."""
    name = f"t{uuid.uuid4().hex[:8]}/web:1"
    yield name
    docker("rmi", "-f", name)


class Built(NamedTuple):
    """An image as the engine tells it."""

    id: str
    layers: list[str]
    date: str


def built(image: str, arguments: dict[str, str]) -> Built:
    """An image that is built without a cache."""
    build_plainly(BuildRequest("web", image, arguments=arguments), FILES)
    told = json.loads(docker("inspect", image))[0]
    return Built(told["Id"], told["RootFS"]["Layers"], told["Created"])


def test_an_image_that_only_copies_has_the_same_layers_from_every_build(
    image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second passes between, as finely as a layer tells times. A declared date counts, the machine's does not."""
    first, dated = built(image, {}), built(image, {EPOCH: "0"})
    time.sleep(1.1)
    monkeypatch.setenv(EPOCH, "86400")
    second, dated_again = built(image, {}), built(image, {EPOCH: "0"})

    assert first.layers == second.layers == dated.layers
    assert dated == dated_again
    assert dated.date == "1970-01-01T00:00:00Z"
    assert first.date < second.date and not second.date.startswith("1970")


def test_attestations_are_refused_before_a_build_where_the_engine_s_store_would_drop_them(
    repo: Monorepo,
) -> None:
    """The classic store of images; one that is containerd's keeps them."""
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    repo.write(
        "manifests/workspace.toml", f'name = "t{uuid.uuid4().hex[:8]}"\nattestations = ["provenance"]\n'
    )
    repo.write("manifests/environments/development.toml", "")
    repo.commit()

    ran = repo.run("build")

    assert ran.code == 2
    assert (
        "attestations: the engine on this machine cannot keep them: its image store is the classic one"
        in ran.err
    )
    assert "containerd-snapshotter" in ran.err
    assert "context of" not in ran.err
