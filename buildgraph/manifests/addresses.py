"""The addresses of services, and the public values their containers are given; it asks nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.placeholders import fill_placeholders

PROXY: Final = "proxy"  # the name under which services reach the proxy


class Urls(NamedTuple):
    """The addresses of services by name: where they call each other, and where users see them."""

    internal: Mapping[str, str]
    public: Mapping[str, str]


def urls_in(environment: Environment, services: Collection[Service]) -> Urls:
    """The addresses of services in an environment."""
    return Urls(internal_urls(environment, services), public_urls(environment, services))


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
    return values_among(service, environment, urls_in(environment, tuple(catalog)))


def values_among(service: Service, environment: Environment, urls: Urls) -> dict[str, str]:
    """The same where the addresses are known, as of all services at once."""
    values = dict(environment.values)
    for name, value in service.env.items():
        told = None if value.secret else value.value_in(environment.name)
        if told is not None:
            values[name] = fill_placeholders(told, internal=urls.internal, public=urls.public)
    return values
