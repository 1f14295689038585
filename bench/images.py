"""One tiny image under the names of all images of a workspace, so that a build finds everything there."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from bench.contenders import Contender
from bench.errors import BenchError
from bench.generate import NAME

TINY: Final = f"{NAME}/tiny:latest"


@contextmanager
def all_built(ours: Contender) -> Iterator[None]:
    """The engine holds an image under every name that `buildgraph build` asks for; they go at the end."""
    import docker

    api = docker.from_env().api
    names = list(missing_images(ours))
    try:
        api.import_image_from_data(_empty_archive(), *TINY.split(":"))
        for name in names:
            api.tag(TINY, *name.split(":"))
        yield
    finally:
        _remove([*names, TINY])


def missing_images(ours: Contender) -> Iterator[str]:
    """The names of the images that a build would make now."""
    argv = (ours.build[0], "plan", "build", "--format", "json")
    ran = subprocess.run(
        argv, cwd=ours.folder, env=ours.environment, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        raise BenchError(f"buildgraph plan: {ran.stderr.strip()}")
    for step in json.loads(ran.stdout)["steps"]:
        yield f"{NAME}/{step['node'].removeprefix('image:')}:{step['fingerprint']}"


def _remove(names: Iterable[str]) -> None:
    import docker.errors

    import docker

    api = docker.from_env().api
    for name in names:
        try:
            api.remove_image(name)
        except docker.errors.ImageNotFound:
            continue  # the import came to nothing


def _empty_archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("tiny")
        archive.addfile(entry, io.BytesIO())
    return buffer.getvalue()
