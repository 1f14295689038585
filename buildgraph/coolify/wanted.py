"""What an application shall be set to so that it runs a target: settings and variables; it asks nobody."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from buildgraph.coolify.answers import Application, Setting
from buildgraph.coolify.api import NewVariable
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.addresses import public_url
from buildgraph.manifests.model import Environment, Resources, Service
from buildgraph.place.model import Target
from buildgraph.place.specification import service_env

# Coolify runs NAME@sha256:HEX when the tag reads sha256-HEX (`generate_image_names` in its
# app/Jobs/ApplicationDeploymentJob.php); versions before that look for such a tag, and say that there is none.
DIGEST_TAG: Final = "sha256-"
INTERVAL: Final = 5  # seconds from one health check to the next
CHECK: Final = "health_check_type"  # http or cmd, in newer versions
NONE: Final = "0"  # what Coolify calls a limit that there is not


def wanted_settings(place: CoolifyPlace, target: Target, now: Application) -> dict[str, Setting]:
    """The settings of a target's application, by the names that PATCH /applications/{uuid} takes.

    What is told of the application `now` tells which of them its Coolify knows.
    """
    service = target.service
    name, _, digest = target.image.partition("@sha256:")
    return {
        "docker_registry_image_name": name,
        "docker_registry_image_tag": f"{DIGEST_TAG}{digest}",
        **_route(place.environment, service),
        **_health(service, place.environment.health_within),
        **({CHECK: "http"} if service.health and CHECK in now.settings else {}),
        **_limits(service.resources),
    }


def wanted_variables(place: CoolifyPlace, service: Service) -> tuple[NewVariable, ...]:
    """The variables of a service's application; ConfigurationError for values that Coolify cannot carry."""
    values = service_env(place.place, service)
    mistakes = [
        Mistake(f"service {service.name}: env.{name}", wrong, "write or encode the value otherwise")
        for name, value in values.items()
        if (wrong := _wrong(value))
    ]
    if mistakes:
        raise ConfigurationError(mistakes)
    return tuple(NewVariable(name, value) for name, value in sorted(values.items()))


def differing_variables(wanted: Iterable[NewVariable], found: Mapping[str, str]) -> tuple[NewVariable, ...]:
    """Those of the wanted variables that are not there as they shall be."""
    return tuple(variable for variable in wanted if found.get(variable.key) != variable.value)


def _wrong(value: str) -> str:
    """What Coolify would make of a value, "" when it carries it as it is.

    It trims values, and writes them to an env file between single quotes, but JSON without any
    (`realValue` in app/Models/EnvironmentVariable.php).
    """
    if value != value.strip():
        return "begins or ends with a space, which Coolify takes away"
    if value.startswith("{{") and value.endswith("}}"):
        return "is taken for a shared variable by Coolify"
    if "'" in value:
        return "has a single quote, which Coolify cannot write"
    if value.startswith(("{", "[")) and any(sign in value for sign in ("$", "#", "\n")):
        return "looks like JSON, which Coolify writes without quotes, and has a $, a # or a new line"
    return ""


def _route(environment: Environment, service: Service) -> dict[str, Setting]:
    """Where its container listens, and its public address."""
    port = service.listens or service.port
    ports: dict[str, Setting] = {"ports_exposes": str(port)} if port else {}
    return {**ports, "domains": _domain(environment, service)} if service.host else ports


def _domain(environment: Environment, service: Service) -> str:
    """The public address as Coolify takes it: what it would read as a port there is that of the container."""
    address = urlsplit(public_url(environment, service))
    return f"{address.scheme}://{address.hostname}"


def _health(service: Service, within: float) -> dict[str, Setting]:
    """The health check, which Coolify runs inside the container: curl or wget for a path, else a command.

    A new version has `within` seconds: Coolify gives it up after that many tries. The former one serves meanwhile.
    """
    usual: dict[str, Setting] = {
        "health_check_enabled": bool(service.health or service.health_command),
        "health_check_interval": INTERVAL,
        "health_check_timeout": INTERVAL,
        "health_check_retries": max(1, math.ceil(within / INTERVAL)),
        "health_check_start_period": 1,
    }
    if service.health:
        return {
            **usual,
            "health_check_path": service.health,
            "health_check_port": str(service.listens or service.port),
            "health_check_host": "127.0.0.1",
            "health_check_method": "GET",
            "health_check_scheme": "http",
            "health_check_return_code": 200,
        }
    if service.health_command:
        command = shlex.join(service.health_command)
        return {**usual, CHECK: "cmd", "health_check_command": command}
    return usual


def _limits(resources: Resources) -> dict[str, Setting]:
    return {
        "limits_cpus": f"{resources.cpus:g}" if resources.cpus else NONE,
        "limits_memory": str(resources.memory) if resources.memory else NONE,
    }
