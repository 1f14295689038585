"""What was stored once is read for ever: `tests/stored/` holds it as it was written, and no file there ever changes."""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from buildgraph.deploy.releases import Release
from buildgraph.errors import BuildgraphError
from tests.support.stored import FILES, FORMER, STORED

PAGE: Final = Path(__file__).parents[1] / "docs/KEEPING.md"
BY_NATURE: Final = {"Release.unreadable"}  # fields that nobody writes
NEXT: Final = (
    "what is written has changed: leave the file, add the next one with a value here, and raise the format where an "
    "older version of the program would misread it"
)
# The rows of the page's table, and the kinds of files that say the same; none for digests, and what is made again.
ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "routes and scaled services in the state volume": ("routes", "scale"),
    "records of releases: state volume, cluster, Coolify": ("release",),
    "what runs on Coolify": ("coolify",),
    "that smoke tests have passed": (),
    "audit logs, deploy locks": ("event", "labels"),
    "manifests of backups": ("backup",),
    "saved plans": ("plan",),
    "results of checks, in the user's cache folder and in a registry": ("result",),
    "reports of runs": ("report",),
    "remembered graphs, plans of checks": (),
    "marks of `doit ignore`, in git's own folder": ("marks",),
    "labels of images and containers": ("labels",),
    "answers with `--format json`": (),
}
READ: Final = ("is read", "are read", "tell ")
WORDS: Final = {
    "refused": ("is refused", "are refused"),
    "unreadable": ("are listed as unreadable",),
    "passed over": ("are not found", "are passed over"),
    "read": READ,
}
OF_LABELS: Final = "labels"  # they have no fields that a newer version could add to


def kind_of(name: str) -> str:
    return name.rpartition("-")[0]


def newest(kind: str) -> Path:
    found = FILES.glob(f"{kind}-*.json")
    return max(found, key=lambda file: int(file.stem.rpartition("-")[2]))


@pytest.mark.parametrize("name", sorted(file.stem for file in FILES.iterdir()))
def test_what_an_earlier_version_stored_is_read_to_the_same_values(name: str) -> None:
    stored = STORED[kind_of(name)]
    expected = FORMER.get(name, stored.value)

    assert stored.read((FILES / f"{name}.json").read_bytes()) == expected


@pytest.mark.parametrize("kind", STORED)
def test_what_is_written_now_is_the_newest_of_its_files(kind: str) -> None:
    written, file = STORED[kind].write(), newest(kind)
    text = written if isinstance(written, bytes) else written.encode()

    assert text == file.read_bytes(), NEXT
    assert file.stem not in FORMER


def test_no_field_of_what_is_stored_is_left_out() -> None:
    told: dict[str, list[bool]] = defaultdict(list)
    for stored in STORED.values():
        for field, is_default in fields_in(stored.value):
            told[field].append(is_default)

    assert {field for field, defaults in told.items() if all(defaults)} == BY_NATURE
    assert len(told) > 100


def fields_in(value: Any) -> Iterable[tuple[str, bool]]:
    """Every field of a value and of those in it, and whether it has its default there."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            held = getattr(value, field.name)
            made = field.default_factory() if callable(field.default_factory) else field.default
            yield f"{type(value).__name__}.{field.name}", held == made
            yield from fields_in(held)
    elif hasattr(value, "_field_defaults"):
        for name in value._fields:
            held, missing = getattr(value, name), object()
            yield f"{type(value).__name__}.{name}", held == value._field_defaults.get(name, missing)
            yield from fields_in(held)
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from fields_in(held)
    elif isinstance(value, tuple):
        for held in value:
            yield from fields_in(held)


def test_the_page_tells_of_everything_stored_how_older_and_newer_ones_are_taken() -> None:
    table = PAGE.read_text().partition("## Upgrading")[2].partition("|---|---|---|\n")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    rows = {what: (older, newer) for what, older, newer in cells}

    assert rows.keys() == ROWS.keys()
    assert {kind for kinds in ROWS.values() for kind in kinds} == STORED.keys()
    for what, (older, newer) in rows.items():
        assert ROWS[what] or not older.startswith(READ), f"no file proves that {what} are read"
        for kind in {*ROWS[what]} - {OF_LABELS}:
            taken = taken_when_newer(kind)
            assert newer.startswith(WORDS[taken]), f"a newer {kind} is {taken}, and not: {newer}"


def taken_when_newer(kind: str) -> str:
    """What becomes of a file of a newer version: of another format, or with something more where it tells none."""
    told = json.loads(newest(kind).read_bytes())
    changed = {**told, "format": 99} if "format" in told else {**told, "novelty": {}}
    try:
        found = STORED[kind].read(json.dumps(changed).encode())
    except BuildgraphError:
        return "refused"
    if isinstance(found, Release) and found.unreadable:
        return "unreadable"
    return "read" if found == STORED[kind].value else "passed over"
