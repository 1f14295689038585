"""A deployment in a process of its own, killed at the very line it tells: what a dead deployer leaves behind."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from tests.deploy.town import Town

ROOT = str(Path(__file__).parents[2])
# It goes on after a line when it is told to, so that it is killed at that line and not a moment later.
CHILD = """
import pickle, sys
from buildgraph.image.engine import open_engine
from tests.deploy.town import Town
with open(sys.argv[1], "rb") as file:
    name, images, server, environment, services, versions = pickle.load(file)
town = Town(open_engine(""), images, server, name)
town.place = town.place.__class__(
    town.place.engine, name, environment, images, town.place.secrets, tuple(services.values())
)
town.services, town.versions = services, versions
class Told(list):
    def append(self, line):
        print(line, flush=True)
        sys.stdin.readline()
town.told = Told()
town.deploy()
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


def start_deploy(town: Town, folder: Path) -> subprocess.Popen[str]:
    """Deploy what the town declares in a process of its own; it waits for a line of input after each of its own."""
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
        [sys.executable, "-c", CHILD, str(folder / "town.pickle")],
        cwd=ROOT,
        env={"PYTHONPATH": ROOT, "HOME": "/"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
