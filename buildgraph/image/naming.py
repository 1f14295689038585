"""Names given, on a registry, to what it holds already: nothing is pulled, and no layer moves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from buildgraph.errors import Mistake, StepFailed, ToolError
from buildgraph.image.engine import Engine
from buildgraph.image.registry_answers import Manifest, parse_named
from buildgraph.image.registry_blobs import push_manifest
from buildgraph.image.registry_content import ACCEPTED, NOT_FOUND, Registry
from buildgraph.image.surplus import OURS

TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")  # OCI distribution specification 1.1
CREATED: Final = 201


def tag_mistakes(tags: Iterable[str]) -> list[Mistake]:
    """What speaks against names that an image shall get beside its fingerprint."""
    return [Mistake(f"tag {tag!r}", *found) for tag in tags if (found := _mistake(tag))]


def place_mistakes(names: Iterable[str], image: str) -> list[Mistake]:
    """What speaks against names with a repository before their tag that is not the one of `image` (without a tag)."""
    return [
        Mistake(
            f"tag {name!r}", f"is in another repository than {image}", f"write {image}:{tag}, or {tag} alone"
        )
        for name in names
        for repository, _, tag in [name.rpartition(":")]
        if repository and Registry(repository).prefix != Registry(image).prefix
    ]


def _mistake(tag: str) -> tuple[str, str] | None:
    if OURS.fullmatch(tag):
        return "is how fingerprints are written, which nobody moves", "take another name"
    if TAG.fullmatch(tag):
        return None
    if not tag:
        return "is empty", "a version or branch that it was made from is missing"
    what = (
        f"has {len(tag)} characters, 128 at most are allowed" if len(tag) > 128 else "is no name of an image"
    )
    better = re.sub(r"[^A-Za-z0-9._-]+", "-", tag).lstrip(".-")[:128]
    return what, f"write for example {better}" if better else "use letters, digits, and inner . _ -"


@dataclass(frozen=True, slots=True)
class Held:
    """A manifest that a registry's repository holds, byte for byte, ready to be given further names."""

    registry: Registry
    repository: str
    content: bytes
    kind: str
    manifest: Manifest

    def give(self, tag: str) -> None:
        """Have `tag` name it, in one request; ToolError when the registry refuses or does not answer."""
        push_manifest(self.registry, self.repository, tag, self.content, self.kind)


def find_held(image: str) -> Held:
    """What stands under `image` (a name with its digest): an index as it is, or a single image.

    StepFailed when nothing stands there, ToolError when the registry refuses, does not answer, or shows anything else.
    """
    name, _, digest = image.partition("@")
    registry = Registry(name, writes=True)
    return _held(registry, registry.repository(""), digest)


def find_reachable(engine: Engine, image: str) -> Held | None:
    """The same, or None where the registry takes nothing from this process: the engine may trust it, or know its way.

    That is found out once for each registry, as an answer that does not come is waited for.
    """
    registry = Registry(image.partition("@")[0]).name
    if registry in engine.beyond:
        return None
    try:
        return find_held(image)
    except ToolError:
        engine.beyond.add(registry)
    except StepFailed:
        pass
    return None


def mount_image(source: str, reference: str) -> bool:
    """Have another repository of the same registry hold what stands under `source`, a name with its digest.

    The registry links the layers itself. False where the registries are two, or it does not do that; the caller
    asks for the digest that came. StepFailed when nothing stands there, ToolError when the registry refuses.
    """
    name, _, digest = source.partition("@")
    repository, _, tag = reference.rpartition(":")
    registry, other = Registry(name), Registry(repository, writes=True)
    if registry.name != other.name:
        return False
    return _mount(other, registry.repository(""), other.repository(""), digest, tag)


def _mount(registry: Registry, source: str, target: str, digest: str, name: str) -> bool:
    """A manifest after all that it names, so that a name never leads to what is not there."""
    found = _held(registry, source, digest)
    blobs = [blob for blob in (found.manifest.config, *found.manifest.layers) if blob]
    if not all(_mount(registry, source, target, child, child) for child in found.manifest.children):
        return False
    if not all(_is_linked(registry, source, target, blob) for blob in blobs):
        return False
    replace(found, repository=target).give(name)
    return True


def _is_linked(registry: Registry, source: str, target: str, blob: str) -> bool:
    """Whether the registry has linked a blob; where it wants it uploaded instead, that is left to others."""
    answer = registry.ask("POST", f"{target}/blobs/uploads/?mount={blob}&from={source}")
    return answer.status_code == CREATED


def _held(registry: Registry, repository: str, digest: str) -> Held:
    found = registry.ask("GET", f"{repository}/manifests/{digest}", headers={"Accept": ACCEPTED})
    if found.status_code == NOT_FOUND:
        raise StepFailed(f"push:{repository}", f"the registry does not hold {digest}")
    content = registry.read(found)
    with registry.understood():
        manifest = parse_named(content, digest)
    return Held(registry, repository, content, found.headers.get("Content-Type", ""), manifest)
