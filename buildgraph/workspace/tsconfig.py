"""The tsconfig files that a project's own ones extend: TypeScript reads them, so they are inputs too; pure."""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from buildgraph.errors import ConfigurationError
from buildgraph.order import closure
from buildgraph.workspace.projects import ROOT, owner_of


class Configs(NamedTuple):
    """What projects reach by `extends`, by folder, and every path that was looked for.

    `taken_in` are the folders of other projects that one's tsconfig files take in, by folder.
    """

    reached: dict[str, tuple[str, ...]]
    looked_for: frozenset[str]
    taken_in: dict[str, tuple[str, ...]]


Read = Callable[[list[str]], Mapping[str, bytes]]
DEFAULT_NAME = "tsconfig.json"
MOST_EXTENDED: Final = 100  # files, by one file or by those of one project: each project sees each of them
DEEPEST: Final = 100  # files that extend one another
SHORTEN: Final = "put what is shared into few files and extend those"
_BEGINNINGS = ("tsconfig", "jsconfig")
_ENDING = ".json"
_SIGN = re.compile(r"[*?]")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# A text or a comment, whichever begins first: a `//` in a text is none, and a quote in a comment is none. One that is
# never closed is one, too: to look for its end once more at each of its signs takes ages.
_TEXT_OR_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"?|//[^\n\r]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_TEXT_OR_LAST_COMMA = re.compile(r'"(?:[^"\\\n]|\\.)*"?|,(?=\s*[}\]])')


def parse_extends(content: bytes) -> tuple[str, ...]:
    """What a tsconfig extends, as it is written and in its order: one text, or a list since TypeScript 5.

    Comments, trailing commas and a byte-order mark are accepted, as TypeScript accepts them. What cannot
    be read extends nothing: telling so is the compiler's business.
    """
    if b"extends" not in content and not content.startswith(_WIDE):
        return ()
    document = _parse(content)
    found = document.get("extends") if isinstance(document, dict) else None
    listed = found if isinstance(found, list) else [found]
    return tuple(path for path in listed if isinstance(path, str) and path)


def parse_notes(content: bytes) -> str:
    """Where the compiler keeps what it notes of its outputs, as a tsconfig says it itself; "" where it does not.

    `${configDir}` is the folder of the tsconfig that the compiler was given (TypeScript 5.5).
    """
    document = _parse(content)
    options = document.get("compilerOptions") if isinstance(document, dict) else None
    found = options.get("tsBuildInfoFile") if isinstance(options, dict) else None
    return found.removeprefix("${configDir}/") if isinstance(found, str) else ""


@lru_cache(maxsize=1024)  # most packages of a workspace have the same tsconfig
def parse_taken_in(content: bytes) -> tuple[str, ...]:
    """The paths out of its folder that a tsconfig takes in, by `references`, `files`, `include` and `paths`.

    Of a pattern it is what stands before its first sign. What it `extends` may have `paths` for everybody,
    and says nothing of this one.
    """
    if b".." not in content and not content.startswith(_WIDE):
        return ()
    document = _parse(content)
    if not isinstance(document, dict):
        return ()
    listed = [path for key in ("files", "include") for path in _listed(document.get(key))]
    referred = [one.get("path") for one in _listed(document.get("references")) if isinstance(one, dict)]
    texts = (
        path.replace("\\", "/") for path in (*listed, *referred, *_aliased(document)) if isinstance(path, str)
    )
    return tuple(_SIGN.split(text)[0] for text in texts if text.startswith("../"))


def _aliased(document: Mapping[str, object]) -> Iterator[str]:
    """What stands for the names that a tsconfig makes up, seen from its folder."""
    options = document.get("compilerOptions")
    if not isinstance(options, dict) or not isinstance(options.get("paths"), dict):
        return
    base = options.get("baseUrl")
    for place in (place for places in options["paths"].values() for place in _listed(places)):
        if isinstance(place, str):
            yield posixpath.normpath(posixpath.join(base if isinstance(base, str) else "", place))


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def extended_path(extends: str, path: str, paths: Collection[str]) -> str | None:
    """The file that the tsconfig at `path` extends with the text `extends`, or None when there is none.

    TypeScript's rules (getExtendsConfigPath): what begins with `./` or `../` is that file, else that file
    with `.json`; only `.` and `..` alone name a folder, that is its tsconfig.json; anything else is looked
    up among the packages. `paths` (a set or mapping) are all files, seen from the workspace root.
    """
    return next((candidate for candidate in _candidates(extends, path) if candidate in paths), None)


def _candidates(extends: str, path: str) -> tuple[str, ...]:
    """The places where TypeScript looks for what the tsconfig at `path` extends, best first."""
    written = extends.replace("\\", "/")
    if written in (".", ".."):
        written = f"{written}/{DEFAULT_NAME}"
    if not written.startswith(("./", "../")) or written.endswith("/"):
        return ()
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
    return (target,) if target.endswith(_ENDING) else (target, target + _ENDING)


