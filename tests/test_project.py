"""What an open project asks of git, and how often."""

from __future__ import annotations

import pytest

from buildgraph.process import Command, OnLine, Result, SystemRunner
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo


class Listening(SystemRunner):
    """Runs commands, and keeps which git was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        self.asked += [word for word in command.argv if word in ("ls-tree", "cat-file")]
        return super().run(command, on_line=on_line)


@pytest.fixture
def packed(repo: Monorepo) -> Monorepo:
    """A workspace whose blobs lie in a pack: git is asked for each round of them."""
    repo.package("@acme/core")
    repo.service("web", uses=["@acme/core"])
    repo.lock()
    repo.commit()
    repo.git("repack", "-q", "-a", "-d")
    return repo


def test_a_workspace_of_which_nothing_is_remembered_is_listed_once(packed: Monorepo) -> None:
    runner = Listening()

    assert "image:web" in open_project(packed.root, runner).picture_of("HEAD").graph.nodes
    assert runner.asked.count("ls-tree") == 1


def test_whose_graph_was_made_is_not_read_again_for_its_images(packed: Monorepo) -> None:
    runner = Listening()
    picture = open_project(packed.root, runner).picture_of("HEAD")
    made = picture.graph.fingerprints
    before = len(runner.asked)

    assert picture.images.keys() == {"web"}
    assert len(runner.asked) == before
    assert picture.fingerprint("web") == made["image:web"]
