"""The error tree: every failure a user can meet, each with its exit code; it knows no other module.

BuildgraphError (1)
├── ConfigurationError (2)   mistakes in what the user wrote: manifests, package.json, lockfile, arguments
│   └── UnknownName (2)      a name that stands nowhere, with the close matches
├── ToolError (3)            a tool is missing, does not answer or failed where it should not
│   └── InternalError (3)    a failure that nobody foresaw: a bug of ours
└── StepFailed (1)           a step of a run failed: a build, a push, a health gate, a smoke test
"""

from __future__ import annotations

import errno
import re
from collections.abc import Container, Iterable
from typing import Final, NamedTuple

DONE, FAILED, WRONG_USE, TOOL_FAILED, INTERRUPTED = 0, 1, 2, 3, 130
SICK_DISK: Final = (errno.ENOSPC, errno.EDQUOT, errno.EIO)  # another path would not help
MAKE_ROOM: Final = "make room there, or have TMPDIR name another place"
LONGEST_SAID: Final = 500  # signs of what is wrong, where a stranger's words stand in it
LONGEST_TOLD: Final = 4000  # signs of a mistake, whatever stands in it
MOST_TOLD: Final = 50  # mistakes at once: nobody reads on, and what strangers wrote may have thousands
# Mistakes: each is compared with all before it, and a stranger's file may have any number.
MOST_KEPT: Final = 1000
FEW: Final = 12  # names that are told where none looks like the one asked for: more would hide the mistake
COLOUR: Final = r"\x1b\[[0-9;]{0,20}m"  # by which programs colour what they print: ECMA-48's SGR
NO_TEMPORARY: Final = "No usable temporary directory"  # so Python's `tempfile` begins


class Likeness(NamedTuple):
    """The way out of a name that stands nowhere: what it is like, else all that are known where `lists_all` says so.

    It is worked out when it is told, for to compare thousands of names with hundreds takes ages, and few are told.
    """

    name: str
    known: tuple[str, ...]
    lists_all: bool = True

    def __str__(self) -> str:
        return did_you_mean(close_matches(self.name, self.known)) or (
            known_names(self.known) if self.lists_all else ""
        )


WayOut = str | Likeness


class Mistake(NamedTuple):
    """One thing the user can mend: where it stands, what is wrong, the way out (may be empty)."""

    where: str
    what: str
    way_out: WayOut = ""

    def __str__(self) -> str:
        text, way_out = f"{self.where}: {self.what}" if self.where else self.what, str(self.way_out)
        return shortened(f"{text}\n  {way_out}" if way_out else text, LONGEST_TOLD)


class BuildgraphError(Exception):
    """The root of the tree; its text is what a user reads, its `exit_code` what a script reads."""

    exit_code = FAILED


class ConfigurationError(BuildgraphError):
    """All mistakes found in what the user wrote, told at once as far as anybody reads, in a stable order."""

    exit_code = WRONG_USE

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(dict.fromkeys(mistakes), key=lambda mistake: mistake[:2]))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        more = len(self.mistakes) - MOST_TOLD
        told = [str(mistake) for mistake in self.mistakes[:MOST_TOLD]]
        least = "at least " if len(self.mistakes) >= MOST_KEPT else ""  # who reads manifests stops there
        return "\n".join([*told, f"and {least}{more} more"] if more > 0 else told)

    @classmethod
    def of(cls, where: str, what: str, way_out: WayOut = "") -> ConfigurationError:
        """An error of a single mistake."""
        return cls([Mistake(where, what, way_out)])


