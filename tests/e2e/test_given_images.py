"""An image is made of what its build was given, and of nothing that the builder finds by a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from buildgraph.errors import StepFailed
from buildgraph.image.build import BuildRequest, build_on_engine
from buildgraph.image.engine import Engine, open_engine
from buildgraph.image.progress import BuildLog
from buildgraph.process import Command, Result, Runner, SystemRunner
from tests.support.plain_builds import archived
from tests.support.system import docker, substitute

pytestmark = pytest.mark.engine

IMAGE = "given/web:1"


class LateRunner(SystemRunner):
    """Tells what a build has said when it is over: with all of it in a cache, it may be quicker than who reads it."""

    def run(self, command: Command, *, on_line: Callable[[str], None] | None = None) -> Result:
        """Run to the end, then tell."""
        result = super().run(command, on_line=lambda line: None)
        for line in result.stderr.decode().splitlines() if on_line else ():
            on_line(line)  # type: ignore[misc]
        return result


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The engine, which loses our image at the end."""
    yield open_engine("")
    docker("rmi", "-f", IMAGE)


def build(engine: Engine, runner: Runner, *, given: bool) -> None:
    """An image upon a stand-in, whose name the build is given, or finds by itself."""
    base = substitute("node:20-alpine")
    files = {"Dockerfile": f"FROM {base}\nCOPY a /a\n".encode(), "a": b""}
    request = BuildRequest("web", IMAGE, bases={base: base} if given else {})
    build_on_engine(runner, engine, request, archived(files), BuildLog(lambda line: None))


@pytest.mark.parametrize("runner", [SystemRunner(), LateRunner()], ids=["at once", "when it is over"])
def test_a_build_that_looks_for_an_image_by_itself_leaves_none(engine: Engine, runner: Runner) -> None:
    with pytest.raises(StepFailed, match="by itself"):
        build(engine, runner, given=False)
    assert not engine.has_image(IMAGE)

    build(engine, runner, given=True)
    assert engine.has_image(IMAGE)
