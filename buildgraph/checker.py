"""Checks of packages: which scripts are fresh, and how the others are run; results are a matter of `checks`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildgraph.checks.choosing import Names, asked_for, names_of, tasks_of, with_before
from buildgraph.checks.dotenv import set_in_files
from buildgraph.checks.keys import Circumstances, digest_circumstances, script_key, script_keys
from buildgraph.checks.ledger import Ledger
from buildgraph.checks.logs import Logs
from buildgraph.checks.programs import PNPM, find_program, program_versions
from buildgraph.checks.script import BUILD, FRESH, TASK, Plan, Script
from buildgraph.checks.store import Store, store_folder
from buildgraph.checks.surroundings import Seen, read_surroundings
from buildgraph.checks.traces import is_as_seen, state_of
from buildgraph.checks.turns import TIED, held_turn
from buildgraph.console import tell, teller
from buildgraph.errors import BuildgraphError, StepFailed, ToolError
from buildgraph.graph.nodes import Kind
from buildgraph.picture import Picture
from buildgraph.process import Command
from buildgraph.project import Project

if TYPE_CHECKING:
    from buildgraph.checks.doubts import Doubts, Witness
    from buildgraph.checks.keeping import Keeper, Left
    from buildgraph.checks.undeclared import Sources
    from buildgraph.snapshot.git import Repository

AT_ONCE: Final = 8  # results that are brought back side by side
WAITING: Final = "waits for another run that has it in work"
MEANWHILE: Final = "another run has done it meanwhile"
GET_PNPM: Final = "install it: https://pnpm.io/installation"


class Checker:
    """The checks of a project's packages, as its working tree was when they were first asked for."""

    def __init__(self, project: Project, picture: Picture) -> None:
        self.project = project
        self.picture = picture
        folder = store_folder()
        self._store = Store(folder) if folder else None
        self._found: dict[str, str] = {}
        self._finding: dict[str, threading.Lock] = {}
        self._left: list[tuple[Left, Witness]] = []
        self._turn = threading.Lock()

    # What there is -----------------------------------------------------------------------------------------

    @cached_property
    def scripts(self) -> Mapping[str, Script]:
        """All scripts by the names of their tasks, those that come before others first."""
        return {script.name: script for script in self._plan.scripts}

    @cached_property
    def packages(self) -> Mapping[str, tuple[str, ...]]:
        """The names of every package's tasks, by its name."""
        return tasks_of(self._plan.packages, self.scripts)

    def asked(self, name: str) -> tuple[str, ...]:
        """The tasks that a task's name means: all, those of a package, or itself; UnknownName for another name."""
        return tuple(self.scripts) if name == TASK else asked_for(name, self._names)

    @cached_property
    def _names(self) -> Names:
        return names_of(self.scripts, self.packages)

    def with_before(self, names: Collection[str]) -> list[str]:
        """Tasks, and all that come before them, in order."""
        return with_before(names, self.scripts)

    @cached_property
    def _plan(self) -> Plan:
        return self._ledger.plan(self.picture.snapshot.identity, self._planned)

    def _planned(self) -> Plan:
        from buildgraph.checks.planning import make_plan  # a plan is remembered mostly
        from buildgraph.checks.scripts import read_scripts

        seen = self.picture
        told = read_scripts(seen.graph, seen.snapshot.blobs, lambda: seen.workspace.packages)
        return make_plan(seen.manifests.workspace, seen.graph, told, seen.snapshot.changes)

    # Whether there is anything to run ----------------------------------------------------------------------

    def settle(self, names: Iterable[str]) -> None:
        """Find out what is fresh among these, and bring back what is known and not there, several at once."""
        unsure = [name for name in names if not self._is_in_place(name)]
        if unsure:
            from concurrent.futures import ThreadPoolExecutor

            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self.found, unsure))

    def found(self, name: str) -> str:
        """Why a script need not be run, after what it left is there as it was; "" when it must be run."""
        if name not in self._found:
            with self._finding.setdefault(
                name, threading.Lock()
            ):  # two that bring it back disturb one another
                if name not in self._found and not self._is_in_place(name):
                    self._found[name] = self._brought(name)
        return self._found[name]

    def _brought(self, name: str) -> str:
        keeper = self._keeper
        return keeper.bring(self.scripts[name], self.keys[name], self._is_ready(name)) if keeper else ""

    def _is_ready(self, name: str) -> Callable[[], bool]:
        """Whether all that comes before a script need not be run, when that is asked."""
        return lambda: all(map(self.found, self.scripts[name].after))

    def _is_in_place(self, name: str) -> bool:
        """Whether the result is known, and nobody has touched what it left since it was seen."""
        if self._store is None:
            return False
        seen, key = self._ledger.seen(name), self.keys[name]
        if seen.key != key or not self._store.has(key):
            return False
        folder = self._folder(self.scripts[name])
        if not is_as_seen(folder, seen.traces) or (seen.around and seen.around != state_of(folder)):
            return False
        if seen.is_own and not self._is_ready(name)():
            return False
        self._found[name] = FRESH
        return True

    # Running -----------------------------------------------------------------------------------------------

    def run(self, name: str) -> None:
        """Run a script by pnpm, and keep its result; StepFailed with what it printed when it fails.

        Another run of this checkout that is at it is waited for, and its result taken; what was known runs anew.
        """
        script, was_known = self.scripts[name], self._found.get(name, FRESH)
        with held_turn(self._ledger.turn_of(name), lambda: teller(script.typed)(WAITING)):
            if not was_known and self._keeper and self._keeper.has_brought(script, self.keys[name]):
                teller(script.typed)(MEANWHILE)
            else:
                self._run(script)

    def _run(self, script: Script) -> None:
        name = script.name
        if not find_program(PNPM):
            raise ToolError("pnpm is not installed", GET_PNPM)
        witness = self._witness(script, self._keeper) if self._keeper else None
        if self._keeper and self._keeper.begin(script):
            self._ledger.write(self.scripts)  # a run that is killed writes nothing
        began = time.monotonic()
        command = Command((*TIED, PNPM, "run", script.script), Path(self._folder(script)), tied=True)
        ran = self.project.runner.run(command)
        took = time.monotonic() - began
        self._logs.write(script, ran.stdout)
        if ran.code != 0:
            said = self._logs.told(script, ran.stdout)
            raise StepFailed(script.typed, f"`{script.command}` failed ({ran.code})", said)
        self._tell_undeclared(script)
        if self._keeper is None or witness is None:
            return
        from buildgraph.checks.keeping import told_if_not_kept

        with told_if_not_kept(teller(script.typed)):
            self._left.append((self._keeper.pack(script, self.keys[name], ran.stdout, took), witness))
        self._keep_left()

    def _witness(self, script: Script, keeper: Keeper) -> Witness:
        """What is to be seen before a script runs; what would have it write half of its outputs is gone by then."""
        from buildgraph.checks.notes import forget_notes

        forget_notes(self._folder(script), self._doubts.unknown(script, keeper.loose_notes(script)))
        witness = self._doubts.witness(script, self._circumstances.surroundings)
        before = (self.scripts[name] for name in script.after)
        own = (other for other in before if other.folder == script.folder)
        return witness._replace(beside={other.name: keeper.files(other) for other in own})

    def _tell_undeclared(self, script: Script) -> None:
        """Tell of public variables that a build has read and nobody declares."""
        if script.script == BUILD:
            known = set_in_files(self._root, self._circumstances.surroundings, (".", script.folder))
            for line in self._sources.undeclared(script, known):
                teller(script.typed)(line)

    def end(self) -> None:
        """Keep what is to be kept, and write down what is remembered; nothing is asked afterwards."""
        if "_ledger" not in self.__dict__:
            return
        self._keep_left()
        self._ledger.write(self.scripts)
        if self._store is not None and "_keeper" in self.__dict__:
            from buildgraph.checks.sweeping import sweep

            sweep(self._store.folder)

    def _keep_left(self) -> None:
        """Keep the results of scripts that saw no edit; one look at the working tree does for all that have ended.

        While somebody looks, others go on: what they have left is kept with the next look.
        """
        if not self._turn.acquire(blocking=False):
            return
        try:
            waiting = [self._left.pop(0) for _ in range(len(self._left))]  # what comes before others first
            now = self.project.picture_now() if waiting else self.picture
            for left, witness in waiting:
                self._keep(left, witness, now)
        finally:
            self._turn.release()

    def _keep(self, left: Left, witness: Witness, now: Picture) -> None:
        from buildgraph.checks.doubts import CHANGED, NOT_KEPT, OWN
        from buildgraph.checks.keeping import told_if_not_kept

        script, keeper, say = left.script, self._keeper, teller(left.script.typed)
        if keeper is None:
            return
        before = [self.scripts[name] for name in self.with_before([script.name]) if name != script.name]
        is_same = self._key_in(now, script) == left.result.key
        doubt = self._doubts.doubt(script, witness) or keeper.doubt(before, self.keys) if is_same else CHANGED
        if doubt:
            say(NOT_KEPT.format(doubt))
            return
        why = self._doubts.untouched(script, witness) or keeper.bare(left)
        if why := why or keeper.stray(before, witness.beside):
            say(OWN.format(why))
        with told_if_not_kept(say):
            keeper.keep(left, is_own=bool(why) or any(map(keeper.is_own, before)))

    def _key_in(self, now: Picture, script: Script) -> str:
        """The key that the script has in another picture; "" when that has a mistake, or no such package."""
        if now.snapshot.identity != self.picture.snapshot.identity:
            try:
                fingerprint = now.graph.fingerprints.get(f"{Kind.PACKAGE.value}:{script.package}", "")
            except BuildgraphError:
                return ""
            script = script._replace(fingerprint=fingerprint)
        around = self._around((script,))
        before = [self.keys[name] for name in script.after]
        return script_key(script, self._circumstances._replace(surroundings=around), before)

    # Where things are --------------------------------------------------------------------------------------

    @cached_property
    def _ledger(self) -> Ledger:
        here = self.project
        return Ledger(here.own_in_git / "checks", here.folder, here.memory.circumstances)

    @cached_property
    def _keeper(self) -> Keeper | None:
        """Who keeps results; None where nothing is to be kept."""
        if self._store is None:
            return None
        from buildgraph.checks.keeping import Keeper  # where all is in place nobody reads results

        return Keeper(self._root, self._store, self._ledger, self._logs, self._plan.cache, tell)

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The key of each script's result, by the script's name."""
        declared = {name for env in {script.env for script in self._plan.scripts} for name in env}
        told = digest_circumstances(declared, self._circumstances)
        keys = self._ledger.keys(f"{self.picture.snapshot.identity} {told}", self._made_keys)
        return dict(zip(self.scripts, keys, strict=True))

    def _made_keys(self) -> tuple[str, ...]:
        return tuple(script_keys(self._plan.scripts, self._circumstances).values())

    @cached_property
    def _circumstances(self) -> Circumstances:
        around = self._around(self._plan.scripts)
        return Circumstances(program_versions(self._ledger, self._ask_version), dict(os.environ), around)

    def _around(self, scripts: Collection[Script]) -> Mapping[str, Seen]:
        """What scripts may see now and no snapshot holds."""
        if any(script.submodules for script in scripts):
            from buildgraph.checks.repositories import with_edited

            scripts = with_edited(self._repository, scripts)
        return read_surroundings(self._ledger, self._root, scripts)

    @cached_property
    def _doubts(self) -> Doubts:
        from buildgraph.checks.doubts import Doubts  # of what is fresh nobody has any
        from buildgraph.checks.sight import Sight

        return Doubts(self._repository, Sight(self.picture.graph))

    @property
    def _repository(self) -> Repository:
        """The repository as it is seen from the workspace's folder."""
        return self.project.repository.at(Path(self._root))

    @cached_property
    def _sources(self) -> Sources:
        from buildgraph.checks.undeclared import Sources  # only what is run is looked into

        services = self.picture.manifests.services
        served = {service.path: {*service.env, *service.build_args} for service in services}
        return Sources(self._doubts.sight, self.picture.snapshot.blobs, served)

    def _ask_version(self, program: str) -> str:
        told = self.project.runner.run(Command((program, "--version"), self.project.folder))
        return told.text.strip() if told.code == 0 else told.last_lines

    @cached_property
    def _root(self) -> str:
        return os.path.normpath(self.project.folder / self._plan.root)

    def _folder(self, script: Script) -> str:
        return f"{self._root}/{script.folder}"

    @cached_property
    def _logs(self) -> Logs:
        return Logs(self.project.cache_folder())


@cache
def open_checker(project: Project) -> Checker:
    """The checker of a project; the same one whoever asks, as what was found out need not be found out again."""
    return Checker(project, project.working_picture())
