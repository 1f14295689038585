"""Who ends TLS on a server: the rendered configurations, read and run by nginx and HAProxy themselves."""

from __future__ import annotations

import json
import re
import shlex
import socket
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from buildgraph.manifests.model import Coolify, Environment, Kubernetes, Manifests, Product, Service
from buildgraph.manifests.model import WorkspaceManifest as Workspace
from buildgraph.render.host import render_hosts
from tests.render.servers import EVERY_SERVER, SERVERS
from tests.support.system import ROOT, docker, substitute
from tests.support.waiting import until

PRODUCTION = ROOT / "docker/host/production"
HOST, UNKNOWN = "chat.manacore.app", "other.manacore.app"
HSTS = "strict-transport-security: max-age=31536000; includesubdomains"
API = Service("shop-api", "shop", "node", "api", host="api")
BLOG = Service("shop-blog", "shop", "astro", "blog", host="blog")
WORKER = Service("shop-worker", "shop", "node", "worker")
BASE = Service("shop-base", "shop", "node", "base", host="base", deployed=False)
THERE = Environment("live", engine="ssh://deploy@shop.org", domain="{host}.shop.org", proxy_port=9000)
MANIFESTS = Manifests(Workspace("acme"), (Product("shop", (API, BLOG, WORKER, BASE)),), (THERE,))


def rendered(*environments: Environment) -> dict[str, str]:
    return render_hosts(replace(MANIFESTS, environments=environments))


# What is written ---------------------------------------------------------------------------------------


def test_a_server_has_the_public_names_of_what_is_deployed_and_leads_to_its_proxy() -> None:
    texts = rendered(THERE)

    nginx, haproxy = texts["docker/host/live/nginx.conf"], texts["docker/host/live/haproxy.cfg"]
    named = re.findall(r"server_name ([^;]*);", nginx)
    assert [told.split() for told in named] == [["_"], ["_"], *[["api.shop.org", "blog.shop.org"]] * 2]
    assert re.findall(r"is_known .* (\S+)$", haproxy, re.MULTILINE) == ["api.shop.org", "blog.shop.org"] * 2
    assert "server 127.0.0.1:9000;" in nginx
    assert "server proxy 127.0.0.1:9000\n" in haproxy


def test_others_end_tls_for_laptops_clusters_and_coolify() -> None:
    assert rendered(replace(THERE, domain="{host}.localhost")) == {}
    assert rendered(replace(THERE, coolify=Coolify("https://c.shop.org", "s"))) == {}
    assert rendered(replace(THERE, kubernetes=Kubernetes("shop", "shop"))) == {}


@pytest.mark.parametrize("name", ["nginx.conf", "haproxy.cfg"])
def test_nothing_asks_for_ocsp_which_lets_encrypt_has_ended(name: str) -> None:
    assert not re.search(r"stapling|ocsp", (PRODUCTION / name).read_text(), re.IGNORECASE)


@pytest.mark.parametrize("name", ["nginx.conf", "haproxy.cfg"])
def test_the_command_that_asks_for_a_certificate_is_one_that_a_shell_takes_whole(name: str) -> None:
    text = rendered(THERE)[f"docker/host/live/{name}"]
    told = re.findall(r"^#(?: (certbot .*)|   (.*))$", text, re.MULTILINE)

    words = shlex.split("\n".join(first or then for first, then in told).replace("\\\n", " "))

    assert words[:2] == ["certbot", "certonly"]
    assert words[-4:] == ["-d", "api.shop.org", "-d", "blog.shop.org"]
    assert words[words.index("--deploy-hook") + 1].endswith(f"systemctl reload {name.partition('.')[0]}")


# What the programs make of it --------------------------------------------------------------------------


# What stands behind an edge: it tells what it was asked with, and says HSTS itself; at /gone it hangs up.
ECHO = """
require('http').createServer((request, response) => {
  if (request.url === '/gone') return request.socket.destroy();
  response.setHeader('Strict-Transport-Security', 'max-age=1');
  response.end(JSON.stringify(request.headers));
}).listen(8080, '127.0.0.1');
"""


