"""A deployment in a process of its own, killed at the very line it tells, or at a step that its engine hears."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from buildgraph.place.holding import read_locks
from tests.deploy.steps import Point, Witness
from tests.support.town import Town
from tests.support.waiting import until

ROOT = str(Path(__file__).parents[2])
# It goes on after a line when it is told to, so that it is killed at that line and not a moment later.
CHILD = """
import pickle, sys
from buildgraph.image.engine import open_engine
from tests.support.town import Town
with open(sys.argv[1], "rb") as file:
    name, images, server, environment, services, versions = pickle.load(file)
town = Town(open_engine(sys.argv[2]), images, server, name)
town.place = town.place.__class__(
    town.place.engine, name, environment, images, town.place.secrets, tuple(services.values())
)
town.services, town.versions = services, versions
class Told(list):
    def append(self, line):
        print(line, flush=True)
        sys.stdin.readline()
town.told = Told()
getattr(town, sys.argv[3])()
"""


def kill_deploy_when(town: Town, moment: str, folder: Path) -> None:
    """Deploy what the town declares, and kill the deployer without warning at the line that contains `moment`."""
    child = start_deploy(town, folder)
    assert child.stdout is not None and child.stdin is not None
    for line in child.stdout:
        if moment in line:
            break
        child.stdin.write("\n")
        child.stdin.flush()
    else:
        raise AssertionError(f"{moment!r} was never told")
    child.kill()
    child.communicate()
    wait_until_unlocked(town)


def wait_until_unlocked(town: Town) -> None:
    """Wait until the engine has noticed that the deployer is dead: what comes next is not about how soon it does."""
    until(lambda: not read_locks(town.place))


def ship_watched(town: Town, folder: Path, fatal: Point | None = None) -> tuple[str, ...]:
    """Ship what the town declares and kill the deployer at `fatal` (None: nowhere); the steps it has taken.

    A deployer that fails by itself fails the test with what it has told.
    """
    with Witness(folder, town.place.engine.line.dial, town.place.prefix) as witness:
        witness.fatal = fatal
        with (folder / "told").open("w") as told:
            witness.deployer = start(town, folder, "ship", address=witness.address, told=told)
            code = witness.deployer.wait()
    assert code in (0, -signal.SIGKILL), (folder / "told").read_text()
    wait_until_unlocked(town)
    return tuple(witness.steps)


def kill_ship_after(town: Town, seconds: float, folder: Path) -> bool:
    """Ship what the town declares and kill the deployer when some time has passed; whether it was killed."""
    with (folder / "told").open("w") as told:
        child = start(town, folder, "ship", told=told)
        with suppress(subprocess.TimeoutExpired):
            child.wait(seconds)
        child.kill()
        code = child.wait()
    assert code in (0, -signal.SIGKILL), (folder / "told").read_text()
    wait_until_unlocked(town)
    return code != 0


def start_deploy(town: Town, folder: Path) -> subprocess.Popen[str]:
    """Deploy what the town declares in a process of its own; it waits for a line of input after each of its own."""
    return start(town, folder, "deploy", told=None)


def start(
    town: Town, folder: Path, verb: str, *, told: IO[str] | None, address: str = ""
) -> subprocess.Popen[str]:
    """A process of its own for what a town does; what it tells goes to a file, or waits to be read line by line."""
    held = (
        town.place.workspace,
        dict(town.place.images),
        town.server,
        town.place.environment,
        town.services,
        town.versions,
    )
    (folder / "town.pickle").write_bytes(pickle.dumps(held))
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD,
            str(folder / "town.pickle"),
            address or town.place.engine.line.base_url,
            verb,
        ],
        cwd=ROOT,
        env={"PYTHONPATH": ROOT, "HOME": "/"},
        stdin=subprocess.DEVNULL if told else subprocess.PIPE,
        stdout=told or subprocess.PIPE,
        stderr=told,
        text=True,
    )
