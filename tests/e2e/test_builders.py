"""Builders elsewhere, caches that outlive them, images of several platforms, and containerd's store of images."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from buildgraph.graph.images import EPOCH
from buildgraph.image.build import BuildRequest
from buildgraph.image.registry_content import ACCEPTED, Registry
from tests.support.attesting import SPDX, have_attested
from tests.support.engines import OwnEngine
from tests.support.monorepo import Monorepo
from tests.support.plain_builds import build_plainly
from tests.support.programs import packed_programs
from tests.support.remote_builder import remote_builder
from tests.support.search import Marked
from tests.support.small import Small
from tests.support.stand_in_builder import stand_in_builder
from tests.support.starting import Ran
from tests.support.system import docker, substitute
from tests.support.wire import Wire

pytestmark = [pytest.mark.engine, pytest.mark.timeout(720)]
BOTH = ("linux/amd64", "linux/arm64")
COPYING = "FROM {base}\nCOPY services/{name}/ /{name}/\n"
READING = """FROM {base}
RUN --mount=type=secret,id=TOKEN cat /run/secrets/TOKEN && sha256sum /run/secrets/TOKEN >/seen
"""
SCAN = '[scan]\ncommand = ["true", "{image}"]\n'
MAKING_A_FOLDER = {"Dockerfile": b"FROM scratch\nCOPY a /made/here/\n", "a": b"a"}
OF_EACH = "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /arch\n"


@pytest.fixture(scope="module")
def far_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    """Another machine's engine, where containerd keeps the images."""
    made = OwnEngine(tmp_path_factory.mktemp("far") / "engine", megabytes=2000, keeps_several=True)
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def wire(far_engine: OwnEngine, registry: str) -> Iterator[Wire]:
    """The wire by which that engine reaches the registry, at the same address as here."""
    port = int(registry.rpartition(":")[2])
    with Wire(far_engine.listen(port), port) as wire:
        yield wire


