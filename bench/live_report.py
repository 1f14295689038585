"""What the way to a live version takes, as a part of the report; measures nothing."""

from __future__ import annotations

from bench.live import ENVIRONMENT, NOTHING_WITHIN, TIMES, Lived
from bench.tables import render_table, series_cell
from bench.timing import Series


def render_live(lived: Lived) -> str:
    """The bars, and the figures behind them."""
    rows = [
        ("done", f"at most {TIMES:g} x build and start", *_against(lived, lived.done)),
        ("first new answer", f"at most {TIMES:g} x build and start", *_against(lived, lived.first)),
        (
            "nothing to do",
            f"under {NOTHING_WITHIN:g} s",
            series_cell(lived.nothing),
            f"{lived.nothing.median:.2f} s",
            _verdict(lived.nothing.median < NOTHING_WITHIN),
        ),
    ]
    return f"""
## From an edit to a live version, blue-green

{render_table(("until", "bar", "ours, s", "of the bar's measure", "verdict"), rows)}

- The same one-line edit of chat-backend, deployed by `doit deploy:chat env={ENVIRONMENT}`: an environment as staging
  is, on this engine, strategy blue-green, canary steps [100], former versions kept for an hour. Times as above.
- In turn with it, another edit that no build has seen: a plain `docker buildx build` of the same Dockerfile and
  context, {series_cell(lived.build)} s, then `docker run` of the image with the same environment until its health check
  answers 200, asked every 20 ms, {series_cell(lived.healthy)} s; both together {series_cell(lived.floor)} s. Ours has
  migrated the database, switched all requests, run the smoke tests twice (straight, and by the public route) and
  recorded the release as well.
- Ratios are of each turn; the verdict goes by their median.
"""


def _against(lived: Lived, series: Series) -> tuple[str, str, str]:
    shares = lived.shares(series)
    return series_cell(series), series_cell(shares), _verdict(shares.median <= TIMES)


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "**missed**"
