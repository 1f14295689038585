"""The pages of the documentation are followed, one after the other, in the workspace that the first one makes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import SystemRandom
from string import ascii_lowercase

import pytest

from tests.support.pages import READ_IN_ORDER, Reader
from tests.support.system import docker, free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1770)]
PORTS = ("8480", "8481", "8482")  # of the pages' environments


@pytest.fixture
def reader(tmp_path: Path, registry: str) -> Iterator[Reader]:
    """Somebody whose workspace, ports and registry are nobody else's; in the end nothing is left of them."""
    name = f"t{''.join(SystemRandom().choices(ascii_lowercase, k=3))}"  # as long as `shop`, for tables
    ports = {port: str(free_port()) for port in PORTS}
    found = Reader(tmp_path, {"shop": name, "127.0.0.1:5000": registry, **ports})
    yield found
    raze(name)


def raze(name: str) -> None:
    """Take away what a workspace has made on the engine."""
    of_it = ("--filter", f"label=buildgraph.workspace={name}")
    for ids, remove in (
        (docker("ps", "-aq", *of_it), ("rm", "-f", "-v")),
        (docker("volume", "ls", "-q", *of_it), ("volume", "rm")),
        (docker("network", "ls", "-q", *of_it), ("network", "rm")),
        (docker("images", "-q", "--filter", f"reference=*{name}/*"), ("rmi", "-f")),
    ):
        if ids.split():
            docker(*remove, *ids.split())


def test_every_command_of_the_pages_does_what_they_say(reader: Reader) -> None:
    for page in READ_IN_ORDER:
        reader.follow(page)
