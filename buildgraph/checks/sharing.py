"""Results shared in a registry: each is an OCI artifact under its key with its pack as a layer, verified when read."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Final

from buildgraph.checks.packing import Damaged
from buildgraph.checks.result import Content, Result, parse_result, render_result
from buildgraph.checks.store import Store
from buildgraph.errors import ToolError, first_line
from buildgraph.image.registry_blobs import (
    OCI_MANIFEST,
    has_manifest,
    push_blob,
    push_manifest,
    read_blob,
    read_manifest,
)
from buildgraph.image.registry_content import Registry

ARTIFACT: Final = "application/vnd.buildgraph.check.v1"
RESULT: Final = "application/vnd.buildgraph.check.result.v1+json"
PACK: Final = "application/vnd.buildgraph.check.pack.v1"
MOST: Final = 1 << 26  # bytes of a result's list
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class SharedCache:
    """The results in a repository of a registry, brought to and taken from a local store.

    One that cannot be read or written is told once with `tell`, and left alone from then on: it saves time, and
    nothing is wrong without it.
    """

    def __init__(self, place: str, store: Store, tell: Callable[[str], None]) -> None:
        self._registry = Registry(place)
        self._repository = self._registry.repository("")
        self._store = store
        self._tell = tell
        self._turn = threading.Lock()
        self._is_read = self._is_written = True

    def fetch(self, key: str, is_output: Callable[[str], bool]) -> Result | None:
        """Bring the result of a key to the store; None when there is none, or a damaged one."""
        if not self._is_read:
            return None
        try:
            return self._fetch(key, is_output)
        except (ToolError, OSError) as error:
            with self._turn:
                told, self._is_read = self._is_read, False
            if told:
                self._tell(f"shared results are not read: {first_line(str(error))}")
        except Damaged as damaged:
            self._tell(f"a shared result is damaged and passed over: {damaged}")
        return None

    def publish(self, result: Result) -> None:
        """Put a result of the store there, unless one of its key is there: whoever came first has it right."""
        if not self._is_written:
            return
        try:
            self._publish(result)
        except (ToolError, OSError) as error:
            with self._turn:
                told, self._is_written = self._is_written, False
            if told:
                self._tell(f"results are not shared: {first_line(str(error))}")

    def _fetch(self, key: str, is_output: Callable[[str], bool]) -> Result | None:
        manifest = read_manifest(self._registry, self._repository, key)
        if manifest is None:
            return None
        listed = b"".join(self._verified(_config_digest(manifest)))
        result = parse_result(listed, key, is_output)
        if result is None:
            raise Damaged(key)
        self._bring_pack(result.pack)
        self._store.keep(result)
        return result

    def _bring_pack(self, pack: Content) -> None:
        if self._store.pack_place(pack).exists():
            return
        with self._store.writing() as file:
            for piece in self._verified(f"sha256:{pack.digest}", pack.size):
                file.write(piece)
            self._store.keep_pack(file, pack)

    def _verified(self, digest: str, most: int = MOST) -> Iterable[bytes]:
        """The pieces of a blob; Damaged at their end when they are not those of its digest."""
        pieces = read_blob(self._registry, self._repository, digest)
        if pieces is None:
            raise Damaged(f"{digest} is not there")
        found, size = hashlib.sha256(), 0
        for piece in pieces:
            found.update(piece)
            size += len(piece)
            if size > most:
                break
            yield piece
        if f"sha256:{found.hexdigest()}" != digest:
            raise Damaged(digest)

    def _publish(self, result: Result) -> None:
        if has_manifest(self._registry, self._repository, result.key):
            return
        listed = render_result(result)
        digest = hashlib.sha256(listed).hexdigest()
        pack = self._store.pack_place(result.pack)
        push_blob(self._registry, self._repository, f"sha256:{digest}", listed)
        push_blob(self._registry, self._repository, f"sha256:{result.pack.digest}", pack)
        manifest = _render_manifest(Content(digest, len(listed)), result.pack)
        push_manifest(self._registry, self._repository, result.key, manifest)


def _render_manifest(listed: Content, pack: Content) -> bytes:
    """The artifact's manifest (OCI image specification 1.1, "Guidelines for Artifact Usage")."""
    told = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": ARTIFACT,
        "config": _descriptor(RESULT, listed),
        "layers": [_descriptor(PACK, pack)],
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _descriptor(media_type: str, content: Content) -> dict[str, str | int]:
    return {"mediaType": media_type, "digest": f"sha256:{content.digest}", "size": content.size}


def _config_digest(manifest: bytes) -> str:
    try:
        digest = str(json.loads(manifest)["config"]["digest"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged("its manifest") from error
    if not _DIGEST.fullmatch(digest):
        raise Damaged("its manifest")
    return digest
