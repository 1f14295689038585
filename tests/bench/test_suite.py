"""The report of script/test: what a run has left is read, and the limit is judged by all of it alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from bench.circumstances import Circumstances
from bench.suite import PARTS, Counted, Suite, read_suite, render

WHEN = Circumstances("2026-01-01", "abc", "2 cores", {"git": "2"}, ("0.1", "0.2"), 0.0)
FOUND = Suite(
    "",
    (),
    (("setup and engine", 60), ("all of it", 1500)),
    (Counted("unit", 3000, 0, 0), Counted("alone", 12, 1, 0)),
)

TESTS = """
import pytest

def test_a(): pass

def test_b(): pytest.skip()

def test_c(): assert False

def test_d(not_there): pass
"""


def test_the_limit_is_judged_by_the_end_of_all_of_it() -> None:
    slow = replace(FOUND, ends=(*FOUND.ends[:1], ("all of it", 1801)))

    assert "All of it may take 1800 s and took 1500: met." in render(FOUND, WHEN)
    assert "took 1801: **missed**." in render(slow, WHEN)
    assert "says nothing of the time" in render(replace(slow, arguments="-k canary"), WHEN)


def test_the_tests_of_all_parts_are_summed_up() -> None:
    assert "| unit part | 3000 | 0 |\n| one after the other | 12 | 1 |\n| all | 3012 | 1 |\n" in render(
        FOUND, WHEN
    )


def test_tests_that_failed_are_told_whichever_part_they_are_of() -> None:
    unit, alone = FOUND.parts

    assert "\nNo test failed.\n" in render(FOUND, WHEN)
    assert "\n**2 failed.**\n" in render(replace(FOUND, parts=(unit, replace(alone, failed=2))), WHEN)


def test_what_the_machine_had_before_is_told() -> None:
    report = render(replace(FOUND, there=("a Docker engine with what it holds",)), WHEN)

    assert "`script/test`; before it the machine had a Docker engine with what it holds\n" in report
    assert "all of that is in these times" in render(FOUND, WHEN)


def test_what_pytest_says_of_a_part_is_read(tmp_path: Path) -> None:
    """By pytest itself: of four tests one passes, one is skipped, one fails, and for one nothing can be made."""
    # Not this suite's: a file for pytest of its own, whose skipped test must not be counted as one that passed.
    (tmp_path / "test_it.py").write_text(TESTS)
    for part in PARTS:
        argv = (
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--junitxml",
            str(tmp_path / f"{part}.xml"),
            "test_it.py",
        )
        assert subprocess.run(argv, cwd=tmp_path, check=False, capture_output=True).returncode == 1
    (tmp_path / "arguments").write_text("")
    (tmp_path / "there").write_text("a compiled Kubernetes\n")
    (tmp_path / "ends").write_text("setup and engine\t60\nall of it\t1500\n")

    suite = read_suite(tmp_path)

    assert (suite.there, suite.ends) == (("a compiled Kubernetes",), FOUND.ends)
    assert suite.parts == tuple(Counted(part, 4, 1, 2) for part in PARTS)
