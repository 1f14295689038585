"""The report of all images says which bars are met, and what a first build was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.circumstances import Circumstances
from bench.system import EDIT
from bench.system_report import Built, Compared, render_system
from bench.timing import Series

OURS = Built(
    100.0, Series((0.1, 0.12)), Series((20.0,)), 50_000_000, frozenset({"chat-backend", "news-backend"})
)
PEER = Built(200.0, Series((6.0, 8.0)), Series((50.0,)), 200_000_000, frozenset())


WHEN = Circumstances("2026-01-01", "abc", "2 cores", {"git": "2"}, ("0.1", "0.2"), 1.0)
FOUND = Compared(WHEN, ("nestjs", "astro", "nestjs"), OURS, PEER, is_cold=True)


def verdicts(report: str) -> list[str]:
    return [row.split(" | ")[-1].removesuffix(" |") for row in report.splitlines() if " | at " in row]


def test_every_bar_has_its_verdict() -> None:
    report = render_system(FOUND)

    assert verdicts(report) == ["met", "met", "met", "met"]
    assert "| 0.50 x | at most 1 x |" in report
    assert "| 64 x faster | at least 50 x |" in report
    assert "that 2 of them hold" in report
    assert "3 images (1 astro, 2 nestjs)" in report


def test_what_is_missed_is_said() -> None:
    slow = Built(201.0, Series((0.15,)), Series((26.0,)), 101_000_000, frozenset())

    assert verdicts(render_system(replace(FOUND, ours=slow))) == ["**missed**"] * 4


def test_a_first_build_with_caches_is_not_told_as_one_from_nothing() -> None:
    assert "began with an empty build cache" in render_system(FOUND)
    assert "no build from nothing" in render_system(replace(FOUND, is_cold=False))


def test_without_an_edit_nothing_is_said_of_one() -> None:
    ours, peer = replace(OURS, edited=Series(())), replace(PEER, edited=Series(()))
    report = render_system(replace(FOUND, ours=ours, peer=peer))

    assert verdicts(report) == ["met", "met", "met"]
    assert "shared" not in report


def test_the_edit_adds_one_line_however_often_it_is_made(tmp_path: Path) -> None:
    file = tmp_path / EDIT.file
    file.parent.mkdir(parents=True)
    file.write_text("export * from './keys.js';\n")

    EDIT.apply(tmp_path, "a1")
    EDIT.apply(tmp_path, "b2")

    assert file.read_text() == "// turn b2\nexport const TURN = 'b2';\nexport * from './keys.js';\n"
