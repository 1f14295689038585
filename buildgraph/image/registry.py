"""A registry, asked and written through the engine: which image stands under a tag, and how one gets there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any, Final, NamedTuple

from buildgraph.errors import BuildgraphError, StepFailed, ToolError
from buildgraph.image.engine import Engine, told_plainly, understood
from buildgraph.image.registry_refusals import LOG_IN, NOT_REACHED, SOON
from buildgraph.recipes.references import DOCKER_HUB, is_loopback, is_registry

NO_ROOM = "no space left on device"  # as every Unix says it (ENOSPC)
UPLOAD_LENGTH: Final = 12  # hex digits in the name that an image is uploaded by
# Seconds until a name that was just given is looked at again, at least: another machine's last look may have been
# before that, and its request be under way; and how many times as long as our own look and request took together.
LEAST_WAIT: Final = 1.0
NEAR_WAIT: Final = 0.2  # where the registry is on this very machine, and no network lies between
WAIT: Final = 3.0
# The engine's words (Go's net/http) for a registry that has not answered in time.
IMPATIENT: Final = ("Client.Timeout exceeded", "context deadline exceeded", "TLS handshake timeout")
FAILS: Final = "unexpected HTTP status: 5"  # its words for one that fails
# Its words for a registry that is not reached, so that no login is of use.
UNANSWERED: Final = (*IMPATIENT, "no such host", "dial tcp", "server misbehaving", "proxyconnect")
ELSEWHERE: Final = (
    f"{NOT_REACHED}; where base images cannot come from it, [mirrors] and [substitutes] of manifests/workspace.toml "
    "lead elsewhere (docs/OFFLINE.md)"
)
PUSHING, PULLING = ("Pushing",), ("Downloading", "Extracting")  # the engine's words for bytes that move
ADOPTED: Final = "{} was published by somebody else at the same time; theirs stands"


@dataclass(frozen=True, slots=True)
class Published:
    """An image in a registry: the digest under its tag and the platforms it serves."""

    digest: str
    platforms: tuple[str, ...]


class Pushed(NamedTuple):
    """What a push has come to: the digest that stands, and the bytes of layers that the registry lacked.

    They are counted as the engine counts them, before it compresses a layer. `is_ours` tells whether what stands is
    what was pushed.
    """

    digest: str
    size: int = 0
    is_ours: bool = True


def find_published(engine: Engine, reference: str) -> Published | None:
    """What stands under `reference` in its registry, or None; ToolError when the registry gives no answer.

    One that the engine has lost patience with is asked once more, one that fails a few times.
    """
    import docker.errors

    with told_plainly():
        try:
            told = _ask_patiently(engine, reference)
        except docker.errors.NotFound:
            return None
        except docker.errors.APIError as error:
            if "manifest unknown" in str(error.explanation) or "name unknown" in str(error.explanation):
                return None
            raise _unreachable(reference, str(error.explanation or error)) from error
    with understood():
        platforms = tuple(_platform(found) for found in told["Platforms"] or ())
        return Published(_name(told["Descriptor"]["digest"]), platforms)


def _ask_patiently(engine: Engine, reference: str) -> Any:
    import docker.errors

    waits = iter(SOON)
    while True:
        try:
            return engine.client.api.inspect_distribution(reference)
        except docker.errors.APIError as error:
            said, wait = str(error.explanation), next(waits, None)
            is_slow = any(words in said for words in IMPATIENT)
            if wait is None or not (is_slow or FAILS in said):
                raise
        time.sleep(wait)
        waits = iter(()) if is_slow else waits


def _name(told: object) -> str:
    """A digest or an id; TypeError for what is no text."""
    if not isinstance(told, str):
        raise TypeError(told)
    return told


class Pulled(NamedTuple):
    """What a pull has come to: the image's id, and the bytes of compressed layers that the engine lacked."""

    image: str
    size: int = 0


def push_image(engine: Engine, image: str, reference: str, tell: Callable[[str], None]) -> Pushed:
    """Publish an image under a fingerprint tag that is written once; returns what stands there then.

    A tag that is already there is never overwritten: whoever came first has published these very inputs.
    Registries have no compare-and-set, and an upload takes its time: so the image is uploaded by a name of its
    own, then the tag is looked for again and given at once. What is read back counts for all (Fischer's algorithm).
    """
    standing = find_published(engine, reference)
    if standing is not None:
        tell(f"{reference} is already there")
        return Pushed(_serving(engine, image, reference, standing), is_ours=False)
    with _name_of_its_own(engine, reference) as upload:
        pushed = _push_as(engine, image, upload)
        if not pushed.digest:  # an engine whose images containerd keeps does not tell it
            pushed = pushed._replace(digest=_shown(engine, upload).digest)
        by_engine = partial(_push_as, engine, image, reference)
        standing = name_upload(engine, reference, pushed.digest, tell, by_engine)
        is_ours = standing.digest == pushed.digest
        if is_ours:  # before the upload's name goes: an image that has no other name would go with it
            engine.tag(image, reference)
    return Pushed(_serving(engine, image, reference, standing), pushed.size, is_ours)


