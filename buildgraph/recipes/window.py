"""What a Dockerfile of one's own sees of a workspace: the paths its COPY lines name, without what is ignored.

The rules for patterns are Docker's: Go's `filepath.Match` with `**`, for COPY and for .dockerignore alike.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from buildgraph.bounded import signs_of
from buildgraph.errors import ConfigurationError
from buildgraph.recipes.automaton import Automaton, Piece, Pieces, Test
from buildgraph.snapshot.links import Beginnings

IGNORE: Final = ".dockerignore"
WHOLE: Final = "."
MOST_SETS: Final = 1000  # sets of signs (`[a-z]`) in all patterns, each of which looks at every sign
BYTES: Final = "[\ufffd\udc80-\udcff]"  # what is no UTF-8, and the sign that stands for such
ODD: Final = re.compile(rf"\\?(?P<byte>{BYTES})|(?P<letter>\\(?:[0-9pPQx].*|[A-Za-z]))|\\.", re.DOTALL)
NO_PATH: Final = "\0"  # no path holds such a sign
PLAIN: Final = re.compile(r"[^*?\[\\/]+(?:/[^*?\[\\/]+)*+")  # a path that means itself alone
PIECE: Final = re.compile(
    r"(?P<folders>\*\*/?)|(?P<star>\*)|(?P<one>\?)|(?P<set>\[[^\]]{1,400}\])|\\?(?P<sign>.)", re.DOTALL
)


class Window(NamedTuple):
    """A folder of the workspace (`.`: all of it), what is copied from it, and what is kept out.

    `copies` are seen from the folder; `kept_out` are the lines of the .dockerignore that holds. `submodules` are those
    that are seen though nothing may name them, from the folder, too.
    """

    folder: str
    copies: tuple[str, ...] = ()
    kept_out: tuple[str, ...] = ()
    submodules: frozenset[str] = frozenset()

    def sees(self, path: str) -> bool:
        """Whether a path of the workspace reaches the build."""
        return self.sight(path)

    @property
    def sight(self) -> Callable[[str], bool]:
        """The same question, to be asked about many paths: all patterns are looked at to have it."""
        is_copied, is_kept_out = _copied(self.copies), _ignored(self.kept_out)

        def is_seen(path: str) -> bool:
            inner = self.inside(path)
            if inner in self.submodules:
                return True
            return bool(inner) and is_copied(inner) and not is_kept_out(inner)

        return is_seen

    def met(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of its copies that name some of the workspace's paths, or a folder above one."""
        if not self.copies:
            return frozenset()
        inner = (inside for path in paths if (inside := self.inside(path)))
        return frozenset(self.copies[at] for at in _copying(self.copies).met(inner))

    def with_submodules(self, paths: Iterable[str]) -> Window:
        """The window that sees those submodules, too, in which a build may see a file.

        No snapshot knows what lies in one, so they are seen as a whole, or not at all.
        """
        inner = tuple(inside for path in paths if (inside := self.inside(path)))
        return self._replace(submodules=_led_into(self.copies, self.kept_out, inner)) if inner else self

    def inside(self, path: str) -> str:
        """A path of the workspace as the build has it; "" when it lies outside of the folder."""
        if self.folder == WHOLE:
            return path
        return path[len(self.folder) + 1 :] if path.startswith(f"{self.folder}/") else ""


def ignore_files(dockerfile: str, folder: str) -> tuple[str, str]:
    """Where the ignored patterns of a Dockerfile may stand; the first that is there holds, alone."""
    return f"{dockerfile}{IGNORE}", posixpath.normpath(posixpath.join(folder, IGNORE))


def parse_ignored(content: bytes) -> tuple[str, ...]:
    """The patterns of a .dockerignore, cleaned as Docker does it; those that mean the top itself speak of no path."""
    lines = content.decode("utf-8-sig", "surrogateescape").split("\n")
    told = (line.strip() for line in lines if not line.startswith("#"))
    cleaned = (_cleaned(line) for line in told if line)
    return tuple(filter(None, (_told(pattern) for pattern in cleaned if pattern not in (WHOLE, f"!{WHOLE}"))))


def _cleaned(line: str) -> str:
    """A line as Docker takes it, which cleans it as it reads it and once more as it makes a pattern of it.

    The rules are those of `ReadAll` and `New` in moby/patternmatcher. A `..` at the beginning stays: no path holds it.
    """
    sign = "!" if line.startswith("!") else ""
    pattern = _clean(line.removeprefix(sign).strip())
    return _clean(f"{sign}{pattern.removeprefix('/')}".strip())


