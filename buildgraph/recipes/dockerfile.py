"""What a Dockerfile builds upon and what it copies from its context; it knows no registry and no disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from buildgraph.errors import ConfigurationError, Likeness, Mistake
from buildgraph.recipes.effort import Effort
from buildgraph.recipes.instructions import Instruction, split_instructions
from buildgraph.recipes.stage import Stage
from buildgraph.recipes.stages import POSITION, TriggersOf, read_stages

SUPPORT: Final = "template/"  # where a build context holds the files that stand beside a template


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """What a build of one target uses; `syntax` is the image of the frontend, when it names one.

    `bases` are the images of FROM, COPY --from and RUN --mount that are no stage, without `scratch`.
    `context_paths` are what it copies from its context: `.` is all of it, globs stand as written, and where a path has
    a variable that only a base image knows, all that it may mean is among them. `support_files` are the names (or
    globs) below `template/` among them, `downloads` the addresses it adds files from without a checksum, and
    `arguments` the names of the build arguments it declares: no other changes the image, or what is told here. All are
    sorted, but not these: `ports` are what the target exposes, as the nearest of the stages that it is built upon says;
    `triggers` what the target leaves to the images that are built upon it (ONBUILD); and `stages` the names of all
    stages, each with the line of its FROM.
    """

    path: str
    bases: tuple[str, ...] = ()
    context_paths: tuple[str, ...] = ()
    support_files: tuple[str, ...] = ()
    downloads: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    syntax: str = ""
    ports: tuple[int, ...] = ()
    triggers: tuple[Instruction, ...] = ()
    stages: tuple[tuple[str, int], ...] = ()


def parse_dockerfile(
    content: bytes,
    path: str,
    *,
    build_args: Mapping[str, str] | None = None,
    target: str = "",
    triggers_of: TriggersOf = lambda image: (),
    effort: Effort | None = None,
) -> Dockerfile:
    """What a build of a Dockerfile uses: `build_args` override its ARGs, `target` "" is the last stage.

    `triggers_of` tells what an image that FROM names leaves to be done, where that is known. `effort` is what may be
    spent on it and on others; None: on it alone.
    Only the stages that the target needs are looked at, for BuildKit runs no others: a base of another
    stage cannot change the image. Raises ConfigurationError for what Docker could not build either.
    """
    script = split_instructions(content.decode("utf-8-sig", "replace"))
    outer, stages = read_stages(script, path, build_args or {}, triggers_of, effort or Effort())
    if not stages:
        raise ConfigurationError.of(path, "has no FROM", "begin it with the image to build upon")
    position = _position_of(target, stages, path)
    needed = _needed(stages, position)
    _refuse_mistakes(needed)
    context_paths = _all(stage.copies for stage in needed)
    return Dockerfile(
        path=path,
        bases=_all(stage.images for stage in needed),
        context_paths=context_paths,
        support_files=_support_files(context_paths),
        downloads=_all(stage.downloads for stage in needed),
        arguments=_all([outer.declared, *(stage.declared for stage in needed)]),
        syntax=script.syntax,
        ports=_ports(stages, position),
        triggers=tuple(stages[position].triggers),
        stages=tuple((stage.name, stage.line) for stage in stages if stage.name),
    )


def _position_of(target: str, stages: Sequence[Stage], path: str) -> int:
    names = [stage.name for stage in stages]
    if not target:
        return len(stages) - 1
    if target.lower() in names:
        return len(names) - 1 - names[::-1].index(target.lower())
    if POSITION.fullmatch(target) and int(target) < len(stages):
        return int(target)
    way_out = Likeness(target, tuple(filter(None, names)), lists_all=False)
    raise ConfigurationError.of(path, f"there is no stage {target!r}", way_out)


def _needed(stages: Sequence[Stage], target: int) -> list[Stage]:
    """The target and all that it is built upon; a stage uses earlier ones only."""
    wanted = {target}
    for position in range(target, -1, -1):
        if position in wanted:
            wanted |= stages[position].uses
    return [stages[position] for position in sorted(wanted)]


def _ports(stages: Sequence[Stage], target: int) -> tuple[int, ...]:
    position: int | None = target
    while position is not None:
        if stages[position].ports:
            return tuple(stages[position].ports)
        position = stages[position].parent
    return ()


def _refuse_mistakes(stages: Iterable[Stage]) -> None:
    mistakes: list[Mistake] = [mistake for stage in stages for mistake in stage.mistakes]
    if mistakes:
        raise ConfigurationError(mistakes)


def _support_files(context_paths: Iterable[str]) -> tuple[str, ...]:
    folders = (f"{path}/" for path in context_paths)
    names = {path.removeprefix(SUPPORT).rstrip("/") for path in folders if path.startswith(SUPPORT)}
    return tuple(sorted(name or "*" for name in names))


def _all(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for group in groups for name in group}))
