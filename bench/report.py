"""Findings as a report in Markdown; measures nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.circumstances import Circumstances
from bench.live import Lived
from bench.live_report import render_live
from bench.measuring import Edited, Findings
from bench.sizes import Added
from bench.tables import render_table, series_cell
from bench.timing import Pair

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """What the figures hold for: `bases` are the base images, `runs` how often each was counted."""

    circumstances: Circumstances
    bases: str
    runs: int


def render_report(found: Findings | None, lived: Lived, setting: Setting) -> str:
    """The whole report; without findings about the peer, only the way to a live version."""
    edits = len(lived.done.values) if found is None else min(len(e.done.ours.values) for e in found.edited)
    parts = [render_head(setting, edits), render_live(lived)]
    if found is not None:
        parts[1:1] = [PEER]
        parts += [render_no_op(found), render_edits(found.edited), render_sizes(found.added), METHOD]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def render_head(setting: Setting, edits: int) -> str:
    """What was measured where and when, and how many turns of edits are counted."""
    counted = f"{setting.runs}, of edits {edits}," if edits != setting.runs else f"{edits}"
    return f"""
# From an edit to a container

{setting.circumstances}
- Base images, the same for all: {setting.bases}
- {counted} counted runs of each, in turn, after one that is not counted; \
{setting.circumstances.minutes:.0f} minutes in all

The workspace is `examples/manacore`: four images (two NestJS services, a SvelteKit app, an Astro site), PostgreSQL and
Redis. Times are seconds of whole processes, from start to end: median (least–most).
"""


PEER = """
The peer is `docker compose` with the Dockerfiles and the compose file of the system's specification, made to
work (`bench/spec`, where each deviation is told). A ratio says how many times longer the peer takes: the median of
the turns' own ratios (least–most), and the ratio of both sides' least times, which is nearest to what a machine with
nothing else to do would show.
"""


def render_no_op(found: Findings) -> str:
    """The table of doing nothing."""
    rows = [
        ("images: `doit build` / `docker compose build`", *pair_cells(found.build)),
        ("containers: `doit deploy:chat` / `docker compose up --build -d --wait`", *pair_cells(found.deploy)),
    ]
    asked, looked = series_cell(found.affected), series_cell(found.git_status)
    return f"""
## Nothing has changed

{render_table(("what", "ours", "peer", "ratio", "of the least"), rows)}

- Both commands again, with everything built, running and healthy; theirs finds all layers in BuildKit's cache.
- What an edit affects, `buildgraph affected` just after an edit in chat-backend: {asked} s; `git status` in the same
  folder: {looked} s. The peer has no such question.
"""


def render_edits(edited: Iterable[Edited]) -> str:
    """The table of edits."""
    rows = [row for each in edited for row in edit_rows(each)]
    return f"""
## One line is edited

{render_table(("edit in", "until", "ours", "peer", "ratio", "of the least"), rows)}

- Commands: `doit deploy:chat` and `docker compose up --build -d --wait`. The same line becomes a text that no build
  has seen; the service's health answer shows it.
- *Done*: the command has ended and the new text has been answered. Ours has then run migrations (where the service
  has a database) and all smoke tests of the product; the peer has seen its health checks pass (asked every 0.5 s while
  a container starts).
- *First new answer*: a client that asks every 0.1 s sees the new text; ours through its proxy, the peer's on the
  service's own port.
- *Longest silence*: the longest time that this client waits between two good answers, its own 0.1 s included.
"""


def edit_rows(edited: Edited) -> list[tuple[str, ...]]:
    """What one edit has shown."""
    return [
        (edited.service, "done", *pair_cells(edited.done)),
        ("", "first new answer", *pair_cells(edited.first)),
        ("", "(longest silence)", *pair_cells(edited.silence)),
    ]


def render_sizes(added: tuple[Added, ...]) -> str:
    """The table of sizes."""
    rows = [
        (each.service, megabytes(each.ours), megabytes(each.peer), times(each.peer / each.ours))
        for each in added
    ]
    ours, peer = sum(each.ours for each in added), sum(each.peer for each in added)
    rows.append(("all four", megabytes(ours), megabytes(peer), times(peer / ours)))
    return f"""
## What an image adds to its base

{render_table(("image", "ours, MB", "peer, MB", "ratio"), rows)}

- Uncompressed bytes of all layers that are not layers of the base image, by `docker image inspect`: size of the image
  less size of the base, whose layers are the image's lowest (checked). 1 MB is 1,000,000 bytes.
- The sum counts every image by itself; layers that images share are on a disk once.
"""


METHOD = """
## How far to believe it

- Both sides run in temporary copies on one engine, with caches as warm as they come by building once; the edits differ
  in each turn. Whatever else the machine does disturbs both sides of a turn alike: trust the ratios before the seconds.
- The peer is helped where the specification leaves room: manifests are copied one by one so that installs stay
  cached, installs are cut to the closure and the shared packages, health is asked often, tables are made beforehand.
- The peer has no proxy, migrations or smoke tests; they are part of our times.
"""


def pair_cells(pair: Pair) -> tuple[str, str, str, str]:
    """Ours, the peer's, the ratio of the turns, the ratio of the least."""
    ratios = pair.ratios
    spread = f"{ratios.least:.1f}–{ratios.most:.1f}"
    ratio = f"{times(ratios.median)} ({spread})"
    return series_cell(pair.ours), series_cell(pair.peer), ratio, times(pair.peer.least / pair.ours.least)


def megabytes(size: int) -> str:
    """Bytes as MB with as many digits as tell something."""
    return f"{size / MB:.1f}" if size >= MB else f"{size / MB:.3f}"


def times(ratio: float) -> str:
    """A ratio, in bold as it is what counts."""
    return f"**{ratio:.1f}**"
