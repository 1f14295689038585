"""A Docker engine in this process that holds one image, and reaches one registry that is in this process, too."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.relay import Relay
from tests.support.unwell import Answering, Ill, Unwell, digest_of, served, well

VERSION: Final = {"Version": "26", "ApiVersion": "1.45", "Os": "linux", "Arch": "amd64"}
IMAGE: Final = {"Id": "sha256:" + "1" * 64, "Os": "linux", "Architecture": "amd64", "Config": {"Labels": {}}}
INDEX: Final = "application/vnd.oci.image.index.v1+json"
MISSING: Final = {"message": "manifest unknown"}


class Carrier:
    """The engine: the names that its image has, and, in the order of both, what it and the registry were asked.

    `manifest` is what the image is in a registry. It has images of every name where `has_all`, and does not push the
    name that it `refuses`. It may be `ill`.
    """

    def __init__(self, address: str, registry: Unwell, manifest: bytes) -> None:
        self.address, self.registry, self.manifest = address, registry, manifest
        self.names, self.asked = set[str](), list[str]()
        self.refuses, self.has_all, self.info = "", True, dict[str, Any](DriverStatus=None)
        self.ill: Ill = well

    def hear(self, asked: Answering) -> bool:
        """Note what the registry is asked, which it answers itself."""
        self.asked.append(f"{asked.command} {asked.path.partition('?')[0].removeprefix('/v2/')}")
        return False

    def answer(self, asked: Answering) -> bool:
        """Answer as an engine does (Docker Engine API 1.45), unless it is ill."""
        if self.ill(asked):
            return True
        place = urlsplit(asked.path)
        path = unquote(re.sub(r"^/v[\d.]+", "", place.path))
        told = {name: found[0] for name, found in parse_qs(place.query).items()}
        asked.answer(*self._answered(asked.command, path, told))
        return True

    def publish(self, name: str) -> None:
        """Have the registry hold the image under a name, without the registry's own before it, and its digest."""
        repository, tag = name.split(":")
        for reference in (tag, digest_of(self.manifest)):
            self.registry.held[f"/v2/{repository}/manifests/{reference}"] = self.manifest

    def _answered(self, command: str, path: str, told: dict[str, str]) -> tuple[int, bytes]:
        name = path.removeprefix("/images/").removeprefix("/distribution/").rpartition("/")[0]
        if path in ("/version", "/info"):
            return _json(200, VERSION if path == "/version" else self.info)
        if path.startswith("/distribution/"):
            return self._look(name)
        if path.endswith("/tag"):
            self.names.add(f"{told['repo']}:{told['tag']}")
            return 201, b""
        if path.endswith("/push"):
            return self._push(f"{name}:{told['tag']}")
        if command == "DELETE":
            return self._remove(path.removeprefix("/images/"))
        return _json(200, IMAGE) if self.has_all or name in self.names else _json(404, MISSING)

    def _look(self, name: str) -> tuple[int, bytes]:
        self.asked.append(f"look {_short(name)}")
        content = self.registry.held.get(_place(name))
        if content is None:
            return _json(404, MISSING)
        return _json(200, {"Descriptor": {"digest": digest_of(content), "mediaType": INDEX}, "Platforms": []})

    def _push(self, name: str) -> tuple[int, bytes]:
        self.asked.append(f"push {_short(name)}")
        if _short(name) == self.refuses:
            return _json(200, {"error": "denied"})
        self.publish(_short(name))
        return _json(200, {"aux": {"Digest": digest_of(self.manifest)}})

    def _remove(self, name: str) -> tuple[int, bytes]:
        if name not in self.names:
            return _json(404, {"message": "No such image"})
        self.names.remove(name)
        return 200, b"[]"


@contextmanager
def carrying(folder: Path, registry: Unwell, manifest: bytes) -> Iterator[Carrier]:
    """Such an engine at a socket in `folder`, as long as the block runs; it hears what the registry is asked."""
    place = folder / "socket"
    with served() as server, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        with Relay(listener, lambda: socket.create_connection(("127.0.0.1", server.server_port))):
            carrier = Carrier(f"unix://{place}", registry, manifest)
            server.ill, registry.ill = carrier.answer, carrier.hear
            yield carrier


def _json(status: int, told: object) -> tuple[int, bytes]:
    return status, json.dumps(told).encode()


def _short(name: str) -> str:
    """A name without its registry."""
    return name.partition("/")[2]


def _place(name: str) -> str:
    """Where the registry holds what has this name."""
    repository, tag = re.split(r"[@:]", _short(name), maxsplit=1)
    return f"/v2/{repository}/manifests/{tag}"
