"""What a proxy begins with: the routes that the volume holds, or none where nobody can read them and nothing stands."""

from __future__ import annotations

import pytest

from buildgraph.errors import StepFailed
from buildgraph.place.state import State
from buildgraph.traffic.revisions import CURRENT, first_routes, routes_in
from buildgraph.traffic.routes import Route, UnreadableRoutes, render_routes

ROUTE = Route("api", 3002)
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
