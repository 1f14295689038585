"""What answers where an engine should be: a proxy's page, half an answer, nothing: one clear error, never a guess."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from buildgraph.deploy.live import read_live
from buildgraph.errors import InternalError, ToolError
from buildgraph.image.copying import copy_image
from buildgraph.image.engine import Engine, open_engine
from buildgraph.image.registry import Published, find_published, pull_image, push_image
from buildgraph.manifests.model import Environment
from buildgraph.place.clock import read_clock
from buildgraph.place.containers import find_containers, read_condition
from buildgraph.place.model import Place
from buildgraph.place.secrets import Secrets
from buildgraph.place.state import read_state
from tests.support.relay import Relay
from tests.support.runners import AnsweringRunner
from tests.support.unwell import ALL_ILLS, Answering, Ill, Unwell, answers, served

VERSION = b'{"Version": "26", "ApiVersion": "1.45", "Os": "linux", "Arch": "amd64"}'


late = answers(500, b'{"message": "Get \\"http://127.0.0.1:9/v2/\\": context deadline exceeded"}')
failing = answers(500, b'{"message": "received unexpected HTTP status: 500 Internal Server Error"}')
found = answers(
    200,
    json.dumps(
        {
            "Descriptor": {"digest": f"sha256:{'0' * 64}"},
            "Platforms": [{"os": "linux", "architecture": "amd64"}],
        }
    ).encode(),
)


@pytest.fixture(scope="module")
def server() -> Iterator[Unwell]:
    with served() as server:
        yield server


@pytest.fixture(scope="module")
def address(server: Unwell, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A socket of this machine that leads to the server."""
    place: Path = tmp_path_factory.mktemp("engine") / "socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        with Relay(listener, lambda: socket.create_connection(("127.0.0.1", server.server_port))):
            yield f"unix://{place}"


@ALL_ILLS
def test_an_engine_that_is_unwell_from_the_beginning_is_one_clear_error(
    server: Unwell, address: str, ill: Ill
) -> None:
    server.ill = ill

    with pytest.raises(ToolError, match="engine"):
        open_engine(address)


@ALL_ILLS
def test_an_engine_that_falls_ill_in_the_middle_neither_has_an_image_nor_lacks_it(
    server: Unwell, address: str, ill: Ill
) -> None:
    """Pitfall 10: what it is silent about is neither built again nor taken for built."""
    server.ill = answers(200, VERSION)
    engine = open_engine(address)
    server.ill = ill

    with pytest.raises(ToolError, match="engine"):
        engine.held_image("acme/api:one")
    with pytest.raises(ToolError, match="engine"):
        assert engine.keeps_several
    with pytest.raises(ToolError, match="engine"):
        engine.newest_labels("acme/*")


ASKED: dict[str, Callable[[Place], object]] = {
    "what a registry shows": lambda place: find_published(place.engine, "127.0.0.1:9/web:one"),
    "to pull": lambda place: pull_image(place.engine, "127.0.0.1:9/web:one"),
    "to push": lambda place: push_image(place.engine, "acme/web:one", "127.0.0.1:9/web:one", print),
    "to copy": lambda place: copy_image(
        place.engine, AnsweringRunner(), f"127.0.0.1:9/web@sha256:{'0' * 64}", "127.0.0.1:9/live:one"
    ),
    "which containers it has": find_containers,
    "how one is": lambda place: read_condition(place, "one"),
    "what is remembered": lambda place: read_state(place, "proxy"),
    "what time it is": read_clock,
    "what runs": read_live,
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
@ALL_ILLS
def test_an_engine_that_falls_ill_is_one_clear_error_whatever_it_is_asked(
    server: Unwell, address: str, ill: Ill, ask: Callable[[Place], object]
) -> None:
    server.ill = answers(200, VERSION)
    engine = open_engine(address)
    engine.beyond.add("127.0.0.1:9")
    place = Place(engine, "acme", Environment("test"), {}, Secrets({}), ())
    server.ill = ill

    with pytest.raises(ToolError, match=r"engine|registry") as failed:
        ask(place)

    assert not isinstance(failed.value, InternalError)


def test_what_an_engine_that_is_well_lacks_is_missing(server: Unwell, address: str) -> None:
    def has_none(asked: Answering) -> bool:
        asked.answer(404, b'{"message": "No such image"}')
        return True

    server.ill = has_none

    assert Engine(address).held_image("acme/api:one") is None


def test_a_registry_that_fails_for_the_moment_is_asked_again(server: Unwell, address: str) -> None:
    """As one that keeps tags in files does while another machine writes the tag."""
    server.ill = answers(200, VERSION)
    engine = open_engine(address)
    asked = count(1)

    def fails_twice(asked_now: Answering) -> bool:
        return (failing if next(asked) <= 2 else found)(asked_now)

    server.ill = fails_twice
    assert find_published(engine, "127.0.0.1:9/web:one") == Published(f"sha256:{'0' * 64}", ("linux/amd64",))

    server.ill = failing
    with pytest.raises(ToolError, match="500 Internal Server Error"):
        find_published(engine, "127.0.0.1:9/web:one")


def test_a_registry_that_the_engine_had_no_patience_with_is_asked_once_more(
    server: Unwell, address: str
) -> None:
    """As on a machine that is busy; one that stays silent is told of."""
    server.ill = answers(200, VERSION)
    engine = open_engine(address)
    asked = count(1)

    def silent_once(asked_now: Answering) -> bool:
        return (late if next(asked) == 1 else found)(asked_now)

    server.ill = silent_once
    assert find_published(engine, "127.0.0.1:9/web:one") == Published(f"sha256:{'0' * 64}", ("linux/amd64",))

    server.ill = late
    with pytest.raises(ToolError, match="deadline exceeded"):
        find_published(engine, "127.0.0.1:9/web:one")
