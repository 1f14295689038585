"""What was found about affected, cold and build as a report in Markdown; measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bench.bars import AFFECTED, BARS, BUILD, COLD, Bar, Verdict, judge, sum_of
from bench.circumstances import Circumstances
from bench.contenders import GIT_STATUS, NX_DAEMON, OURS, PYTHON, PYTHON_DOIT
from bench.layout import Layout
from bench.rounds import Round, Taken
from bench.tables import render_table
from bench.timing import Pair, Series

MB: Final = 1_000_000
BESIDE: Final = f"{OURS} beside it"
FLOORS: Final = (GIT_STATUS, PYTHON, PYTHON_DOIT)
TITLES: Final = {
    AFFECTED: "What is affected",
    COLD: "The first call, with no caches",
    BUILD: "A build with nothing to do",
}
Parts = Mapping[str, Mapping[str, Round]]


@dataclass(frozen=True, slots=True)
class Found:
    """All that was measured in one workspace: part -> case -> contender -> what its turns gave."""

    layout: Layout
    parts: Parts

    @property
    def size(self) -> str:
        """Its size."""
        return self.layout.size.name


@dataclass(frozen=True, slots=True)
class Setting:
    """What the figures hold for: `runs` is how often each was counted."""

    circumstances: Circumstances
    runs: int


def render_affected_report(found: Sequence[Found], setting: Setting) -> str:
    """The whole report."""
    measured = [part for part in TITLES if any(part in each.parts for each in found)]
    parts = (
        render_head(found, setting),
        render_verdicts(found),
        render_memory(found),
        *(render_part(part, found) for part in measured),
        METHOD,
    )
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def render_head(found: Sequence[Found], setting: Setting) -> str:
    """What was measured where and when."""
    rows = [
        (
            each.size,
            f"{len(each.layout.projects):,}",
            f"{each.layout.size.files:,}",
            f"{len(each.layout.apps):,}",
            f"{each.layout.size.lockfile_mb:g}",
        )
        for each in found
    ]
    return f"""
# What is affected: buildgraph beside turbo, nx and moon

{setting.circumstances}
- Counted runs of each: {setting.runs}, in turns of one run of each, after one turn that is not counted; \
{setting.circumstances.minutes:.0f} minutes in all
- Again: `script/bench --report FILE`; a part of it: `script/bench --help`

Whole processes, from start to end, in generated pnpm workspaces (`python -m bench.generate --size L FOLDER`):

{render_table(("size", "projects", "files", "services", "lockfile, MB"), rows)}

Times are milliseconds: median (least–most). A ratio is ours divided by theirs: the median of the turns' own ratios.
"""


def render_verdicts(found: Sequence[Found]) -> str:
    """Every bar and whether it is met."""
    rows = [row for each in found for row in verdict_rows(each)]
    if not rows:
        return ""
    head = ("size", "case", "bar", "allowed", "ours", "ours / allowed", "verdict")
    return f"""
## Bars

{render_table(head, rows)}

- *Allowed* is the bar in milliseconds, or 1.3 x the floor where that is more: `git status` and the start of Python,
  for a build Python with doit imported. A bar is met when the median of the turns' own `ours / allowed` is 1 or less.
"""


def verdict_rows(found: Found) -> Iterator[tuple[str, ...]]:
    """The bars of one size, each with every case it holds for."""
    for bar in BARS:
        for case, round_ in found.parts.get(bar.part, {}).items():
            if bar.size == found.size and bar.against in round_:
                verdict = verdict_of(bar, round_)
                yield (found.size, case, bar.text, *verdict_cells(verdict, round_[OURS]))


def verdict_of(bar: Bar, round_: Round) -> Verdict:
    """How ours stands to a bar in one case."""
    start = round_[PYTHON_DOIT if bar.part == BUILD else PYTHON].seconds
    floor = sum_of(round_[GIT_STATUS].seconds, start)
    return judge(bar, round_[OURS].seconds, round_[bar.against].seconds, floor)


def verdict_cells(verdict: Verdict, ours: Taken) -> tuple[str, str, str, str]:
    """Allowed, ours, ours as a part of it, and the word."""
    floor = ", the floor" if verdict.by_floor else ""
    allowed = f"{milliseconds(verdict.allowed.median)}{floor}"
    word = "met" if verdict.is_met else "**missed**"
    return allowed, milliseconds(ours.seconds.median), f"{verdict.shares.median:.2f}", word


def render_memory(found: Sequence[Found]) -> str:
    """Peaks beside each other, and whether ours is below each."""
    rows = [
        row for each in found for part, cases in each.parts.items() for row in memory_rows(each, part, cases)
    ]
    if not rows:
        return ""
    return f"""