@dataclass(frozen=True)
class Edge:
    """A running edge: its container, its ports on this machine, and the address from which it sees this machine."""

    name: str
    clear: int
    secure: int
    client: str

    def asked(self, path: str, host: str = HOST) -> str:
        """The answer to a request in the clear, in small letters."""
        with socket.create_connection(("127.0.0.1", self.clear), timeout=60) as plain:
            return _ask(plain, path, host)

    def asked_safely(self, path: str, host: str = HOST, name: str = HOST, said: str = "") -> str:
        """The same by TLS, to `name`, with further header lines."""
        with self.handshake(name) as secure:
            return _ask(secure, path, host, said)

    def answers(self) -> bool:
        """Whether it does, and who stands behind it; OSError while it is on its way up."""
        return self.asked_safely("/").startswith("http/1.1 200 ")

    def handshake(self, name: str = HOST, only: ssl.TLSVersion | None = None) -> ssl.SSLSocket:
        """A connection by TLS; of one version, where that is asked for."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if only:
            context.set_ciphers("DEFAULT@SECLEVEL=0")  # this side would take old ones
            context.minimum_version = context.maximum_version = only
        plain = socket.create_connection(("127.0.0.1", self.secure), timeout=60)
        return context.wrap_socket(plain, server_hostname=name)


def _ask(connection: socket.socket, path: str, host: str, said: str = "") -> str:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{said}\r\n".encode())
    answer = b""
    while part := connection.recv(65536):
        answer += part
    return answer.decode().lower()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate for the host, signed by itself, in both forms, and a challenge."""
    folder = tmp_path_factory.mktemp("edge")
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "1", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    for server in SERVERS:
        (folder / f"{certified(server)}.pem").write_text(certificate.read_text() + key.read_text())
    (folder / "acme/.well-known/acme-challenge").mkdir(parents=True)
    (folder / "acme/.well-known/acme-challenge/token").write_text("proof")
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(0o755)
    return folder


def certified(server: Path) -> str:
    """What the certificate of a server is called."""
    return f"manacore-{server.name}"


def mounts(kind: str, files: Path, server: Path = PRODUCTION) -> list[str]:
    """What a container of a kind is given to be the edge of a server."""
    if kind == "nginx":
        return [
            f"-v{server}/nginx.conf:/etc/nginx/nginx.conf:ro",
            f"-v{files}:/etc/letsencrypt/live/{certified(server)}:ro",
            f"-v{files}/acme:/var/www/acme:ro",
        ]
    return [
        f"-v{server}/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro",
        f"-v{files}:/etc/haproxy/certs:ro",
    ]


GATEWAY = "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}"
IMAGES = {"nginx": "nginx:1.25-alpine", "haproxy": "haproxy:2.9"}
CHECKS = {
    "nginx": ("nginx", "-t"),
    "haproxy": ("haproxy", "-c", "-f", "/usr/local/etc/haproxy/haproxy.cfg"),
}


@pytest.fixture(scope="module", params=[*IMAGES])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def make_echo(edge: str) -> None:
    """Have somebody ready to stand behind the edge in the container of this name, who is not there yet."""
    inside = ("--network", f"container:{edge}", "--entrypoint", "node")
    docker("create", "--rm", "--name", f"{edge}-echo", *inside, substitute("node:20-alpine"), "-e", ECHO)


def start_echo(edge: str) -> None:
    """Have them come."""
    docker("start", f"{edge}-echo")


@pytest.fixture(scope="module")
def edge(kind: str, files: Path) -> Iterator[Edge]:
    name = f"t{uuid.uuid4().hex[:8]}-edge"
    ports = ("-p127.0.0.1::80", "-p127.0.0.1::443")
    docker("run", "-d", "--rm", "--name", name, *ports, *mounts(kind, files), substitute(IMAGES[kind]))
    try:
        make_echo(name)
        start_echo(name)
        clear, secure = (int(docker("port", name, port).rpartition(":")[2]) for port in ("80", "443"))
        edge = Edge(name, clear, secure, docker("inspect", "-f", GATEWAY, name).strip())
        until(edge.answers)
        yield edge
    finally:
        docker("rm", "-f", "-v", f"{name}-echo", name)


@pytest.mark.engine
@EVERY_SERVER
def test_its_own_check_has_nothing_to_say(kind: str, files: Path, server: Path) -> None:
    argv = ["docker", "run", "--rm", *mounts(kind, files, server), substitute(IMAGES[kind]), *CHECKS[kind]]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert not re.search(r"warn|alert|emerg", ran.stdout + ran.stderr, re.IGNORECASE)


@pytest.mark.engine
def test_what_is_asked_in_the_clear_is_asked_again_with_its_method(edge: Edge) -> None:
    answer = edge.asked("/api/x?y=1")

    assert answer.startswith("http/1.1 308 ")
    assert f"location: https://{HOST}/api/x?y=1\r\n" in answer
    assert edge.asked("/", f"{HOST}:80").count(f"location: https://{HOST}/\r\n") == 1


@pytest.mark.engine
def test_a_challenge_is_answered_in_the_clear(edge: Edge, kind: str) -> None:
    """nginx has the file; behind HAProxy certbot answers, which nobody runs here."""
    answer = edge.asked("/.well-known/acme-challenge/token")

    assert answer.startswith({"nginx": "http/1.1 200 ", "haproxy": "http/1.1 503 "}[kind])
    assert answer.endswith("proof") == (kind == "nginx")


@pytest.mark.engine
@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/gone", 502)])
def test_a_service_is_asked_by_tls_and_hsts_is_said_once_also_when_it_does_not_answer(
    edge: Edge, path: str, status: int
) -> None:
    head, _, _ = edge.asked_safely(path).partition("\r\n\r\n")

    assert head.startswith(f"http/1.1 {status} ")
    assert head.count(HSTS) == head.count("strict-transport-security") == 1


@pytest.mark.engine
def test_a_service_hears_who_asks_and_nothing_of_what_they_say_of_themselves(edge: Edge) -> None:
    names = ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "X-Forwarded-Host")
    said = "".join(f"{name}: 192.0.2.66\r\n" for name in names)

    _, _, body = edge.asked_safely("/", said=f"{said}{said}").partition("\r\n\r\n")

    heard = json.loads(body)
    assert {name: heard[name.lower()] for name in names} == {
        "X-Forwarded-For": edge.client,
        "X-Real-IP": edge.client,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": HOST,
    }
    assert heard["host"] == HOST


@pytest.mark.engine
def test_haproxy_waits_for_a_proxy_that_is_made_anew_and_nginx_does_not(edge: Edge, kind: str) -> None:
    """What takes long is done before anybody asks: HAProxy tries ten times, a second apart."""
    docker("rm", "-f", "-v", f"{edge.name}-echo")
    make_echo(edge.name)
    with ThreadPoolExecutor() as at_once:
        asked = [at_once.submit(edge.asked_safely, "/") for _ in range(5)]
        if kind == "nginx":
            wait(asked)
        start_echo(edge.name)
        statuses = {each.result().split(" ", 2)[1] for each in asked}

    assert statuses == {{"nginx": "502", "haproxy": "200"}[kind]}
    until(edge.answers)


@pytest.mark.engine
def test_old_protocols_and_names_that_nobody_has_get_no_handshake(edge: Edge) -> None:
    with edge.handshake() as secure:
        assert secure.version() == "TLSv1.3"
    with edge.handshake(only=ssl.TLSVersion.TLSv1_2) as secure:
        assert secure.version() == "TLSv1.2"
        assert str((secure.cipher() or ("",))[0]).startswith("ECDHE-")
    with pytest.warns(DeprecationWarning), pytest.raises(ssl.SSLError):
        edge.handshake(only=ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError):
        edge.handshake(UNKNOWN)


@pytest.mark.engine
def test_a_name_that_nobody_has_is_told_nothing(edge: Edge) -> None:
    assert edge.asked("/", UNKNOWN).startswith("http/1.1 404 ")
    assert edge.asked_safely("/", UNKNOWN, HOST).startswith("http/1.1 421 ")


@pytest.mark.engine
def test_one_client_gets_so_many_answers_of_an_api_and_all_pages(edge: Edge) -> None:
    """Twenty at once, ten a second beside them; who asks too often is told so, and gets pages all the same."""
    calls = statuses(edge, "/api/messages")
    pages = statuses(edge, "/")

    assert calls.count("429") in range(1, len(calls) - 20 + 1)
    assert "429" not in pages


def statuses(edge: Edge, path: str, count: int = 60) -> list[str]:
    """How so many requests are answered that are made at once, by connections that are there before."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    with ExitStack() as opened:
        plain = [
            opened.enter_context(socket.create_connection(("127.0.0.1", edge.secure), timeout=60))
            for _ in range(count)
        ]
        secure = [opened.enter_context(context.wrap_socket(each, server_hostname=HOST)) for each in plain]
        for connection in secure:
            connection.sendall(request)
        return [connection.recv(4096).decode().split(" ", 2)[1] for connection in secure]
