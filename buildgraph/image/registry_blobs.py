"""Blobs and manifests of a registry as they are (OCI distribution specification 1.1): read, and put there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from buildgraph.image.registry_content import NOT_FOUND, Registry
from buildgraph.image.registry_sending import Body

if TYPE_CHECKING:
    import requests

OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CHUNK: Final = 1 << 20  # bytes that are read at once


def read_manifest(registry: Registry, repository: str, tag: str) -> bytes | None:
    """The manifest under a tag as it is, or None."""
    answer = registry.ask("GET", f"{repository}/manifests/{tag}", headers={"Accept": OCI_MANIFEST})
    return None if answer.status_code == NOT_FOUND else registry.read(answer)


def has_manifest(registry: Registry, repository: str, tag: str) -> bool:
    """Whether something stands under a tag."""
    answer = registry.ask("HEAD", f"{repository}/manifests/{tag}", headers={"Accept": OCI_MANIFEST})
    return answer.status_code != NOT_FOUND


def read_blob(registry: Registry, repository: str, digest: str) -> Iterator[bytes] | None:
    """The pieces of a blob, or None; whoever reads them compares them with the digest."""
    answer = registry.ask("GET", f"{repository}/blobs/{digest}")
    return None if answer.status_code == NOT_FOUND else _pieces(answer)


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """What an answer holds; its connection is let go also when not all of it is read."""
    with answer:
        yield from answer.iter_content(CHUNK)


def push_blob(registry: Registry, repository: str, digest: str, body: Body) -> None:
    """Put a blob there, unless it is there already."""
    if registry.ask("HEAD", f"{repository}/blobs/{digest}").status_code != NOT_FOUND:
        return
    uploads = f"{repository}/blobs/uploads/"
    place = registry.ask("POST", uploads).headers.get("Location", "")
    if not place:
        raise registry.refuse_missing("POST", uploads)
    joined = f"{place}{'&' if '?' in place else '?'}digest={digest}"
    _put(registry, joined, body, "application/octet-stream")


def push_manifest(
    registry: Registry, repository: str, tag: str, content: bytes, kind: str = OCI_MANIFEST
) -> None:
    """Put a manifest, of the media type `kind`, there under a tag; its blobs must be there already."""
    _put(registry, f"{repository}/manifests/{tag}", content, kind)


def _put(registry: Registry, path: str, body: Body, kind: str) -> None:
    """What is not found where it is to be written is written nowhere."""
    if registry.ask("PUT", path, body=body, headers={"Content-Type": kind}).status_code == NOT_FOUND:
        raise registry.refuse_missing("PUT", path)
