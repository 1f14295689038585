"""The verb `render`: files for other programs, made from the manifests, and whether they still are."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final

from buildgraph.commands.options import (
    add_environment,
    add_format,
    add_output,
    as_json,
    as_lines,
    deliver,
)
from buildgraph.console import answer, table, tell
from buildgraph.errors import DONE, FAILED, ConfigurationError, UnknownName, shortened, unwritable
from buildgraph.inside import is_inside, place_inside
from buildgraph.manifests.kinds import RENDERED
from buildgraph.manifests.model import Source
from buildgraph.picture import Picture
from buildgraph.project import open_project
from buildgraph.snapshot.git import own_folder
from buildgraph.wholeness import write_whole

MISSING, DIFFERS, SURPLUS = "is missing", "differs", "is made no more"
SHOWN: Final = 20  # lines of a file's difference
NEAR: Final = 1000  # lines behind the first difference that are compared: many that are alike take ages
LONGEST: Final = 300  # signs of a line that is shown
AWAY: Final = "move away what is there"
WORKSPACE: Final = "manifests/workspace.toml"


@dataclass(frozen=True, slots=True)
class Drift:
    """A file that is not as it is rendered: what it holds, and what it should; None where it is not there."""

    path: str
    state: str
    found: str | None
    text: str | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `render`."""
    told = f"what to render (default: all that {WORKSPACE} asks for)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{told}: {_known()}")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when a file differs")
    parser.add_argument(
        "--images",
        action="store_true",
        help="tell the images of the working tree, as variables of compose files",
    )
    add_environment(parser)
    add_output(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Write what is rendered, or tell what differs; returns the exit code."""
    project = open_project(Path.cwd())
    picture = project.working_picture()
    if options.images:
        deliver(as_lines(image_lines(picture, options.env)), options.output, project.repository.root)
        return DONE
    names = _chosen(options.names) or _asked(picture)
    drifts = list(find_drifts(project.folder, picture, names))
    if options.check:
        return _tell(drifts, options.format, names if options.names else ())
    for drift in drifts:
        _settle(project.folder, drift)
        tell(f"{'removed' if drift.text is None else 'wrote'} {drift.path}")
    tell(f"{len(drifts)} written or removed" if drifts else "nothing differs")
    return DONE


def find_drifts(folder: Path, picture: Picture, names: Collection[str]) -> Iterator[Drift]:
    """The files of a project's folder that are not as the manifests would have them, by path."""
    from buildgraph.render.table import TABLE, render_all

    texts = render_all(picture.manifests, names)
    for path, text in texts.items():
        found = _read(place_inside(folder, path))
        if found != text:
            yield Drift(path, MISSING if found is None else DIFFERS, found, text)
    yield from _surplus(folder, (TABLE[name].glob(picture.manifests) for name in names), texts)


def image_lines(picture: Picture, environment: str) -> list[str]:
    """A variable for each image of the working tree, as compose files name it; in the registry, where there is one.

    So is each stand-in that this machine has for the image of a server, which compose would look for elsewhere.
    """
    from buildgraph.plan.steps import registry_reference
    from buildgraph.render.compose.words import image_variable

    place = picture.environment(environment)
    registry, lines = place.registry, []
    for service in (service for service in picture.manifests.services if service.deployed):
        reference = picture.local_reference(service.name)
        if registry:
            reference = registry_reference(registry, service.name, picture.fingerprint(service.name))
        lines.append(f"{image_variable(service.name)}={reference}")
    for backing in place.backing if picture.site.source is Source.SUBSTITUTE else ():
        base = picture.base(backing.image)
        if base.is_substitute:
            lines.append(f"{image_variable(backing.kind)}={base.pinned}")
    return lines


def _chosen(names: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in RENDERED]
    if unknown:
        raise UnknownName("rendering", unknown[0], RENDERED)
    return tuple(dict.fromkeys(names))


def _asked(picture: Picture) -> tuple[str, ...]:
    asked = picture.manifests.workspace.render
    if not asked:
        way_out = f'write for example render = ["compose"] there, or name some: {_known()}'
        raise ConfigurationError.of(WORKSPACE, "asks for nothing to be rendered", way_out)
    return tuple(dict.fromkeys(asked))


def _known() -> str:
    return ", ".join(RENDERED)


def _surplus(folder: Path, globs: Iterable[str], texts: Mapping[str, str]) -> Iterator[Drift]:
    """Files that were rendered once; what people have written among them is theirs."""
    from buildgraph.render.rendered import is_rendered

    found = {
        path.relative_to(folder).as_posix() for glob in globs for path in folder.glob(glob) if path.is_file()
    }
    for path in sorted(found - texts.keys()):
        if not is_inside(folder, path):
            continue
        text = _read(folder / path)
        if text and is_rendered(text):
            yield Drift(path, SURPLUS, text, None)


def _read(path: Path) -> str | None:
    """A file's text; None where there is none, and nothing like a rendered text where it is no text."""
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError.of(str(path), f"cannot be read: {error.strerror}", AWAY) from error


def _settle(folder: Path, drift: Drift) -> None:
    path = place_inside(folder, drift.path)
    try:
        if drift.text is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, drift.text.encode(), own_folder(folder))
    except OSError as error:
        raise unwritable(str(path), error, AWAY) from error


def _tell(drifts: list[Drift], shape: str, names: Iterable[str]) -> int:
    if shape == "json":
        files = [{"path": drift.path, "state": drift.state} for drift in drifts]
        answer(as_json({"format": 1, "files": files}))
    else:
        answer(table([(drift.path, drift.state) for drift in drifts]) or "nothing differs")
        answer("".join(_difference(drift) for drift in drifts if drift.state == DIFFERS))
    if drifts:
        tell(f"write them: `{' '.join(['buildgraph render', *names])}`, and commit them")
    return FAILED if drifts else DONE


def _difference(drift: Drift) -> str:
    """The first lines in which a file is not what it should be."""
    import difflib

    found, text = ((side or "").splitlines() for side in (drift.found, drift.text))
    end = _alike(found, text) + NEAR
    # one stays, as what stands around a difference
    behind = max(_alike(reversed(found), reversed(text)) - 1, 0)
    was, shall = (side[: len(side) - behind][:end] for side in (found, text))
    lines = [*difflib.unified_diff(was, shall, drift.path, f"{drift.path} (rendered)", n=1, lineterm="")]
    least = "at least " if max(len(found), len(text)) - behind > end else ""
    more = [f"… and {least}{len(lines) - SHOWN} lines more"] if len(lines) > SHOWN else []
    return "".join(f"{shortened(line, LONGEST)}\n" for line in ["", *lines[:SHOWN], *more])


def _alike(some: Iterable[str], others: Iterable[str]) -> int:
    """How many lines are the same before the first that differs."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(some, others, strict=False)))