def _told(pattern: str) -> str:
    r"""A pattern as far as it is certain what it keeps out, or may let in again.

    Docker makes an expression of it in which a backslash before a letter or digit is no letter: `\dist` is a digit and
    `ist`, and keeps out no `dist`. A byte that is no UTF-8 may be any such byte there, and by itself names no file.
    """
    told = ODD.sub(_as_docker, pattern)
    if told == pattern:
        return pattern
    if not pattern.startswith("!"):
        return ""
    return "!**" if "[" in pattern else told


def _as_docker(found: re.Match[str]) -> str:
    if found["byte"]:
        return BYTES
    return "**" if found["letter"] else found[0]


def _clean(path: str) -> str:
    """A path as Go's `path.Clean` leaves it: Python's keeps two slashes at the beginning."""
    return posixpath.normpath(f"/{path.lstrip('/')}" if path.startswith("/") else path)


def names_exactly(pattern: str, name: str) -> bool:
    """Whether one part of a COPY path names a file or folder."""
    return _named(pattern)(name) is not None


@lru_cache(maxsize=256)
def _named(pattern: str) -> Callable[[str], int | None]:
    return _automaton([pattern]).last


@lru_cache(maxsize=256)
def _copied(copies: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether COPY lines name a path, or a folder that holds it."""
    if WHOLE in copies:
        return lambda path: True
    plain = Beginnings([path for path in copies if PLAIN.fullmatch(path)])
    last = _automaton(path for path in copies if not PLAIN.fullmatch(path)).last
    return lambda path: plain.of(path) is not None or last(path) is not None


@lru_cache(maxsize=256)
def _copying(copies: tuple[str, ...]) -> Automaton:
    return _automaton(copies)


@lru_cache(maxsize=256)
def _ignored(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path is kept out: the last pattern that speaks of it or of a folder above decides."""
    last = _speaking(patterns).last

    def is_ignored(path: str) -> bool:
        decides = last(path)
        return decides is not None and not patterns[decides].startswith("!")

    return is_ignored


@lru_cache(maxsize=256)
def _led_into(copies: tuple[str, ...], kept_out: tuple[str, ...], folders: tuple[str, ...]) -> frozenset[str]:
    """The folders in which a copy may name a file that is not kept out."""
    leads_into, is_kept_out = _copying(copies).last_into, _kept_out_whole(kept_out)
    return frozenset(path for path in folders if leads_into(path) is not None and not is_kept_out(path))


def _kept_out_whole(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a folder is kept out with all that may lie in it: no later pattern lets some of that in again."""
    last = _speaking(patterns).last
    into = _automaton(pattern[1:] if pattern.startswith("!") else NO_PATH for pattern in patterns).last_into

    def is_kept_out(folder: str) -> bool:
        decides, lets_in = last(folder), into(folder)
        return decides is not None and (lets_in is None or lets_in < decides)

    return is_kept_out


@lru_cache(maxsize=256)
def _speaking(patterns: tuple[str, ...]) -> Automaton:
    return _automaton(pattern.removeprefix("!") for pattern in patterns)


def _automaton(patterns: Iterable[str]) -> Automaton:
    found = [_pieces(pattern) for pattern in patterns]
    if sum(callable(piece) and piece is not _in_name for pieces in found for piece in pieces) > MOST_SETS:
        raise ConfigurationError.of(
            f"COPY lines or a {IGNORE}",
            f"hold more than {MOST_SETS} sets of signs (`[a-z]`), which take too long to be matched",
            "write `*` for some of them",
        )
    return Automaton(found)


def _pieces(pattern: str) -> Pieces:
    """What a pattern is made of; one that is none is a sign that no path holds."""
    if pattern == WHOLE:
        return (Piece.ANYTHING,)
    try:
        return tuple(_joined(map(_piece, PIECE.finditer(pattern)))) or (NO_PATH,)
    except ValueError:
        return (NO_PATH,)


def _joined(pieces: Iterable[str | Test | Piece]) -> Iterator[str | Test | Piece]:
    """The pieces, those as one that side by side say what one of them says."""
    before: str | Test | Piece = ""
    for piece in pieces:
        if before is Piece.ANYTHING and isinstance(piece, Piece):
            continue
        if before and not (isinstance(before, Piece) and piece in (before, Piece.ANYTHING)):
            yield before
        before = piece
    if before:
        yield before


def _piece(found: re.Match[str]) -> str | Test | Piece:
    """A piece of a pattern; ValueError for a set that is none: Docker refuses `[z-a]`."""
    if found["folders"]:
        return Piece.FOLDERS if found["folders"].endswith("/") else Piece.ANYTHING
    if found["star"]:
        return Piece.NAME
    if found["one"]:
        return _in_name
    return signs_of(found["set"][1:-1], "^") if found["set"] else found["sign"]


def _in_name(sign: str) -> bool:
    return sign != "/"
