"""The loop, with ears and turns that keep to its protocols: what each turn is called with."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from buildgraph.errors import DONE, FAILED, TOOL_FAILED, WRONG_USE
from buildgraph.loop.call import Call, Known, Saw, parse_call, parse_saw, render_call, render_saw
from buildgraph.loop.edits import Edits
from buildgraph.loop.looping import AGAIN, Loop
from buildgraph.loop.turns import Ended

FIRST, SECOND = Known("tree 1", "tasks 1"), Known("tree 2", "tasks 2")


class Said:
    """Ears that hear these bursts, one after another, and then Ctrl-C."""

    def __init__(self, *bursts: Edits) -> None:
        self.bursts = list(bursts)

    def hear(self) -> Edits:
        if not self.bursts:
            raise KeyboardInterrupt
        return self.bursts.pop(0)


class Turns:
    """Turns that come to these ends; `calls` are what they were called with, `open` those that are not stopped."""

    def __init__(self, *ends: Ended | type[KeyboardInterrupt]) -> None:
        self.ends = list(ends)
        self.calls: list[Call] = []
        self.open = 0

    def ready(self) -> Turns:
        self.open += 1
        return self

    def take(self, call: Call) -> Ended:
        self.calls.append(call)
        end = self.ends.pop(0)
        if isinstance(end, Ended):
            return end
        raise end

    def stop(self) -> None:
        self.open -= 1


def watched(bursts: Iterable[Edits], turns: Turns) -> list[str]:
    """What is told until Ctrl-C, after which no turn is left."""
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        Loop(Said(*bursts), turns.ready, told.append).go_on()
    assert turns.open == 0
    return told


def test_the_first_turn_knows_nothing_and_each_later_one_what_the_one_before_saw() -> None:
    turns = Turns(Ended(Saw(FIRST, runs=True), DONE), Ended(Saw(SECOND), DONE), Ended(Saw(SECOND), DONE))

    told = watched([Edits(("a.ts", "b.ts")), Edits((".git/index",))], turns)

    assert turns.calls == [Call(), Call(FIRST, ("a.ts", "b.ts")), Call(SECOND)]
    assert told == []


def test_a_run_that_failed_is_told_and_the_loop_goes_on_from_what_it_saw() -> None:
    turns = Turns(Ended(Saw(FIRST, runs=True), FAILED), Ended(Saw(SECOND, runs=True), DONE))

    told = watched([Edits(("a.ts",))], turns)

    assert turns.calls[1] == Call(FIRST, ("a.ts",))
    assert told == [AGAIN]


def test_after_a_tool_failed_or_with_a_wish_the_next_turn_runs_whatever_it_sees() -> None:
    turns = Turns(
        Ended(Saw(FIRST, runs=True), TOOL_FAILED),
        Ended(Saw(SECOND, runs=True), DONE),
        Ended(Saw(SECOND, runs=True), DONE),
    )

    watched([Edits(("a.ts",)), Edits(is_wish=True)], turns)

    assert [call.known for call in turns.calls] == [Known(), Known(), Known()]


def test_a_name_that_is_not_there_ends_the_loop_at_its_beginning() -> None:
    turns = Turns(Ended(Saw(is_unknown=True), WRONG_USE))

    assert Loop(Said(), turns.ready, pytest.fail).go_on() == WRONG_USE
    assert turns.open == 0


def test_a_name_that_a_half_written_manifest_lacks_does_not() -> None:
    turns = Turns(Ended(Saw(FIRST, runs=True), DONE), Ended(Saw(is_unknown=True), WRONG_USE))

    told = watched([Edits(("manifests/products/shop.toml",))], turns)

    assert told == [AGAIN]


def test_ctrl_c_ends_a_turn_that_is_at_work() -> None:
    turns = Turns(KeyboardInterrupt)

    watched([], turns)


def test_calls_and_answers_are_read_as_they_were_written() -> None:
    call, saw = Call(FIRST, ("a b.ts", "ä\n.ts")), Saw(SECOND, runs=True)

    assert parse_call(render_call(call)) == call
    assert parse_saw(render_saw(saw)) == saw
