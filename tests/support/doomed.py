"""Runs of this program that are killed at a moment, and what has to be true afterwards; tests and bench share it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from buildgraph.commands.render import find_drifts
from buildgraph.project import open_project
from tests.support.scripted import Scripted
from tests.support.system import docker

DOCKERFILE: Final = "FROM scratch\nCOPY services/api/ /\n"
SERVICE: Final = """[services.api]
path = "services/api"
dockerfile = "services/api/Dockerfile"
port = 3001
health = "/"
host = "api"
env = {{ TURN = "{turn}" }}
"""
RENDERED: Final = ("env", "compose", "tables")
BASE: Final = "base/proxy"
LONG_AGO: Final = 2 * 24 * 3600  # seconds: older than anything that is being written
TRIES: Final = 10  # how often a run is tried to be met at work
SOONER: Final = 0.7  # of the time in which the last one had ended
INDEX: Final = "application/vnd.docker.distribution.manifest.v2+json"


class Doomed(Scripted):
    """Packages with scripts, a service of one small layer, and a registry that takes it and has a base image."""

    def __init__(self, folder: Path, registry: str) -> None:
        super().__init__(folder, ("a",))
        self.name, self.registry = f"t{uuid.uuid4().hex[:8]}", registry
        self.base = f"{self.name}/{BASE}"
        render = json.dumps(RENDERED)
        self.repo.write("manifests/workspace.toml", f'name = "{self.name}"\nrender = {render}\n')
        proxy = f'proxy_image = "{registry}/{self.base}:1"\n'
        self.repo.write("manifests/environments/development.toml", f"proxy_port = 8480\n{proxy}")
        staging = f'proxy_port = 8481\nregistry = "{registry}/{self.name}"\n{proxy}'
        self.repo.write("manifests/environments/staging.toml", staging)
        self.repo.write("services/api/Dockerfile", DOCKERFILE)
        self.repo.write("services/api/words", "first")
        self.declare_turn(0)
        self.repo.commit()

    def declare_turn(self, number: int) -> None:
        """Write another manifest of the service."""
        self.repo.write("manifests/products/shop.toml", SERVICE.format(turn=number))

    def say(self, number: int) -> None:
        """Have the service hold other words."""
        self.repo.write("services/api/words", f"{self.name} {number}")

    def push_bases(self) -> None:
        """Two images that one tag can be moved between."""
        for name in ("one", "two"):
            image = f"{self.registry}/{self.base}:{name}"
            text = f"FROM scratch\nLABEL it={self.name}-{name}\nCOPY <<E /{name}\nE\n"
            argv = (
                "docker",
                "buildx",
                "build",
                "--builder",
                "default",
                "--provenance=false",
                "-q",
                "-t",
                image,
                "-",
            )
            subprocess.run(argv, input=text.encode(), check=True, capture_output=True)
            docker("push", "-q", image)
            docker("rmi", image)

    def move_base(self, number: int) -> None:
        """Let the base image's tag lead to the other image."""
        place = f"http://{self.registry}/v2/{self.base}/manifests"
        told = fetch_bytes(f"{place}/{'one' if number % 2 else 'two'}")
        put(f"{place}/1", told)

    def fingerprint(self) -> str:
        """That of the image as it is to be now."""
        return self.repo.fingerprints()["image:api"]

    def texts(self) -> Mapping[str, str]:
        """What the program has written among the user's own files."""
        listed = self.repo.git("ls-files", "-o", "-m", "--exclude-standard").splitlines()
        found = {}
        for name in listed:
            with suppress(FileNotFoundError):
                found[name] = (self.repo.root / name).read_text()
        return found

    def age(self) -> None:
        """Let time go by: what was being written is what somebody must have died over."""
        moment = time.time() - LONG_AGO
        for top in (self.repo.root / ".buildgraph", self.repo.root / ".git/buildgraph", self.store):
            for place in top.rglob("*"):
                os.utime(place, (moment, moment), follow_symlinks=False)

    def strays(self) -> list[str]:
        """What is left of files that were being written."""
        tops = (self.repo.root, self.store)
        return [str(place) for top in tops for place in top.rglob("*") if "half" in place.name]

    def raze(self) -> None:
        """Take the images away."""
        for reference in (f"{self.name}/*", f"{self.registry}/{self.name}/*"):
            images = docker("images", "--filter", f"reference={reference}", "--format", "{{.ID}}").split()
            if images:
                docker("rmi", "-f", *set(images))


@dataclass(frozen=True)
class Deed:
    """A command line, what gives it something new to do, and what must hold after the run that follows a kill."""

    name: str
    arguments: tuple[str, ...]
    turn: Callable[[Doomed, int], None]
    judge: Callable[[Doomed], None]

    def __str__(self) -> str:
        return self.name


def judge_check(doomed: Doomed) -> None:
    """Every output is that of what stands there now, and nothing else is there."""
    assert doomed.is_right()


