"""What a Dockerfile of one's own sees of a workspace: the paths its COPY lines name, without what is ignored.

The rules for patterns are Docker's: Go's `filepath.Match` with `**`, for COPY and for .dockerignore alike.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from buildgraph.bounded import STAR, firm_stars, takes_slash
from buildgraph.errors import ConfigurationError

IGNORE: Final = ".dockerignore"
WHOLE: Final = "."
MOST_CROSSINGS: Final = 2  # times that what stands between two stars of a pattern may take `/`
FOLDERS, ANYTHING = "(?:.*/)?", ".*"  # any number of folders, and of any signs
FEWEST: Final = {FOLDERS: "(?:.*?/)??", ANYTHING: ".*?"}
GREEDY: Final = re.compile(
    r"\[\^/\]\*(?!\?)"
)  # a star that would take more than the next token has to leave it
TOKEN: Final = re.compile(f"({re.escape(FOLDERS)}|{re.escape(ANYTHING)})")
SIGN: Final = re.compile(r"[^\w^-]")
PIECE: Final = re.compile(
    r"(?P<folders>\*\*/?)|(?P<star>\*)|(?P<one>\?)|(?P<set>\[[^\]]{1,400}\])|\\?(?P<sign>.)", re.DOTALL
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
    lines = content.decode("utf-8-sig", "replace").split("\n")
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
    plain = "".join(_piece(found) for found in PIECE.finditer(pattern))
    if sum(takes_slash(between) for between in plain.split(STAR)[1:-1]) > MOST_CROSSINGS:
        raise ConfigurationError.of(
            f"a COPY line or {IGNORE}: {pattern[:60]!r}",
            "is a pattern that takes too long to be matched",
            "write several plain ones",
        )
    text = firm_stars(plain)
    text = "".join(_firm(*_joined(TOKEN.split(text))))
    return text if "[" not in pattern or _is_expression(text) else "(?!)"


def _joined(parts: list[str]) -> tuple[list[str], list[str]]:
    """The tokens of an expression, those side by side as one; and the texts around them, one more than tokens."""
    tokens: list[str] = []
    texts = [parts[0]]
    for token, text in zip(parts[1::2], parts[2::2], strict=True):
        if tokens and not texts[-1]:
            tokens[-1] = ANYTHING if ANYTHING in (token, tokens[-1]) else FOLDERS
            texts[-1] = text
        else:
            tokens.append(token)
            texts.append(text)
    return tokens, texts


def _firm(tokens: list[str], texts: list[str]) -> Iterator[str]:
    """The expression without trying again what cannot help.

    What stands between two tokens has done its best at the first place that it fits, if the next takes what is left.
    """
    yield texts[0]
    for at, (token, text) in enumerate(zip(tokens, texts[1:], strict=True), start=1):
        after = tokens[at] if at < len(tokens) else ""
        is_firm = after == ANYTHING or (after and text.endswith("/"))
        yield f"(?>{FEWEST[token]}{GREEDY.sub('[^/]*?', text)})" if is_firm else token + text


def _is_expression(text: str) -> bool:
    """Whether sets of signs are some: Docker refuses `[z-a]`."""
    try:
        return bool(re.compile(text))
    except re.error:
        return False


def _piece(found: re.Match[str]) -> str:
    if found["folders"]:
        return FOLDERS if found["folders"].endswith("/") else ANYTHING
    if found["star"] or found["one"]:
        return "[^/]*" if found["star"] else "[^/]"
    if found["set"]:
        body = SIGN.sub(r"\\\g<0>", found["set"][1:-1])
        return f"[{body}]"
    return re.escape(found["sign"])
