"""A lockfile's text entry by entry, as pnpm writes it: which ones differ in another text, and some of them read.

pnpm writes the tables in one order (its sortLockfileKeys), a block of lines per entry, and an empty line
between two of them. A text of any other shape is Unusual here: it is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.lockfile import Lockfile, parse_lockfile

IMPORTERS, PACKAGES, SNAPSHOTS = TABLES = ("importers", "packages", "snapshots")
HEADINGS: Final = [f"{name}:" for name in TABLES]
GAP: Final = "\n\n"
AT_THE_EDGE = re.compile(r"\n([^ \n].*)")  # a line that stands in no table
ENTRY = re.compile(r"  \S.*(?:\n    .*)*")
REFERS = re.compile(r"[:-] +[&*!]")  # to another place of a text, by YAML's anchors; pnpm writes none


class Unusual(Exception):
    """The text is not what pnpm writes, as far as that is asked here."""


class Sheet(NamedTuple):
    """A lockfile's text, and the places where the first entries of its tables begin."""

    text: str
    importers: int
    packages: int
    snapshots: int

    def table_at(self, place: int) -> str:
        """The table that an entry at this place belongs to."""
        found = [name for name, start in zip(TABLES, self[1:], strict=True) if start <= place]
        if not found:
            raise Unusual
        return found[-1]

    def entries(self, table: str, keys: Iterable[str]) -> list[str]:
        """The texts of these entries of a table; Unusual when there is none of a key."""
        start = place = getattr(self, table)
        found: list[str] = []
        for key in sorted(keys):  # as they stand, for the most part
            place = self._place(key, place) or self._place(key, start)
            if not place or self.table_at(place) != table:
                raise Unusual
            end = self.text.find(GAP, place)
            found.append(self.text[place:end] if end >= 0 else self.text[place:-1])
        return found

    def has_any(self, table: str, keys: Iterable[str]) -> bool:
        """Whether a table has an entry of one of these keys."""
        places = (self._place(key, getattr(self, table)) for key in keys)
        return any(place and self.table_at(place) == table for place in places)

    def _place(self, key: str, start: int) -> int:
        """Where an entry of this key begins, from a place on; 0 when there is none."""
        written = (self.text.find(f"\n  {form}:", start - 1) + 1 for form in (key, f"'{key}'"))
        return min((place for place in written if place), default=0)


class Difference(NamedTuple):
    """The texts of a table's entries that differ: those of the one side, and of the other."""

    before: set[str]
    after: set[str]


def read_sheet(text: str) -> Sheet:
    """The sheet of a lockfile that can be read; Unusual when it has another shape."""
    places = [text.find(f"\n{heading}{GAP}") for heading in HEADINGS]
    if AT_THE_EDGE.findall(text)[-3:] != HEADINGS or -1 in places or not text.endswith("\n"):
        raise Unusual
    ends = (place + len(f"\n{heading}{GAP}") for place, heading in zip(places, HEADINGS, strict=True))
    return Sheet(text, *ends)


def compare_sheets(before: Sheet, text: str) -> tuple[Sheet, Mapping[str, Difference]]:
    """The sheet of another version of the lockfile, and the entries that differ, by table.

    What is the same is not looked at. Raises Unusual when something besides entries differs.
    """
    begin, end = _differing(before.text, text)
    grown = len(text) - len(before.text)
    table = before.table_at(begin)
    was = _by_table(table, before.text[begin:end])
    now = _by_table(table, text[begin : end + grown])
    if was.keys() != now.keys():
        raise Unusual
    starts = (start + grown if start >= end else start for start in before[1:])
    after = Sheet(text, *starts) if len(was) == 1 else read_sheet(text)
    return after, {name: Difference(was[name] - now[name], now[name] - was[name]) for name in was}


def read_entries(sheet: Sheet, entries: Mapping[str, Iterable[str]]) -> Lockfile:
    """A lockfile of these entries only, by table; Unusual when they cannot be read one by one."""
    listed = {name: list(entries.get(name, ())) for name in TABLES}
    if any(REFERS.search(entry) for texts in listed.values() for entry in texts):
        raise Unusual
    head = sheet.text[: sheet.importers].removesuffix(f"{HEADINGS[0]}{GAP}")
    tables = "\n".join(line for name, texts in listed.items() if texts for line in (f"{name}:", *texts))
    try:
        found = parse_lockfile(f"{head}{tables}\n".encode("utf-8", "surrogateescape"))
    except ConfigurationError:
        raise Unusual from None
    importers = found.importers if listed[IMPORTERS] else {}  # none at all would mean an inline one
    read = (importers, found.packages, found.snapshots)
    if any(len(table) != len(texts) for table, texts in zip(read, listed.values(), strict=True)):
        raise Unusual
    return found._replace(importers=importers)


def _differing(before: str, after: str) -> tuple[int, int]:
    """From where to where (in `before`) whole entries of two texts differ."""
    shorter = min(len(before), len(after))
    same = _most(shorter, lambda low, high: before[low:high] == after[low:high])
    was, now = len(before), len(after)
    rest = _most(
        shorter - same, lambda low, high: before[was - high : was - low] == after[now - high : now - low]
    )
    end = before.find(GAP, was - rest)
    return before.rfind(GAP, 0, same) + len(GAP), end if end >= 0 else was - 1


def _most(limit: int, is_same: Callable[[int, int], bool]) -> int:
    """How far two texts are the same: `is_same` compares them between two places."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if is_same(low, middle) else (low, middle - 1)
    return low


def _by_table(table: str, text: str) -> dict[str, set[str]]:
    """The entries in a run of text that begins in `table`; further tables have their headings in it."""
    found: dict[str, set[str]] = {table: set()}
    for block in text.split(GAP) if text else ():
        if block in HEADINGS:
            table = block.removesuffix(":")
            found[table] = set()
        elif ENTRY.fullmatch(block):
            found[table].add(block)
        else:
            raise Unusual
    return found
