"""Names that images get beside their fingerprints: which can be, and what is told of the others."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from buildgraph.image.engine import Engine
from buildgraph.image.naming import place_mistakes, tag_mistakes
from buildgraph.image.registry import name_upload
from tests.support.monorepo import Monorepo
from tests.support.unwell import digest_of


@pytest.mark.parametrize("tag", ["v1.2.0", "main", "_", "a" * 128, "0" * 40])
def test_what_registries_take_is_a_name(tag: str) -> None:
    assert tag_mistakes([tag]) == []


@pytest.mark.parametrize(
    ("tag", "what", "way_out"),
    [
        ("", "is empty", "a version or branch that it was made from is missing"),
        ("feature/login", "is no name of an image", "write for example feature-login"),
        ("--x", "is no name of an image", "write for example x"),
        ("/", "is no name of an image", "use letters, digits, and inner . _ -"),
        ("a" * 129, "has 129 characters, 128 at most are allowed", f"write for example {'a' * 128}"),
        ("0" * 32, "is how fingerprints are written, which nobody moves", "take another name"),
    ],
)
def test_what_they_do_not_take_is_told_with_what_could_be_meant(tag: str, what: str, way_out: str) -> None:
    """Pitfall 43: a missing version, a branch with a slash, a name that is too long."""
    [mistake] = tag_mistakes([tag])

    assert (mistake.what, mistake.way_out) == (what, way_out)


@pytest.mark.parametrize("name", ["v1", "ghcr.io/acme/web:v1", ":v1"])
def test_the_repository_of_the_image_may_stand_before_a_name(name: str) -> None:
    assert place_mistakes([name], "ghcr.io/acme/web") == []


def test_the_two_ways_to_write_a_repository_of_docker_hub_are_one() -> None:
    assert place_mistakes(["acme/web:v1", "docker.io/acme/web:v1"], "acme/web") == []


def test_a_name_in_another_repository_is_not_given_in_this_one() -> None:
    [mistake] = place_mistakes(["ghcr.io/other/api:v1", "v1"], "ghcr.io/acme/web")

    assert mistake.where == "tag 'ghcr.io/other/api:v1'"
    assert mistake.what == "is in another repository than ghcr.io/acme/web"
    assert mistake.way_out == "write ghcr.io/acme/web:v1, or v1 alone"


def test_all_names_that_cannot_be_are_told_before_the_registry_is_asked(repo: Monorepo) -> None:
    repo.plain_service("web", "FROM scratch\n", port=80)
    repo.write("manifests/environments/staging.toml", 'proxy_port = 8480\nregistry = "127.0.0.1:1/acme"\n')
    repo.commit()

    ran = repo.run("tag", "web", "ghcr.io/other/api:v1", "a/x", "env=staging")

    assert ran.code == 2
    assert "tag 'ghcr.io/other/api:v1': is in another repository than 127.0.0.1:1/acme/web" in ran.err
    assert "tag 'a/x': is no name of an image" in ran.err


MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def image_of(words: str) -> tuple[bytes, bytes]:
    """The configuration of an image without layers, and its manifest."""
    config = json.dumps({"os": "linux", "architecture": "amd64", "words": words}).encode()
    named = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "size": len(config),
        "digest": digest_of(config),
    }
    return config, json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": named, "layers": []}
    ).encode()


UNKNOWN = b'{"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}'
OURS, THEIRS = image_of("ours"), image_of("theirs")


class Immutable(BaseHTTPRequestHandler):
    """A registry whose tags are never moved; somebody else gives the tag just before we do."""

    held = {digest_of(content): content for content in (*OURS, *THEIRS)}
    tags: dict[str, bytes]

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        content = self.held.get(name) or self.tags.get(name, b"")
        self.answer(200 if content or self.path == "/v2/" else 404, content or UNKNOWN)

    def do_PUT(self) -> None:
        self.tags[self.path.rpartition("/")[2]] = THEIRS[1]
        self.answer(409, b"")

    do_HEAD = do_GET

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        headers = {"Content-Type": MANIFEST, "Content-Length": len(content)}
        for name, value in {**headers, "Docker-Content-Digest": digest_of(content)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is told."""


@pytest.fixture
def immutable() -> Iterator[int]:
    """The port of such a registry."""
    Immutable.tags = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Immutable) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.engine
def test_a_tag_that_a_registry_lets_nobody_move_is_that_of_whoever_was_quicker(
    immutable: int, engine: Engine
) -> None:
    """Pitfall 40."""
    told: list[str] = []

    reference, nothing = f"127.0.0.1:{immutable}/web:0123", lambda: pytest.fail("it was too late for that")
    stands = name_upload(engine, reference, digest_of(OURS[1]), told.append, nothing)

    assert stands.digest == digest_of(THEIRS[1])
    assert told == [
        f"127.0.0.1:{immutable}/web:0123 was published by somebody else at the same time; theirs stands"
    ]
