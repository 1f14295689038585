"""Figures become ratios and verdicts as a reader would reckon by hand."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from bench.affected_report import Found, Setting, render_affected_report, verdict_of
from bench.bars import AFFECTED, BARS, BUILD, Bar, judge
from bench.circumstances import Circumstances
from bench.contenders import (
    GIT_STATUS,
    OURS,
    PYTHON,
    PYTHON_DOIT,
    TURBO,
    Contender,
    read_moon,
    read_nx,
    read_ours,
    read_turbo,
)
from bench.errors import BenchError
from bench.layout import SIZES, plan_layout
from bench.rounds import Round, Taken, judge_answers
from bench.timing import Measured, Pair, Series, run_measured

HALF = Bar(AFFECTED, "M", TURBO, 0.5)
NONE = Series((0.0, 0.0, 0.0))


def test_a_bar_is_met_up_to_its_factor_and_missed_above() -> None:
    peer = Series((1.0, 1.0, 1.0))
    assert judge(HALF, Series((0.5, 0.5, 0.5)), peer, NONE).is_met
    assert not judge(HALF, Series((0.51, 0.51, 0.51)), peer, NONE).is_met


def test_turns_are_compared_with_their_own_peers() -> None:
    # The machine was busy in the last turn: both took long, and ours kept the bar in each.
    verdict = judge(HALF, Series((0.4, 0.4, 4.0)), Series((1.0, 1.0, 10.0)), NONE)
    assert verdict.shares.values == pytest.approx((0.8, 0.8, 0.8))
    assert verdict.is_met


def test_one_bad_turn_decides_nothing() -> None:
    assert judge(HALF, Series((0.4, 9.0, 0.4)), Series((1.0, 1.0, 1.0)), NONE).is_met


def test_the_floor_is_the_bar_where_it_is_higher() -> None:
    verdict = judge(HALF, Series((0.6,)), Series((1.0,)), Series((0.5,)))
    assert verdict.by_floor
    assert verdict.allowed.values == pytest.approx((0.65,))
    assert verdict.is_met
    assert not judge(HALF, Series((0.6,)), Series((1.0,)), Series((0.3,))).by_floor


def test_a_bar_may_allow_some_seconds_more() -> None:
    bar = Bar(AFFECTED, "L", GIT_STATUS, 2.0, more=0.060)
    assert judge(bar, Series((0.26,)), Series((0.1,)), Series((0.1,))).allowed.values == pytest.approx(
        (0.26,)
    )


def test_the_floor_of_a_build_has_doit_in_it() -> None:
    figures = {OURS: 0.2, TURBO: 0.1, GIT_STATUS: 0.01, PYTHON: 0.02, PYTHON_DOIT: 0.07}
    round_ = {name: taken(seconds) for name, seconds in figures.items()}
    floor_of_build = verdict_of(Bar(BUILD, "S", TURBO, 0.1), round_).allowed.median
    floor_of_affected = verdict_of(Bar(AFFECTED, "S", TURBO, 0.1), round_).allowed.median
    assert (floor_of_build, floor_of_affected) == pytest.approx((1.3 * 0.08, 1.3 * 0.03))


def test_a_ratio_is_ours_by_theirs_turn_by_turn() -> None:
    assert Pair(Series((1.0, 2.0)), Series((2.0, 8.0))).shares.values == (0.5, 0.25)


def test_every_bar_against_a_measured_peer_is_in_the_report() -> None:
    round_ = {name: taken(0.1) for name in (OURS, TURBO, GIT_STATUS, PYTHON, PYTHON_DOIT)}
    report = rendered({AFFECTED: {"leaf edit": round_}})
    assert "| L | leaf edit | at most 0.3 x turbo | 260, the floor | 100 | 0.38 | met |" in report
    assert "| L | leaf edit | at most 2 x git status + 60 ms | 260 | 100 | 0.38 | met |" in report
    assert "| L | what is affected | 50 | turbo 50 | **missed**: turbo |" in report


def test_without_peers_the_bars_against_floors_remain() -> None:
    round_ = {name: taken(0.3) for name in (OURS, GIT_STATUS, PYTHON, PYTHON_DOIT)}
    report = rendered({AFFECTED: {"leaf edit": round_}})
    assert report.count("at most") == sum(
        bar.part == AFFECTED and bar.size == "L" and bar.against == GIT_STATUS for bar in BARS
    )
    assert "## Memory" not in report


def rendered(parts: dict[str, dict[str, Round]]) -> str:
    circumstances = Circumstances("2026-01-01", "abc", "2 cores", {"git": "2"}, ("0.1", "0.2"), 1.0)
    setting = Setting(circumstances, runs=1)
    return render_affected_report([Found(plan_layout(SIZES["L"]), parts)], setting)


def taken(seconds: float) -> Taken:
    return Taken(Series((seconds,)), Series((50e6,)), "right of 2")


def test_an_answer_is_right_only_when_every_turn_was() -> None:
    who = Contender("tool", Path(), Path(), read=lambda output: frozenset(output.split()))
    answers = [Measured(0.1, 1, output, "") for output in ("a b", "a b c", "a")]
    assert judge_answers(who, answers[:1], frozenset("ab")) == "right of 2"
    assert judge_answers(who, answers, frozenset("ab")) == "1 too many, 1 too few of 2"


def test_each_tools_answer_is_read_as_names_of_projects() -> None:
    both = {"@acme/leaf", "@acme/app-000"}
    ours = "image:app-000\npackage:.\npackage:@acme/app-000\npackage:@acme/leaf\nproduct:product-00\n"
    assert read_ours(ours) == both
    turbo = '{"packages": {"items": [{"name": "//"}, {"name": "@acme/leaf"}, {"name": "@acme/app-000"}]}}'
    assert read_turbo(turbo) == both
    assert read_nx('["@acme/leaf", "acme-monorepo", "@acme/app-000"]') == both
    assert read_moon('{"projects": [{"id": "leaf"}, {"id": "app-000"}]}') == both


def test_an_image_too_many_or_too_few_is_no_right_answer_of_ours() -> None:
    assert read_ours("package:@acme/app-000") == {"@acme/app-000", "image:app-000"}
    assert read_ours("image:app-000") == {"image:app-000"}


def test_the_peak_is_that_of_the_command_and_its_children_and_not_ours() -> None:
    filling = bytearray(120_000_000)
    lean = run_measured((sys.executable, "-c", "pass"), Path(), {})
    inner = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'b = bytearray(60_000_000)'])"
    full = run_measured((sys.executable, "-c", inner), Path(), {})
    assert lean.peak < 40e6 < 60e6 < full.peak < len(filling)


def test_a_command_that_fails_is_told_with_its_last_lines_and_where_all_of_it_is() -> None:
    with pytest.raises(BenchError) as failed:
        run_measured((sys.executable, "-c", "import sys; print('no such thing'); sys.exit(3)"), Path(), {})

    told = re.search(r"ended with 3 \(all of it: (.+)\):\nno such thing$", str(failed.value))
    assert told is not None
    whole = Path(told[1])
    assert whole.read_text() == "no such thing\n"
    whole.unlink()
