"""A lockfile's text entry by entry, as pnpm writes it: which ones differ in another text, and some of them read.

pnpm writes the tables in one order (its sortLockfileKeys), a block of lines per entry, and an empty line
between two of them. A text of any other shape is Unusual here: it is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.lockfile_parsing import parse_lockfile

IMPORTERS, PACKAGES, SNAPSHOTS = TABLES = ("importers", "packages", "snapshots")
HEADINGS: Final = [f"{name}:" for name in TABLES]
GAP: Final = "\n\n"
BREAKS: Final = "\r\x85\u2028\u2029"  # where YAML's lines may end besides
AT_THE_EDGE = re.compile(r"\n([^ \n].*)")  # a line that stands in no table
ENTRY_BEGINS = re.compile(r"\n  [^ ]")
ENTRY = re.compile(r"  (?:'[^'\n]+'|[\w.(/][^\s'\"]*):(?: [^\n]+)?(?:\n    [^\n]*)*")
# To another place of the text, by YAML's anchors; pnpm writes none.
REFERS = re.compile(r"[\s\[{,:-][&*!][\w.-]")


class Unusual(Exception):
    """The text is not what pnpm writes, as far as that is asked here."""


class Sheet(NamedTuple):
    """A lockfile's text, and the places where the first entries of its tables begin."""

    text: str
    importers: int
    packages: int
    snapshots: int

    @property
    def tables(self) -> dict[str, int]:
        """The places by table."""
        return dict(zip(TABLES, self[1:], strict=True))

    def table_at(self, place: int) -> str:
        """The table that an entry at this place belongs to."""
        found = [name for name, start in self.tables.items() if start <= place]
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
            found.append(self.text[place : end_of_entry(self.text, place)])
        return found

    def _place(self, key: str, start: int) -> int:
        """Where an entry of this key begins, from a place on; 0 when there is none."""
        plain = self.text.find(f"\n  {key}:", start - 1)
        quoted = self.text.find(f"\n  '{key}':", start - 1, plain if plain >= 0 else len(self.text))
        return (quoted if quoted >= 0 else plain) + 1


class Difference(NamedTuple):
    """The texts of a table's entries that differ: those of the one side, and of the other."""

    before: set[str]
    after: set[str]


def read_sheet(text: str, entries: int) -> Sheet:
    """The sheet of a lockfile that can be read and has so many entries; Unusual when it has another shape."""
    edges = AT_THE_EDGE.findall(text)
    are_keys = all(edge[0].isalpha() for edge in edges) and len(set(edges)) == len(edges)
    if edges[-3:] != HEADINGS or not are_keys or not _is_plain(text):
        raise Unusual
    places = [text.find(f"\n{heading}{GAP}") + 1 for heading in HEADINGS]
    if 0 in places or len(ENTRY_BEGINS.findall(text, places[0])) != entries:
        raise Unusual
    ends = (place + len(f"{heading}{GAP}") for place, heading in zip(places, HEADINGS, strict=True))
    return Sheet(text, *ends)


def _is_plain(text: str) -> bool:
    """Whether lines end where we see them end, the last one too."""
    odd = "\r" if text.isascii() else BREAKS
    return text.endswith("\n") and not text.endswith(GAP) and not any(sign in text for sign in odd)


def compare_sheets(before: Sheet, text: str) -> tuple[Sheet, Mapping[str, Difference]]:
    """The sheet of another version of the lockfile, and the entries that differ, by table.

    What is the same is not looked at. Raises Unusual when something besides entries differs.
    """
    begin, end = _differing(before.text, text)
    grown = len(text) - len(before.text)
    table = before.table_at(begin)
    was = _by_table(table, before.text[begin:end])
    now = _by_table(table, text[begin : end + grown])
    if list(was) != list(now) or not _is_plain(text):
        raise Unusual
    starts = {name: start + grown if start >= end else start for name, start in before.tables.items()}
    for name in list(was)[1:]:  # their headings stand in what differs
        heading = f"\n{name}:{GAP}"
        if (place := text.find(heading, begin - 1)) < 0:
            raise Unusual
        starts[name] = place + len(heading)
    return Sheet(text, **starts), {
        name: Difference(was[name] - now[name], now[name] - was[name]) for name in was
    }


def read_entries(sheet: Sheet, entries: Mapping[str, Iterable[str]]) -> Lockfile:
    """A lockfile of these entries only, by table; Unusual when they cannot be read one by one."""
    listed = {name: list(entries.get(name, ())) for name in TABLES}
    texts = [entry for table in listed.values() for entry in table]
    if not all(ENTRY.fullmatch(entry) for entry in texts) or any(map(REFERS.search, texts)):
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
    return before.rfind(GAP, 0, same) + len(GAP), end_of_entry(before, was - rest)


def end_of_entry(text: str, place: int) -> int:
    """Where the entry around a place ends; Unusual when an empty line stands amid it."""
    end = text.find(GAP, place)
    if end < 0:
        return len(text) - 1
    if text.startswith("\n" * 3, end) or text.startswith(GAP + " " * 3, end):
        raise Unusual
    return end


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
        if block in HEADINGS and block.removesuffix(":") not in found:
            table = block.removesuffix(":")
            found[table] = set()
        elif ENTRY.fullmatch(block) and block not in found[table]:
            found[table].add(block)
        else:
            raise Unusual
    return found
