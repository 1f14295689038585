"""What nginx of the templates answers to the world outside: how long things are kept, how often one client may ask."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.support.system import ROOT, docker, free_port, substitute
from tests.support.waiting import until

pytestmark = pytest.mark.engine
ASSET = "_astro/page.0a1b2c3d.js"
UPDATE = "_expo/update/ios/1.0.0.json"
BUNDLE = "/_expo/static/js/ios/index-0a1b.hbc"
# As the architecture has them.
SECURITY = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=(), microphone=(), camera=()",
}
# As Expo's protocol of updates has them: what an app asks with, what it is answered.
PHONE = {"Expo-Protocol-Version": "1", "Expo-Platform": "ios", "Expo-Runtime-Version": "1.0.0"}
UPDATES = {"expo-protocol-version": "1", "expo-sfv-version": "0", "Cache-Control": "private, max-age=0"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a page, a longer one, an asset, and an update of an Expo app."""
    folder: Path = tmp_path_factory.mktemp("site")
    (folder / "_astro").mkdir()
    (folder / UPDATE).parent.mkdir(parents=True)
    (folder / UPDATE).write_text(
        json.dumps({"launchAsset": {"url": f"{{origin}}{BUNDLE}"}, "also": "{origin}"})
    )
    for name in ("index.html", ASSET, "logo.svg"):
        (folder / name).write_text("<p>Hello</p>")
    (folder / "long.html").write_text("<p>Hello</p>" * 100)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[int]:
    """The port of the site."""
    port = free_port()
    mounts = [
        f"{ROOT}/docker/templates/nginx.conf:/etc/nginx/nginx.conf:ro",
        f"{folder}:/usr/share/nginx/html:ro",
    ]
    run = (
        "run",
        "-d",
        "--rm",
        "--read-only",
        "--tmpfs",
        "/tmp",
        "--user",
        "1001:1001",
        "--entrypoint",
        "nginx",
    )
    volumes = [word for mount in mounts for word in ("-v", mount)]
    image = substitute("nginx:1.25-alpine")
    container = docker(*run, *volumes, "-p", f"127.0.0.1:{port}:8080", image, "-g", "daemon off;").strip()
    try:
        until(lambda: ask(port, "/health", "198.51.100.1").status == HTTPStatus.OK)
        yield port
    finally:
        docker("rm", "-f", container)


def ask(port: int, path: str, client: str, encoding: str = "identity") -> http.client.HTTPResponse:
    """The head of an answer to somebody of the outside world, as the proxy names them."""
    return answered(port, path, {"X-Forwarded-For": client, "Accept-Encoding": encoding})[0]


