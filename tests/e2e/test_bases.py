"""Base images in a real registry: their locks, what a newer one affects, and that a stale one is told."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from tests.support.monorepo import Monorepo
from tests.support.system import docker

pytestmark = pytest.mark.engine


@pytest.fixture
def base(registry: str) -> Iterator[str]:
    """The name of a base image, which somebody has published."""
    name = f"{registry}/base/{__name__.rpartition('.')[2]}:1"
    publish(name, "one")
    yield name
    docker("rmi", name)


def publish(name: str, content: str, *changes: str) -> str:
    """Publish an image of one file, with these lines of a Dockerfile; its digest."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("content")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content.encode()))
    command = ["docker", "import", *(f"--change={change}" for change in changes), "-", name]
    subprocess.run(command, input=archive.getvalue(), check=True, capture_output=True)
    docker("push", "-q", name)
    told = docker("inspect", "--format", "{{index .RepoDigests 0}}", name)
    return told.strip().partition("@")[2]


@pytest.fixture
def shop(repo: Monorepo, base: str) -> Monorepo:
    """A service on the base, one that is built upon that one's image, one on nothing; the proxy is the base too."""
    repo.plain_service("api", f"FROM {base}\nCOPY services/api/ /\n", port=80)
    repo.plain_service("web", "FROM api\nCOPY services/web/ /\n", port=81)
    repo.plain_service("docs", "FROM scratch\nCOPY services/docs/ /\n", port=82)
    repo.write("manifests/environments/development.toml", f'proxy_image = "{base}"\n')
    repo.write("manifests/bases.toml", f'[digests]\n"gone:1" = "sha256:{"0" * 64}"\n')
    repo.commit()
    return repo


def test_a_newer_base_is_told_with_what_it_affects_and_locked_on_request(shop: Monorepo, base: str) -> None:
    """Pitfall 15: a tag that was moved changes nothing until the lock is."""
    first = shop.run("bases", "--update")
    locked = (shop.root / "manifests/bases.toml").read_text()
    before = shop.fingerprints()
    fresh = shop.run("bases", "--check")
    newer = publish(base, "two")
    stale = shop.run("bases", "--check")
    data = json.loads(shop.run("bases", "--check", "--format", "json").out)["bases"]
    unmoved = shop.fingerprints()
    updated = shop.run("bases", "--update")
    after = shop.fingerprints()

    older = locked.partition(f'"{base}" = "')[2].partition('"')[0]
    assert first.out.splitlines() == [
        f"+ {base}  {older}",
        "    affects the images of api, web",
        "    runs as it is in development",
        f"- gone:1  sha256:{'0' * 64}",
        "    nothing names it any more",
    ]
    assert (fresh.code, fresh.err) == (0, "every lock is what its registry has\n")
    assert stale.code == 1
    assert stale.out.splitlines()[:3] == [
        f"- {base}  {older}",
        f"+ {base}  {newer}",
        "    affects the images of api, web",
    ]
    assert "`buildgraph bases --update` locks" in stale.err
    assert [(row["locked"], row["published"], row["stale"]) for row in data] == [(older, newer, True)]
    assert unmoved == before
    assert updated.out == stale.out and "wrote manifests/bases.toml: commit it" in updated.err
    assert {node for node in after if after[node] != before[node] and node.startswith("image:")} == {
        "image:api",
        "image:web",
    }


def test_a_base_that_leaves_something_to_what_is_built_upon_it_is_told(shop: Monorepo, base: str) -> None:
    """Pitfall 39: ONBUILD, where the image is no service's."""
    ordinary = shop.run("bases", "--update")
    publish(base, "two", "ONBUILD COPY src* /app/")
    leaving = shop.run("bases", "--update")

    assert "ONBUILD" not in ordinary.err
    assert f"{base} has ONBUILD lines: what they copy counts for no image;" in leaving.err
    assert "name it in the service's `inputs` (api, web)" in leaving.err
    assert "wrote manifests/bases.toml: commit it" in leaving.err


def test_all_that_no_registry_has_is_told_at_once(shop: Monorepo, registry: str) -> None:
    shop.write(
        "services/docs/Dockerfile", f"FROM {registry}/no/one:1\nCOPY --from={registry}/no/two:1 /a /\n"
    )

    ran = shop.run("bases", "--check")

    assert ran.code == 2
    assert [line for line in ran.err.splitlines() if "no registry has" in line] == [
        f"error: no registry has the base image {registry}/no/one:1",
        f"no registry has the base image {registry}/no/two:1",
    ]
