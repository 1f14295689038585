"""Runs the tests that bear the mark `long`, and reports what came of each: python bench/long.py --help."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

# The folder of a script stands on Python's path, its project does not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.circumstances import Beginning, Circumstances
from bench.errors import BenchError
from bench.machine import ROOT, versions
from bench.program import Verdict, prove, report_parser
from bench.tables import render_table

# The older family tells the file of each test.
PYTEST: Final = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1")
TOLD: Final = (0, 1, 5)  # codes of pytest's by which its results are all: well, some failed, there are none
OTHERWISE: Final = {"failure": "failed", "error": "failed", "skipped": "skipped"}


class Result(NamedTuple):
    """What came of a test, and the seconds that it took with what was made for it."""

    test: str
    word: str
    seconds: float


def main() -> int:
    """Test, report; returns the exit code, 1 where a test did not pass."""
    parser = report_parser(__doc__)
    parser.add_argument("tests", nargs="*", help="files, or tests in them; else all")
    options = parser.parse_args()
    return prove(lambda: run(options.tests), options.report)


def run(tests: Sequence[str]) -> Verdict:
    """Run the long tests among these, or all."""
    beginning = Beginning()
    results = run_tests(ROOT, ("-m", "long", *tests))
    return Verdict(render(results, beginning.ended(versions())), are_well(results))


def run_tests(folder: Path, arguments: Sequence[str]) -> list[Result]:
    """Run tests in a folder, one after the other, and tell what came of each.

    Raises BenchError where none was run, or not all were.
    """
    with tempfile.TemporaryDirectory(prefix="long-") as place:
        file = Path(place) / "results.xml"
        argv = (*PYTEST, f"--junit-xml={file}", *arguments)
        code = subprocess.run(argv, cwd=folder, check=False, stdout=sys.stderr).returncode
        if code not in TOLD:
            raise BenchError(
                f"pytest {' '.join(arguments)} ended with {code}, and not after all of its tests"
            )
        results = list(read_results(file)) if file.exists() else []
    if not results:
        raise BenchError(f"pytest ran no test of {' '.join(arguments)}")
    return results


def read_results(file: Path) -> Iterator[Result]:
    """The results in a file of pytest's."""
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        words = [OTHERWISE[child.tag] for child in case if child.tag in OTHERWISE]
        name = f"{case.get('file')}::{case.get('name')}"
        yield Result(name, min(words, default="passed"), float(case.get("time", 0)))


def are_well(results: Sequence[Result]) -> bool:
    """Whether all have passed: one that is skipped has shown nothing."""
    return {result.word for result in results} == {"passed"}


def render(results: Sequence[Result], circumstances: Circumstances) -> str:
    """The report; those that have not passed come first."""
    counts = Counter(result.word for result in results)
    told = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    ordered = sorted(results, key=lambda result: (result.word == "passed", result.test))
    rows = [(f"`{each.test}`".replace("|", "\\|"), each.word, f"{each.seconds:.0f}") for each in ordered]
    return f"""# Tests that take longer than a test may

{circumstances}
- {told} in {circumstances.minutes:.0f} minutes, one after the other (`pytest -m long`)

{render_table(("test", "result", "seconds"), rows)}
"""


if __name__ == "__main__":
    sys.exit(main())
