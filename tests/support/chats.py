"""The chat of the example, deployed: dear to make, so that those who need all of it share one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.system import System


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The chat, deployed to development; who asks for it bears `xdist_group("the chat")` and changes nothing."""
    system = System(tmp_path_factory.mktemp("chat") / "clone")
    first = system.doit("-n", "2", "deploy:chat")
    assert first.code == 0, first.err
    yield system
    system.remove()


@pytest.fixture
def system(deployed: System) -> Iterator[System]:
    """That chat, in date at the beginning of every test and to be changed: edits are taken back at its end."""
    yield deployed
    deployed.revert()
    again = deployed.doit("deploy:chat")
    assert again.code == 0, again.err
