"""Whole deployments of one tiny service that are killed at their steps, one chain of steps for each way to deploy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from buildgraph.manifests.model import Migration, SmokeTest
from tests.deploy.standing import Standing, read_standing
from tests.support.load import Load
from tests.support.town import Town
from tests.support.waiting import until

MIGRATE = Migration(("node", "/app/migrate.mjs"), within=120)
SMOKE = SmokeTest("greets", contains="api", within=60.0)


class Chain(Enum):
    """The ways to deploy: each has steps that the others have not."""

    FIRST = "a first deploy"
    REPLACING = "a replacement by steps"
    KEEPING = "a replacement that keeps the former version"
    RETURNING = "a return to the version that is kept"

    @property
    def is_first(self) -> bool:
        """Whether nothing may run before."""
        return self is Chain.FIRST

    @property
    def window(self) -> float:
        """How long the environment keeps a former version, in seconds."""
        return 0.0 if self in (Chain.FIRST, Chain.REPLACING) else 3600.0


@dataclass
class Stage:
    """A town in which a chain is played again and again; the version that is wanted next."""

    town: Town
    chain: Chain
    version: int = 1
    answered: int = 0  # requests, while deployments were killed and made up for
    took: float = 0.0  # seconds of the last deployment that made up for a killed one

    def set_up(self) -> None:
        """Have all there that comes before the chain."""
        self.town.switches(10, 100, window=self.chain.window, hold=0.4, least_requests=0)
        self.declare(1)
        if not self.chain.is_first:
            self.town.ship()
        if self.chain is Chain.RETURNING:
            self.declare(2)
            self.town.ship()

    def turn(self) -> None:
        """Declare what the chain shall bring."""
        if self.chain is Chain.RETURNING:
            self.declare(3 - self.version)
        elif not self.chain.is_first:
            self.declare(self.version + 1)

    def declare(self, version: int) -> None:
        """Have this version of the service wanted."""
        self.version = version
        self.town.service("api", str(version), port=3001, migration=MIGRATE, smoke=(SMOKE,))

    def play(self, ship: Callable[[], tuple[str, ...]]) -> tuple[tuple[str, ...], Standing]:
        """Let a deployment do the chain undisturbed; its steps, and how it leaves the town."""
        self.turn()
        steps = ship()
        standing = read_standing(self.town)
        assert (standing.reasons, standing.trials) == ((), ()), standing
        assert standing.is_verified and standing.is_released
        return steps, standing

    def endure(self, kill: Callable[[], object]) -> Standing:
        """Kill a deployment, then deploy; how it stands. Whoever asked meanwhile got good answers only."""
        if self.chain.is_first:
            kill()
            self.make_up()
            assert self.town.fetch("api") == f"api {self.version}"
            return read_standing(self.town)
        good, went = {self.town.fetch("api"), f"api {self.version}"}, 0
        with Load(self.town, "api", clients=2, pause=0.01) as load:
            kill()
            went = load.total
            self.make_up()
            until(lambda: load.total > went)
        self.answered += load.total
        assert load.wrong == [], load.wrong[:5]
        assert set(load.answers) <= good, load.answers
        assert self.town.fetch("api") == f"api {self.version}"
        return read_standing(self.town)

    def make_up(self) -> None:
        """Deploy what a killed deployment has not."""
        began = time.monotonic()
        self.town.ship()
        self.took = time.monotonic() - began
