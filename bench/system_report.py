"""All images of the system, by both sides, as a report in Markdown; measures nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from bench.circumstances import Circumstances
from bench.report import megabytes
from bench.tables import render_table, series_cell
from bench.timing import Series

# The bars: how many times faster with nothing to do; parts of the peer's time and bytes.
NOTHING, FIRST, EDITED, KEPT = 50.0, 1.0, 0.5, 0.5
OF_EDITS: Final = """
- An edit adds an exported line to `shared-auth`. Ours rebuilt exactly the images that hold the package, which
  the graph names and the run's own lines confirm."""
MET: Final = {True: "met", False: "**missed**"}


@dataclass(frozen=True, slots=True)
class Built:
    """Seconds of one side: the first build, those with nothing to do, those after an edit; bytes; what was rebuilt."""

    first: float
    again: Series
    edited: Series
    kept: int
    rebuilt: frozenset[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides; `kinds` are those of all services, `is_cold` tells that each began without any build cache."""

    circumstances: Circumstances
    kinds: tuple[str, ...]
    ours: Built
    peer: Built
    is_cold: bool


def render_system(found: Compared) -> str:
    """The report."""
    ours, peer = found.ours, found.peer
    counted = Counter(found.kinds)
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(counted.items()))
    nothing = peer.again.median / ours.again.median
    rows = [
        (
            "all images, from nothing, s",
            f"{ours.first:.0f}",
            f"{peer.first:.0f}",
            *share(ours.first, peer.first, FIRST),
        ),
        (
            "nothing has changed, s",
            series_cell(ours.again),
            series_cell(peer.again),
            f"{nothing:.0f} x faster",
            f"at least {NOTHING:g} x",
            MET[nothing >= NOTHING],
        ),
        *_edited(ours, peer),
        (
            "bytes above the bases, each layer once, MB",
            megabytes(ours.kept),
            megabytes(peer.kept),
            *share(ours.kept, peer.kept, KEPT),
        ),
    ]
    cold = (
        "Each side began with an empty build cache, package downloads included"
        if found.is_cold
        else "Build caches were left as they were: the first row is no build from nothing"
    )
    return f"""# All images of the system, beside the specification's own templates

{found.circumstances}
- {len(found.kinds)} images ({kinds}); {found.circumstances.minutes:.0f} minutes

{render_table(("what", "ours", "peer", "ratio", "bar", "verdict"), rows)}

- Ours is `buildgraph -n 2 build`; the peer is `docker compose build` with the specification's Dockerfiles, made to work
  (`bench/spec` tells each deviation), two at a time as well. Both build the same services of the same workspace on one
  engine, ours first, then, with ours taken away, the peer.
- {cold}.
- Series are median (least–most): {len(ours.again.values)} builds with nothing to do, after one that is not counted, and
  {len(ours.edited.values)} after an edit.{OF_EDITS if ours.edited.values else ""}
- Bytes are those of the layers' archives as `docker save` writes them; what all images of a side have in common counts
  once.
"""


def _edited(ours: Built, peer: Built) -> list[tuple[str, ...]]:
    """The row of builds after an edit, if there were any."""
    if not ours.edited.values:
        return []
    what = f"a line in a shared package that {len(ours.rebuilt)} of them hold, s"
    cells = (series_cell(ours.edited), series_cell(peer.edited))
    return [(what, *cells, *share(ours.edited.median, peer.edited.median, EDITED))]


def share(ours: float, peer: float, bar: float) -> tuple[str, str, str]:
    """Ours as a part of the peer's, what is allowed, and the verdict."""
    return f"{ours / peer:.2f} x", f"at most {bar:g} x", MET[ours / peer <= bar]
