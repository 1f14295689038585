"""A builder on a cluster, made and reached by buildx's driver `kubernetes`."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.image.registry_content import ACCEPTED, Registry
from tests.kubernetes.harbour import KUBECONFIG, kubectl
from tests.support.engines import OwnEngine
from tests.support.monorepo import Monorepo
from tests.support.stand_in_builder import stand_in_builder
from tests.support.system import docker
from tests.support.waiting import until
from tests.support.wire import Wire

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(720)]
BOTH = ["linux/amd64", "linux/arm64"]


@pytest.fixture
def far(tmp_path_factory: pytest.TempPathFactory, registry: str) -> Iterator[OwnEngine]:
    """The engine whose BuildKit the cluster has; containerd keeps its images, and it reaches the registry."""
    made, port = (
        OwnEngine(tmp_path_factory.mktemp("far") / "engine", megabytes=1000, keeps_several=True),
        int(registry.rpartition(":")[2]),
    )
    try:
        made.start()
        with Wire(made.listen(port), port):
            yield made
    finally:
        made.remove()


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace for the builder's pods."""
    name = f"t{uuid.uuid4().hex[:8]}-build"
    kubectl("create", "namespace", name).check_returncode()
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture
def buildkit(far: OwnEngine, tmp_path: Path) -> Iterator[str]:
    """The image of the builder's pods."""
    with stand_in_builder(far.socket, tmp_path / "buildkit") as name:
        yield name


@pytest.fixture
def yard(
    tmp_path: Path, registry: str, namespace: str, buildkit: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Monorepo]:
    """A service that is nothing but files, for somebody who knows the builder `pods`."""
    monkeypatch.setenv("KUBECONFIG", str(KUBECONFIG))
    monkeypatch.setenv("BUILDX_CONFIG", str(tmp_path / "buildx"))
    options = f"--driver-opt=image={buildkit},namespace={namespace},rootless=true"
    make = ("docker", "buildx", "create", "--name=pods", "--driver=kubernetes", options)
    subprocess.run(make, check=True, capture_output=True, env={**os.environ})
    name = f"t{uuid.uuid4().hex[:8]}"
    made = Monorepo(tmp_path / name)
    made.write("manifests/workspace.toml", f'name = "{name}"\n')
    made.write("manifests/environments/staging.toml", f'registry = "{registry}/{name}"\nproxy_port = 8480\n')
    made.plain_service("web", "FROM scratch\nCOPY services/web/ /web/\n", port=3001)
    made.write("services/web/content", name)
    made.commit()
    yield made
    subprocess.run(("docker", "buildx", "rm", "pods"), check=True, capture_output=True)
    until(lambda: not pods(namespace))
    if images := docker("images", "-q", f"{name}/*").split():
        docker("rmi", "-f", *images)


def pods(namespace: str) -> list[object]:
    """The pods that are there."""
    return [*json.loads(kubectl("-n", namespace, "get", "pods", "-o", "json").stdout)["items"]]


def test_a_builder_on_a_cluster_builds_for_an_engine_and_for_several_platforms_a_registry(
    yard: Monorepo, namespace: str, registry: str, far: OwnEngine
) -> None:
    name = yard.root.name
    ran = yard.run("push:web", "env=staging", "builder=pods")
    assert ran.code == 0, ran.err

    print_ = yard.fingerprints()["image:web"]
    assert docker("images", "-q", f"{name}/web:{print_}"), "it came to the engine here"
    assert "COPY services/web" in far.docker("buildx", "du", "--builder", "default", "--verbose")
    assert len(pods(namespace)) == 1

    yard.write("manifests/workspace.toml", f'name = "{name}"\nplatforms = {json.dumps(BOTH)}\n')
    ran = yard.run("push:web", "env=staging", "builder=pods")
    assert ran.code == 0, ran.err
    print_ = yard.fingerprints()["image:web"]
    path = f"{name}/web/manifests/{print_}"
    told = Registry(registry).ask("GET", path, headers={"Accept": ACCEPTED}).json()
    assert [child["platform"]["architecture"] for child in told["manifests"]] == ["amd64", "arm64"]
    assert "nothing to do" in yard.run("push:web", "env=staging", "builder=pods").err
