"""What strangers' patterns are made of, as sets of signs and regular expressions, none of which takes ages."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable

STAR = r"[^/]*"
# One way to read each: of a hundred sets that could be read in two, no two to the hundredth are tried.
_CHARACTER = r"(?:\\.|\[\^?+\]?+(?:\\.|[^\]\\])*+\](?![*+])|[^\\\[\](){}?*+|^$./])"
_STARS = re.compile(rf"(?:{re.escape(STAR)})+")
_UP_TO_STAR = re.compile(rf"{re.escape(STAR)}({_CHARACTER}++)(?={re.escape(STAR)})")


def compiled(expression: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """The expression, without Python's warning of sets (`[a--b]`) that may mean more one day. Raises re.error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(expression, flags)


def signs_of(body: str, *negations: str) -> Callable[[str], bool]:
    """Whether a sign is one of a set (`a-z_`); a set that begins with a negation has all others.

    Raises ValueError for a set that is none (`z-a`, or nothing).
    """
    is_negated = body.startswith(negations)
    singles, ranges, at = set[str](), list[tuple[str, str]](), int(is_negated)
    if at == len(body):
        raise ValueError(f"{body!r} is no set of signs")
    while at < len(body):
        if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
            ranges.append((body[at], body[at + 2]))
            at += 3
        else:
            singles.add(body[at])
            at += 1
    if any(last < first for first, last in ranges):
        raise ValueError(f"{body!r} is no set of signs")
    return lambda sign: (sign in singles or any(a <= sign <= z for a, z in ranges)) != is_negated


def firm_stars(expression: str) -> str:
    """The same expression without trying again what cannot help: `*a*a*a*b` takes ages otherwise.

    What stands between two stars has done its best at the first place that it fits, as the next star takes
    whatever is left. No set of signs may take `/`: it could lead to another folder at a later place.
    """
    once = _STARS.sub(lambda _: STAR, expression)
    return _UP_TO_STAR.sub(r"(?>[^/]*?\1)", once)


def firm_folders(expression: str, some: str, fewest: str) -> str:
    """The same for `**/a/**/b`: the names between two `**` have done their best at the first place that they fit.

    `some` is how any number of folders is written in the expression, `fewest` the same that takes as few as it can.
    There is no choice around them.
    """
    one = re.escape(some)
    between = re.compile(rf"{one}((?:(?!{one}).)*/)(?={one})", re.DOTALL)
    return between.sub(lambda found: f"(?>{fewest}{found[1]})", expression)
