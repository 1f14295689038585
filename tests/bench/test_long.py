"""The report of the long tests tells what came of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.circumstances import Circumstances
from bench.errors import BenchError
from bench.long import are_well, render, run_tests

# Not this suite's: a file for pytest of its own; a report with a skipped test in it must not call itself well.
TESTS = """
import pytest

@pytest.mark.parametrize("sign", ["a|b", "c"])
def test_one(sign):
    pass

@pytest.fixture
def broken():
    raise OSError

def test_with_what_cannot_be_made(broken):
    pass

def test_that_fails():
    assert False

def test_of_another_machine():
    pytest.skip()
"""
WORDS = {
    "one[a|b]": "passed",
    "one[c]": "passed",
    "with_what_cannot_be_made": "failed",
    "that_fails": "failed",
    "of_another_machine": "skipped",
}


def test_each_test_is_told_with_its_result(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)

    every = run_tests(tmp_path, ())

    assert {each.test: each.word for each in every} == {
        f"test_it.py::test_{name}": WORDS[name] for name in WORDS
    }
    assert not are_well(every)
    assert are_well([each for each in every if each.word == "passed"])
    told = render(every, Circumstances("now", "abc", "a machine", {}, ("0", "1"), 3))
    assert "2 failed, 2 passed, 1 skipped in 3 minutes" in told
    assert "| `test_it.py::test_one[a\\|b]` | passed | 0 |" in told
    assert told.index("| failed |") < told.index("| passed |")


def test_results_that_are_not_all_are_none(tmp_path: Path) -> None:
    """The first has passed; of the others nobody knows."""
    lines = ("import pytest", "def test_a(): pass", "def test_b(): pytest.exit()", "def test_c(): pass")
    (tmp_path / "test_it.py").write_text("\n".join(lines))

    with pytest.raises(BenchError, match="ended with 2, and not after all of its tests"):
        run_tests(tmp_path, ())


def test_a_report_of_nothing_is_none(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no test of -m long"):
        run_tests(tmp_path, ("-m", "long"))
