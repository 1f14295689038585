"""What killed deployments and steady load have shown, as a report in Markdown; it kills nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.circumstances import Circumstances
from bench.kills import Killed, Play
from bench.tables import render_table


@dataclass(frozen=True, slots=True)
class Setting:
    """What the figures hold for: `workers` killed at a time, and `planned` is how many they were to kill."""

    circumstances: Circumstances
    workers: int
    planned: int


@dataclass(frozen=True, slots=True)
class Steady:
    """Requests over so many connections through so many rounds of a canary, a reload and the way back."""

    clients: int
    answered: int
    wrong: tuple[str, ...]
    rounds: int
    seconds: float


def render_report(
    steady: Steady | None,
    plays: Iterable[Play],
    groups: Sequence[Sequence[Killed]],
    setting: Setting,
) -> str:
    """The whole report; a part that was not asked for is left out."""
    killed = [each for group in groups for each in group]
    parts = (
        render_head(setting, killed, steady),
        render_steady(steady) if steady else "",
        render_kills(groups) if killed else "",
        render_wrong(killed),
        METHOD if killed else "",
        *(render_steps(each) for each in plays),
    )
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def is_all_well(steady: Steady | None, groups: Iterable[Iterable[Killed]]) -> bool:
    """Whether no request was answered wrongly, and nothing was wrong after any kill."""
    return not (steady and steady.wrong) and not any(each.problem for group in groups for each in group)


def render_head(setting: Setting, killed: Sequence[Killed], steady: Steady | None) -> str:
    """What was done where and when, and how it came out."""
    bad = sum(bool(each.problem) for each in killed)
    answered = (steady.answered if steady else 0) + sum(each.answered for each in killed)
    return f"""
# Deployers that are killed, and clients that ask throughout

{setting.circumstances}
- {len(killed)} deployments killed of {setting.planned} planned, {setting.workers} at a time; \
{bad} with anything wrong; {answered:,} requests answered meanwhile; {setting.circumstances.minutes:.0f} minutes in all
- Again: `python bench/faults.py --report FILE`; a part of it: `python bench/faults.py --help`
"""


def render_steady(steady: Steady) -> str:
    """The table of the load."""
    rows = [
        ("connections", str(steady.clients)),
        ("requests answered with 200", f"{steady.answered:,}"),
        ("failed, reset, or answered otherwise", str(len(steady.wrong))),
        ("canaries of 10 %, then all requests", str(steady.rounds)),
        ("changes of the proxy's configuration with a reload", f"at least {steady.rounds}"),
        ("rollbacks to the version that is kept", str(steady.rounds)),
        ("requests per second", f"{steady.answered / steady.seconds:,.0f}"),
    ]
    return f"## Steady load\n\n{render_table(('what', 'figure'), rows)}"


def render_kills(groups: Iterable[Sequence[Killed]]) -> str:
    """The table of kills: one line for each chain at its steps, one for each at random moments."""
    rows = [row for group in groups if group for row in render_group(group)]
    heads = (
        "what",
        "killed",
        "steps",
        "all well after",
        "the next deploy took, s: median (most)",
        "requests",
    )
    return f"## Deployers killed\n\n{render_table(heads, rows)}"


def render_group(group: Sequence[Killed]) -> list[tuple[str, ...]]:
    """What came of kills, by chain."""
    rows: list[tuple[str, ...]] = []
    for chain in sorted({each.attempt.play.chain for each in group}, key=lambda chain: chain.value):
        those = [each for each in group if each.attempt.play.chain is chain]
        point = those[0].attempt.point
        took = sorted(each.took for each in those)
        rows.append(
            (
                f"{chain.value}, {f'{point.when} a step' if point else 'at random moments'}",
                str(len(those)),
                str(len(those[0].attempt.play.steps)) if point else "",
                str(sum(not each.problem for each in those)),
                f"{took[len(took) // 2]:.1f} ({took[-1]:.1f})",
                f"{sum(each.answered for each in those):,}",
            )
        )
    return rows


def render_wrong(killed: Iterable[Killed]) -> str:
    """What was not as it shall be."""
    wrong = [f"- {each.attempt}: {each.problem}" for each in killed if each.problem]
    return "\n".join(["## What was wrong", "", *wrong]) if wrong else ""


METHOD = """
## What "well" means

- A deployer is a process of its own; it reaches the engine through a relay that reads its requests. Each request that
  changes anything is a step, whatever part of the program sends it. *Before*: the deployer is killed (SIGKILL) and the
  engine never hears of the step. *After*: it is killed when the engine begins to answer.
- Except in a first deploy, two clients ask all the time, from before the kill until the next deploy has ended: every
  answer is a 200 of the former or of the new version, none fails, none is reset.
- The next deploy needs no help, and leaves what an unkilled one leaves: the same containers with their states, the same
  routes and weights, files of the state volume, volumes and networks, a release that is recorded and verified, no lock;
  and nothing is left to do.
- Random moments are drawn evenly from the whole length of a deployment, its start as a process included.
"""


def render_steps(play: Play) -> str:
    """The steps of a chain as the engine heard them."""
    lines = [f"{number}. `{shortened(step)}`" for number, step in enumerate(play.steps, start=1)]
    return "\n".join([f"## The steps of {play.chain.value}", "", *lines])


def shortened(step: str, most: int = 140) -> str:
    """A step on one line of a report."""
    return (step if len(step) <= most else f"{step[:most]}…").replace("`", "'")
