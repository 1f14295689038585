"""The bars of the way to a live version, judged turn by turn."""

from __future__ import annotations

from bench.live import Lived
from bench.live_report import render_live
from bench.timing import Series


def lived(done: tuple[float, ...], nothing: tuple[float, ...]) -> Lived:
    """Figures whose builds take 2, 4 and 6 s, whose containers start in 1 s, and whose first answers come at once."""
    build, healthy = Series((2.0, 4.0, 6.0)), Series((1.0, 1.0, 1.0))
    return Lived(Series(done), Series((3.0, 5.0, 7.0)), build, healthy, Series(nothing))


def verdicts(found: Lived) -> dict[str, str]:
    """The verdict on each line of the table."""
    rows = [line.split(" | ") for line in render_live(found).splitlines() if line.startswith("| ")]
    return {row[0].removeprefix("| "): row[-1].removesuffix(" |") for row in rows if row[0] != "| until"}


def test_a_busy_machine_disturbs_both_sides_of_a_turn_and_decides_nothing() -> None:
    found = lived((4.5, 7.5, 10.5), (0.9, 0.9, 5.0))

    assert found.shares(found.done).values == (1.5, 1.5, 1.5)
    assert verdicts(found) == {"---": "---", "done": "met", "first new answer": "met", "nothing to do": "met"}


def test_what_is_missed_is_said() -> None:
    found = lived((4.6, 7.6, 10.6), (1.0, 1.0, 0.1))

    assert verdicts(found) == {
        "---": "---",
        "done": "**missed**",
        "first new answer": "met",
        "nothing to do": "**missed**",
    }
