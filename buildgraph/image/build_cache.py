"""BuildKit's own cache kept elsewhere, as options of a build; each image has a place of its own in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from buildgraph.manifests.site import Site

REGISTRY, LOCAL, GITHUB = "registry", "local", "gha"
ALL_STAGES: Final = "mode=max"  # the steps of all stages, and not of those alone that the image is made of

NOT_EXPORTED: Final = (
    "no build cache goes to {}: the builder of an engine whose classic store keeps its images exports none "
    "(docs/MACHINES.md)"
)


def cache_options(site: Site, name: str, *, can_export: bool, tell: Callable[[str], None]) -> tuple[str, ...]:
    """What a build is told of the places in this machine's settings; they change nothing that is built.

    `name` is the image's. Where the builder cannot export, that is told.
    """
    found = [f"--cache-from={_place(site.cache_from, name, 'src')}"] if site.cache_from else []
    if site.cache_to and not can_export:
        tell(NOT_EXPORTED.format(site.cache_to))
    elif site.cache_to:
        found.append(f"--cache-to={_place(site.cache_to, name, 'dest')},{ALL_STAGES}")
    return tuple(found)


def _place(place: str, name: str, folder: str) -> str:
    """`name` is that of the image: what several images write to one place is overwritten by the last."""
    kind, _, where = place.partition(":")
    if kind == REGISTRY:
        return f"type={REGISTRY},ref={where}:{name}"
    if kind == LOCAL:
        return f"type={LOCAL},{folder}={Path(where).expanduser().absolute() / name}"
    return f"type={GITHUB},scope={name}"
