"""What stands on a server itself, beside its containers: who ends TLS before the proxy, in two dialects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.host.haproxy import render_haproxy
from buildgraph.render.host.nginx import render_nginx
from buildgraph.render.host.server import Server, servers
from buildgraph.render.rendered import head

FOLDER: Final = "docker/host"
FILES: Final[Mapping[str, Callable[[Server], str]]] = MappingProxyType(
    {"nginx.conf": render_nginx, "haproxy.cfg": render_haproxy}
)


def render_hosts(manifests: Manifests) -> dict[str, str]:
    """The files of every environment that has a server of its own."""
    return {
        f"{FOLDER}/{server.environment.name}/{name}": head() + render(server)
        for server in servers(manifests)
        for name, render in FILES.items()
    }


__all__ = ["FOLDER", "Server", "render_haproxy", "render_hosts", "render_nginx", "servers"]
