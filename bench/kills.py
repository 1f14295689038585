"""Deployments killed in towns of their own, several at a time; what came of each is a value."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from bench.progress import tell
from buildgraph.errors import BuildgraphError
from buildgraph.image.engine import open_engine
from tests.deploy.chains import Chain, Stage
from tests.deploy.killing import kill_ship_after, ship_watched
from tests.deploy.standing import Standing
from tests.deploy.steps import Point
from tests.support.town import Town, build_server, held_images


@dataclass(frozen=True, slots=True)
class Ground:
    """What towns are built from: the engine's address, the base images and the server's."""

    engine: str
    images: Mapping[str, str]
    server: str


@dataclass(frozen=True, slots=True)
class Play:
    """A chain as it goes when nobody is killed: its steps, what it leaves, and its seconds."""

    chain: Chain
    steps: tuple[str, ...]
    good: Standing
    seconds: float

    def points(self, when: str) -> list[Attempt]:
        """Before, or after, every step."""
        return [Attempt(self, Point(number, when)) for number in range(1, len(self.steps) + 1)]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A deployment that is going to be killed: at a step, or (None) after so many seconds."""

    play: Play
    point: Point | None = None
    seconds: float = 0.0

    def __str__(self) -> str:
        moment = (
            f"{self.point} ({self.play.steps[self.point.number - 1]})"
            if self.point
            else f"{self.seconds:.2f} s"
        )
        return f"{self.play.chain.value}, {moment}"


@dataclass(frozen=True, slots=True)
class Killed:
    """What came of an attempt: seconds of the deployment that made up for it, good answers, "" or what was wrong."""

    attempt: Attempt
    took: float
    answered: int
    problem: str = ""


@contextmanager
def made_ground(address: str) -> Iterator[Ground]:
    """The images of towns, for as long as the block runs."""
    engine = open_engine(address)
    images = held_images(engine)
    server = build_server(engine, images["node:20-alpine"])
    try:
        yield Ground(address, images, server)
    finally:
        engine.client.images.remove(server, force=True)


@contextmanager
def built_stage(ground: Ground, chain: Chain) -> Iterator[Stage]:
    """A town with all that comes before a chain; it goes away at the end."""
    town = Town(open_engine(ground.engine), ground.images, ground.server)
    try:
        stage = Stage(town, chain)
        stage.set_up()
        yield stage
    finally:
        town.raze()


def play(ground: Ground, chain: Chain) -> Play:
    """Let a chain go undisturbed."""
    with built_stage(ground, chain) as stage, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        steps, good = stage.play(partial(ship_watched, stage.town, Path(folder)))
        return Play(chain, steps, good, time.monotonic() - began)


@dataclass
class Worker:
    """Kills one deployment after the other; a town in which something went wrong is given up."""

    ground: Ground
    attempts: SimpleQueue[Attempt]
    until: float
    killed: list[Killed] = field(default_factory=list)

    def work(self) -> list[Killed]:
        """All attempts that are left for it."""
        while attempt := self.next():
            self.work_in_one_town(attempt)
        return self.killed

    def next(self) -> Attempt | None:
        """The attempt whose turn it is."""
        with suppress(Empty):
            return self.attempts.get_nowait() if time.monotonic() < self.until else None
        return None

    def work_in_one_town(self, first: Attempt) -> None:
        """Attempts of one chain, as long as all goes well and its town can be used again."""
        attempt: Attempt | None = first
        with built_stage(self.ground, first.play.chain) as stage, tempfile.TemporaryDirectory() as folder:
            while attempt and attempt.play is first.play:
                self.killed.append(kill(stage, attempt, Path(folder)))
                if self.attempts.qsize() % 25 == 0:
                    tell(f"{self.attempts.qsize()} are left")
                if problem := self.killed[-1].problem:
                    tell(f"WRONG: {attempt}: {problem}")
                if problem or first.play.chain.is_first:
                    return
                attempt = self.next()
        if attempt:
            self.attempts.put(attempt)


def kill(stage: Stage, attempt: Attempt, folder: Path) -> Killed:
    """One deployment killed, the next one made, and what came of it."""
    stage.answered, stage.took = 0, 0.0
    stage.turn()
    deed = (
        partial(ship_watched, stage.town, folder, attempt.point)
        if attempt.point
        else partial(kill_ship_after, stage.town, attempt.seconds, folder)
    )
    try:
        standing = stage.endure(deed)
    except (AssertionError, BuildgraphError, OSError) as error:
        return Killed(attempt, stage.took, stage.answered, f"{type(error).__name__}: {error}")
    problem = "" if standing == attempt.play.good else f"{standing} instead of {attempt.play.good}"
    return Killed(attempt, stage.took, stage.answered, problem)


def kill_all(ground: Ground, attempts: Iterable[Attempt], workers: int, until: float) -> tuple[Killed, ...]:
    """Every attempt, several at a time, each in a town of its own; none begins after `until` (time.monotonic)."""
    queue: SimpleQueue[Attempt] = SimpleQueue()
    for attempt in attempts:
        queue.put(attempt)
    tell(f"{queue.qsize()} deployments are killed")
    with ThreadPoolExecutor(workers) as pool:
        work = [pool.submit(Worker(ground, queue, until).work) for _ in range(workers)]
        try:
            return tuple(killed for each in work for killed in each.result())
        finally:  # whoever is interrupted shall not wait for all of them
            with suppress(Empty):
                while True:
                    queue.get_nowait()