@pytest.fixture(scope="module")
def known(
    far_engine: OwnEngine, wire: Wire, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """The variables of somebody who knows the builder `far`, which is that engine's BuildKit."""
    with remote_builder(far_engine.socket, tmp_path_factory.mktemp("known") / "builder", "far") as env:
        yield env


@pytest.fixture
def yard(
    tmp_path: Path, registry: str, known: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Monorepo]:
    """Two services that are nothing but files, in an environment with a registry, and one without."""
    monkeypatch.setenv("BUILDX_CONFIG", known["BUILDX_CONFIG"])
    made, name = Monorepo(tmp_path / "yard"), f"t{uuid.uuid4().hex[:8]}"
    made.write("manifests/workspace.toml", f'name = "{name}"\n')
    made.write("manifests/environments/staging.toml", f'registry = "{registry}/{name}"\nproxy_port = 8480\n')
    made.write("manifests/environments/development.toml", "proxy_port = 8481\n")
    for number, service in enumerate(("api", "web")):
        made.plain_service(service, COPYING.format(base="scratch", name=service), port=3001 + number)
        made.write(f"services/{service}/content", uuid.uuid4().hex)
    made.commit()
    yield made
    if images := docker(
        "images", "--filter", f"reference={name}/*", "--format", "{{.Repository}}:{{.Tag}}"
    ).split():
        docker("rmi", "-f", *images)


def name_of(yard: Monorepo) -> str:
    """The workspace's name."""
    return (yard.root / "manifests/workspace.toml").read_text().split('"')[1]


def must(yard: Monorepo, *arguments: str) -> Ran:
    """Run a command line for staging by the builder elsewhere, which has to succeed."""
    ran = yard.run(*arguments, "env=staging", "builder=far")
    assert ran.code == 0, ran.err
    return ran


def steps_of(yard: Monorepo) -> dict[str, tuple[int, int]]:
    """The services that the last run built: how many of the steps ran, and how many a cache had already."""
    told = json.loads((yard.root / ".buildgraph/runs/last.json").read_text())
    found = {task["name"].removeprefix("build:"): task.get("steps") for task in told["tasks"]}
    return {name: (steps["run"], steps["cached"]) for name, steps in found.items() if steps}


def manifest_of(registry: str, repository: str, reference: str) -> Any:
    """What stands in a registry, as it is told."""
    found = Registry(registry).ask("GET", f"{repository}/manifests/{reference}", headers={"Accept": ACCEPTED})
    return found.json()


def layers_of(registry: str, repository: str, reference: str) -> dict[str, list[str]]:
    """The layers of an image by platform."""
    told = manifest_of(registry, repository, reference)
    return {
        f"{child['platform']['os']}/{child['platform']['architecture']}": [
            layer["digest"] for layer in manifest_of(registry, repository, child["digest"])["layers"]
        ]
        for child in told["manifests"]
    }


def test_an_image_of_a_builder_elsewhere_comes_to_the_engine(yard: Monorepo, far_engine: OwnEngine) -> None:
    must(yard, "push:web")

    print_ = yard.fingerprints()["image:web"]
    assert docker("images", "-q", f"{name_of(yard)}/web:{print_}")
    assert steps_of(yard) == {"web": (1, 0)}
    assert "COPY services/web" in far_engine.docker("buildx", "du", "--builder", "default", "--verbose")
    assert "nothing to do" in yard.run("push:web", "env=staging").err, "whoever asks, it is there"

    ran = yard.run("build:api", "env=staging", "--builder=nowhere", "-n", "1")
    assert ran.code == 3 and "there is no builder 'nowhere'" in ran.err


def test_a_builder_in_a_container_builds_for_an_engine_and_for_several_platforms_a_registry(
    yard: Monorepo, far_engine: OwnEngine, registry: str, tmp_path: Path
) -> None:
    """As GitHub's docker/setup-buildx-action makes one."""
    name = name_of(yard)
    with stand_in_builder(far_engine.socket, tmp_path / "buildkit") as image:
        options = (f"--name={name}", "--driver=docker-container", f"--driver-opt=image={image}")
        docker("buildx", "create", *options)
        try:
            for platforms in ("", f"platforms = {json.dumps(BOTH)}\n"):
                yard.write("manifests/workspace.toml", f'name = "{name}"\n{platforms}')
                ran = yard.run("push:web", "env=staging", f"builder={name}")
                assert ran.code == 0, ran.err
        finally:
            docker("buildx", "rm", name)

    assert docker("images", "-q", f"{name}/web"), "what is of one platform came to the engine"
    assert {*layers_of(registry, f"{name}/web", yard.fingerprints()["image:web"])} == {*BOTH}


def test_images_of_several_platforms_stand_upon_those_of_their_own(
    yard: Monorepo, registry: str, tmp_path: Path
) -> None:
    """They go from the builder to the registry. Pitfall 47: digests of the index and of its images are told apart."""
    name = name_of(yard)
    base = base_of_both(tmp_path / "base", f"{registry}/{name}/base")
    yard.write("manifests/workspace.toml", f'name = "{name}"\nplatforms = {json.dumps(BOTH)}\n')
    runtime = COPYING.format(base=base, name="runtime")
    yard.plain_service("runtime", runtime, base_of="acme/runtime:1", deployed=False, port=3003)
    yard.write("services/web/Dockerfile", COPYING.format(base="acme/runtime:1", name="web"))
    yard.commit()

    must(yard, "push:web")

    prints = yard.fingerprints()
    below = layers_of(registry, f"{name}/base", base.partition("@")[2])
    parent = layers_of(registry, f"{name}/runtime", prints["image:runtime"])
    found = layers_of(registry, f"{name}/web", prints["image:web"])
    assert {*found} == {*parent} == {*BOTH}
    assert below[BOTH[0]] != below[BOTH[1]]
    for platform in BOTH:
        assert parent[platform][:-1] == below[platform]
        assert found[platform][:-1] == parent[platform]
    assert docker("images", "-q", f"{name}/web") == "", "no engine here could hold it"
    assert Registry(f"{registry}/{name}").tags(f"{name}/web") == (prints["image:web"],)
    assert "nothing to do" in yard.run("push:web", "env=staging").err, "found, without the builder"

    ran = yard.run("build:web", "builder=far")
    assert ran.code == 2 and "name an environment with a `registry`" in ran.err

    yard.write("manifests/workspace.toml", f'name = "{name}"\nplatforms = {json.dumps(BOTH)}\n{SCAN}')
    yard.write("services/web/content", "an edit")
    ran = yard.run("push:web", "env=staging", "builder=far")
    assert ran.code == 2 and "the builder of web publishes as it builds" in ran.err
    assert yard.fingerprints()["image:web"] not in Registry(f"{registry}/{name}").tags(f"{name}/web")


def base_of_both(folder: Path, repository: str) -> str:
    """A base image whose platforms differ, in a registry; its name with the digest of the index."""
    folder.mkdir()
    for platform in BOTH:
        (folder / platform.partition("/")[2]).write_text(platform)
    (folder / "Dockerfile").write_text(OF_EACH)
    options = (
        "--builder=far",
        f"--platform={','.join(BOTH)}",
        "--provenance=false",
        "--metadata-file=told.json",
    )
    argv = ("docker", "buildx", "build", *options, f"--output=type=image,name={repository}:1,push=true", ".")
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return f"{repository}@{json.loads((folder / 'told.json').read_text())['containerimage.digest']}"


def builds_again_from(
    place: str, yard: Monorepo, far_engine: OwnEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Build and leave a cache at a place; then build again where nothing is left but that."""
    before = yard.fingerprints()
    monkeypatch.setenv("BUILDGRAPH_CACHE_TO", place)
    must(yard, "build")
    monkeypatch.delenv("BUILDGRAPH_CACHE_TO")
    assert steps_of(yard) == {"api": (1, 0), "web": (1, 0)}
    docker("rmi", "-f", *(f"{name_of(yard)}/{name}:{before[f'image:{name}']}" for name in ("api", "web")))
    far_engine.docker("buildx", "prune", "--builder", "default", "--all", "--force")

    monkeypatch.setenv("BUILDGRAPH_CACHE_FROM", place)
    must(yard, "build")
    assert {*steps_of(yard)} == {"api", "web"}
    assert yard.fingerprints() == before, "where caches are changes nothing that is built"


def test_what_one_builder_has_done_another_one_takes_from_a_folder(
    yard: Monorepo, far_engine: OwnEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 45: both images have their own place, and both find all that they left there."""
    builds_again_from(f"local:{tmp_path / 'cache'}", yard, far_engine, monkeypatch)

    assert steps_of(yard) == {"api": (0, 1), "web": (0, 1)}


def test_what_one_builder_has_done_another_one_takes_from_a_registry(
    yard: Monorepo, far_engine: OwnEngine, registry: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 45. BuildKit fetches a layer when it is needed, and does not call that step cached: the wire knows."""
    wire.forget()
    repository = f"{name_of(yard)}-cache"

    builds_again_from(f"registry:{registry}/{repository}", yard, far_engine, monkeypatch)

    assert Registry(registry).tags(repository) == (f"{name_of(yard)}-api", f"{name_of(yard)}-web")
    fetched = {request.rpartition("/")[2] for request in wire.asked(f"^GET .*/{repository}/blobs/")}
    for name in ("api", "web"):
        told = manifest_of(registry, repository, f"{name_of(yard)}-{name}")["manifests"]
        assert fetched & {blob["digest"] for blob in told if blob["mediaType"].endswith("tar+gzip")}, name


@pytest.mark.parametrize("kind", ["local", "registry"])
def test_a_secret_of_a_build_is_in_no_cache_that_it_leaves(
    yard: Monorepo,
    far_engine: OwnEngine,
    registry: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    marked, base = Marked(), shell_in(f"{registry}/{name_of(yard)}-shell")
    yard.plain_service("web", READING.format(base=base), build_secrets=["TOKEN"], port=3002)
    place = {"local": str(tmp_path / "cache"), "registry": f"{registry}/{name_of(yard)}-cache"}[kind]
    monkeypatch.setenv("TOKEN", marked.value("TOKEN"))
    monkeypatch.setenv("BUILDGRAPH_CACHE_TO", f"{kind}:{place}")

    must(yard, "build:web")

    if kind == "local":
        assert any((tmp_path / "cache").rglob("sha256/*"))
        assert marked.files(tmp_path / "cache") == []
    else:
        assert marked.published(f"{place}:{name_of(yard)}-web", base) == []
    records = far_engine.docker("buildx", "du", "--builder", "default", "--verbose")
    assert "/run/secrets/TOKEN" in records and not marked.is_in(records.encode())


def shell_in(repository: str) -> str:
    """A base image of two megabytes, a shell and two programs, in a registry; its name with the digest."""
    packed = packed_programs("/bin/sh", "/bin/cat", "/usr/bin/sha256sum")
    subprocess.run(("docker", "import", "-", repository), input=packed, check=True, capture_output=True)
    docker("push", "-q", repository)
    digest = docker("inspect", "--format", "{{index .RepoDigests 0}}", repository).strip()
    docker("rmi", repository)
    return digest


def test_an_engine_whose_images_containerd_keeps_builds_finds_and_deploys_them(
    far_engine: OwnEngine, wire: Wire, registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 47: an image's id there is the digest of its manifest, or of its index where it has several platforms."""
    far_engine.bring(substitute("haproxy:2.9"))
    monkeypatch.setenv("DOCKER_HOST", far_engine.address)
    hamlet = Small(tmp_path / "hamlet", ("development", "staging"))
    hamlet.settings("staging", registry=f"{registry}/{hamlet.name}")
    hamlet.commit()

    for environment in ("development", "staging"):
        hamlet.must("deploy:mail", f"env={environment}")
        assert "nothing to do" in hamlet.must("deploy:mail", f"env={environment}").err
    print_ = hamlet.fingerprints()["image:mail"]
    held = far_engine.docker("inspect", "--format", "{{.Id}}", f"{hamlet.name}/mail:{print_}").strip()
    found = Registry(registry).find_manifest(f"{hamlet.name}/mail", print_)
    assert found is not None and found.digest == held

    hamlet.write("services/web/Dockerfile", COPYING.format(base="scratch", name="web"))
    text = (hamlet.root / "manifests/workspace.toml").read_text()
    hamlet.write("manifests/workspace.toml", f"platforms = {json.dumps(BOTH)}\n{text}")
    hamlet.commit()
    hamlet.must("push:web", "env=staging")
    assert {*layers_of(registry, f"{hamlet.name}/web", hamlet.fingerprints()["image:web"])} == {*BOTH}
    assert "nothing to do" in hamlet.must("build:web").err, "the engine has it for both"
    hamlet.write("manifests/workspace.toml", text)
    attested(hamlet, far_engine, registry)
    for environment in hamlet.ports:
        hamlet.run("down", "--volumes", f"env={environment}")


def attested(hamlet: Small, far_engine: OwnEngine, registry: str) -> None:
    """Where an image is from and what is in it stands beside it: built, found, pushed, deployed and kept with it.

    Pitfall 44: what has no tag of its own belongs to what has one. A stand-in scans, as no scanner can be had here.
    """
    have_attested(hamlet, far_engine)

    hamlet.must("deploy:mail", "env=staging")

    assert "nothing to do" in hamlet.must("deploy:mail", "env=staging").err
    hamlet.must("prune", "env=staging")
    repository, print_ = f"{hamlet.name}/mail", hamlet.fingerprints()["image:mail"]
    index = manifest_of(registry, repository, print_)
    image, attestation = (manifest_of(registry, repository, child["digest"]) for child in index["manifests"])
    assert image["layers"]
    told = {layer["annotations"]["in-toto.io/predicate-type"] for layer in attestation["layers"]}
    assert SPDX in told and any("slsa.dev/provenance" in kind for kind in told)
    assert "nothing to do" in hamlet.must("push:mail", "env=staging").err


def test_what_only_the_registry_has_for_several_platforms_is_built_upon_for_all_of_them(
    yard: Monorepo, far_engine: OwnEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine whose images containerd keeps pulls its own platform's alone; what is built upon one needs all."""
    monkeypatch.setenv("DOCKER_HOST", far_engine.address)
    name, registry = name_of(yard), registry_of(yard)
    yard.write("manifests/workspace.toml", f'name = "{name}"\nplatforms = {json.dumps(BOTH)}\n')
    runtime = OF_EACH.replace("$TARGETARCH", "services/runtime/$TARGETARCH")
    yard.plain_service("runtime", runtime, base_of="acme/runtime:1", deployed=False, port=3003)
    for platform in BOTH:
        yard.write(platform.replace("linux", "services/runtime"), platform)
    yard.write("services/web/Dockerfile", COPYING.format(base="acme/runtime:1", name="web"))
    yard.commit()

    def pushed(service: str) -> dict[str, list[str]]:
        ran = yard.run(f"push:{service}", "env=staging")
        assert ran.code == 0, ran.err
        return layers_of(registry, f"{name}/{service}", yard.fingerprints()[f"image:{service}"])

    parent = pushed("runtime")
    images = far_engine.docker(
        "images", "--filter", f"reference=*/{name}/*", "--filter", f"reference={name}/*", "-q"
    )
    far_engine.docker("rmi", "-f", *{*images.split()})
    far_engine.docker("buildx", "prune", "--builder", "default", "--all", "--force")
    child = pushed("web")

    assert {*parent} == {*child} == {*BOTH}
    assert parent[BOTH[0]] != parent[BOTH[1]]
    assert {platform: child[platform][:-1] for platform in BOTH} == parent
    assert "nothing to do" in yard.run("push:web", "env=staging").err


def registry_of(yard: Monorepo) -> str:
    """The address of staging's registry."""
    return (yard.root / "manifests/environments/staging.toml").read_text().split('"')[1].partition("/")[0]


def test_a_date_makes_what_a_builder_publishes_the_same_bytes(
    known: Mapping[str, str], registry: str, tmp_path: Path
) -> None:
    """Folders that `COPY` makes bear the time at which they were made: without a date they differ."""
    place, told = f"t{uuid.uuid4().hex[:8]}/web", tmp_path / "told.json"

    def layers(arguments: Mapping[str, str]) -> list[str]:
        repository = f"{registry}/{place}"
        request = BuildRequest(
            "web", "web:1", arguments=arguments, command_env=known, builder="far", repository=repository
        )
        build_plainly(request, MAKING_A_FOLDER, told)
        digest = json.loads(told.read_text())["containerimage.digest"]
        return [layer["digest"] for layer in manifest_of(registry, place, digest)["layers"]]

    plain, dated = layers({}), layers({EPOCH: "0"})
    time.sleep(1.1)  # a layer tells times by the second

    assert layers({EPOCH: "0"}) == dated
    assert layers({}) != plain
