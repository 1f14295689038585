"""Takes turns: every contender once in each, so that what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bench.cases import LEAF_EDIT, Case, forget, settle
from bench.contenders import Contender
from bench.layout import Layout
from bench.progress import tell, turn_name
from bench.timing import PATIENCE, Measured, Series, run_measured

RIGHT: Final = "right"
FILLING: Final = 1800  # seconds: nx starts a node process for each of 400 builds


@dataclass(frozen=True, slots=True)
class Taken:
    """The counted runs of one contender: seconds, bytes at the peak, and whether its answers were right."""

    seconds: Series
    peaks: Series
    answer: str = ""


# Contender -> what its turns gave, of one case.
Round = dict[str, Taken]
Ask = Callable[[Contender], Measured]


@dataclass(frozen=True)
class Turns:
    """Who takes turns, how many times it counts, and the first turn's number: equal numbers give equal edits."""

    contenders: Sequence[Contender]
    layout: Layout
    runs: int
    first: int = 0

    def affected(self, case: Case) -> Round:
        """What is affected, by each, after the edits of a case."""
        return self._take(case.name, case, ask_affected, case.affected(self.layout))

    def cold(self) -> Round:
        """What is affected by an edit of the leaf, by each, with nothing kept from before."""
        return self._take("cold", LEAF_EDIT, ask_cold, LEAF_EDIT.affected(self.layout))

    def build(self) -> Round:
        """A build of all, by each, with nothing to do; the turn that is not counted fills the caches."""
        able = [
            contender for contender in self.contenders if self.layout.size.projects <= contender.built_up_to
        ]
        found: dict[str, list[Measured]] = {contender.name: [] for contender in able}
        for turn in range(self.runs + 1):
            for contender in _rotated(able, turn):
                found[contender.name].append(ask_build(contender, PATIENCE if turn else FILLING))
            _tell("build", turn, found)
        return {each.name: _taken(found[each.name], _judge_builds(each, found[each.name])) for each in able}

    def _take(self, name: str, case: Case, ask: Ask, expected: frozenset[str]) -> Round:
        folders = tuple(dict.fromkeys(contender.folder for contender in self.contenders))
        for folder in folders:
            settle(folder)
        found: dict[str, list[Measured]] = {contender.name: [] for contender in self.contenders}
        for turn in range(self.runs + 1):
            with case.applied(folders, self.first + turn):
                for contender in _rotated(self.contenders, turn):
                    found[contender.name].append(ask(contender))
            _tell(name, turn, found)
        return {
            each.name: _taken(found[each.name], judge_answers(each, found[each.name], expected))
            for each in self.contenders
        }


def ask_affected(contender: Contender) -> Measured:
    """What is affected now."""
    return run_measured(contender.affected, contender.folder, contender.environment)


def ask_cold(contender: Contender) -> Measured:
    """What is affected now, with nothing kept in the folder or outside."""
    forget(contender.folder)
    shutil.rmtree(contender.kept, ignore_errors=True)
    return ask_affected(contender)


def ask_build(contender: Contender, patience: float) -> Measured:
    """Build all within so many seconds."""
    return run_measured(contender.build, contender.folder, contender.environment, patience)


def judge_answers(contender: Contender, found: Sequence[Measured], expected: frozenset[str]) -> str:
    """Whether all answers were right, else by how many names the worst was not."""
    if contender.is_floor:
        return ""
    answers = [contender.read(each.output) for each in found]
    many = max(len(answer - expected) for answer in answers)
    few = max(len(expected - answer) for answer in answers)
    told = [f"{many} too many" if many else "", f"{few} too few" if few else ""]
    return f"{', '.join(filter(None, told)) or RIGHT} of {len(expected)}"


def _judge_builds(contender: Contender, found: Sequence[Measured]) -> str:
    if contender.is_floor:
        return ""
    pattern = re.compile(contender.nothing_done, re.MULTILINE)
    worked = [each for each in found[1:] if not pattern.search(each.output + each.errors)]
    return f"worked in {len(worked)} turns" if worked else "nothing done"


def _taken(found: Sequence[Measured], answer: str) -> Taken:
    counted = found[1:]
    seconds = Series(tuple(each.seconds for each in counted))
    return Taken(seconds, Series(tuple(float(each.peak) for each in counted)), answer)


def _rotated(contenders: Sequence[Contender], turn: int) -> list[Contender]:
    """Each turn begins with another one, so that none always comes after the same."""
    at = turn % len(contenders)
    return [*contenders[at:], *contenders[:at]]


def _tell(what: str, turn: int, found: dict[str, list[Measured]]) -> None:
    figures = ", ".join(f"{name} {runs[-1].seconds * 1000:.0f}" for name, runs in found.items())
    tell(f"{what}, {turn_name(turn)}: {figures} ms")
