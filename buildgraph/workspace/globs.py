"""Turns the glob patterns of pnpm-workspace.yaml into regular expressions over POSIX paths.

The dialect is fast-glob's, which pnpm uses: `*`, `?`, `**`, `[a-z]`, `{a,b}` and `@(a|b)` with its
siblings; a name that begins with a dot is matched only by a pattern that spells the dot.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from buildgraph.bounded import compiled, firm_folders, firm_stars
from buildgraph.errors import ConfigurationError

MOST_STEPS = 1000  # a range of more is no list of folders
LONGEST = 1000  # signs of a pattern
DEEPEST = 20  # brackets within brackets
MOST_WAYS = 10_000  # by which a pattern with choices may be read
TOO_INTRICATE = "write several plain ones"
_NAME = r"(?!\.)[^/]"  # the first character of a name that a wildcard may stand for
_FOLDERS = re.compile(r"(?:(?<=/)|^)(?:\*\*/){2,}")  # says what one `**/` says, and takes ages to say it
_RANGE = re.compile(r"(-?[0-9]{1,9}|[a-zA-Z])\.\.(-?[0-9]{1,9}|[a-zA-Z])")
_STARS = re.compile(r"\*+(?!\()")
_SIGNS = re.compile(r"[*?+@!(){}\[\]\\|]")
_SOME_FOLDERS = rf"(?:{_NAME}[^/]*/)*"
_GROUPS = {"@": "", "?": "?", "+": "+", "*": "*"}
_OF_SIGN = {"*": 10, "+": 10, "!": 20}  # what follows `!(…)` is looked at twice


@lru_cache(maxsize=1024)
def parse_glob(pattern: str, where: str = "") -> re.Pattern[str]:
    """The expression that matches a whole path exactly when the pattern does, in a time that is bounded.

    A set that is none (`[z-a]`) matches nothing. Raises ConfigurationError for a pattern that could be read in so
    many ways that to try them takes ages; `where` names the file and the key that hold it.
    """
    path = _FOLDERS.sub("**/", pattern.removeprefix("./"))
    if _is_intricate(path):
        place = f"{where}: {pattern[:60]!r}" if where else f"{pattern[:60]!r}"
        raise ConfigurationError.of(place, "is a pattern that takes too long to be matched", TOO_INTRICATE)
    expression = firm_stars(_translated(path, starts_name=True))
    if not any(sign in path for sign in "({|"):
        expression = firm_folders(expression, _SOME_FOLDERS, f"{_SOME_FOLDERS}?")
    try:
        return compiled(expression + r"\Z")
    except re.error:
        return re.compile(r"(?!)")


def _is_intricate(pattern: str) -> bool:
    if len(pattern) > LONGEST:
        return True
    ways, open_until = 1, list[int]()
    for at, sign in enumerate(pattern):
        if sign in "({":
            end = _end_of(pattern, at, "()" if sign == "(" else "{}")
            open_until = [*(other for other in open_until if other > at), end]
            ways *= _ways(pattern, at, end)
            if ways > MOST_WAYS or len(open_until) > DEEPEST:
                return True
    stars = (len(_STARS.findall(part)) for part in pattern.split("/") if "(" in part or "{" in part)
    folders = pattern.count("**/") if "(" in pattern or "{" in pattern else 0
    ways *= int(100 ** sum(max(0, count - 1) for count in [folders, *stars]))
    return ways > MOST_WAYS


def _ways(pattern: str, at: int, end: int) -> int:
    """In how many ways the group whose bracket opens at `at` may be read."""
    inside = pattern[at + 1 : end] if end > 0 else ""
    before = pattern[at - 1 : at] if pattern[at] == "(" else ""
    choices = _choices(inside, "|") if pattern[at] == "(" else _alternatives(inside)
    if before in ("*", "+") and not _tell_apart(choices):
        return MOST_WAYS + 1
    return max(1, len(choices)) * _OF_SIGN.get(before, 1)


def _tell_apart(choices: list[str]) -> bool:
    """Whether choices that may be repeated are plain and none begins with another: then they are read in one way."""
    ordered = sorted(choices)
    is_plain = all(choice and not _SIGNS.search(choice) for choice in ordered)
    return is_plain and not any(after.startswith(before) for before, after in pairwise(ordered))


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
        return _SOME_FOLDERS, at + 3
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
