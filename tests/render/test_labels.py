"""The labels of the compose file for servers, read by what reads them there: a Traefik set up as Coolify's is."""

from __future__ import annotations

import http.client
import ssl
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.render.test_committed import filled
from tests.support.laptop import TRAEFIK_ENTRY, TRAEFIK_IMAGE, TRAEFIK_MOUNT, compose
from tests.support.system import ROOT, docker, substitute
from tests.support.waiting import until

FILE = ROOT / "docker/compose.prod.yml"
SERVICES = ("chat-landing", "chat-backend")
# What stands in for both: it tells by which port it was asked.
ECHO = "require('http').createServer((_, answer) => answer.end(process.env.PORT)).listen(process.env.PORT)"
ENTRY_POINTS = ("--entrypoints.http.address=:80", "--entrypoints.https.address=:443")
# Nobody gives certificates here: Traefik has one of its own until it has been given one.
RESOLVER = "--certificatesresolvers.letsencrypt.acme."
CERTIFICATES = (f"{RESOLVER}caserver=http://127.0.0.1:9", f"{RESOLVER}httpchallenge.entrypoint=http")


@dataclass(frozen=True)
class Proxy:
    """One that runs, by its ports on this machine."""

    clear: int
    secure: int

    def asked(self, host: str) -> tuple[int, str]:
        """Status and body of what is asked by TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.secure, timeout=60, context=context)
        with closing(connection) as asking:
            asking.request("GET", "/", headers={"Host": host})
            answer = asking.getresponse()
            return answer.status, answer.read().decode()

    def sent_on(self, host: str, path: str) -> str:
        """Where who asks in the clear is sent."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.clear, timeout=60)) as asking:
            asking.request("GET", path, headers={"Host": host})
            return asking.getresponse().getheader("Location", "")


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    name = f"t{uuid.uuid4().hex[:8]}-labels"
    node = substitute("node:20-alpine")
    values = filled(ROOT / "docker/env/production.env.example", tmp_path / "values.env")
    images = [f"{service.upper().replace('-', '_')}_IMAGE={node}" for service in SERVICES]
    values.write_text("\n".join([values.read_text(), *images, f"EDGE_NETWORK={name}", ""]))
    override = tmp_path / "stand-ins.yml"
    stand_in = f'{{entrypoint: ["node", "-e", "{ECHO}"], healthcheck: {{disable: true}}}}'
    override.write_text("\n".join(["services:", *(f"  {service}: {stand_in}" for service in SERVICES), ""]))
    options = ("-p", name, "--env-file", str(values), "-f", str(FILE), "-f", str(override))
    docker("network", "create", name)
    try:
        started = compose(*options, "up", "--detach", "--no-deps", *SERVICES)
        assert started.returncode == 0, started.stderr
        yield start_proxy(name)
    finally:
        docker("rm", "-f", "-v", name)
        compose(*options, "down", "--volumes", "--timeout", "0")
        docker("network", "rm", name)


def start_proxy(name: str) -> Proxy:
    """Traefik in a container and on a network of one name, for the compose project of that name."""
    given = ("-v/var/run/docker.sock:/var/run/docker.sock:ro", f"-v{TRAEFIK_MOUNT}")
    found = (
        "--providers.docker=true",
        "--providers.docker.exposedbydefault=false",
        f"--providers.docker.constraints=Label(`com.docker.compose.project`,`{name}`)",
    )
    ports = ("-p127.0.0.1::80", "-p127.0.0.1::443")
    docker(
        *("run", "-d", "--name", name, "--network", name, *ports, *given, "--entrypoint", TRAEFIK_ENTRY),
        *(substitute(TRAEFIK_IMAGE), *found, *ENTRY_POINTS, *CERTIFICATES),
    )
    clear, secure = (int(docker("port", name, port).rpartition(":")[2]) for port in ("80", "443"))
    return Proxy(clear, secure)


@pytest.mark.engine
def test_traefik_leads_to_each_service_by_tls_and_sends_there_who_asks_in_the_clear(proxy: Proxy) -> None:
    until(lambda: proxy.asked("chat.manacore.app") == (200, "8080"))
    until(lambda: proxy.asked("api-chat.manacore.app") == (200, "3002"))

    assert proxy.sent_on("chat.manacore.app", "/x?y=1") == "https://chat.manacore.app/x?y=1"
    assert proxy.asked("app-chat.manacore.app")[0] == 404
