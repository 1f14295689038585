"""Events of the audit log: what is written of them, and what never is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

import pytest

from buildgraph.errors import StepFailed, ToolError
from buildgraph.manifests.model import Environment
from buildgraph.place.audit import Deed, Event, events_in, lines_of, parse_event, recording, render_event
from buildgraph.place.secrets import Ask, Secrets, nobody_tells

EVENT = Event(
    "2026-11-26T12:00:00.000+00:00", "ada", "lock-released", "shop", detail="it was held by hunter2"
)


@dataclass(frozen=True)
class Town:
    """An environment whose containers are given one secret."""

    ask: Ask = nobody_tells
    environment: Environment = field(default_factory=lambda: Environment("test"))

    def redact(self, text: str) -> str:
        """A text without it."""
        return Secrets({"TOKEN": "hunter2"}, ask=self.ask).redact(text, ["TOKEN"])


def no_store(names: object) -> dict[str, str]:
    """A command that cannot tell secrets."""
    raise ToolError("op ended with code 1")


def test_an_event_is_written_without_the_secrets_of_its_environment() -> None:
    written = render_event(Town(), EVENT)

    assert json.loads(written) == {
        "at": EVENT.at,
        "who": "ada",
        "kind": "lock-released",
        "product": "shop",
        "detail": "it was held by ***",
    }
    assert parse_event(written) is not None


def test_what_was_done_is_written_without_its_detail_where_no_secret_can_be_told() -> None:
    """A lock was freed before: the log has to say so, whether or not the store of secrets answers."""
    written = render_event(Town(no_store), EVENT)

    assert json.loads(written)["detail"] == "not told, for the secrets to be left out are not known"
    assert json.loads(written)["who"] == "ada"
    assert "hunter2" not in written


def kinds(log: list[Event]) -> list[str]:
    return [event.kind for event in log]


def test_a_deed_stands_in_the_log_with_its_end_and_its_release() -> None:
    log: list[Event] = []

    def write(event: Event) -> bool:
        log.append(event)
        return True

    with recording(write, Deed("deploy", "shop", "c0ffee"), print) as release:
        release.append("shop-0001")
    with pytest.raises(StepFailed), recording(write, Deed("rollback", "shop"), print):
        raise StepFailed("smoke:api", "it does not answer")

    assert kinds(log) == ["deploy-started", "deploy-finished", "rollback-started", "rollback-failed"]
    assert [event.release for event in log] == ["", "shop-0001", "", ""]
    assert "it does not answer" in log[-1].detail


def test_a_log_that_came_with_a_deed_has_its_beginning_too() -> None:
    tries: list[Event] = []

    def write(event: Event) -> bool:
        tries.append(event)
        return len(tries) > 1

    with recording(write, Deed("deploy", "shop"), print):
        pass

    assert kinds(tries) == ["deploy-started", "deploy-started", "deploy-finished"]


def test_a_log_that_cannot_be_written_is_told_and_fails_nothing() -> None:
    def write(event: Event) -> bool:
        raise ToolError("the disk is full")

    told: list[str] = []
    with recording(write, Deed("deploy", "shop"), told.append):
        pass

    assert told[0].startswith("the audit log cannot be written: the disk is full")


def test_events_are_told_once_the_oldest_first_with_what_concerns_all() -> None:
    def line(at: str, product: str) -> str:
        return render_event(Town(), Event(at, "ada", "backup", product))

    lines = [line("2", "shop"), line("1", ""), line("3", "mail"), line("2", "shop"), '{"at": "4", "wh']

    assert [(event.at, event.product) for event in events_in(lines, "shop")] == [("1", ""), ("2", "shop")]
    assert [event.at for event in events_in(lines)] == ["1", "2", "3"]


def test_whatever_signs_a_detail_holds_its_event_is_read_again() -> None:
    """Python ends lines at more signs than a log does, and JSON leaves some of them as they are."""
    detail = "a\x85b\u2028c\u2029d\x0be\x1cf\ng\r"
    written = render_event(Town(), replace(EVENT, detail=detail))

    found = events_in(lines_of(f"{written}\n{written[:40]}".encode() + b"\xe2"))

    assert found == (replace(EVENT, detail=detail),)
