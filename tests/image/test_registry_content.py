"""A real registry looked at and cleaned, with indexes and attestations that buildx has made."""

from __future__ import annotations

import base64
import gc
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.registry_content import Registry
from buildgraph.image.registry_surplus import read_content, remove_manifest
from buildgraph.image.surplus import Judged, Needs, judge
from tests.support.indexes import IndexEngine
from tests.support.registries import wait_until_ready
from tests.support.system import docker, free_port, substitute

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
ONE, BOTH, OTHER = (f"{number:032x}" for number in range(1, 4))
PLATFORMS = ("linux/amd64", "linux/arm64")


@pytest.fixture(scope="module")
def index_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexEngine]:
    """An engine whose builds are indexes."""
    made = IndexEngine(tmp_path_factory.mktemp("indexes") / "engine")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def cleanable() -> Iterator[str]:
    """A registry that lets its images be deleted: address and container in one."""
    port = free_port()
    setting = ("-e", "REGISTRY_STORAGE_DELETE_ENABLED=true")
    name = f"registry-{port}"
    docker(
        "run",
        "-d",
        "--rm",
        *setting,
        "--name",
        name,
        "-p",
        f"127.0.0.1:{port}:5000",
        substitute("registry:2"),
    )
    wait_until_ready(port)
    yield f"127.0.0.1:{port}"
    docker("rm", "-f", "-v", name)


def collect_garbage(registry: str) -> None:
    """Have a registry remove every blob that no manifest names."""
    name = registry.replace("127.0.0.1:", "registry-")
    docker("exec", name, "registry", "garbage-collect", "/etc/docker/registry/config.yml")


def children(registry: Registry, reference: str) -> tuple[str, ...]:
    found = registry.find_manifest("shop/api", reference)
    assert found is not None
    return found.children


def test_an_index_goes_with_its_attestations_and_what_a_kept_index_shares_stays(
    index_engine: IndexEngine, cleanable: str
) -> None:
    """Pitfalls 44 and 61: `shared` is made of one image of each of two indexes, which then go; the rest of it works."""
    name = f"{cleanable}/shop/api"
    index_engine.push_index(f"{name}:{ONE}", "one", *PLATFORMS)
    index_engine.push_index(f"{name}:{OTHER}", "other", *PLATFORMS)
    registry = Registry(f"{cleanable}/shop")
    repository = registry.repository("api")
    one, other = children(registry, ONE), children(registry, OTHER)
    assert (len(one), len(other)) == (4, 4), "two images and an attestation for each"
    parts = (f"{name}@{one[0]}", f"{name}@{other[1]}")
    subprocess.run(
        ("docker", "buildx", "imagetools", "create", "--tag", f"{name}:{BOTH}", *parts), check=True
    )
    assert set(children(registry, BOTH)) == {one[0], other[1]}

    needs = Needs({BOTH: "main would deploy it"})
    judged = judge(read_content(registry, repository, needs), needs)
    assert {found.tags[0]: set(found.goes[1:]) for found in judged} == {
        ONE: set(one) - {one[0]},
        OTHER: set(other) - {other[1]},
        BOTH: set(),
    }
    assert [found.tags for found in judged if found.needed] == [(BOTH,)]
    young = judge(read_content(registry, repository, needs), Needs(needs.tags, days=1.0))
    assert {found.needed for found in young} == {"main would deploy it", "it is younger than 1 days"}

    assert [remove_manifest(registry, repository, found) for found in judged if not found.needed] == [
        True,
        True,
    ]

    assert registry.tags(repository) == (BOTH,)
    left = [child for child in (*one, *other) if registry.find_manifest(repository, child)]
    assert sorted(left) == sorted([one[0], other[1]])
    collect_garbage(cleanable)
    for platform in PLATFORMS:
        docker("pull", "-q", "--platform", platform, f"{name}:{BOTH}")
    docker("rmi", f"{name}:{BOTH}")
    assert read_content(registry, repository, needs).tags == {BOTH: judged[1].digest}


def test_what_runs_by_its_digest_alone_keeps_all_below_it(index_engine: IndexEngine, cleanable: str) -> None:
    name = f"{cleanable}/shop/web"
    index_engine.push_index(f"{name}:{ONE}", "first", *PLATFORMS)
    registry = Registry(f"{cleanable}/shop")
    repository = registry.repository("web")
    first = registry.find_manifest(repository, ONE)
    assert first is not None
    index_engine.push_index(f"{name}:{ONE}", "second", "linux/amd64")

    needs = Needs(digests={first.digest: "shop-0001 names it"})
    for found in judge(read_content(registry, repository, needs), needs):
        remove_manifest(registry, repository, found)

    assert registry.tags(repository) == ()
    collect_garbage(cleanable)
    docker("pull", "-q", "--platform", "linux/arm64", f"{name}@{first.digest}")
    docker("rmi", f"{name}@{first.digest}")


