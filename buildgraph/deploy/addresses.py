"""The addresses of services: the public name of each, and the proxy's internal listener; it asks nobody."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.deploy.names import PROXY
from buildgraph.manifests.model import Environment, Service


def internal_urls(services: Iterable[Service]) -> dict[str, str]:
    """Where services call each other: the proxy's listener of each, which is always the live colour."""
    return {service.name: f"http://{PROXY}:{service.port}" for service in services if service.port}


def public_urls(environment: Environment, services: Iterable[Service]) -> dict[str, str]:
    """The URLs that users of an environment see, by service name."""
    return {service.name: public_url(environment, service) for service in services if service.host}


def public_url(environment: Environment, service: Service) -> str:
    """The public URL of a service.

    Names below `.localhost` always mean this machine (RFC 6761), so they are the proxy's own port; behind
    any other name stands somebody who ends TLS before the proxy.
    """
    host = environment.host_of(service)
    if host == "localhost" or host.endswith(".localhost"):
        return f"http://{host}:{environment.proxy_port}"
    return f"https://{host}"
