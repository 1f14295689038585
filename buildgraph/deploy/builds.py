"""Builds of one fingerprint: made from the same, and other images all the same; which of them runs, and is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from buildgraph.place.model import Target

if TYPE_CHECKING:
    from buildgraph.deploy.platform import Running
    from buildgraph.deploy.releases import Release

History = Mapping[str, "tuple[Release, ...]"]  # by product, the oldest first


def is_same_build(one: str, other: str) -> bool:
    """Whether two references lead to one image: by digest or id, whichever registry they name.

    "" stands for an image that nobody recorded or built, and speaks against nothing.
    """
    return not one or not other or _digest(one) == _digest(other)


def built_as(running: Mapping[str, Running], releases: Iterable[Release]) -> tuple[Release, ...]:
    """Those of some releases that name the very images that run, of all their services that do."""
    images = {name: found.image for name, found in running.items()}
    return tuple(
        release
        for release in releases
        if all(is_same_build(images.get(name, ""), image) for name, image in release.images.items())
    )


def kept_builds(
    targets: Iterable[Target],
    running: Mapping[str, Running],
    history: History,
    is_there: Callable[[str], bool],
) -> tuple[Target, ...]:
    """Targets, each with the image that runs where that is of its fingerprint, was released, and can still be had.

    An image that was built again is no better, and would restart what runs well. `is_there` tells whether an image can
    be had. What runs and is in no release was set by somebody's hand, or never proved.
    """
    return tuple(_kept(target, running.get(target.service.name), history, is_there) for target in targets)


def release_of(running: Running, history: History) -> Release | None:
    """The newest release that has a service in the version that runs; one that names its image, if any does."""
    if not running.fingerprint:
        return None
    releases = reversed(history.get(running.product, ()))
    found = [r for r in releases if r.versions.get(running.name) == running.fingerprint]
    named = (r for r in found if is_same_build(running.image, r.images[running.name]))
    return next(named, found[0] if found else None)


def is_as_released(running: Running, history: History) -> bool:
    """Whether a service runs from the image that its release names; where it has none, nothing speaks against it."""
    release = release_of(running, history)
    return release is None or is_same_build(running.image, release.images[running.name])


def _kept(
    target: Target,
    running: Running | None,
    history: History,
    is_there: Callable[[str], bool],
) -> Target:
    if running is None or running.fingerprint != target.fingerprint:
        return target
    if is_same_build(running.image, target.image) or _repository(running.image) != _repository(target.image):
        return target
    is_proved = release_of(running, history) is not None and is_as_released(running, history)
    return replace(target, image=running.image) if is_proved and is_there(running.image) else target


def _digest(reference: str) -> str:
    return reference.rpartition("@")[2]


def _repository(reference: str) -> str:
    """What stands before the digest; "" for an image that is known by its id."""
    return reference.rpartition("@")[0]
