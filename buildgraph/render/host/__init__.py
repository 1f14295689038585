"""What stands on a server itself, beside its containers: who ends TLS, its firewall, and its daily backup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.host.backup import render_backup_service, render_backup_timer
from buildgraph.render.host.firewall import render_firewall
from buildgraph.render.host.haproxy import render_haproxy
from buildgraph.render.host.nginx import render_nginx
from buildgraph.render.host.server import Server, servers
from buildgraph.render.rendered import head

FOLDER: Final = "docker/host"
# By name, in which `{name}` is the server's: a timer starts the service that is called like it.
FILES: Final[Mapping[str, Callable[[Server], str]]] = MappingProxyType(
    {
        "nginx.conf": render_nginx,
        "haproxy.cfg": render_haproxy,
        "firewall.nft": render_firewall,
        "{name}-backup.service": render_backup_service,
        "{name}-backup.timer": render_backup_timer,
    }
)


def render_hosts(manifests: Manifests) -> dict[str, str]:
    """The files of every environment that has a server of its own."""
    return {
        f"{FOLDER}/{server.environment.name}/{name.format(name=server.name)}": head() + text
        for server in servers(manifests)
        for name, render in FILES.items()
        if (text := render(server))
    }


__all__ = ["FOLDER", "Server", "render_hosts", "servers"]