@contextmanager
def _name_of_its_own(engine: Engine, reference: str) -> Iterator[str]:
    """A name for an upload that no other one has, of this machine either; the engine loses it at the end."""
    name = f"{reference}-{token_hex(UPLOAD_LENGTH // 2)}"
    try:
        yield name
    finally:
        engine.untag(name)


def name_upload(
    engine: Engine, reference: str, digest: str, tell: Callable[[str], None], otherwise: Callable[[], object]
) -> Published:
    """Give a fingerprint tag to what the registry holds by its digest, unless it stands by now; returns what stands.

    It is read back when all have given theirs who looked in the same moment. `otherwise` gives the tag in another way,
    where the registry takes nothing from this process.
    """
    took = _give(engine, reference, [*_direct_ways(engine, reference, digest), otherwise])
    time.sleep(max(least_wait(reference), WAIT * took))
    published = _shown(engine, reference)
    if published.digest != digest:
        tell(ADOPTED.format(reference))
    return published


def least_wait(reference: str) -> float:
    """Seconds until a tag that was given is read back, at least."""
    return NEAR_WAIT if is_loopback(reference.partition("/")[0]) else LEAST_WAIT


def _give(engine: Engine, reference: str, ways: Iterable[Callable[[], object]]) -> float:
    """Give the tag in the first way that works, unless it stands by then; the seconds from the last look to the end.

    It is looked for before each of them, and after the last: a registry may refuse whoever is late (immutable tags).
    """
    failures: list[BuildgraphError] = []
    for way in ways:
        began = time.monotonic()
        if find_published(engine, reference) is not None:
            return time.monotonic() - began
        try:
            way()
        except BuildgraphError as error:
            failures.append(error)
        else:
            return time.monotonic() - began
    if find_published(engine, reference) is None:
        raise failures[0]
    return 0.0


def _direct_ways(engine: Engine, reference: str, digest: str) -> list[Callable[[], object]]:
    """The one request that gives the tag, if the registry can be asked; all that takes its time has been done then."""
    from buildgraph.image.naming import find_reachable

    repository, tag = _split(reference)
    held = find_reachable(engine, f"{repository}@{digest}")
    return [partial(held.give, tag)] if held else []


def _shown(engine: Engine, reference: str) -> Published:
    published = find_published(engine, reference)
    if published is None:
        raise StepFailed(f"push:{reference}", "the registry took the image but does not show it")
    return published


def _push_as(engine: Engine, image: str, reference: str) -> Pushed:
    with told_plainly():
        engine.client.api.tag(image, *_split(reference))
    return _push(engine, reference)


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


def pull_image(engine: Engine, reference: str) -> Pulled:
    """Bring an image to the engine. ToolError when the registry does not give it, or no room is left.

    What fails after the registry has begun to answer is told in the answer itself.
    """
    import docker.errors
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(reference)
    sizes = dict[str, int]()
    with told_plainly(), understood():
        try:
            for line in engine.client.api.pull(repository, tag or "latest", stream=True, decode=True):
                _refuse(reference, line)
                sizes |= moved_so_far(line, PULLING)
            return Pulled(_name(engine.client.api.inspect_image(reference)["Id"]), sum(sizes.values()))
        except docker.errors.APIError as error:
            raise _failed(reference, str(error.explanation or error)) from error


def _push(engine: Engine, reference: str) -> Pushed:
    repository, tag = _split(reference)
    digest, sizes = "", dict[str, int]()
    with told_plainly(), understood():
        for line in engine.client.api.push(repository, tag, stream=True, decode=True):
            _refuse(reference, line)
            digest = _name(line.get("aux", {}).get("Digest", digest))
            sizes |= moved_so_far(line, PUSHING)
        return Pushed(digest, sum(sizes.values()))


def moved_so_far(line: Mapping[str, Any], doing: tuple[str, ...]) -> dict[str, int]:
    """How many bytes of which layer are on their way by now, if a line of a push or a pull tells of any."""
    told = line.get("progressDetail") or {}
    return {line["id"]: told["current"]} if line.get("status") in doing and "current" in told else {}


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
    registry = first if slash and is_registry(first) else DOCKER_HUB
    is_reached = not any(words in said for words in UNANSWERED)
    what = f"the registry {registry} does not serve {reference}: {said}"
    return ToolError(what, LOG_IN.format(registry) if is_reached else ELSEWHERE)


def _split(reference: str) -> tuple[str, str]:
    repository, _, tag = reference.rpartition(":")
    return repository, tag


def _platform(found: dict[str, Any]) -> str:
    variant = f"/{found['variant']}" if found.get("variant") else ""
    return f"{found['os']}/{found['architecture']}{variant}"
