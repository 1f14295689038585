"""A trial that finds anything wrong fails, so that whoever runs it notices without reading its report."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.ends import Ended, render_kills
from bench.faults_report import Steady, is_all_well
from bench.program import Verdict, prove


@pytest.fixture(autouse=True)
def same_signals() -> Iterator[None]:
    """Whoever writes a report takes SIGTERM for an error; tests go on without that."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(("is_well", "code"), [(True, 0), (False, 1)])
def test_a_trial_fails_when_something_was_wrong_and_tells_it_all_the_same(
    tmp_path: Path, is_well: bool, code: int
) -> None:
    assert prove(lambda: Verdict("what was found\n", is_well), tmp_path / "report.md") == code
    assert (tmp_path / "report.md").read_text() == "what was found\n"


def test_one_wrong_answer_under_steady_load_is_a_finding() -> None:
    assert is_all_well(Steady(2, 100, (), 1, 1.0), [])
    assert not is_all_well(Steady(2, 100, ("503",), 1, 1.0), [])


def test_what_was_killed_and_what_had_ended_before_are_told_apart() -> None:
    told = render_kills([Ended("check", 1.5, 100, 7, ("check, 0.1 s: wrong",))])
    assert "| `check` | 1.50 | 100 | 7 | 1 |" in told
