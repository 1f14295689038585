"""Outputs that are being brought back, and what a killed run has left of them."""

from __future__ import annotations

from pathlib import Path

from buildgraph.checks.halves import forget_halves, half_of, is_half, mark_as_written


def test_what_somebody_is_writing_stays_and_what_one_has_died_over_goes(tmp_path: Path) -> None:
    dead, written, link = (Path(half_of(f"{tmp_path}/index.js")) for _ in range(3))
    dead.write_text("half")
    link.symlink_to("elsewhere")
    (tmp_path / "index.js").write_text("whole")
    with written.open("wb") as file:
        mark_as_written(file)
        forget_halves(str(tmp_path))

        assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "index.js", written])
    forget_halves(str(tmp_path))
    assert list(tmp_path.iterdir()) == [tmp_path / "index.js"]


def test_only_names_of_ours_are_halves() -> None:
    assert is_half(half_of("dist/a\nb"))
    assert not any(map(is_half, ("dist/cream.half", "dist/a.0123.half", "dist/a.0123456789abcdef")))