## Memory

{render_table(("size", "what", "ours, MB", "theirs, MB", "verdict"), rows)}

- The resident set of the largest process at its peak, the process itself or a child that it waited for, by the
  kernel's own count; the greatest of all cases' medians. The bar is to stay below each peer. nx's background process is
  no child of the command, so that its memory is not in this table.
"""


def memory_rows(found: Found, part: str, cases: Mapping[str, Round]) -> Iterator[tuple[str, ...]]:
    """One row for a part: ours, the peers', and above whom ours is."""
    ours = peak_of(OURS, cases)
    theirs = {name: peak_of(name, cases) for name in next(iter(cases.values())) if is_peer(name)}
    theirs.pop(NX_DAEMON, None)
    if theirs:
        above = [name for name, peak in theirs.items() if ours >= peak]
        told = ", ".join(f"{name} {peak:.0f}" for name, peak in theirs.items())
        verdict = f"**missed**: {', '.join(above)}" if above else "met"
        yield found.size, TITLES[part].lower(), f"{ours:.0f}", told, verdict


def peak_of(name: str, cases: Mapping[str, Round]) -> float:
    """The greatest of a contender's median peaks, in MB."""
    return max(round_[name].peaks.median for round_ in cases.values()) / MB


def is_peer(name: str) -> bool:
    """Whether a contender is another tool."""
    return name not in (OURS, BESIDE, *FLOORS)


def render_part(part: str, found: Sequence[Found]) -> str:
    """All figures of one part."""
    tables = [
        f"### {TITLES[part]}: {each.size}, {case}\n\n{render_round(round_)}"
        for each in found
        for case, round_ in each.parts.get(part, {}).items()
    ]
    return "\n\n".join([f"## {TITLES[part]}", *tables])


def render_round(round_: Round) -> str:
    """One case: every contender in a row."""
    head = ("who", "ms", "ours / theirs", "peak, MB", "answer")
    return render_table(head, round_rows(round_))


def round_rows(round_: Round) -> Iterable[tuple[str, ...]]:
    """Who, times, ratio to ours of the same turns, peak, answer."""
    for name, taken in round_.items():
        beside = round_[BESIDE if name == NX_DAEMON else OURS]
        ratio = (
            "" if name in (OURS, BESIDE) else f"**{Pair(beside.seconds, taken.seconds).shares.median:.2f}**"
        )
        yield name, spread(taken.seconds), ratio, f"{taken.peaks.median / MB:.0f}", taken.answer


METHOD = """
## How far to believe it

- All run in one folder, moon in a copy; one after another in every turn, and each turn begins with another one, so
  that what disturbs the machine disturbs all alike: trust the ratios before the milliseconds.
- Ours is installed by pip from a copy of the sources and asked by `buildgraph affected --format names`: packages,
  images, deployments and products. Peers are asked for projects only: `turbo ls --affected --output=json`,
  `nx show projects --affected --json`, `moon query projects --affected --downstream deep`.
- *leaf edit*: a line in a package that one app uses. *core edit*: a line in a package that nearly all use. *lockfile
  edit*: one edge between two published packages, used by one app, is re-pointed. No two turns write the same bytes.
- *answer* compares the names of projects with those that the generator knows to be affected, in every turn; ours must
  also name exactly the images of the affected apps.
- turbo is measured as npm installs it; its binary is what its start script, which needs node, starts in the end.
- nx with its daemon is measured in turns of its own with ours beside it, since it works in the background.
- moon reads package.json only with a plugin that is not in its npm package: here a `moon.yml` beside each
  package.json says what uses what, so that it has less to read, and it looks at no lockfile: its answer to that edit
  is told and counts for nothing.
- *nothing kept*: before every call all is removed that git ignores in the folder (.buildgraph, .turbo, .nx,
  .moon/cache …), all in git's own folder that is not git's, and the folder for caches that each is told to use; the
  kernel's own cache of files stays.
- *nothing to do*: the engine holds one tiny image under the name of each image that ours would build, given through
  its API; the peers' scripts are `true`, and have run once before through a stand-in for pnpm that does nothing.
  Ours asks the engine; theirs restore from their own cache. nx and moon are measured up to 400 projects.
"""


def spread(series: Series) -> str:
    """Median, least and most."""
    return f"{milliseconds(series.median)} ({milliseconds(series.least)}–{milliseconds(series.most)})"


def milliseconds(seconds: float) -> str:
    """Seconds as milliseconds; small ones with a digit more."""
    value = seconds * 1000
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
