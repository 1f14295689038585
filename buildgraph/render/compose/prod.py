"""`compose.prod.yml`: a server, by hand or by Coolify. It publishes no port: who ends TLS stands on its network `edge`.

Secrets are references, without which the file is refused; networks keep servers from the outside, and not services from
the providers that they call.
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Resources, Service
from buildgraph.render.compose.containers import SEALED, Secrets, check, migration, variables, waits
from buildgraph.render.compose.servers import servers
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.words import (
    DATABASES,
    image_variable,
    migration_name,
    part_of_product,
    required,
    usually,
)
from buildgraph.render.limits import HALF, MEBI, QUARTER, stop_seconds
from buildgraph.render.yaml import Yaml, render_file

SECRETS: Final = Secrets(lambda name: required(name, "a secret of this environment is missing"))
EDGE, SERVICES, DATA = "edge", "services", "data"
EDGE_NETWORK: Final = usually("EDGE_NETWORK", "coolify")  # Coolify's own name of it
LOGGING: Final[dict[str, Yaml]] = {
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}
}
# How often a running service is asked, as the architecture has it; what is asked stands in its image.
SELDOM: Final[dict[str, Yaml]] = {"interval": "30s", "timeout": "10s", "retries": 3, "start_period": "40s"}


def render_prod(stack: Stack) -> str:
    """The file for servers."""
    services: dict[str, Yaml] = {
        name: _server(stack, name, told) for name, told in servers(stack, SECRETS).items()
    }
    for service in stack.services:
        if service.migration:
            once = {"networks": _networks(stack, service), **migration(stack, service)}
            services[migration_name(service)] = _of(stack, service, once)
        services[service.name] = _of(stack, service, _serving(stack, service))
    volumes: dict[str, Yaml] = {backing.kind: {} for backing in stack.environment.backing}
    networks: dict[str, Yaml] = {
        EDGE: {"external": True, "name": EDGE_NETWORK},
        SERVICES: {},
        DATA: {"internal": True},
    }
    return render_file(
        {"name": stack.workspace, "services": services, "networks": networks, "volumes": volumes}
    )


def _server(stack: Stack, name: str, told: dict[str, Yaml]) -> dict[str, Yaml]:
    restart: dict[str, Yaml] = {} if name == DATABASES else {"restart": "always"}
    backing = stack.backing(name)
    limits = _limits(backing.resources) if backing else {}
    return {**told, **restart, "networks": [DATA], **({"deploy": limits} if limits else {}), **LOGGING}


def _of(stack: Stack, service: Service, told: dict[str, Yaml]) -> dict[str, Yaml]:
    """A container from a service's image, by the variable that names it with its digest, else by a tag."""
    registry = stack.environment.registry.rstrip("/") or stack.workspace
    tagged = f"{registry}/{service.name}:{usually('VERSION', 'latest')}"
    return {
        "image": usually(image_variable(service.name), tagged),
        "environment": variables(stack, service, SECRETS),
        **LOGGING,
        **told,
    }


def _serving(stack: Stack, service: Service) -> dict[str, Yaml]:
    port = service.listens or service.port
    return {
        "healthcheck": {**check(service), **SELDOM},
        **waits(stack, service),
        "restart": "always",
        "stop_grace_period": f"{stop_seconds(stack.environment)}s",
        **({"expose": [str(port)]} if port else {}),
        "networks": [*([EDGE] if service.host else []), *_networks(stack, service)],
        "deploy": _deploy(stack, service),
        "labels": _labels(stack, service),
        **SEALED,
    }


def _networks(stack: Stack, service: Service) -> list[Yaml]:
    """The others, whom it calls, also outside; and the servers, where it needs one."""
    return [SERVICES, *([DATA] if stack.needs_database(service) or stack.needs_redis(service) else [])]


def _deploy(stack: Stack, service: Service) -> dict[str, Yaml]:
    """How many there are, and what each may use."""
    return {"replicas": service.replicas_in(stack.environment.name), **_limits(service.resources)}


def _limits(resources: Resources) -> dict[str, Yaml]:
    """What a container may use at most, and what it is promised of that; nothing without limits."""
    most, promised = {}, {}
    if cpus := resources.cpus:
        most["cpus"], promised["cpus"] = f"{cpus:g}", f"{cpus / QUARTER:g}"
    if memory := resources.memory // MEBI:
        most["memory"], promised["memory"] = f"{memory}M", f"{max(1, memory // HALF)}M"
    return {"resources": {"limits": most, "reservations": promised}} if most else {}


def _labels(stack: Stack, service: Service) -> dict[str, Yaml]:
    """What tells Coolify's pages what this is, and its proxy where requests go."""
    found: dict[str, Yaml] = {
        "coolify.managed": "true",
        "coolify.project": service.product,
        "coolify.service": part_of_product(service),
    }
    if not service.host:
        return found
    host, port = stack.environment.host_of(service), str(service.listens or service.port)
    return {**found, "coolify.port": port, "coolify.domain": host, **_routes(service.name, host, port)}


def _routes(name: str, host: str, port: str) -> dict[str, Yaml]:
    """The routes to a service in the words of Traefik, with the entry points and the resolver that Coolify gives it."""
    router, plain, away = f"traefik.http.routers.{name}", f"traefik.http.routers.{name}-http", f"{name}-https"
    rule = f"Host(`{host}`)"
    return {
        "traefik.enable": "true",
        "traefik.docker.network": EDGE_NETWORK,
        f"{router}.rule": rule,
        f"{router}.entrypoints": "https",
        f"{router}.tls.certresolver": "letsencrypt",
        f"{plain}.rule": rule,
        f"{plain}.entrypoints": "http",
        f"{plain}.middlewares": away,
        f"traefik.http.middlewares.{away}.redirectscheme.scheme": "https",
        f"traefik.http.services.{name}.loadbalancer.server.port": port,
    }
