"""Events of the audit log: what is written of them, and what never is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from buildgraph.errors import ToolError
from buildgraph.manifests.model import Environment
from buildgraph.place.audit import Event, parse_event, render_event
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
