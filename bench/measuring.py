"""The measurements: what is done to both sides, in which order, and the figures that come of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from bench.errors import BenchError
from bench.progress import new_token, tell, turn_name
from bench.sides import BASES, SERVICES, Ours, Peer, Side, read_bases
from bench.sizes import Added, read_added
from bench.timing import Pair, Series, run_timed
from bench.watching import Watcher

Figure = TypeVar("Figure")

# Seconds after which no further turn of edits begins, so that the whole run ends within twelve minutes.
EDITING_WITHIN: Final = 420


@dataclass(frozen=True, slots=True)
class Edit:
    """A one-line edit of a service, and the path whose answer shows it; `{}` stands for what is new each time."""

    service: str
    file: str
    line: str
    becomes: str
    path: str

    def apply(self, workspace: Path, token: str) -> None:
        """Make the edit in a workspace."""
        file = workspace / self.file
        text, count = re.subn(self.line, self.becomes.format(token), file.read_text())
        if count != 1:
            raise BenchError(f"{self.file} has {count} times {self.line}: name a line that stands there once")
        file.write_text(text)


# Health answers are asked, since they alone are not limited in rate.
EDITS: Final = (
    Edit(
        "chat-backend",
        "apps/chat/apps/backend/src/main.ts",
        r"serve\('[^']*'",
        "serve('chat-backend-{}'",
        "/api/health",
    ),
    Edit(
        "chat-web",
        "apps/chat/apps/web/src/routes/api/health/+server.ts",
        r"text\('[^']*'",
        "text('OK {}'",
        "/api/health",
    ),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One edit on one side, in seconds: until all was done, until the first new answer, longest without an answer."""

    done: float
    first: float
    silence: float


@dataclass(frozen=True, slots=True)
class Edited:
    """All turns of one edit."""

    service: str
    done: Pair
    first: Pair
    silence: Pair


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one run has found out; sizes in bytes, times in seconds."""

    build: Pair
    deploy: Pair
    affected: Series
    git_status: Series
    edited: tuple[Edited, ...]
    added: tuple[Added, ...]


def measure(ours: Ours, peer: Peer, runs: int) -> Findings:
    """Bring both sides up, then measure; nothing of bringing up is counted."""
    bring_up(ours, peer)
    added = measure_sizes(ours, peer)
    build = in_turn("nothing to build", runs, ours.build, peer.build)
    deploy = in_turn("nothing to deploy", runs, ours.deploy, peer.deploy)
    affected, git_status = measure_affected(ours, runs)
    return Findings(build, deploy, affected, git_status, measure_edits(ours, peer, runs), added)


def bring_up(ours: Ours, peer: Peer) -> None:
    """From sources to healthy containers, tables included; says how long it took, which caches decide."""
    tell(f"ours is up after {ours.deploy():.1f} s")
    tell(f"the peer is up after {peer.deploy():.1f} s")
    peer.migrate()


def measure_sizes(ours: Ours, peer: Peer) -> tuple[Added, ...]:
    """What every image adds to its base."""
    pinned = read_bases()
    bases = [pinned[BASES["NODE_BASE"]], pinned[BASES["NGINX_BASE"]]]
    return tuple(
        Added(name, read_added(ours.image(name), bases), read_added(peer.image(name), bases))
        for name in SERVICES
    )


def measure_affected(ours: Ours, runs: int) -> tuple[Series, Series]:
    """`buildgraph affected` after an edit that it has not seen, and git's own look at the same folder."""
    root = ours.system.root
    asked: list[float] = []
    looked: list[float] = []
    for turn in range(runs + 1):
        EDITS[0].apply(ours.workspace, new_token())
        asked.append(ours.run("buildgraph", "affected"))
        looked.append(run_timed(("git", "status", "--porcelain=v2", "-z"), root))
        tell(f"affected, {turn_name(turn)}: {asked[-1]:.2f} s")
    ours.system.revert()
    return Series(tuple(asked[1:])), Series(tuple(looked[1:]))


def measure_edits(ours: Ours, peer: Peer, runs: int) -> tuple[Edited, ...]:
    """All edits to both sides, in turn; a machine so slow that time runs out makes fewer turns, but one at least."""
    turns: dict[str, list[tuple[Turn, Turn]]] = {edit.service: [] for edit in EDITS}
    end = time.monotonic() + EDITING_WITHIN
    for turn in range(runs + 1):
        if turn > 1 and time.monotonic() > end:
            tell(f"time is up: {turn - 1} of {runs} turns are counted")
            break
        for edit in EDITS:
            turns[edit.service].append(measure_turn(ours, peer, edit, turn))
    return tuple(edited_by(edit, turns[edit.service][1:]) for edit in EDITS)


def measure_turn(ours: Ours, peer: Peer, edit: Edit, turn: int) -> tuple[Turn, Turn]:
    """The same edit to both sides, ours first."""
    token = new_token()
    both = measure_edit(ours, edit, token), measure_edit(peer, edit, token)
    tell(f"edit of {edit.service}, {turn_name(turn)}: {both[0].done:.1f} s, peer {both[1].done:.1f} s")
    return both


def edited_by(edit: Edit, turns: list[tuple[Turn, Turn]]) -> Edited:
    """What the turns of one edit have shown."""
    return Edited(
        edit.service,
        pair_of(turns, lambda turn: turn.done),
        pair_of(turns, lambda turn: turn.first),
        pair_of(turns, lambda turn: turn.silence),
    )


def measure_edit(side: Side, edit: Edit, token: str) -> Turn:
    """Edit, deploy, and watch the service meanwhile."""
    edit.apply(side.workspace, token)
    with Watcher(side.door(edit.service, edit.path), token) as watcher:
        start = time.perf_counter()
        deployed = side.deploy()
        watcher.wait()
    first = watcher.first - start
    return Turn(max(deployed, first), first, watcher.silence)


def in_turn(what: str, runs: int, ours: Callable[[], float], peer: Callable[[], float]) -> Pair:
    """Both sides in turn, ours first; the first turn warms up and is not counted."""
    turns: list[tuple[float, float]] = []
    for turn in range(runs + 1):
        turns.append((ours(), peer()))
        tell(f"{what}, {turn_name(turn)}: {turns[-1][0]:.2f} s, peer {turns[-1][1]:.2f} s")
    return pair_of(turns[1:], float)


def pair_of(turns: list[tuple[Figure, Figure]], figure: Callable[[Figure], float]) -> Pair:
    """One figure of all turns."""
    return Pair(
        Series(tuple(figure(ours) for ours, _ in turns)), Series(tuple(figure(peer) for _, peer in turns))
    )
