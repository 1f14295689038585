"""The machine's own engine: which one the docker command would ask when nobody names one; it asks nobody."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DEFAULT_ADDRESS: Final = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class OwnEngine:
    """An engine's address as it is written somewhere, and the folder of certificates (None: it has no TLS).

    `named_by` is who has chosen it, in a user's words; "" for nobody.
    """

    address: str
    certificates: Path | None = None
    named_by: str = ""


def own_engine(env: Mapping[str, str] = os.environ) -> OwnEngine:
    """What the docker command follows: DOCKER_HOST, else the context in use, else the usual socket.

    A context is kept as `docker context` writes it: a file of metadata, and its key, by the digest of its name.
    """
    if env.get("DOCKER_HOST"):
        has_tls = bool(env.get("DOCKER_TLS_VERIFY"))
        return OwnEngine(env["DOCKER_HOST"], usual_certificates(env) if has_tls else None, "DOCKER_HOST")
    name = env.get("DOCKER_CONTEXT") or _text(_read(_folder(env) / "config.json"), "currentContext")
    if name in ("", "default"):
        return OwnEngine(DEFAULT_ADDRESS)
    digest = hashlib.sha256(name.encode()).hexdigest()
    told = _read(_folder(env) / "contexts/meta" / digest / "meta.json")
    key = _folder(env) / "contexts/tls" / digest / "docker"
    endpoints = told.get("Endpoints")
    endpoint = endpoints.get("docker") if isinstance(endpoints, dict) else {}
    address = _text(endpoint if isinstance(endpoint, dict) else {}, "Host")
    if not address:
        return OwnEngine(DEFAULT_ADDRESS)
    return OwnEngine(address, key if key.is_dir() else None, f"the context {name}")


def usual_certificates(env: Mapping[str, str] = os.environ) -> Path:
    """Where the docker command looks for ca.pem, cert.pem and key.pem."""
    return Path(env.get("DOCKER_CERT_PATH") or _folder(env))


def _folder(env: Mapping[str, str]) -> Path:
    return Path(env.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _read(path: Path) -> dict[str, Any]:
    """A JSON file's table; empty when there is none."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    return value if isinstance(value, str) else ""
