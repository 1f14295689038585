"""How old an image is, is told by the clock of the engine or registry that holds it: this machine's may be wrong."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from buildgraph.deploy.pruning import DAY, held_versions
from buildgraph.image.engine import open_engine
from buildgraph.image.registry_content import Registry
from buildgraph.manifests.model import Environment
from buildgraph.place.model import Place
from buildgraph.place.secrets import Secrets
from tests.support.relay import Relay
from tests.support.unwell import Answering, Unwell, served

AHEAD = 20 * DAY
VERSION = {"Version": "26", "ApiVersion": "1.45", "Os": "linux", "Arch": "amd64"}


@pytest.fixture
def server() -> Iterator[Unwell]:
    """Somebody whose clock is twenty days ahead of ours."""
    with served() as server:
        server.ahead = AHEAD
        yield server


def now_by(ahead: float) -> str:
    return datetime.fromtimestamp(time.time() + ahead, UTC).isoformat()


def test_images_of_a_registry_age_by_its_clock_and_by_ours_before_it_has_answered(server: Unwell) -> None:
    registry, today = Registry(f"{server.address}/shop"), now_by(0.0)
    assert registry.days_since(today) == pytest.approx(0.0, abs=0.01)

    registry.tags("shop/api")

    assert registry.days_since(today) == pytest.approx(20.0, abs=0.01)
    assert registry.days_since(now_by(AHEAD)) == pytest.approx(0.0, abs=0.01)
    assert registry.days_since("") is None


def test_images_of_an_engine_age_by_its_clock(server: Unwell, tmp_path: Path) -> None:
    """What it has made this minute is young, however far this machine's clock has gone."""
    made = {"Id": "one", "RepoTags": ["acme/api:1"], "Created": int(time.time() + AHEAD), "Size": 1}
    told = {"/version": VERSION, "/info": {"SystemTime": now_by(AHEAD)}, "/images/json": [made]}

    def engine(asked: Answering) -> bool:
        path = asked.path.partition("?")[0]
        asked.answer(200, json.dumps(next(told[end] for end in told if path.endswith(end))).encode())
        return True

    server.ill = engine
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with Relay(listener, lambda: socket.create_connection(("127.0.0.1", server.server_port))):
            opened = open_engine(f"unix://{tmp_path}/socket")
            place = Place(opened, "acme", Environment("production"), {}, Secrets({}), ())
            (found,) = held_versions(place)
            opened.close()

    assert found.age == pytest.approx(0.0, abs=0.01)
