"""From a one-line edit to a version that has all requests, blue-green, beside its bare build and start."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.errors import BenchError
from bench.measuring import EDITS, Edit
from bench.progress import new_token, tell, turn_name
from bench.sides import HOSTS, Ours
from bench.timing import Series, read_output, run_timed
from bench.watching import Door, Watcher
from buildgraph.image.archive import read_archive
from buildgraph.image.build import BuildRequest, build_command
from buildgraph.project import open_project
from tests.support.system import free_port

ENVIRONMENT: Final = "rehearsal"
# As staging is, but for the registry and the time that a step of the canary is watched.
MANIFEST: Final = """\
domain = "{{host}}.rehearsal.localhost"
proxy_port = {port}
strategy = "blue-green"
secrets = "manifests/environments/development.env"

[canary]
steps = [100]

[backing.postgres]
image = "postgres:16-alpine"

[backing.redis]
image = "redis:7-alpine"
"""
EDIT: Final = EDITS[0]
LISTENS: Final = 3002
PAUSE, PATIENCE = 0.02, 60.0
TIMES, NOTHING_WITHIN = (
    1.5,
    1.0,
)  # the bars: of what it cannot do without; seconds of a deploy with nothing to do


@dataclass(frozen=True, slots=True)
class Lived:
    """Seconds of each turn: until the deploy had ended, until the new version answered; a build, a start; nothing."""

    done: Series
    first: Series
    build: Series
    healthy: Series
    nothing: Series

    @property
    def floor(self) -> Series:
        """A plain build and the container's time to healthy, turn by turn."""
        pairs = zip(self.build.values, self.healthy.values, strict=True)
        return Series(tuple(build + healthy for build, healthy in pairs))

    def shares(self, series: Series) -> Series:
        """A series as a part of the floor, turn by turn."""
        return Series(tuple(a / b for a, b in zip(series.values, self.floor.values, strict=True)))


def measure_live(ours: Ours, runs: int) -> Lived:
    """Deploy to a blue-green environment of the copy, then edit and deploy in turn with plain builds."""
    port = free_port()
    manifest = ours.system.root / f"manifests/environments/{ENVIRONMENT}.toml"
    manifest.write_text(MANIFEST.format(port=port))
    tell(f"{ENVIRONMENT} is up after {deploy(ours):.1f} s")
    host = HOSTS[EDIT.service].replace(".localhost", f".{ENVIRONMENT}.localhost")
    door = Door(f"http://127.0.0.1:{port}{EDIT.path}", host)
    turns = [measure_turn(ours, door, turn) for turn in range(runs + 1)][1:]
    nothing = [deploy(ours) for _ in range(runs + 1)][1:]
    return Lived(*(Series(tuple(values)) for values in (*zip(*turns, strict=True), nothing)))


def deploy(ours: Ours) -> float:
    """`doit deploy:chat` to the blue-green environment; returns seconds."""
    return ours.run("doit", "deploy:chat", f"env={ENVIRONMENT}")


def measure_turn(ours: Ours, door: Door, turn: int) -> tuple[float, float, float, float]:
    """An edit deployed, and another one built and started plainly: done, first answer, build, healthy."""
    token = new_token()
    EDIT.apply(ours.workspace, token)
    with Watcher(door, token) as watcher:
        start = time.perf_counter()
        deployed = deploy(ours)
        watcher.wait()
    first = watcher.first - start
    build, healthy = measure_floor(ours, EDIT)
    floor = f"build {build:.1f} s, healthy {healthy:.1f} s"
    tell(f"live, {turn_name(turn)}: done {deployed:.1f} s, first {first:.1f} s; {floor}")
    return max(deployed, first), first, build, healthy


def measure_floor(ours: Ours, edit: Edit) -> tuple[float, float]:
    """A plain `docker buildx build` of an edit that no build has seen, and its container's time to healthy."""
    edit.apply(ours.workspace, new_token())
    image, argv = plain_build(ours.system.root, edit.service)
    build = run_timed(argv, ours.system.root)
    try:
        return build, measure_start(ours, edit, image)
    finally:
        read_output("docker", "rmi", "-f", image)


def plain_build(root: Path, service: str) -> tuple[str, tuple[str, ...]]:
    """The name and the command of a build of what we would build: same Dockerfile, same context, nothing around it."""
    picture = open_project(root).working_picture()
    plan, image = picture.images[service], f"{picture.manifests.workspace.name}/plain:{new_token()}"
    context = root / ".buildgraph/plain.tar"
    context.parent.mkdir(exist_ok=True)
    context.write_bytes(read_archive(plan.context, picture.snapshot.blobs))
    request = BuildRequest(
        service,
        image,
        dockerfile=plan.dockerfile,
        target=plan.service.target,
        arguments=plan.arguments,
        bases={name: picture.base(name).pinned for name in plan.bases},
        secrets={"ca": picture.site.ca} if picture.site.ca else {},
    )
    return image, ("sh", "-c", 'exec "$@" <"$0"', str(context), *build_command(request, b"").argv)


def measure_start(ours: Ours, edit: Edit, image: str) -> float:
    """Seconds from `docker run`, with all that the service is given, until its health check is answered with 200."""
    with started(ours, edit.service, image) as (began, port):
        door = Door(f"http://127.0.0.1:{port}{edit.path}")
        while not door.ask():
            if time.perf_counter() - began > PATIENCE:
                raise BenchError(f"{edit.service} is not healthy after {PATIENCE:.0f} s")
            time.sleep(PAUSE)
        return time.perf_counter() - began


@contextmanager
def started(ours: Ours, service: str, image: str) -> Iterator[tuple[float, int]]:
    """A container of an image beside those that serve: when it was begun, and the port that it is reached at."""
    running = ours.system.containers(ENVIRONMENT)[service]
    env = json.loads(read_output("docker", "inspect", "--format", "{{json .Config.Env}}", running))
    port, network = free_port(), f"{ours.system.name}-{ENVIRONMENT}"
    given = [word for line in env for word in ("--env", line)]
    options = ("--init", "--network", network, "--publish", f"127.0.0.1:{port}:{LISTENS}", *given)
    began = time.perf_counter()
    container = read_output("docker", "run", "--detach", "--rm", *options, image)
    try:
        yield began, port
    finally:
        read_output("docker", "rm", "--force", container)