class UnknownName(ConfigurationError):
    """A name that stands nowhere; carries the close matches so that a typing slip costs one look.

    `otherwise` is the way out where it is no slip: how something of that name comes to be.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], otherwise: str = "") -> None:
        self.name = name
        names = set(known)
        self.matches = close_matches(name, names)
        slip = all_of(name, names) or did_you_mean(self.matches)
        all_known = known_names(names) if len(names) <= FEW else ""
        way_out = slip or "; ".join(filter(None, (all_known, otherwise)))
        super().__init__([Mistake("", f"there is no {kind} {name!r}", way_out)])


class ToolError(BuildgraphError):
    """A tool that we need is missing or failed; `way_out` says how to get or mend it."""

    exit_code = TOOL_FAILED

    def __init__(self, what: str, way_out: str = "") -> None:
        self.what = what
        self.way_out = way_out
        super().__init__(f"{what}\n  {way_out}" if way_out else what)


class InternalError(ToolError):
    """A failure that nobody foresaw; it is told without a traceback all the same."""

    def __init__(self, error: Exception) -> None:
        what = f"internal: {type(error).__name__}: {error}"
        super().__init__(what, "BUILDGRAPH_DEBUG=1 shows where; please report it")


class StepFailed(BuildgraphError):
    """A step of a run failed; `detail` holds the last lines of what it printed, without their colours."""

    def __init__(self, step: str, what: str, detail: str = "") -> None:
        self.step = step
        self.what = what
        self.detail = without_colours(detail).strip("\n")
        text = f"{step}: {what}"
        super().__init__(f"{text}\n{indent(self.detail)}" if self.detail else text)


def unwritable(where: str, error: OSError, way_out: str = "") -> BuildgraphError:
    """What it is told as that something cannot be written: a disk's fault, or that of who has named the place."""
    what = f"cannot be written: {error.strerror}"
    if error.errno in SICK_DISK:
        return ToolError(f"{where}: {what}", "make room there, then run it again")
    return ConfigurationError.of(where, what, way_out)


def unforeseen(error: Exception) -> BuildgraphError:
    """An error that nobody has taken for what it is: the disk's, which may come from anywhere, or a bug."""
    if isinstance(error, OSError) and (error.errno in SICK_DISK or NO_TEMPORARY in str(error)):
        return ToolError(f"this machine's disk: {error}", MAKE_ROOM)
    return InternalError(error)


def refuse_newer(where: str, told: object, known: int) -> None:
    """StepFailed for what a newer version has stored in a format that this one does not know: it is left as it is."""
    if isinstance(told, int) and told > known:
        what = f"has format {told}, of a newer buildgraph; this one knows {known}"
        raise StepFailed(where, what, "install the newest one: nothing was changed")


def close_matches(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Up to three known names that look like `name`, or whose last part (after `/` or `:`) does, best first."""
    import difflib  # errors are rare, and every command has this module

    names = sorted(set(known))
    tails: dict[str, list[str]] = {}
    for known_name in names:
        tails.setdefault(known_name.replace(":", "/").rpartition("/")[2], []).append(known_name)
    whole = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    similar = difflib.get_close_matches(name, tails, n=3, cutoff=0.6)
    same = tails.get(name, [])
    return tuple(dict.fromkeys([*same, *whole, *(full for tail in similar for full in tails[tail])]))[:3]


def all_of(name: str, known: Container[str]) -> str:
    """The way out for whoever asks for `deploy:all`, as other programs have it: `deploy`. Nothing for other names."""
    phase, _, asked = name.rpartition(":")
    return f"`{phase}` alone means all of them" if asked == "all" and phase in known else ""


def did_you_mean(matches: Iterable[str]) -> str:
    """The way out of a misspelt name: `did you mean a or b?`, or nothing."""
    names = list(matches)
    return f"did you mean {' or '.join(names)}?" if names else ""


def known_names(names: Iterable[str]) -> str:
    """The way out of a name that is like none of them: all there are, or nothing."""
    known = ", ".join(sorted(names))
    return f"known: {known}" if known else ""


def without_colours(text: str) -> str:
    """What a program has printed, as it is read where nobody sees its colours."""
    return re.sub(COLOUR, "", text)


def first_line(text: str) -> str:
    """The first line of a text: of an error, what went wrong, without the way out or what a program has printed."""
    return text.strip().partition("\n")[0]


def shortened(text: str, longest: int) -> str:
    """A text with its beginning and its end, where it is too long to be told."""
    return text if len(text) <= longest else f"{text[: longest // 2]} … {text[-(longest // 2) :]}"


def indent(text: str, prefix: str = "    ") -> str:
    """`text` with every line moved right, as details stand below their error."""
    return "\n".join(prefix + line for line in text.splitlines())
