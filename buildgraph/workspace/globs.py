"""Turns the glob patterns of pnpm-workspace.yaml into regular expressions over POSIX paths.

The dialect is fast-glob's, which pnpm uses: `*`, `?`, `**`, `[a-z]`, `{a,b}` and `@(a|b)` with its
siblings; a name that begins with a dot is matched only by a pattern that spells the dot.
"""

from __future__ import annotations

import re
from functools import lru_cache

MOST_STEPS = 1000  # a range of more is no list of folders
_NAME = r"(?!\.)[^/]"  # the first character of a name that a wildcard may stand for
_FOLDERS = re.compile(r"(?:(?<=/)|^)(?:\*\*/){2,}")  # says what one `**/` says, and takes ages to say it
_RANGE = re.compile(r"(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])")
_STAR = r"[^/]*"
_CHARACTER = r"(?:\\.|\[\^?\]?[^\]]*\](?![*+])|[^\\\[\](){}?*+|^$./])"
_STARS = re.compile(rf"(?:{re.escape(_STAR)})+")
_UP_TO_STAR = re.compile(rf"{re.escape(_STAR)}({_CHARACTER}+)(?={re.escape(_STAR)})")
_GROUPS = {"@": "", "?": "?", "+": "+", "*": "*"}


@lru_cache(maxsize=1024)
def parse_glob(pattern: str) -> re.Pattern[str]:
    """The expression that matches a whole path exactly when the pattern does."""
    path = _FOLDERS.sub("**/", pattern.removeprefix("./"))
    return re.compile(firm_stars(_translated(path, starts_name=True)) + r"\Z")


def firm_stars(expression: str) -> str:
    """The same expression without trying again what cannot help: `*a*a*a*b` takes ages otherwise.

    What stands between two stars has done its best at the first place that it fits, as the next star takes
    whatever is left.
    """
    once = _STARS.sub(lambda _: _STAR, expression)
    return _UP_TO_STAR.sub(r"(?>[^/]*?\1)", once)


def _translated(pattern: str, *, starts_name: bool) -> str:
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        is_first = starts_name if at == 0 else pattern[at - 1] == "/"
        text, at = _piece(pattern, at, is_first)
        parts.append(text)
    return "".join(parts)


def _piece(pattern: str, at: int, is_first: bool) -> tuple[str, int]:
    """The expression of the piece that begins at `at`, and where the next one begins."""
    sign = pattern[at]
    if sign == "\\" and at + 1 < len(pattern):
        return re.escape(pattern[at + 1]), at + 2
    if sign in "@?+*!" and pattern[at + 1 : at + 2] == "(" and _end_of(pattern, at + 1, "()") > 0:
        return _group(pattern, at, is_first)
    if sign == "*":
        return _star(pattern, at, is_first)
    if sign == "?":
        return (_NAME if is_first else "[^/]"), at + 1
    if sign == "[" and (end := pattern.find("]", at + 2)) > 0:
        return _characters(pattern[at + 1 : end]), end + 1
    if (
        sign == "{"
        and (end := _end_of(pattern, at, "{}")) > 0
        and (choices := _alternatives(pattern[at + 1 : end]))
    ):
        return _any_of(choices, is_first), end + 1
    return re.escape(sign), at + 1


def _star(pattern: str, at: int, is_first: bool) -> tuple[str, int]:
    if is_first and pattern.startswith("**/", at):
        return rf"(?:{_NAME}[^/]*/)*", at + 3
    if is_first and pattern[at:] == "**":
        return rf"(?:{_NAME}[^/]*(?:/{_NAME}[^/]*)*)?", at + 2
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    ends_name = pattern[end : end + 1] in ("", "/")
    if is_first:
        return (rf"{_NAME}[^/]*" if ends_name else r"(?!\.)[^/]*"), end
    return r"[^/]*", end


def _characters(inside: str) -> str:
    negated = inside[:1] in ("!", "^")
    body = (inside[1:] if negated else inside).replace("\\", "\\\\").replace("[", "\\[")
    return f"[^/{body}]" if negated else f"[{body}]"


def _group(pattern: str, at: int, is_first: bool) -> tuple[str, int]:
    end = _end_of(pattern, at + 1, "()")
    choices = _choices(pattern[at + 2 : end], "|")
    if pattern[at] != "!":
        return _any_of(choices, is_first) + _GROUPS[pattern[at]], end + 1
    rest = _translated(pattern[end + 1 :].split("/", 1)[0], starts_name=False)
    return rf"(?!{_any_of(choices, is_first)}{rest}(?:/|\Z))(?!\.)[^/]*", end + 1


def _any_of(choices: list[str], is_first: bool) -> str:
    return "(?:" + "|".join(_translated(choice, starts_name=is_first) for choice in choices) + ")"


def _alternatives(inside: str) -> list[str]:
    """What stands between braces: a list, or every step of a range (`1..3`, `a..c`); empty when it is neither."""
    found = _RANGE.fullmatch(inside)
    if found is None:
        return choices if len(choices := _choices(inside, ",")) > 1 else []
    first, last = found.groups()
    if first.isalpha() != last.isalpha():
        return []
    start, end = (ord(first), ord(last)) if first.isalpha() else (int(first), int(last))
    steps = range(min(start, end), max(start, end) + 1)[:MOST_STEPS]
    return [chr(step) if first.isalpha() else str(step) for step in steps]


def _end_of(pattern: str, at: int, brackets: str) -> int:
    """Where the bracket that opens at `at` closes, or -1."""
    depth = 0
    for index in range(at, len(pattern)):
        if pattern[index] == brackets[0]:
            depth += 1
        elif pattern[index] == brackets[1]:
            depth -= 1
            if depth == 0:
                return index
    return -1


def _choices(inside: str, separator: str) -> list[str]:
    """The parts between separators that stand in no bracket."""
    parts, depth = [""], 0
    for sign in inside:
        depth += (sign in "({") - (sign in ")}")
        if sign == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts
