"""Builds of one fingerprint: made from the same, and other images all the same; which of them runs, and is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from buildgraph.place.model import Target

if TYPE_CHECKING:
    from buildgraph.deploy.platform import Running
    from buildgraph.deploy.releases import Release

ID = "sha256:"  # how ids of images begin
History = Mapping[str, "tuple[Release, ...]"]  # by product, the oldest first


class Told(Protocol):
    """A platform as far as it tells what runs and what was released."""

    def running(self) -> Mapping[str, Running]:
        """What runs, by service."""

    def history(self) -> History:
        """The releases that are kept."""


def is_same_build(one: str, other: str) -> bool:
    """Whether two references lead to one image: by digest or id, whichever registry they name.

    "" stands for an image that nobody recorded or built, and a name that an engine alone knows may mean any image
    there: neither speaks against anything. A tag where a digest is wanted is another one.
    """
    if not one or not other or _digest(one) == _digest(other):
        return True
    is_local = not (_repository(one) or _repository(other))
    return is_local and not (one.startswith(ID) and other.startswith(ID))


def built_as(running: Mapping[str, Running], releases: Iterable[Release]) -> tuple[Release, ...]:
    """Those of some releases that name the very images that run, of all their services that do."""
    images = {name: found.image for name, found in running.items()}
    return tuple(
        release
        for release in releases
        if all(is_same_build(images.get(name, ""), image) for name, image in release.images.items())
    )


def kept_builds(
    targets: Iterable[Target], platform: Told, is_there: Callable[[str], bool]
) -> tuple[Target, ...]:
    """Targets, each with the image that runs where that is of its fingerprint, was released, and can still be had.

    An image that was built again is no better, and would restart what runs well. `is_there` tells whether an image can
    be had. What runs and is in no release was set by somebody's hand, or never proved.
    """
    wanted, running = tuple(targets), platform.running()
    rebuilt = {t.service.name for t in wanted if _is_rebuilt(t, running.get(t.service.name))}
    history = platform.history() if rebuilt else {}
    kept = {
        name: running[name].image
        for name in rebuilt
        if release_of(running[name], history)
        and is_as_released(running[name], history)
        and is_there(running[name].image)
    }
    return tuple(replace(target, image=kept.get(target.service.name, target.image)) for target in wanted)


def moved_tags(deployed: Iterable[Target], standing: Callable[[str], str]) -> tuple[str, ...]:
    """The services whose fingerprint's tag names another image by now than what was deployed.

    `standing` tells what stands for a service there; "" where that is not known.
    """
    return tuple(
        target.service.name
        for target in deployed
        if not is_same_build(target.image, standing(target.service.name))
    )


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


def _is_rebuilt(target: Target, running: Running | None) -> bool:
    """Whether a target is what runs but for its image, which another build has made for the same repository."""
    return (
        running is not None
        and running.fingerprint == target.fingerprint
        and not is_same_build(running.image, target.image)
        and _repository(running.image) == _repository(target.image)
    )


def _digest(reference: str) -> str:
    return reference.rpartition("@")[2]


def _repository(reference: str) -> str:
    """What stands before the digest; "" for an image that is known by its id."""
    return reference.rpartition("@")[0]
