"""What a proxy begins with: the routes that the volume holds, or none where nobody can read them and nothing stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from buildgraph.errors import StepFailed, ToolError
from buildgraph.place.state import State
from buildgraph.traffic import revisions
from buildgraph.traffic.revisions import CURRENT, first_routes, read_whole, revision_of, routes_in
from buildgraph.traffic.routes import Route, Routes, UnreadableRoutes, render_routes

ROUTE = Route("api", 3002)
OLD: Routes = {"chat": (ROUTE,), "mail": (Route("mail", 3003),)}
NEW: Routes = {"chat": (ROUTE,)}
UNREADABLE = [b"", b"{", b"[]", b"\xff\0", b'{"format": 1, "routes": [{"new": 1}]}']


def holding(text: bytes) -> State:
    """A volume whose current revision has these routes of a product."""
    return State({"proxy/revision-1/routes/chat.json": text}, {CURRENT: "revision-1"})


def yes() -> bool:
    return True


def no() -> bool:
    return False


def test_routes_that_can_be_read_are_what_it_begins_with() -> None:
    state = holding(render_routes("chat", [ROUTE]).encode())
    assert first_routes(state, no) == first_routes(state, yes) == {"chat": (ROUTE,)}


@pytest.mark.parametrize("text", UNREADABLE)
def test_damaged_routes_are_let_go_after_down_and_never_while_a_service_stands(text: bytes) -> None:
    """The way out that their error names, `down` and a deploy, leads out."""
    assert first_routes(holding(text), no) == {}
    with pytest.raises(UnreadableRoutes, match="`buildgraph down` for this environment and a deploy"):
        first_routes(holding(text), yes)
    with pytest.raises(UnreadableRoutes):
        routes_in(holding(text))


def test_routes_of_a_newer_version_are_never_let_go() -> None:
    with pytest.raises(StepFailed, match="of a newer buildgraph"):
        first_routes(holding(b'{"format": 999, "routes": []}'), no)


def whole(routes: Routes) -> State:
    """A volume with a revision of these routes."""
    revision, files = revision_of(routes)
    return State({f"proxy/{revision}/{path}": text for path, text in files.items()}, {CURRENT: revision})


def without(state: State, *words: str) -> State:
    """A volume as an engine packs it while files of its current revision are removed."""
    files = {path: text for path, text in state.files.items() if not any(word in path for word in words)}
    return State(files, state.links)


def one_after_the_other(*states: State | None) -> Callable[[], State | None]:
    """Reads these; what was not asked for shows that it was not needed."""
    waiting = list(states)
    return lambda: waiting.pop(0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "PAUSE", 0.0)


def test_a_revision_that_is_named_and_not_there_is_never_taken_for_no_routes() -> None:
    with pytest.raises(UnreadableRoutes):
        routes_in(State({}, {CURRENT: "revision-1"}))
    assert routes_in(State()) == {}


@pytest.mark.parametrize("gone", [("routes/mail",), ("routes",), ("",), ("haproxy.cfg",)])
def test_a_revision_that_another_took_the_place_of_while_it_was_read_is_read_again(
    gone: tuple[str, ...],
) -> None:
    """Another product's deploy swaps it: routes that came in part would be written back as all there are."""
    torn = without(whole(OLD), *gone)

    assert routes_in(read_whole(one_after_the_other(torn, whole(NEW)))) == NEW
    assert routes_in(read_whole(one_after_the_other(torn, State(), whole(OLD)))) == OLD


def test_a_whole_revision_is_read_once_and_so_is_an_environment_without_a_proxy() -> None:
    assert routes_in(read_whole(one_after_the_other(whole(OLD)))) == OLD
    assert read_whole(one_after_the_other(None)) == State()


def test_a_revision_that_somebody_has_edited_is_taken_when_it_reads_the_same_twice() -> None:
    edited = holding(render_routes("chat", [ROUTE]).encode())

    assert routes_in(read_whole(one_after_the_other(edited, edited))) == NEW
    assert read_whole(one_after_the_other(State(), State())) == State()


def test_what_is_never_whole_is_an_error_with_the_way_out() -> None:
    numbers = iter(range(100))

    with pytest.raises(ToolError, match="run the same again"):
        read_whole(lambda: State({}, {CURRENT: f"revision-{next(numbers)}"}))
