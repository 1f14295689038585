"""An engine that ends, or whose disk is full, in the middle of a deployment: one of the tests' own."""

from __future__ import annotations

import gc
import os
import signal

import pytest

from buildgraph.errors import BuildgraphError, ToolError
from tests.deploy.serving import publish, serves
from tests.support.engines import OwnEngine
from tests.support.load import Load
from tests.support.registries import wait_until_ready
from tests.support.relay import start
from tests.support.system import free_port, substitute
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440), pytest.mark.xdist_group("an engine of its own")]
MEGABYTE = 2**20


# The engine's library leaves a socket to the garbage collector when nothing answers at its other end.
@pytest.mark.filterwarnings("ignore:unclosed <socket.*family=1:ResourceWarning")
@pytest.mark.parametrize(
    "how",
    [
        pytest.param(signal.SIGTERM, marks=pytest.mark.long, id="told to end"),
        pytest.param(signal.SIGKILL, id="killed"),
    ],
)
def test_an_engine_that_restarts_brings_all_back_and_the_next_deploy_converges(
    far_town: Town, own_engine: OwnEngine, how: signal.Signals
) -> None:
    """All that serves comes back with the engine, both versions of a canary included; nobody has to help."""
    town = far_town
    town.switches(10, 100, hold=60.0, least_requests=0)
    town.service("api", port=3001)
    town.ship()

    def restart() -> None:
        own_engine.end(how)
        own_engine.start()

    restarts = []
    town.moments = {"10 % of the requests": lambda: restarts.append(start(restart))}
    town.service("api", "2", port=3001)
    with Load(town, "api", clients=2) as load:
        with pytest.raises(BuildgraphError):
            town.ship()
        restarts[0].join()
        load.recover()
        town.moments = {}
        town.switches(10, 100, hold=0.5, least_requests=0)
        town.ship()

    assert load.wrong == []
    assert set(load.answers) == {"api 1", "api 2"}
    serves(town, "2")
    gc.collect()


@pytest.mark.parametrize(
    "leaving",
    [pytest.param(20 * MEGABYTE, marks=pytest.mark.long, id="for the image"), pytest.param(0, id="at all")],
)
def test_a_full_disk_is_told_and_the_old_version_serves_on(
    far_town: Town, own_engine: OwnEngine, leaving: int
) -> None:
    """There is no room for the image, or for no byte at all; when there is, the next deploy goes on."""
    town, port = far_town, free_port()
    registry = own_engine.docker("run", "-d", "-p", f"{port}:5000", substitute("registry:2")).strip()
    town.switches()
    town.service("api", port=3001)
    town.ship()
    before = town.containers()

    with own_engine.let_in(port):
        wait_until_ready(port)
    town.server = publish(town, f"127.0.0.1:{port}", {"big": os.urandom(60 * MEGABYTE)})
    town.service("api", "2", port=3001)
    with Load(town, "api", clients=2) as load:
        with own_engine.filled(leaving), pytest.raises(ToolError) as failed:
            town.ship()
        served = dict(load.answers)
        stood = town.containers()
        town.ship()
    own_engine.docker("rm", "-fv", registry)

    assert "no space left on device" in str(failed.value)
    assert "make room" in str(failed.value) or not leaving
    assert (stood, set(served)) == (before, {"api 1"})
    assert load.wrong == []
    serves(town, "2")
