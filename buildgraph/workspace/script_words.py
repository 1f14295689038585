"""What commands of package.json files name above their project's folder, as `node ../../tools/gen.mjs` does; pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from buildgraph.order import closure

# A path that goes up, where a word or an option's value begins. It ends where a shell, or JavaScript, ends it.
_UPWARDS: Final = re.compile(r"(?<![\w./@$}-])(?:\./)?(\.\./[^\s\"'`=,:;&|<>()]*)")
_SIGN: Final = re.compile(r"[*?\[{$\\]")
_NAME: Final = re.compile(r"[^\s\"'`=,;&|<>()]+")
AROUND: Final = ("pre", "post")  # pnpm runs these before and after where it is asked to; npm does anyway


def named_places(folder: str, scripts: Mapping[str, str], asked: Iterable[str]) -> tuple[str, ...]:
    """The places that some scripts of a project name outside of its folder, seen from the workspace's root; sorted.

    With what those name that they run in turn: scripts whose names stand in their commands, and `pre` and `post`
    ones. Of a pattern it is the folder before its first sign; folders that the project lies in are left out.
    """
    runs = {name: [*_run_by(name, command, scripts)] for name, command in scripts.items()}
    commands = (scripts[name] for name in closure(runs, [name for name in asked if name in scripts]))
    words = (word for command in commands for word in _UPWARDS.findall(command))
    places = {posixpath.normpath(posixpath.join(folder, _before_signs(word))) for word in words}
    return tuple(sorted(place for place in places if not _holds(place, folder)))


def _run_by(name: str, command: str, scripts: Collection[str]) -> set[str]:
    """The scripts that one runs; `unit:*` is how npm-run-all and pnpm's likes name several."""
    words = _NAME.findall(command)
    several = tuple(beginning for word in words if word.endswith("*") and (beginning := word.rstrip("*")))
    found = {*words, *(f"{when}{name}" for when in AROUND)}
    return {other for other in scripts if other != name and (other in found or other.startswith(several))}


def _before_signs(word: str) -> str:
    plain = _SIGN.split(word)[0]
    return plain if plain == word else plain.rpartition("/")[0]


def _holds(place: str, folder: str) -> bool:
    """Whether a folder lies in a place, or the place outside of the workspace."""
    return place == "." or place.startswith("..") or f"{folder}/".startswith(f"{place}/")