def answered(port: int, path: str, headers: Mapping[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
    """The head of an answer, and its body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=dict(headers))
        found = connection.getresponse()
        return found, found.read()
    finally:
        connection.close()


def ask_at_once(port: int, path: str, client: str, count: int) -> list[int]:
    """The status of each answer to so many requests, all of which are there before the first is answered."""
    request = f"GET {path} HTTP/1.1\r\nHost: site\r\nX-Forwarded-For: {client}\r\n"
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            f"{request}\r\n".encode() * (count - 1) + f"{request}Connection: close\r\n\r\n".encode()
        )
        with connection.makefile("rb") as answers:
            found = re.findall(rb"HTTP/1\.1 (\d+) ", answers.read())
    return [int(status) for status in found]


def test_a_page_is_kept_for_an_hour_an_asset_for_ever_and_an_error_not_at_all(site: int) -> None:
    kept = {
        path: ask(site, path, "198.51.100.2").getheader("Cache-Control")
        for path in ("/", f"/{ASSET}", "/logo.svg", "/gone")
    }

    assert kept == {
        "/": "public, max-age=3600, must-revalidate",
        f"/{ASSET}": "public, max-age=31536000, immutable",
        "/logo.svg": "public, max-age=3600",
        "/gone": "no-store",
    }


def test_a_page_that_is_long_enough_is_compressed_for_who_takes_it_so(site: int) -> None:
    asked = (("/long", "gzip"), ("/long", "identity"), ("/", "gzip"))
    found = [ask(site, path, "198.51.100.7", encoding) for path, encoding in asked]

    assert [answer.getheader("Content-Encoding") for answer in found] == ["gzip", None, None]
    assert found[0].getheader("Vary") == "Accept-Encoding"


def test_an_app_of_one_page_has_all_paths_and_another_site_has_what_is_there(site: int, folder: Path) -> None:
    fallback = folder / "200.html"
    without = ask(site, "/some/path", "198.51.100.8")
    fallback.write_text("<p>App</p>")
    try:
        found = ask(site, "/some/path", "198.51.100.8")
    finally:
        fallback.unlink()

    assert (without.status, found.status) == (HTTPStatus.NOT_FOUND, HTTPStatus.OK)
    assert found.getheader("Cache-Control") == "public, max-age=3600, must-revalidate"


def test_every_answer_says_what_a_page_may_load_and_who_may_frame_it(site: int) -> None:
    for path in ("/", f"/{ASSET}", "/gone"):
        found = ask(site, path, "198.51.100.6")

        assert {name: found.getheader(name) for name in SECURITY} == SECURITY, path
        policy = policy_of(found.getheader("Content-Security-Policy", ""))
        assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'self'"
        assert policy["object-src"] == "'none'"


def policy_of(header: str) -> dict[str, str]:
    """What a policy says of each kind of content."""
    told = (part.strip().partition(" ") for part in header.split(";"))
    return {kind: sources for kind, _, sources in told}


def test_one_client_gets_so_many_pages_and_all_that_a_page_is_made_of(site: int) -> None:
    """Ten pages a second, twenty at once beside them; requests from inside have no limit."""
    pages = ask_at_once(site, "/", "198.51.100.3", 100)
    assets = ask_at_once(site, f"/{ASSET}", "198.51.100.4", 100)
    others = [*ask_at_once(site, "/", "198.51.100.5", 1), *ask_at_once(site, "/", "10.0.0.1", 100)]

    assert (len(pages), pages[:21]) == (100, [HTTPStatus.OK] * 21)
    assert HTTPStatus.TOO_MANY_REQUESTS in pages
    assert assets == [HTTPStatus.OK] * 100
    assert others == [HTTPStatus.OK] * 101


def test_an_installed_app_finds_the_update_that_fits_it_with_addresses_of_where_it_asked(site: int) -> None:
    """As the Expo Updates protocol has it; https is what stands before a server."""
    origin = "https://updates-chat.example"
    asked = {"Host": "updates-chat.example", "X-Forwarded-Proto": "https"}
    found, told = answered(site, "/_expo/update", {**asked, **PHONE})

    assert json.loads(told) == {"launchAsset": {"url": f"{origin}{BUNDLE}"}, "also": origin}
    assert {name: found.getheader(name) for name in UPDATES} == UPDATES
    assert found.getheader("Content-Type", "").startswith("application/json")


@pytest.mark.parametrize(
    "other",
    [{"Expo-Runtime-Version": "2.0.0"}, {"Expo-Platform": "android"}],
    ids=["other native code", "another platform"],
)
def test_an_app_that_no_update_fits_is_told_that_there_is_none(site: int, other: dict[str, str]) -> None:
    found, told = answered(site, "/_expo/update", {**PHONE, **other})

    assert (found.status, told) == (HTTPStatus.NO_CONTENT, b"")
    assert {name: found.getheader(name) for name in UPDATES} == UPDATES


@pytest.mark.parametrize("platform", ["web", "../ios", ""])
def test_what_is_no_phone_finds_no_updates(site: int, platform: str) -> None:
    found, _ = answered(site, "/_expo/update", {**PHONE, "Expo-Platform": platform})

    assert found.status == HTTPStatus.NOT_FOUND


def test_what_is_no_update_speaks_of_no_protocol_of_updates(site: int) -> None:
    assert ask(site, "/", "198.51.100.8").getheader("expo-protocol-version") is None
