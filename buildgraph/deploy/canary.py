"""The steps by which a new version gets its requests, each watched for a while; what it does decides."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from buildgraph.deploy.evidence import has_ended, read_evidence
from buildgraph.deploy.held import Held
from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.engine import told_plainly
from buildgraph.manifests.canary import Canary
from buildgraph.place.clock import read_clock
from buildgraph.place.model import Tell
from buildgraph.place.names import PROXY, Colour
from buildgraph.traffic.answers import Server, parse_times
from buildgraph.traffic.directing import change_route, find_servers
from buildgraph.traffic.judging import Counts, Watch, slow_time, verdict
from buildgraph.traffic.routes import ALL, Route, shared

SHORTEST, LONGEST, LOOKS = 0.2, 5.0, 20  # seconds between two looks, and how many a step has at least
SILENCE: Final = 15.0  # seconds without an answer of the proxy, as long as a reload of it may take
LOG_LINES: Final = 5000  # the last requests of the whole proxy, from which response times are read


@dataclass(frozen=True, slots=True)
class Trial(Held):
    """A version that takes over a service; `before` is the route before it got anything.

    `starts` counts how often its containers had been started again when they were found healthy, and
    `has_migrated` tells that its migration has changed the database in this run.
    """

    before: Route
    starts: int = 0
    has_migrated: bool = False

    @property
    def canary(self) -> Canary:
        """The environment's rules."""
        return self.place.environment.canary


def run_canary(trial: Trial, tell: Tell) -> None:
    """Give a new version its shares but the last, each for its time; StepFailed when it does not do well.

    Nothing happens where there is nobody to share with, or no request.
    """
    former = trial.before.live
    if not trial.before.is_http or former is None:
        return
    if not any(server.serves for server in _await_servers(trial, former)):
        return
    for share in trial.canary.steps:
        if share < ALL:
            _run_step(trial, share, tell)


def _run_step(trial: Trial, share: int, tell: Tell) -> None:
    watch = Watch().after(_counts(_servers(trial)))
    since = read_clock(trial.place)
    step = partial(shared, colour=trial.colour, share=share)
    change_route(trial.lock, trial.target.service.product, trial.before, step)
    tell(f"{trial.service}: {share} % of the requests go to {trial.colour.value}")
    seen, slow = _watch_step(trial, watch, since)
    tell(
        f"{trial.service}: {seen.tries} requests at {share} %, {seen.failed_share:.1%} failed,"
        f" 95 in 100 within {slow} ms"
    )


def _watch_step(trial: Trial, watch: Watch, since: float) -> tuple[Counts, int]:
    """Look until the step's time is over; what was seen, and the time that 95 in 100 answers kept to."""
    began = heard = time.monotonic()
    while True:
        trial.lock.confirm()
        servers = _servers(trial)
        watch = watch.after(_counts(servers))
        times = _response_times(trial, since) if watch.seen.tries else ()
        now = time.monotonic()
        heard = now if servers else heard
        against = _down(servers, now - heard) or verdict(watch.seen, times, trial.canary) or _ended(trial)
        if against:
            raise _given_up(trial, against)
        if _is_over(trial.canary, watch.seen, now - began):
            return watch.seen, slow_time(times)
        if now - began >= max(trial.canary.hold, trial.canary.within):
            raise _given_up(trial, _too_few(trial.canary, watch.seen))
        time.sleep(_pause(trial.canary, now - began))


def _is_over(canary: Canary, seen: Counts, elapsed: float) -> bool:
    return elapsed >= canary.hold and seen.tries >= canary.least_requests


def _pause(canary: Canary, elapsed: float) -> float:
    """Seconds until the next look: never beyond the end of the hold."""
    pause = min(LONGEST, max(SHORTEST, canary.hold / LOOKS))
    return min(pause, max(SHORTEST, canary.hold - elapsed))


def _servers(trial: Trial) -> tuple[Server, ...]:
    """The version's containers as the proxy sees them; none for a moment while it is reloaded or restarts."""
    return find_servers(trial.place, trial.service, trial.colour)


def _await_servers(trial: Trial, colour: Colour) -> tuple[Server, ...]:
    """A colour's containers as the proxy sees them; ToolError when it tells nothing for a while.

    A proxy that is silent for a moment is no reason to give a new version all requests at once.
    """
    deadline = time.monotonic() + SILENCE
    while not (servers := find_servers(trial.place, trial.service, colour)):
        if time.monotonic() > deadline:
            what = f"the proxy has not told for {SILENCE:g} s how {trial.service} runs"
            raise ToolError(what, "look at its log, then run the same again")
        time.sleep(SHORTEST)
    return servers


def _counts(servers: Iterable[Server]) -> dict[str, Counts]:
    return {server.name: server.counts for server in servers}


def _down(servers: Iterable[Server], silence: float) -> str:
    """Whether a container is well no more (the proxy has tried three times by then), or nobody can tell."""
    down = [f"{server.name}: {server.said or server.status}" for server in servers if not server.serves]
    if down:
        return f"the proxy's checks fail ({', '.join(down)})"
    return f"the proxy has not answered for {silence:.0f} s" if silence > SILENCE else ""


def _ended(trial: Trial) -> str:
    """Whether a container has ended since it was found well: the engine has started it again, for a while."""
    return (
        "its container has ended" if has_ended(trial.place, trial.service, trial.colour, trial.starts) else ""
    )


def _too_few(canary: Canary, seen: Counts) -> str:
    within = max(canary.hold, canary.within)
    return f"{seen.tries} requests within {within:g} s say too little, {canary.least_requests} are needed"


def _response_times(trial: Trial, since: float) -> tuple[int, ...]:
    """Milliseconds of the version's last answers, as the proxy's log tells them."""
    with told_plainly():
        said: bytes = trial.place.engine.client.api.logs(
            trial.place.named(PROXY), since=since, tail=LOG_LINES
        )
    return parse_times(said.decode("utf-8", "replace"), trial.service, trial.colour)


def _given_up(trial: Trial, against: str) -> StepFailed:
    evidence = read_evidence(trial.place, trial.service, trial.colour)
    return StepFailed(f"deploy:{trial.service}", f"the canary is given up: {against}", evidence)
