"""What a registry answers, as values; whatever else stands there, such as a page to sign in, is no answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from buildgraph.image.labels import built_at

T = TypeVar("T")
# What a manifest of either sort, of whichever age, has beside its version or media type: one of these at least.
PARTS: Final = frozenset({"manifests", "config", "layers", "fsLayers", "blobs"})
KINDS: Final = frozenset({"schemaVersion", "mediaType"})


class NoAnswer(Exception):
    """What no registry answers (OCI distribution specification 1.1)."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands under a digest: an image (configuration, layers), or an index, with the digests below it."""

    digest: str
    children: tuple[str, ...] = ()
    config: str = ""
    layers: tuple[str, ...] = ()


def parse_manifest(content: bytes, digest: str) -> Manifest:
    """A manifest; `digest` is what the registry calls it, or "". NoAnswer for anything else."""

    def read(told: Any) -> Manifest:
        if not (told.keys() & PARTS and told.keys() & KINDS):
            raise LookupError("no part of a manifest")
        children, layers = _digests(told, "manifests"), _digests(told, "layers")
        config = _text((told.get("config") or {}).get("digest"))
        return Manifest(digest or _digest_of(content), children, config, layers)

    return _read(content, read)


def parse_named(content: bytes, digest: str) -> Manifest:
    """The manifest that `digest` names; NoAnswer for anything else, be it another manifest."""
    if digest.startswith("sha256:") and _digest_of(content) != digest:
        raise NoAnswer
    return parse_manifest(content, digest)


def parse_tags(content: bytes) -> list[str]:
    """A page of a list of tags, which may be null; NoAnswer for anything else."""
    return _read(content, lambda told: [_text(tag) for tag in told["tags"] or ()])


def parse_created(content: bytes) -> str:
    """When an image's configuration says that it was built, or ""; NoAnswer for anything else.

    Its label of that comes before its own date, which may be one that builds were given.
    """
    return _read(
        content,
        lambda told: _text(built_at((told.get("config") or {}).get("Labels")) or told.get("created")),
    )


def parse_triggers(content: bytes) -> tuple[str, ...]:
    """The ONBUILD lines that an image's configuration leaves to images built upon it; NoAnswer for anything else."""
    return _read(content, lambda told: tuple(map(_text, (told.get("config") or {}).get("OnBuild") or ())))


def parse_token(content: bytes) -> str:
    """A token that was given for a login, or ""; NoAnswer for anything else."""
    return _read(content, lambda told: _text(told.get("token") or told.get("access_token")))


def _read(content: bytes, read: Callable[[Any], T]) -> T:
    try:
        return read(json.loads(content))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise NoAnswer from error


def _digests(told: Any, name: str) -> tuple[str, ...]:
    return tuple(_text(each["digest"]) for each in told.get(name) or ())


def _text(told: object) -> str:
    if told is None:
        return ""
    if not isinstance(told, str):
        raise TypeError(told)
    return told


def _digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
