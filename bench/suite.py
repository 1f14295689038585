"""Reports how long script/test took, and for how many tests: python bench/suite.py --help."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning, Circumstances
from bench.machine import versions
from bench.program import produce, report_parser
from bench.tables import render_table

LIMIT: Final = 30 * 60  # seconds that all of it may take on two cores
# As script/test calls its parts, in the order of their ends.
PARTS: Final = {
    "unit": "unit part",
    "tools": "with real tools",
    "cluster": "in a cluster, beside those",
    "alone": "one after the other",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """The tests of one part."""

    part: str
    tests: int
    skipped: int
    failed: int


@dataclass(frozen=True, slots=True)
class Suite:
    """One run: its arguments, what the machine had before, when each stage had ended (in seconds), and all tests."""

    arguments: str
    there: tuple[str, ...]
    ends: tuple[tuple[str, int], ...]
    parts: tuple[Counted, ...]


def main() -> int:
    """Read what a run has left, and report it."""
    parser = report_parser(__doc__)
    parser.add_argument("folder", type=Path, help="where script/test has put what it measured")
    options = parser.parse_args()
    return produce(lambda: report(options.folder), options.report)


def report(folder: Path) -> str:
    """The report of a run that has just ended."""
    beginning = Beginning(load=(folder / "load").read_text().strip())
    return render(read_suite(folder), beginning.ended(versions()))


def read_suite(folder: Path) -> Suite:
    """What a run has left in its folder."""
    ends = (line.split("\t") for line in (folder / "ends").read_text().splitlines())
    return Suite(
        (folder / "arguments").read_text(),
        tuple((folder / "there").read_text().splitlines()),
        tuple((what, int(seconds)) for what, seconds in ends),
        tuple(_counted(folder, part) for part in PARTS),
    )


def _counted(folder: Path, part: str) -> Counted:
    (suite,) = ElementTree.parse(folder / f"{part}.xml").getroot().iter("testsuite")
    tests, skipped, failures, errors = (
        int(suite.attrib[name]) for name in ("tests", "skipped", "failures", "errors")
    )
    return Counted(part, tests, skipped, failures + errors)


def render(suite: Suite, circumstances: Circumstances) -> str:
    """The report."""
    ends = [(what, str(seconds)) for what, seconds in suite.ends]
    return f"""# All tests that tell a regression, once

{circumstances}
- Command: `{" ".join(("script/test", suite.arguments)).strip()}`; before it the machine had {had(suite.there)}

{render_table(("stage", "ended after, s"), ends)}

{verdict(suite)}

{failures(suite.parts)}

{render_table(("part", "tests", "of these skipped"), counts(suite.parts))}
"""


def had(there: Sequence[str]) -> str:
    """In words, what was not made or fetched anew."""
    return ", ".join(there) or "no environment, no engine and no Kubernetes: all of that is in these times"


def verdict(suite: Suite) -> str:
    """Whether all of it ended within the limit; of a chosen part that is not told."""
    if suite.arguments:
        return "A part of the tests was chosen, which says nothing of the time that all take."
    _, seconds = suite.ends[-1]
    return f"All of it may take {LIMIT} s and took {seconds}: {'met' if seconds <= LIMIT else '**missed**'}."


def failures(parts: Sequence[Counted]) -> str:
    """Whether any test failed, or could not be tried."""
    failed = sum(each.failed for each in parts)
    return f"**{failed} failed.**" if failed else "No test failed."


def counts(parts: Sequence[Counted]) -> list[tuple[str, str, str]]:
    """A row for each part, and one for all."""
    tests, skipped = (
        sum(column) for column in zip(*((each.tests, each.skipped) for each in parts), strict=True)
    )
    rows = [(PARTS[each.part], each.tests, each.skipped) for each in parts]
    return [(name, str(all_of), str(less)) for name, all_of, less in (*rows, ("all", tests, skipped))]


if __name__ == "__main__":
    sys.exit(main())
