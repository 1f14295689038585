"""An image is made of what its build was given, and of nothing that the builder finds by a name."""

from __future__ import annotations

import pytest

from buildgraph.errors import StepFailed
from buildgraph.image.build import BuildRequest, build_image
from buildgraph.image.engine import open_engine
from buildgraph.image.progress import BuildLog
from buildgraph.process import SystemRunner
from tests.support.plain_builds import archived
from tests.support.system import docker, substitute

pytestmark = pytest.mark.engine

IMAGE = "given/web:1"


def build(*, given: bool) -> None:
    """An image upon a stand-in, whose name the build is given, or finds by itself."""
    base = substitute("node:20-alpine")
    files = {"Dockerfile": f"FROM {base}\nCOPY a /a\n".encode(), "a": b""}
    request = BuildRequest("web", IMAGE, bases={base: base} if given else {})
    build_image(SystemRunner(), request, archived(files), BuildLog(lambda line: None))


def test_a_build_that_looks_for_an_image_by_itself_leaves_none() -> None:
    engine = open_engine("")
    try:
        with pytest.raises(StepFailed, match="by itself"):
            build(given=False)
        assert not engine.has_image(IMAGE)

        build(given=True)
        assert engine.has_image(IMAGE)
    finally:
        docker("rmi", "-f", IMAGE)