def reached_configs(
    paths: Collection[str], read: Read, folders: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """For every project folder the files of others that its tsconfig and jsconfig files reach, sorted.

    Reached by relative `extends`; a file of another project or of no project
    counts, one of its own does not (it is an input already). Folders that reach nothing are left out.
    `paths` are all files and `folders` all projects (sets or mappings), seen from the workspace root;
    `read` gives contents by path and is asked once per level, that is two or three times. Raises
    ConfigurationError when there are more than MOST_EXTENDED, or more than DEEPEST one after another.
    """
    return read_configs(paths, read, folders).reached


def read_configs(paths: Collection[str], read: Read, folders: Collection[str]) -> Configs:
    """As `reached_configs`, with the paths that were looked for on the way, whether they are there or not."""
    starts = _own_configs(paths, folders)
    looked_for: set[str] = set()
    contents: dict[str, bytes] = {}

    def keep(level: list[str]) -> Mapping[str, bytes]:
        contents.update(read(level))
        return contents

    extended = _read_extended(paths, keep, [path for own in starts.values() for path in own], looked_for)
    found = {folder: _others(folder, closure(extended, own), folders) for folder, own in starts.items()}
    return Configs(
        {folder: reached for folder, reached in found.items() if reached},
        frozenset(looked_for),
        _taken_in(starts, contents, folders),
    )


def _taken_in(
    starts: Mapping[str, list[str]], contents: Mapping[str, bytes], folders: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """The folders of other projects that the projects' own tsconfig files take in, by folder.

    The root has every folder below it, and its tsconfig.json often names them all: it is left out on both sides.
    """

    @cache
    def owners(beside: str, content: bytes) -> frozenset[str | None]:
        """The owners of what a tsconfig takes in, be it one of thousands of its like that lie side by side."""
        places = (posixpath.normpath(f"./{beside}{text[2:]}") for text in parse_taken_in(content))
        return frozenset(owner_of(place, folders) for place in places if not place.startswith(".."))

    found: dict[str, tuple[str, ...]] = {}
    for folder, own in starts.items():
        beside = posixpath.dirname(folder)
        others = {owner for path in own for owner in owners(beside, contents.get(path, b""))}
        named = tuple(sorted(owner for owner in others if owner not in (None, ROOT, folder)))
        if named and folder != ROOT:
            found[folder] = named
    return found


def is_config(path: str) -> bool:
    """Whether a file's name is one that TypeScript's configuration has: tsconfig.json, tsconfig.build.json."""
    return path.endswith(_ENDING) and path.rpartition("/")[2].startswith(_BEGINNINGS)


def _own_configs(paths: Iterable[str], folders: Collection[str]) -> dict[str, list[str]]:
    """The configuration files directly in project folders, by folder."""
    found: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith(_ENDING) and is_config(path):
            folder = path.rpartition("/")[0] or ROOT
            if folder in folders:
                found.setdefault(folder, []).append(path)
    return found


def _read_extended(
    paths: Collection[str], read: Read, starts: list[str], looked_for: set[str]
) -> dict[str, tuple[str, ...]]:
    """For every configuration file that `starts` reach the files it extends, read level by level."""
    found: dict[str, tuple[str, ...]] = {}
    parsed: dict[bytes, tuple[str, ...]] = {}  # most packages of a workspace have the same tsconfig
    level, levels = sorted(starts), 0
    while level:
        levels += 1
        if levels > DEEPEST:
            raise ConfigurationError.of(level[0], f"is extended over more than {DEEPEST} files", SHORTEN)
        contents = read(level)
        for path in level:
            content = contents.get(path, b"")
            if content not in parsed:
                parsed[content] = _not_too_many(parse_extends(content), path)
            found[path] = tuple(_existing(parsed[content], path, paths))
            looked_for.update(place for written in parsed[content] for place in _candidates(written, path))
        level = sorted({target for path in level for target in found[path]} - found.keys())
    return found


def _existing(extends: Iterable[str], path: str, paths: Collection[str]) -> Iterator[str]:
    for written in extends:
        target = extended_path(written, path, paths)
        if target is not None:
            yield target


def _others(folder: str, reached: Iterable[str], folders: Collection[str]) -> tuple[str, ...]:
    """Those of the reached files that another project owns, or none."""
    found = tuple(sorted(path for path in reached if owner_of(path, folders) != folder))
    return _not_too_many(found, f"{folder}: its tsconfig files")


def _not_too_many(extended: tuple[str, ...], where: str) -> tuple[str, ...]:
    if len(extended) <= MOST_EXTENDED:
        return extended
    told = f"comes to {len(extended)} files, and {MOST_EXTENDED} is the most: each is an input of its project"
    raise ConfigurationError.of(f"{where}: extends", told, SHORTEN)


def _parse(content: bytes) -> object:
    """The document in JSON with comments and trailing commas, or None."""
    encoding = "utf-16" if content.startswith(_WIDE) else "utf-8-sig"
    text = content.decode(encoding, "replace")
    plain = _load(text)
    return plain if plain is not None else _load(_without_last_commas(_without_comments(text)))


def _load(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _without_comments(text: str) -> str:
    return _TEXT_OR_COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)


def _without_last_commas(text: str) -> str:
    return _TEXT_OR_LAST_COMMA.sub(lambda found: "" if found[0] == "," else found[0], text)
