"""A container's specification in the words of the engine's library; pure."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from buildgraph.place.specification import Specification

LOG_ROTATION: Final = {"max-size": "10m", "max-file": "3"}
# An engine that was killed stops, when it starts again, what still runs, and remembers that as if it had been done by
# hand: `unless-stopped` would leave it so.
RESTARTS: Final = MappingProxyType({"Name": "always"})


def container_arguments(specification: Specification) -> dict[str, Any]:
    """What a specification says of the container itself, in the words of docker-py's `create_container`."""
    return {
        "name": specification.name,
        "labels": dict(specification.labels),
        "environment": dict(specification.env),
        "command": list(specification.command) or None,
        "entrypoint": list(specification.entrypoint) or None,
        "user": specification.user or None,
        "ports": sorted(specification.published),
        "stop_timeout": specification.stop_within,
        "healthcheck": None if specification.asks_itself else {"test": ["NONE"]},
    }


def host_arguments(specification: Specification) -> dict[str, Any]:
    """What a specification says of the engine around the container, in the words of `create_host_config`."""
    from docker.types import LogConfig

    return {
        "network_mode": specification.network or None,
        "binds": [f"{volume}:{path}" for volume, path in specification.mounts.items()],
        "port_bindings": dict(specification.published),
        "log_config": LogConfig(type=LogConfig.types.JSON, config=LOG_ROTATION),
        "restart_policy": dict(RESTARTS) if specification.restarts else None,
        "security_opt": ["no-new-privileges:true"],
        "init": specification.has_init or None,
        "dns_opt": list(specification.lookups) or None,
        **_sealing(specification),
        **_limits(specification),
    }


def _sealing(specification: Specification) -> dict[str, Any]:
    if not specification.is_sealed:
        return {}
    return {"read_only": True, "tmpfs": dict(specification.scratch), "cap_drop": ["ALL"]}


def _limits(specification: Specification) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if specification.resources.cpus:
        limits["nano_cpus"] = round(specification.resources.cpus * 1e9)
    if specification.resources.memory:
        limits["mem_limit"] = specification.resources.memory
    return limits
