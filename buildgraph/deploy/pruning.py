"""Images of a workspace on an engine: which of them anybody may still need, and the end of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from buildgraph.deploy.live import read_live
from buildgraph.deploy.releases import Release, read_history
from buildgraph.errors import StepFailed
from buildgraph.image.engine import told_plainly
from buildgraph.image.labels import WORKSPACE as IMAGE_WORKSPACE
from buildgraph.image.labels import built_at
from buildgraph.image.moments import is_younger, parse_moment
from buildgraph.place.clock import read_clock
from buildgraph.place.containers import find_containers, remove_container
from buildgraph.place.model import Place
from buildgraph.place.names import ENVIRONMENT, WORKSPACE, Role
from buildgraph.place.state import MOUNT, state_volume

DAY: Final = 86400  # seconds
CONFLICT, NOT_FOUND = 409, 404


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """An image of the workspace on an engine: its names (tags and digests), age in days, size in bytes."""

    id: str
    names: tuple[str, ...]
    age: float
    size: int

    @property
    def name(self) -> str:
        """What people know it by."""
        return self.names[0] if self.names else self.id


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an image: why it is kept, or "" when nobody needs it."""

    image: HeldVersion
    needed: str = ""


def ended_colours(place: Place) -> tuple[str, ...]:
    """The services beside whose live colour stands one whose rollback window is over."""
    live = read_live(place).services.items()
    return tuple(name for name, service in sorted(live) if service.is_past_window)


def judge_images(place: Place, current: Mapping[str, str], days: float) -> tuple[Verdict, ...]:
    """Every image of the workspace on the environment's engine with why it is kept, sorted by name.

    Kept are images that a container is made from, that a release names which some environment on this engine
    has kept, those under the names in `current` (with who would deploy them), and all younger than `days`:
    another clone may be about to deploy them. StepFailed where a release cannot be read, for then nobody can tell.
    """
    used = _used_images(place)
    released = _released_images(place)
    verdicts = [Verdict(image, _need(image, used, released, current, days)) for image in held_versions(place)]
    return tuple(sorted(verdicts, key=lambda verdict: verdict.image.name))


def held_versions(place: Place) -> tuple[HeldVersion, ...]:
    """The images of the workspace on the environment's engine, whose clock tells how old they are."""
    with told_plainly():
        found = place.engine.client.api.images(filters={"label": f"{IMAGE_WORKSPACE}={place.workspace}"})
    now = read_clock(place)
    return tuple(held_version(image, now) for image in found)


def remove_image(place: Place, image: HeldVersion) -> bool:
    """Remove an image with all its names; False when something has begun to use it meanwhile."""
    import docker.errors

    with told_plainly():
        try:
            place.engine.client.api.remove_image(image.id, force=True)
        except docker.errors.APIError as error:
            if error.status_code not in (CONFLICT, NOT_FOUND):
                raise
            return bool(error.status_code == NOT_FOUND)
    return True


def held_version(told: Mapping[str, Any], now: float) -> HeldVersion:
    """An image as the engine tells it; `now` is in seconds since 1970."""
    names = (*sorted(told.get("RepoTags") or ()), *sorted(told.get("RepoDigests") or ()))
    shown = tuple(name for name in names if "<none>" not in name)
    built = built_at(told.get("Labels"))
    made = parse_moment(built) if built else told["Created"]
    return HeldVersion(told["Id"], shown, (now - made) / DAY, told["Size"])


def _need(
    image: HeldVersion,
    used: Mapping[str, str],
    released: Mapping[str, str],
    current: Mapping[str, str],
    days: float,
) -> str:
    """Why an image is kept; "" when it is not."""
    if image.id in used:
        return f"the container {used[image.id]} is made from it"
    named = next((released[name] for name in (image.id, *image.names) if name in released), "")
    if named:
        return f"the release {named} names it"
    wanted = next((current[name] for name in image.names if name in current), "")
    if wanted:
        return wanted
    return f"it is younger than {days:g} days" if is_younger(image.age, days) else ""


def _used_images(place: Place) -> dict[str, str]:
    """The ids of all images that containers are made from, running or not, with one of these."""
    with told_plainly():
        found = place.engine.client.api.containers(all=True)
    return {
        container["ImageID"]: container["Names"][0].lstrip("/") for container in found if container["Names"]
    }


def _released_images(place: Place) -> dict[str, str]:
    """What the releases of all the workspace's environments on this engine name, with one of these."""
    found: dict[str, str] = {}
    for name in _environments(place):
        there = replace(place, environment=replace(place.environment, name=name))
        for release in _releases(there):
            if release.unreadable:
                what = f"the release {release.name} of {name} {release.unreadable}: no image is removed"
                raise StepFailed("prune", what, "install the newest buildgraph")
            found |= dict.fromkeys(release.images.values(), f"{release.name} of {name}")
    return found


def _environments(place: Place) -> list[str]:
    """The environments that the workspace has or had on this engine, whatever manifests say now."""
    with told_plainly():
        told = place.engine.client.api.volumes(filters={"label": f"{WORKSPACE}={place.workspace}"})
    return sorted({volume["Labels"].get(ENVIRONMENT, "") for volume in told["Volumes"] or ()} - {""})


def _releases(place: Place) -> Iterable[Release]:
    with _reader(place) as container:
        return [release for kept in read_history(place, container).values() for release in kept]


@contextmanager
def _reader(place: Place) -> Iterator[str]:
    """A container that mounts the state volume: the proxy, or one that is made for it and never started.

    "" stands for the proxy.
    """
    if find_containers(place, role=Role.PROXY.value):
        yield ""
        return
    name = place.named("reader")
    remove_container(place, name)  # one that was killed before has left it
    api = place.engine.client.api
    with told_plainly():
        made = api.create_container(
            place.image(place.environment.proxy_image),
            name=name,
            labels=place.labels(Role.MIGRATION),
            volumes=[MOUNT],
            host_config=api.create_host_config(binds={state_volume(place): {"bind": MOUNT, "mode": "ro"}}),
        )
    try:
        yield made["Id"]
    finally:
        remove_container(place, made["Id"])
