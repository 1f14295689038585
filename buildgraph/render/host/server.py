"""A server that the public reaches by name, and what both dialects of its edge say of TLS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.addresses import is_here
from buildgraph.manifests.model import Environment, Manifests

HSTS: Final = "max-age=31536000; includeSubDomains"  # a year, as the architecture has it
CHALLENGE: Final = "/.well-known/acme-challenge/"  # RFC 8555, 8.3
TUNNEL: Final = 3600  # seconds a websocket may be silent, as long as buildgraph's own proxy bears it
# Requests of one client to an API: so many in a second, and so many at once beside them, as the architecture has it.
LIMITED, RATE, BURST = "/api/", 10, 20

# Forward secrecy and authenticated encryption alone. No DHE, which would need parameters of one's own; no order of
# ours, for clients know whether their hardware has AES. OCSP is nowhere: Let's Encrypt has none since August 2025.
CIPHERS: Final = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    )
)


@dataclass(frozen=True, slots=True)
class Server:
    """An environment's server: `hosts` are the names that lead to it, sorted."""

    workspace: str
    environment: Environment
    hosts: tuple[str, ...]

    @property
    def name(self) -> str:
        """What is called after it: its certificate, its table of the firewall."""
        return f"{self.workspace}-{self.environment.name}"

    @property
    def proxy(self) -> str:
        """Where buildgraph's own proxy listens, on the server alone."""
        return f"127.0.0.1:{self.environment.proxy_port}"


def servers(manifests: Manifests) -> Iterator[Server]:
    """The environments that run on an engine and have public names: on clusters and Coolify others end TLS."""
    services = [service for service in manifests.services if service.deployed and service.host]
    for environment in manifests.environments:
        hosts = tuple(sorted({environment.host_of(service) for service in services}))
        is_elsewhere = environment.coolify or environment.kubernetes
        if hosts and not is_elsewhere and not any(map(is_here, hosts)):
            yield Server(manifests.workspace.name, environment, hosts)


def domains(server: Server) -> str:
    """All names of one certificate, as certbot is told them; it tells by lines where they go on."""
    return " \\\n#   ".join(f"-d {host}" for host in server.hosts)
