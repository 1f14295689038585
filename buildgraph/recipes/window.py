"""What a Dockerfile of one's own sees of a workspace: the paths its COPY lines name, without what is ignored.

The rules for patterns are Docker's: Go's `filepath.Match` with `**`, for COPY and for .dockerignore alike.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from buildgraph.bounded import firm_folders, firm_stars

IGNORE: Final = ".dockerignore"
WHOLE: Final = "."
FOLDERS: Final = "(?:.*/)?"  # any number of them
SIGN: Final = re.compile(r"[^\w^-]")
PIECE: Final = re.compile(
    r"(?P<folders>\*\*/?)|(?P<star>\*)|(?P<one>\?)|(?P<set>\[[^\]]+\])|\\?(?P<sign>.)", re.DOTALL
)


class Window(NamedTuple):
    """A folder of the workspace (`.`: all of it), what is copied from it, and what is kept out.

    `copies` are seen from the folder; `kept_out` are the lines of the .dockerignore that holds.
    """

    folder: str
    copies: tuple[str, ...] = ()
    kept_out: tuple[str, ...] = ()

    def sees(self, path: str) -> bool:
        """Whether a path of the workspace reaches the build."""
        inner = self.inside(path)
        return bool(inner) and _copied(self.copies)(inner) and not _ignored(self.kept_out)(inner)

    def inside(self, path: str) -> str:
        """A path of the workspace as the build has it; "" when it lies outside of the folder."""
        if self.folder == WHOLE:
            return path
        return path[len(self.folder) + 1 :] if path.startswith(f"{self.folder}/") else ""


def ignore_files(dockerfile: str, folder: str) -> tuple[str, str]:
    """Where the ignored patterns of a Dockerfile may stand; the first that is there holds, alone."""
    return f"{dockerfile}{IGNORE}", posixpath.normpath(posixpath.join(folder, IGNORE))


def parse_ignored(content: bytes) -> tuple[str, ...]:
    """The patterns of a .dockerignore, cleaned as Docker does it."""
    lines = content.decode("utf-8-sig", "replace").splitlines()
    told = (line.strip() for line in lines if not line.startswith("#"))
    return tuple(_cleaned(line) for line in told if line)


def _cleaned(line: str) -> str:
    sign = "!" if line.startswith("!") else ""
    pattern = line.removeprefix("!").strip()
    return sign + (posixpath.normpath(f"/{pattern}").lstrip("/") or WHOLE if pattern else "")


@lru_cache(maxsize=256)
def _copied(copies: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether COPY lines name a path, or a folder that holds it."""
    if WHOLE in copies:
        return lambda path: True
    matches = _expression(copies).match
    return lambda path: matches(path) is not None


@lru_cache(maxsize=256)
def _ignored(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path is kept out: the last pattern that speaks of it or of a folder above decides."""
    if not any(pattern.startswith("!") for pattern in patterns):
        matches = _expression(patterns).match
        return lambda path: matches(path) is not None
    rules = [(pattern.startswith("!"), _expression([pattern.removeprefix("!")])) for pattern in patterns]

    def is_ignored(path: str) -> bool:
        told = (is_exception for is_exception, expression in reversed(rules) if expression.match(path))
        return not next(told, True)

    return is_ignored


def _expression(patterns: Iterable[str]) -> re.Pattern[str]:
    """What any of the patterns names, and all below it."""
    choices = "|".join(r".*" if pattern == WHOLE else _translated(pattern) for pattern in patterns if pattern)
    return re.compile(rf"(?:{choices or '(?!)'})(?:/.*)?\Z", re.DOTALL)


def _translated(pattern: str) -> str:
    text = firm_stars("".join(_piece(found) for found in PIECE.finditer(pattern)))
    text = firm_folders(text, FOLDERS, "(?:.*?/)??")
    return text if "[" not in pattern or _is_expression(text) else "(?!)"


def _is_expression(text: str) -> bool:
    """Whether sets of signs are some: Docker refuses `[z-a]`."""
    try:
        return bool(re.compile(text))
    except re.error:
        return False


def _piece(found: re.Match[str]) -> str:
    if found["folders"]:
        return FOLDERS if found["folders"].endswith("/") else ".*"
    if found["star"] or found["one"]:
        return "[^/]*" if found["star"] else "[^/]"
    if found["set"]:
        body = SIGN.sub(r"\\\g<0>", found["set"][1:-1])
        return f"[{body}]"
    return re.escape(found["sign"])
