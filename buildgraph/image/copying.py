"""An image carried from one registry to another with its digest; nothing is built."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from buildgraph.errors import BuildgraphError, StepFailed, ToolError
from buildgraph.image.engine import Engine, told_plainly, understood
from buildgraph.image.naming import find_reachable, mount_image
from buildgraph.image.registry import find_published, name_upload, pull_image
from buildgraph.image.registry_content import Registry
from buildgraph.process import Command, Runner

INDEX: Final = ("index", "manifest.list")  # of OCI and of Docker: media types of what has several platforms
DIGITS: Final = 12  # of a digest, in the name beside a tag
COPY: Final = ("docker", "buildx", "imagetools", "create")


def copy_image(engine: Engine, runner: Runner, source: str, reference: str) -> None:
    """Put what stands under `source` (a name with its digest) under `reference` in its registry.

    Within one registry nothing moves. From one to another buildx copies byte for byte: an index always, a single
    image where it knows `--prefer-index`; where it does not, the engine carries the image. The caller asks for the
    digest that came. StepFailed with the words of the registry that refuses, ToolError when one does not answer.
    """
    if _is_mounted(engine, source, reference):
        return
    if _is_index(engine, source):
        result = runner.run(Command((*COPY, "--tag", reference, source)))
        if result.code != 0:
            raise StepFailed(f"copy:{reference}", f"cannot be copied from {source}", result.last_lines)
        return
    if runner.run(Command((*COPY, "--prefer-index=false", "--tag", reference, source))).code != 0:
        _carry(engine, source, reference)


def carry_image(
    engine: Engine, runner: Runner, source: str, reference: str, tell: Callable[[str], None]
) -> str:
    """Have the registry of a fingerprint tag hold what stands under `source` (a name with its digest); its name there.

    A copy takes its time: so it is made under a name beside the tag, of the digest, and the tag is given afterwards, if
    no other build stands under it by then. That stays, and the name beside it is returned. ToolError when another
    digest comes.
    """
    digest = source.rpartition("@")[2]
    standing = _digest_of(engine, reference)
    if standing == digest:
        return reference
    beside = f"{reference}-{digest.removeprefix('sha256:')[:DIGITS]}"
    if _digest_of(engine, beside) != digest:
        copy_image(engine, runner, source, beside)
        found = _digest_of(engine, beside)
        if found != digest:
            raise ToolError(f"{beside} has the digest {found or 'of nothing'} after the copy, not {digest}")
    if not standing:
        again = partial(copy_image, engine, runner, source, reference)
        standing = name_upload(engine, reference, digest, tell, again).digest
    return reference if standing == digest else beside


def way_to_name(engine: Engine, runner: Runner, image: str) -> Callable[[str], object]:
    """How further names are given to what stands under `image` (a name with its digest), in its own repository.

    The registry itself puts the manifest there byte for byte; where it takes nothing from this process, it is copied.
    The caller asks for the digest that came. Giving a name raises ToolError and StepFailed.
    """
    held = find_reachable(engine, image)
    if held is not None:
        return held.give
    name = image.partition("@")[0]
    return lambda tag: copy_image(engine, runner, image, f"{name}:{tag}")


def _digest_of(engine: Engine, reference: str) -> str:
    found = find_published(engine, reference)
    return found.digest if found else ""


def _is_mounted(engine: Engine, source: str, reference: str) -> bool:
    """Whether the registry has done it by itself; what it says against that, the other ways will tell."""
    if Registry(reference).name in engine.beyond:
        return False
    try:
        return mount_image(source, reference)
    except BuildgraphError:
        return False


def _is_index(engine: Engine, source: str) -> bool:
    with told_plainly(), understood():
        kind = engine.client.api.inspect_distribution(source)["Descriptor"]["mediaType"]
        return any(word in kind for word in INDEX)


def _carry(engine: Engine, source: str, reference: str) -> None:
    repository, _, tag = reference.rpartition(":")
    image = pull_image(engine, source).image
    with told_plainly(), understood():
        engine.client.api.tag(image, repository, tag)
        for line in engine.client.api.push(repository, tag, stream=True, decode=True):
            if "error" in line:
                raise StepFailed(f"copy:{reference}", "the registry refuses it", str(line["error"]))
