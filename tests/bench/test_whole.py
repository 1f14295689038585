"""The proof of the whole system reads what a run tells, and its report says what the build cache held."""

from __future__ import annotations

from dataclasses import replace

from bench.circumstances import Circumstances
from bench.whole import Proven, Whole, render, seconds_of

WHEN = Circumstances("2026-01-01", "abc", "2 cores", {"git": "2"}, ("0.1", "0.2"), 1.0)
API = Proven("chat-backend", "nestjs", 10.4, 27_500_000, "healthy with its own database")
FOUND = Whole(600.0, 150.0, 1.8, True, (API,))


def test_the_seconds_of_a_build_are_read_from_its_line() -> None:
    told = "-- build:api  fresh\nok build:web  8.1 s\nok build:app  2 min 5 s\nok deploy:chat  6.0 s\n"

    assert seconds_of(told) == {"web": 8.1, "app": 125.0}


def test_the_report_tells_how_long_each_command_took_and_what_each_service_said() -> None:
    report = render(FOUND, WHEN)

    assert "| `doit -n 2 build` | 600.0 |\n| `doit deploy` | 150.0 |\n| `doit deploy` | 1.8 |\n" in report
    assert "| chat-backend | nestjs | 10 | 27.5 | healthy with its own database |\n" in report


def test_a_build_with_a_cache_is_not_told_as_one_from_nothing() -> None:
    assert "It began with an empty build cache" in render(FOUND, WHEN)
    assert "no build from nothing" in render(replace(FOUND, is_cold=False), WHEN)
