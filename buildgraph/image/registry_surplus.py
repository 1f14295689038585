"""What a repository of a registry holds, read for who judges what nobody needs, and the end of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from buildgraph.image.registry_answers import Manifest
from buildgraph.image.registry_content import Registry
from buildgraph.image.surplus import OURS, Content, Judged, Needs


def read_content(registry: Registry, repository: str, needs: Needs) -> Content:
    """What a repository holds: all tags, what is below each, and the ages of what nobody is known to need.

    A digest that somebody needs is looked at too, tagged or not, for what is below it must stay as well.
    """
    tags = {
        tag: found for tag in registry.tags(repository) if (found := registry.find_manifest(repository, tag))
    }
    named = [registry.find_manifest(repository, digest) for digest in sorted(needs.digests)]
    manifests = _with_children(registry, repository, [*tags.values(), *filter(None, named)])
    kept = {*needs.digests, *(found.digest for tag, found in tags.items() if tag in needs.tags)}
    candidates = [found for tag, found in tags.items() if OURS.fullmatch(tag) and found.digest not in kept]
    content = Content(
        {tag: found.digest for tag, found in tags.items()},
        {digest: found.children for digest, found in manifests.items() if found.children},
    )
    asked = sorted(content.reached(found.digest for found in candidates) & manifests.keys())
    ages = {digest: registry.days_since(registry.created(repository, manifests[digest])) for digest in asked}
    return replace(content, ages={digest: age for digest, age in ages.items() if age is not None})


def _with_children(registry: Registry, repository: str, found: Iterable[Manifest]) -> dict[str, Manifest]:
    """Manifests and all below them, by digest."""
    known: dict[str, Manifest] = {}
    waiting = list(found)
    while waiting:
        manifest = waiting.pop()
        if manifest.digest in known:
            continue
        known[manifest.digest] = manifest
        new = [child for child in manifest.children if child not in known]
        waiting += filter(None, (registry.find_manifest(repository, child) for child in new))
    return known


def remove_manifest(registry: Registry, repository: str, judged: Judged) -> bool:
    """Remove a manifest and what it alone holds; False when a tag of it names something else by now.

    The manifest goes before its children: what dies halfway leaves unnamed remains, never a name that leads nowhere.
    """
    now = [registry.find_manifest(repository, tag) for tag in judged.tags]
    if any(found is not None and found.digest != judged.digest for found in now):
        return False
    for digest in judged.goes:
        registry.delete(repository, digest)
    return True
