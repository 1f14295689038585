"""What commands of package.json files name above their project's folder, as `node ../../tools/gen.mjs` does; pure."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from buildgraph.order import closure

ROOT: Final = "."
SEVERAL: Final = "\0"
AROUND: Final = ("pre", "post")  # pnpm runs these before and after where it is asked to; npm does anyway

_END: Final = r"\s\"'`=,:;&|<>()"  # where a shell, or JavaScript, ends a word
# A path that goes up, where a word or an option's value begins; and one in quotes, which may have blanks in it.
_UPWARDS: Final = re.compile(rf"(?<![\w./@$}}-])((?:\./)?\.\./(?:\{{[^{{}}\s]*\}}|[^{_END}])*)")
_QUOTED: Final = re.compile(r"(['\"])((?:\./)?\.\./[^'\"`$;&|<>]*)\1")
# Where a command writes: that is nothing it reads.
_WRITTEN: Final = re.compile(r"[0-9&]?>>?\s*(?:'[^']*'|\"[^\"]*\"|[^\s;&|]*)")
# What stands for more than itself in a shell or a pattern: variables, braces and brackets, `*` and `?`, a backslash.
_SIGNS: Final = re.compile(r"(?:\$(?:\{[^{}]*\}|\w*)|\{[^{}]*\}|\[[^\[\]]*\]|[*?\\{}\[\]])+")
_NAME: Final = re.compile(r"[^\s\"'`=,;&|<>()]+")
_MANAGER: Final = re.compile(r"^(?:npm|pnpm|yarn|bun):")  # how concurrently names scripts


class Words(NamedTuple):
    """What scripts name outside of their project's folder, seen from the workspace's root; sorted.

    `places` are paths, which begin with `..` where they lead out of the workspace; `patterns` are of gitignore's
    syntax, for what stands for several.
    """

    places: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


def named_words(folder: str, scripts: Mapping[str, str], asked: Iterable[str]) -> Words:
    """What some scripts of a project name, and those that they run in turn.

    Run in turn are scripts whose names stand in their commands, and `pre` and `post` ones. Folders that the project
    lies in are left out.
    """
    commands = [scripts[name] for name in closure(_runs(scripts), asked) if name in scripts]
    found = _seen_from_root(
        folder, (word for command in commands for word in _words(_WRITTEN.sub(" ", command)))
    )
    places = {path for path in found if not _SIGNS.search(path)}
    patterns = {f"/{_pattern(path)}" for path in found - places if not path.startswith("..")}
    return Words(tuple(sorted(path for path in places if not _holds(path, folder))), tuple(sorted(patterns)))


def places_in(folder: str, command: str) -> set[str]:
    """All paths that one command names, also where it writes."""
    return {path for path in _seen_from_root(folder, _words(command)) if not _holds(path, folder)}


def _words(command: str) -> Iterator[str]:
    yield from _UPWARDS.findall(command)
    yield from (word for _, word in _QUOTED.findall(command))


def _seen_from_root(folder: str, words: Iterable[str]) -> set[str]:
    return {posixpath.normpath(posixpath.join(folder, word)) for word in words}


def _pattern(path: str) -> str:
    """The path with a `*` for each of its signs; `**` alone between slashes stands for any folders."""
    parts = (part if part == "**" else _SIGNS.sub("*", part) for part in path.split("/"))
    return "/".join(parts)


def _runs(scripts: Mapping[str, str]) -> dict[str, set[str]]:
    """Which scripts one runs, by its name; a beginning of names, after a NUL, stands between it and those."""
    names = sorted(scripts)
    found = {name: _run_by(name, command) for name, command in scripts.items()}
    beginnings = {word for words in found.values() for word in words if word.startswith(SEVERAL)}
    return found | {word: {*_beginning_so(word.removeprefix(SEVERAL), names)} for word in beginnings}


def _run_by(name: str, command: str) -> set[str]:
    """The words of a command that may be names of scripts, and what is run around it.

    `unit:*` names several, as for npm-run-all, and `/^gen:/` any: which ones, its regular expression says.
    """
    found = {f"{when}{name}" for when in AROUND}
    for word in {_MANAGER.sub("", word) for word in _NAME.findall(command)}:
        is_expression = len(word) > 1 and word.startswith("/") and word.endswith("/")
        beginning = "" if is_expression else _SIGNS.split(word)[0]
        found.add(f"{SEVERAL}{beginning}" if is_expression or beginning not in ("", word) else word)
    return found


def _beginning_so(beginning: str, names: list[str]) -> Iterator[str]:
    """The names that begin so, of all, sorted."""
    for at in range(bisect_left(names, beginning), len(names)):
        if not names[at].startswith(beginning):
            return
        yield names[at]


def _holds(place: str, folder: str) -> bool:
    """Whether a folder lies in a place, or is it."""
    return place in (ROOT, "..") or place.endswith("/..") or f"{folder}/".startswith(f"{place}/")
