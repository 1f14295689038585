"""`compose.dev.yml`: a laptop. A profile per product brings what the product needs, and nothing else.

Images are those that `buildgraph build` has made, or others by variable; every port is this machine's alone, and the
secrets' usual values are worth nothing.
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.manifests.variables import ADDRESS_HEADER
from buildgraph.render.compose.containers import SEALED, Secrets, check, migration, variables, waits
from buildgraph.render.compose.servers import servers
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.words import (
    image_variable,
    migration_name,
    part_of_product,
    usually,
)
from buildgraph.render.yaml import Yaml, render_file
from buildgraph.servers import POSTGRES, REDIS

ALL, PROXY = "all", "proxy"
TRAEFIK, TRAEFIK_IMAGE = "traefik", "traefik:v3.6"
HERE: Final = "127.0.0.1"  # what an engine publishes elsewhere passes by the machine's firewall
PORTS: Final = {POSTGRES: "5432", REDIS: "6379"}
SECRETS: Final = Secrets(lambda name: usually(name, f"development-only-{name.lower().replace('_', '-')}"))


def render_dev(stack: Stack) -> str:
    """The file for laptops."""
    services: dict[str, Yaml] = {
        name: _server(stack, name, told) for name, told in servers(stack, SECRETS).items()
    }
    for service in stack.services:
        if service.migration:
            services[migration_name(service)] = _of(stack, service, migration(stack, service))
        services[service.name] = _of(stack, service, _serving(stack, service))
    services[TRAEFIK] = _proxy(stack)
    volumes: dict[str, Yaml] = {backing.kind: {} for backing in stack.environment.backing}
    return render_file({"name": _project(stack), "services": services, "volumes": volumes})


def _project(stack: Stack) -> str:
    return f"{stack.workspace}-dev"


def _server(stack: Stack, name: str, told: dict[str, Yaml]) -> dict[str, Yaml]:
    """A server keeps running, and answers tools on this machine.

    What makes the databases runs with those that wait for it: `up --wait` takes any other container that ends for one
    that has failed (https://github.com/docker/compose/issues/10596).
    """
    if name not in PORTS:
        users = (service for service in stack.services if stack.needs_database(service))
        products = {product for service in users for product in stack.products_with(service)}
        return {"profiles": [*sorted(products), ALL], **told}
    return {**told, "restart": "unless-stopped", "ports": [f"{HERE}:{PORTS[name]}:{PORTS[name]}"]}


def _of(stack: Stack, service: Service, told: dict[str, Yaml]) -> dict[str, Yaml]:
    """A container from a service's image, under the profiles that bring it."""
    return {
        "profiles": [*stack.products_with(service), ALL],
        "image": usually(image_variable(service.name), f"{stack.workspace}/{service.name}:latest"),
        "pull_policy": "never",
        "environment": _variables(stack, service),
        **told,
    }


def _variables(stack: Stack, service: Service) -> dict[str, Yaml]:
    """What a container is given. A laptop's is asked by its own port, too, where no proxy says who asks."""
    told = variables(stack, service, SECRETS)
    return {name: text for name, text in told.items() if name != ADDRESS_HEADER or name in service.env}


def _serving(stack: Stack, service: Service) -> dict[str, Yaml]:
    checked = check(service)
    ports: list[Yaml] = [f"{HERE}:{service.port}:{service.listens or service.port}"] if service.port else []
    return {
        **({"healthcheck": checked} if checked else {}),
        **waits(stack, service),
        "restart": "unless-stopped",
        **({"ports": ports} if ports else {}),
        "labels": _labels(stack, service),
        **SEALED,
    }


def _labels(stack: Stack, service: Service) -> dict[str, Yaml]:
    found: dict[str, Yaml] = {
        f"com.{stack.workspace}.project": service.product,
        f"com.{stack.workspace}.service": part_of_product(service),
    }
    if service.host:
        found |= {
            "traefik.enable": "true",
            f"traefik.http.routers.{service.name}.rule": f"Host(`{stack.environment.host_of(service)}`)",
            f"traefik.http.services.{service.name}.loadbalancer.server.port": str(
                service.listens or service.port
            ),
        }
    return found


def _proxy(stack: Stack) -> dict[str, Yaml]:
    """Answers under the services' local domains, on the port of buildgraph's own proxy: one of the two runs."""
    return {
        "profiles": [PROXY, ALL],
        "image": usually(image_variable(TRAEFIK), TRAEFIK_IMAGE),
        "command": [
            "--providers.docker=true",
            "--providers.docker.exposedbydefault=false",
            # compose's own variable: whoever gives the project another name has a proxy for that
            "--providers.docker.constraints=Label(`com.docker.compose.project`,`${COMPOSE_PROJECT_NAME}`)",
            "--entrypoints.web.address=:80",
        ],
        "restart": "unless-stopped",
        "ports": [f"{HERE}:{stack.environment.proxy_port}:80"],
        "volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro"],
    }
