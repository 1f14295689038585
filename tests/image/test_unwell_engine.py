"""What answers where an engine should be: a proxy's page, half an answer, nothing: one clear error, never a guess."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.image.engine import Engine, open_engine
from tests.support.relay import Relay
from tests.support.unwell import ALL_ILLS, Answering, Ill, Unwell, answers, served

VERSION = b'{"Version": "26", "ApiVersion": "1.45", "Os": "linux", "Arch": "amd64"}'


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


def test_what_an_engine_that_is_well_lacks_is_missing(server: Unwell, address: str) -> None:
    def has_none(asked: Answering) -> bool:
        asked.answer(404, b'{"message": "No such image"}')
        return True

    server.ill = has_none

    assert Engine(address).held_image("acme/api:one") is None
