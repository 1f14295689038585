"""A registry, asked and written through the engine: which image stands under a tag, and how one gets there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.engine import Engine, told_plainly

DOCKER_HUB = "docker.io"  # where a name without a registry leads
NO_ROOM = "no space left on device"  # as every Unix says it (ENOSPC)


@dataclass(frozen=True, slots=True)
class Published:
    """An image in a registry: the digest under its tag and the platforms it serves."""

    digest: str
    platforms: tuple[str, ...]


class Pushed(NamedTuple):
    """What a push has come to: the digest that stands, and the bytes of layers that the registry lacked.

    They are counted as the engine counts them, before it compresses a layer.
    """

    digest: str
    size: int = 0


def find_published(engine: Engine, reference: str) -> Published | None:
    """What stands under `reference` in its registry, or None; ToolError when the registry gives no answer."""
    import docker.errors

    with told_plainly():
        try:
            told = engine.client.api.inspect_distribution(reference)
        except docker.errors.NotFound:
            return None
        except docker.errors.APIError as error:
            if "manifest unknown" in str(error.explanation) or "name unknown" in str(error.explanation):
                return None
            raise _unreachable(reference, str(error.explanation or error)) from error
    return Published(
        told["Descriptor"]["digest"], tuple(_platform(found) for found in told["Platforms"] or ())
    )


def push_image(engine: Engine, image: str, reference: str, tell: Callable[[str], None]) -> Pushed:
    """Publish an image under a fingerprint tag that is written once; returns what stands there then.

    A tag that is already there is never overwritten: whoever came first has published these very inputs.
    Registries have no compare-and-set, so the tag is read back, and what is read is what counts.
    """
    standing = find_published(engine, reference)
    if standing is not None:
        tell(f"{reference} is already there")
        return Pushed(_serving(engine, image, reference, standing))
    with told_plainly():
        engine.client.api.tag(image, *_split(reference))
    pushed = _push(engine, reference)
    published = find_published(engine, reference)
    if published is None:
        raise StepFailed(f"push:{reference}", "the registry took the image but does not show it")
    if published.digest != pushed.digest:
        tell(f"{reference} was published by somebody else at the same time; theirs stands")
    return pushed._replace(digest=published.digest)


def _serving(engine: Engine, image: str, reference: str, standing: Published) -> str:
    """The digest that stands; StepFailed when it is of another platform, as one tag cannot be written twice."""
    held = engine.held_image(image)
    if held is None or not standing.platforms or held.platform in standing.platforms:
        return standing.digest
    there = ", ".join(standing.platforms)
    way_out = "name all platforms in manifests/workspace.toml (`platforms`) and build them together"
    raise StepFailed(
        f"push:{reference}", f"the registry has it for {there}, not for {held.platform}", way_out
    )


def pull_image(engine: Engine, reference: str) -> str:
    """Bring an image to the engine; returns its id. ToolError when the registry does not give it, or no room is left.

    What fails after the registry has begun to answer is told in the answer itself.
    """
    import docker.errors
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    with told_plainly():
        try:
            for line in engine.client.api.pull(repository, tag or "latest", stream=True, decode=True):
                _refuse(reference, line)
            return str(engine.client.images.get(reference).id)
        except docker.errors.APIError as error:
            raise _failed(reference, str(error.explanation or error)) from error


def _push(engine: Engine, reference: str) -> Pushed:
    repository, tag = _split(reference)
    digest, sizes = "", dict[str, int]()
    with told_plainly():
        for line in engine.client.api.push(repository, tag, stream=True, decode=True):
            _refuse(reference, line)
            digest = line.get("aux", {}).get("Digest", digest)
            sizes |= pushed_so_far(line)
    return Pushed(digest, sum(sizes.values()))


def pushed_so_far(line: Mapping[str, Any]) -> dict[str, int]:
    """How many bytes of which layer are on their way by now, if a line of a push tells of any."""
    told = line.get("progressDetail") or {}
    return {line["id"]: told["current"]} if line.get("status") == "Pushing" and "current" in told else {}


def _refuse(reference: str, line: dict[str, Any]) -> None:
    if "error" in line:
        raise _failed(reference, str(line["error"]))


def _failed(reference: str, said: str) -> ToolError:
    if NO_ROOM in said:
        way_out = "make room there (`buildgraph prune` removes what nobody needs), then run the same again"
        return ToolError(f"there is no room for {reference}: {said}", way_out)
    return _unreachable(reference, said)


def _unreachable(reference: str, said: str) -> ToolError:
    first, slash, _ = reference.partition("/")
    registry = first if slash and (set(first) & set(".:") or first == "localhost") else DOCKER_HUB
    return ToolError(
        f"the registry {registry} does not serve {reference}: {said}",
        f"check that it runs and that you may use it: `docker login {registry}`",
    )


def _split(reference: str) -> tuple[str, str]:
    repository, _, tag = reference.rpartition(":")
    return repository, tag


def _platform(found: dict[str, Any]) -> str:
    variant = f"/{found['variant']}" if found.get("variant") else ""
    return f"{found['os']}/{found['architecture']}{variant}"
