"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from bench.timing import Series


def render_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def series_cell(series: Series) -> str:
    """Median, least and most."""
    return f"{series.median:.2f} ({series.least:.2f}–{series.most:.2f})"