def judge_build(doomed: Doomed) -> None:
    """The engine has the image under its fingerprint, and it holds what stands there now."""
    image = f"{doomed.name}/api:{doomed.fingerprint()}"
    container = docker("create", image, "none").strip()
    try:
        argv = ("docker", "cp", f"{container}:/words", "-")
        told = subprocess.run(argv, check=True, capture_output=True).stdout
    finally:
        docker("rm", container)
    assert (doomed.repo.root / "services/api/words").read_bytes() in told


def judge_push(doomed: Doomed) -> None:
    """The registry shows the image under its fingerprint, with all that it is made of."""
    place = f"http://{doomed.registry}/v2/{doomed.name}/api"
    manifest = json.loads(fetch_bytes(f"{place}/manifests/{doomed.fingerprint()}"))
    for blob in (manifest["config"], *manifest["layers"]):
        assert len(fetch_bytes(f"{place}/blobs/{blob['digest']}")) == blob["size"]


def judge_render(doomed: Doomed) -> None:
    """Nothing differs from the manifests."""
    project = open_project(doomed.repo.root)
    assert list(find_drifts(project.folder, project.working_picture(), RENDERED)) == []


def judge_bases(doomed: Doomed) -> None:
    """The lock holds the digest that the tag leads to now."""
    locked = open_project(doomed.repo.root).working_picture().manifests.bases
    assert locked == {f"{doomed.registry}/{doomed.base}:1": digest_at(doomed)}


def digest_at(doomed: Doomed) -> str:
    """What the base image's tag leads to."""
    told = fetch_bytes(f"http://{doomed.registry}/v2/{doomed.base}/manifests/1")
    return f"sha256:{hashlib.sha256(told).hexdigest()}"


DEEDS: Final = (
    Deed("check", ("check",), lambda doomed, _: doomed.edit(), judge_check),
    Deed("render", ("render",), Doomed.declare_turn, judge_render),
    Deed("bases --update", ("bases", "--update"), Doomed.move_base, judge_bases),
    Deed("build", ("build:api",), Doomed.say, judge_build),
    Deed("push", ("push:api", "env=staging"), Doomed.say, judge_push),
)


def length_of(doomed: Doomed, deed: Deed) -> float:
    """The seconds that a deed takes when nobody disturbs it: the less of two runs, as the first has more to do."""
    return min(_time(doomed, deed, number) for number in (-3, 0))


def _time(doomed: Doomed, deed: Deed, number: int) -> float:
    deed.turn(doomed, number)
    began = time.monotonic()
    ran = doomed.run(*deed.arguments)
    took = time.monotonic() - began
    assert ran.code == 0, ran.err
    return took


def kill_at_work(doomed: Doomed, deed: Deed, turns: Iterator[int], seconds: float) -> None:
    """Kill a deed after some time, or sooner where it has ended by then, which is no kill.

    AssertionError for what does not hold, and where it was never met at work.
    """
    for number in islice(turns, TRIES):
        met = kill(doomed, deed, number, seconds)
        if met.was_at_it:
            return
        seconds = met.seconds * SOONER
    raise AssertionError(f"{deed} was never met at work")


class Met(NamedTuple):
    """Whether a run was at work when it was to be killed, and the seconds until it was killed or had ended."""

    was_at_it: bool
    seconds: float


def kill(doomed: Doomed, deed: Deed, number: int, seconds: float) -> Met:
    """Kill a deed after some time, and look at all that must hold; AssertionError for what does not."""
    deed.turn(doomed, number)
    old = doomed.texts()
    argv = doomed.argv(*deed.arguments)
    quiet, began = subprocess.DEVNULL, time.monotonic()
    child = subprocess.Popen(argv, cwd=doomed.repo.root, env=doomed.environment, stdout=quiet, stderr=quiet)
    with suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
    met = Met(child.poll() is None, time.monotonic() - began)
    child.kill()
    child.wait()
    between = doomed.texts()
    ran = doomed.run(*deed.arguments)
    new = doomed.texts()
    assert ran.code == 0, ran.err
    for path, text in between.items():
        assert text in (old.get(path), new.get(path)), f"{path} is neither as it was nor as it shall be"
    deed.judge(doomed)
    return met


def assert_settled(doomed: Doomed, deed: Deed) -> None:
    """There is nothing left to do, and nothing left over when some time has gone by."""
    doomed.age()
    doomed.ran()
    deed.turn(doomed, -1)
    assert doomed.run(*deed.arguments).code == 0
    again = doomed.run(*deed.arguments)
    assert again.code == 0
    assert not [line for line in again.err.splitlines() if line.startswith(("ok ", "wrote docker"))], (
        again.err
    )
    assert doomed.strays() == []


def fetch_bytes(address: str) -> bytes:
    """What a registry answers to GET."""
    asked = urllib.request.Request(address, headers={"Accept": INDEX})
    with urllib.request.urlopen(asked) as answer:
        content = answer.read()
        assert isinstance(content, bytes)
        return content


def put(address: str, content: bytes) -> None:
    """Put a manifest into a registry."""
    kind = str(json.loads(content)["mediaType"])
    asked = urllib.request.Request(address, content, {"Content-Type": kind}, method="PUT")
    urllib.request.urlopen(asked).close()
