"""Images that go to a registry straight from their builder: by digest, so that no tag moves before it is looked for."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from buildgraph.errors import StepFailed
from buildgraph.image.build import BuildRequest, build_image
from buildgraph.image.progress import BuildLog
from buildgraph.process import Runner


def publish_build(runner: Runner, request: BuildRequest, archive: bytes, log: BuildLog) -> str:
    """Build an image and push it by its digest, which is returned; StepFailed when either fails."""
    with TemporaryDirectory(prefix="buildgraph-") as folder:
        told = Path(folder) / "metadata.json"
        build_image(runner, request, archive, log, told)
        try:
            return str(json.loads(told.read_bytes())["containerimage.digest"])
        except (OSError, ValueError, KeyError) as error:
            raise StepFailed(
                f"build:{request.service}", "the builder does not tell what it pushed"
            ) from error