def test_a_tag_that_has_moved_meanwhile_is_left_alone(index_engine: IndexEngine, cleanable: str) -> None:
    name = f"{cleanable}/shop/mail"
    index_engine.push_index(f"{name}:{ONE}", "first", "linux/amd64")
    registry = Registry(f"{cleanable}/shop")
    repository = registry.repository("mail")
    [judged] = judge(read_content(registry, repository, Needs()), Needs())
    index_engine.push_index(f"{name}:{ONE}", "second", "linux/amd64")

    assert not remove_manifest(registry, repository, judged)
    assert registry.find_manifest(repository, judged.digest) is not None


def test_a_registry_that_lets_nobody_delete_is_told_and_keeps_all(registry: str) -> None:
    name = f"{registry}/kept/api:{ONE}"
    docker("tag", substitute("registry:2"), name)
    docker("push", "-q", name)
    docker("rmi", name)
    kept = Registry(f"{registry}/kept")
    found = kept.find_manifest("kept/api", ONE)
    assert found is not None

    with pytest.raises(StepFailed, match="lets nobody delete \\(405\\)") as refused:
        remove_manifest(kept, "kept/api", Judged(found.digest, (ONE,), "", (found.digest,)))

    assert "storage.delete.enabled" in refused.value.detail
    assert kept.tags("kept/api") == (ONE,)
    assert kept.tags("kept/nothing") == ()


class Guarded(BaseHTTPRequestHandler):
    """A registry with one repository of two pages, which takes a token that a login is exchanged for."""

    def do_GET(self) -> None:
        if self.path.startswith("/token"):
            wanted = base64.b64encode(b"ann:secret").decode()
            is_known = self.headers.get("Authorization") == f"Basic {wanted}"
            assert "scope=repository%3Ashop%2Fapi%3Apull" in self.path
            return self.answer({"token": "letmein"} if is_known else {})
        if self.headers.get("Authorization") != "Bearer letmein":
            port = self.server.server_port  # type: ignore[attr-defined]
            told = f'realm="http://127.0.0.1:{port}/token",service="it",scope="repository:shop/api:pull"'
            return self.answer({}, 401, {"WWW-Authenticate": f"Bearer {told}"})
        if "last=" in self.path:
            return self.answer({"tags": ["b"]})
        return self.answer({"tags": ["a"]}, 200, {"Link": '</v2/shop/api/tags/list?n=1&last=a>; rel="next"'})

    def answer(self, told: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


@pytest.fixture
def guarded() -> Iterator[int]:
    """The port of a registry that wants a token."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Guarded)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_the_docker_command_s_login_is_used_and_all_pages_are_read(
    guarded: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(ToolError, match=f"docker login 127.0.0.1:{guarded}") as refused:
        Registry(f"127.0.0.1:{guarded}/shop").tags("shop/api")
    assert "401" in str(refused.value)

    login = {"auths": {f"127.0.0.1:{guarded}": {"auth": base64.b64encode(b"ann:secret").decode()}}}
    (tmp_path / "config.json").write_text(json.dumps(login))

    assert Registry(f"127.0.0.1:{guarded}/shop").tags("shop/api") == ("a", "b")


@pytest.mark.parametrize(
    ("prefix", "name", "repository"),
    [
        ("ghcr.io/acme", "ghcr.io", "acme/api"),
        ("127.0.0.1:5000", "127.0.0.1:5000", "api"),
        ("localhost/team/shop/", "localhost", "team/shop/api"),
        ("acme", "docker.io", "acme/api"),
    ],
)
def test_a_prefix_names_a_registry_as_docker_reads_it(prefix: str, name: str, repository: str) -> None:
    found = Registry(prefix)

    assert (found.name, found.repository("api")) == (name, repository)


def test_a_refusal_leaves_no_connection_open(
    guarded: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(ToolError, match="401"):
        Registry(f"127.0.0.1:{guarded}/shop").tags("shop/api")

    gc.collect()  # Python tells of a socket that nobody has closed, and here that is an error


def test_a_registry_that_does_not_answer_is_a_clear_error_and_no_login_is_advised() -> None:
    with pytest.raises(ToolError, match=r"the registry 127\.0\.0\.1:1 refuses or does not answer") as told:
        Registry("127.0.0.1:1/shop").tags("shop/api")

    assert told.value.way_out == "it is not reached from here: see whether it runs, its name and the network"
