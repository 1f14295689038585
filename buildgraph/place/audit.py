"""The audit log of an environment: one line of JSON per event in its state volume, added and never changed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final

from buildgraph.errors import BuildgraphError, ToolError
from buildgraph.place.actor import read_actor
from buildgraph.place.containers import NOT_RUN, Found, ask_in_container, find_containers
from buildgraph.place.model import Discreet, Place, Tell
from buildgraph.place.names import PROXY, Role
from buildgraph.place.state import MOUNT, read_state, render_archive, write_state

FOLDER: Final = "history/audit"
COMMIT_LENGTH: Final = 12
LONGEST: Final = 2000  # characters of an event's detail
NOT_TOLD: Final = "not told, for the secrets to be left out are not known"
# A line this short is written in one piece, so that two deployers never mix theirs (O_APPEND).
APPEND: Final = 'umask 022; mkdir -p "$0" && printf "%s\\n" "$1" >>"$0/events.jsonl"'


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to an environment: `at` is UTC in ISO 8601, `kind` such as `deploy-finished`."""

    at: str
    who: str
    kind: str
    product: str = ""
    release: str = ""
    commit: str = ""
    detail: str = ""


Write = Callable[[Event], bool]  # adds an event to a log; False where there is none yet


@dataclass(frozen=True, slots=True)
class Deed:
    """What is about to be done: its kind (`deploy`, `rollback`, `promote`), to which product, from which commit.

    `reason` are the words of who does it.
    """

    kind: str
    product: str
    commit: str = ""
    reason: str = ""

    def __str__(self) -> str:
        source = f" from {self.commit[:COMMIT_LENGTH]}" if self.commit else ""
        return f"{self.kind}{source}{f': {self.reason}' if self.reason else ''}"


def record_event(
    place: Place, kind: str, *, product: str = "", release: str = "", commit: str = "", detail: str = ""
) -> bool:
    """Add an event to the environment's log; returns whether there is one: it comes with the first deploy.

    No secret of the environment is written. ToolError when the engine fails.
    """
    event = Event(moment(), read_actor(), kind, product, release, commit, detail)
    return write_event(place, event)


def read_events(place: Place, product: str = "") -> tuple[Event, ...]:
    """All events (of a product, with what concerns all), the oldest first."""
    files = read_state(place, place.named(PROXY), FOLDER).files
    return events_in((line for _, content in sorted(files.items()) for line in lines_of(content)), product)


def lines_of(content: bytes) -> list[str]:
    """The lines of a log's file, one event each: JSON keeps U+2028 and its like within a line."""
    return content.decode("utf-8", "replace").split("\n")


def parse_event(line: str) -> Event | None:
    """The event that a line tells; None for a line that was cut off, as when the disk was full.

    What a newer version adds to its events is left out.
    """
    try:
        told = json.loads(line)
        known = {field.name for field in fields(Event)}
        return Event(**{name: str(value) for name, value in told.items() if name in known})
    except (ValueError, TypeError, AttributeError):
        return None


def events_in(lines: Iterable[str], product: str = "") -> tuple[Event, ...]:
    """The events that lines tell (of a product, with what concerns all), the oldest first, each once.

    One that was written over a way that broke may have been written twice.
    """
    events = sorted(
        (found for line in dict.fromkeys(lines) if (found := parse_event(line))), key=lambda event: event.at
    )
    return tuple(event for event in events if not product or event.product in ("", product))


def recorded(place: Place, deed: Deed, tell: Tell) -> AbstractContextManager[list[str]]:
    """Record in the environment's log that a deed begins, and how it ends; see `recording`."""
    return recording(partial(write_event, place), deed, tell)


def recorded_failure(place: Place, deed: Deed, tell: Tell) -> AbstractContextManager[None]:
    """Record that a deed has failed, when it does; an interrupted one has."""
    return _recording_failure(partial(write_event, place), deed, tell)


@contextmanager
def recording(write: Write, deed: Deed, tell: Tell) -> Iterator[list[str]]:
    """Write that a deed begins, and how it ends: finished or failed; an interrupted one has failed too.

    The name of the release that came of it goes into the list that is given. A log that cannot be
    written is told and fails nothing.
    """
    began = event_of(deed, "started", deed.reason)
    is_told = _write_gently(write, began, tell)
    release: list[str] = []
    with _recording_failure(write, deed, tell):
        yield release
    if not is_told:  # the log came with this very deed
        _write_gently(write, began, tell)
    finished = replace(event_of(deed, "finished", deed.reason), release="".join(release))
    _write_gently(write, finished, tell)


@contextmanager
def _recording_failure(write: Write, deed: Deed, tell: Tell) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        _write_gently(write, event_of(deed, "failed", str(error) or type(error).__name__), tell)
        raise


def moment() -> str:
    """Now, in UTC, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def event_of(deed: Deed, end: str, detail: str) -> Event:
    """What is told of a deed: that it `started`, `finished` or `failed`."""
    kind = f"{deed.kind}-{end}"
    return Event(moment(), read_actor(), kind, deed.product, "", deed.commit, detail)


def _write_gently(write: Write, event: Event, tell: Tell) -> bool:
    try:
        return write(event)
    except BuildgraphError as error:
        tell(f"the audit log cannot be written: {error}")
        return False


def write_event(place: Place, event: Event) -> bool:
    """Add an event; False where no environment is yet. One whose proxy does not run gets a file of its own."""
    found = find_containers(place, role=Role.PROXY.value)
    if not found:
        return False
    line = render_event(place, event)
    argv = ["sh", "-c", APPEND, f"{MOUNT}/{FOLDER}", line]
    code, said = ask_in_container(place, found[0].id, argv, user="0:0")
    if code == NOT_RUN:
        _write_beside(place, found[0], line)
    elif code != 0:
        raise ToolError(f"{FOLDER} refuses an event: {said.strip()}")
    return True


def _write_beside(place: Place, container: Found, line: str) -> None:
    name = f"{FOLDER}/{secrets.token_hex(8)}.jsonl"
    write_state(place, container.id, render_archive({name: f"{line}\n".encode()}))


def render_event(place: Discreet, event: Event) -> str:
    """An event as one line of JSON, without any secret of the environment.

    Where its secrets are not known, as when what tells them fails, the event has no detail: what was done is told all
    the same.
    """
    try:
        told = {name: place.redact(value) for name, value in asdict(event).items()}
    except BuildgraphError:
        told = asdict(replace(event, detail=NOT_TOLD if event.detail else ""))
    return json.dumps({name: value[:LONGEST] for name, value in told.items() if value}, ensure_ascii=False)
