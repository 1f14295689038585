"""The addresses of services, and the public values their containers are given; it asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.placeholders import fill_placeholders

PROXY: Final = "proxy"  # the name under which services reach the proxy


def internal_urls(environment: Environment, services: Iterable[Service]) -> dict[str, str]:
    """Where services call each other: the proxy's listener of each, which is always the live colour.

    On a cluster it is each one's own Service, by its name in the namespace. Coolify gives containers no lasting
    private name, so there it is where users call them.
    """
    if environment.coolify:
        return public_urls(environment, services)
    return {
        service.name: f"http://{service.name if environment.kubernetes else PROXY}:{service.port}"
        for service in services
        if service.port
    }


def public_urls(environment: Environment, services: Iterable[Service]) -> dict[str, str]:
    """The URLs that users of an environment see, by service name."""
    return {service.name: public_url(environment, service) for service in services if service.host}


def public_url(environment: Environment, service: Service) -> str:
    """The public URL of a service.

    Names below `.localhost` always mean this machine (RFC 6761), so they are the proxy's own port; behind
    any other name stands somebody who ends TLS before the proxy. On a cluster that is its Ingress.
    """
    host = environment.host_of(service)
    if environment.kubernetes and is_here(host):
        return f"http://{host}"
    if is_here(host):
        return f"http://{host}:{environment.proxy_port}"
    return f"https://{host}"


def is_here(host: str) -> bool:
    """Whether a name always means this machine."""
    return host == "localhost" or host.endswith(".localhost")


def public_values(service: Service, environment: Environment, catalog: Iterable[Service]) -> dict[str, str]:
    """The variables a service's containers get from the manifests, secrets left out.

    What the environment sets for all comes first, the service's own wins; places such as `{service:NAME}`
    are filled with addresses of the `catalog`, which holds all services.
    """
    services = tuple(catalog)
    return values_among(service, environment, internal_urls(environment, services), services)


def values_among(
    service: Service, environment: Environment, internal: Mapping[str, str], catalog: Iterable[Service]
) -> dict[str, str]:
    """The same where services call each other by other addresses: `internal` has them by name."""
    public = public_urls(environment, catalog)
    values = dict(environment.values)
    for name, value in service.env.items():
        told = None if value.secret else value.value_in(environment.name)
        if told is not None:
            values[name] = fill_placeholders(told, internal=internal, public=public)
    return values
