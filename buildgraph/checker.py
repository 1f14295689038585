"""Checks of packages: which results are known, how what they left comes back, and how the other scripts are run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildgraph.checks.disk import (
    Seen,
    find_outputs,
    is_as_seen,
    is_below_link,
    is_unchanged,
    stands,
    trace_of,
)
from buildgraph.checks.dotenv import read_dotenv
from buildgraph.checks.keys import PUBLIC, Circumstances, script_key, script_keys
from buildgraph.checks.ledger import Ledger
from buildgraph.checks.logs import Logs
from buildgraph.checks.packing import Damaged, unpack, write_pack
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.planning import plan_scripts
from buildgraph.checks.programs import PNPM, find_program, program_versions
from buildgraph.checks.result import Content, Result
from buildgraph.checks.script import RESTORED, TASK, Plan, Script
from buildgraph.checks.store import Store, store_folder
from buildgraph.console import tell, teller
from buildgraph.errors import BuildgraphError, StepFailed, ToolError, UnknownName
from buildgraph.graph.nodes import Kind, digest_of
from buildgraph.order import closure
from buildgraph.picture import Picture
from buildgraph.process import Command
from buildgraph.project import Project

if TYPE_CHECKING:
    from buildgraph.checks.sharing import SharedCache

FRESH: Final = "the cache holds its result"
FROM_CACHE, FROM_REGISTRY = "the cache", "the registry"
AT_ONCE: Final = 8  # results that are brought back side by side
CHANGED: Final = (
    "its result is not kept: an edit, or an output that git does not ignore, changed what it sees"
)
BOTH_STREAMS: Final = ("/bin/sh", "-c", 'exec "$0" "$@" 2>&1')  # in the order in which they were written
GET_PNPM: Final = "install it: https://pnpm.io/installation"


class Checker:
    """The checks of a project's packages, as its working tree was when they were first asked for."""

    def __init__(self, project: Project, picture: Picture) -> None:
        self.project = project
        self.picture = picture
        folder = store_folder()
        self._store = Store(folder) if folder else None
        self._found: dict[str, str] = {}

    # What there is -----------------------------------------------------------------------------------------

    @cached_property
    def scripts(self) -> Mapping[str, Script]:
        """All scripts by the names of their tasks, those that come before others first."""
        return {script.name: script for script in self._plan.scripts}

    @cached_property
    def packages(self) -> Mapping[str, tuple[str, ...]]:
        """The names of every package's tasks, by its name."""
        found: dict[str, list[str]] = {package: [] for package in self._plan.packages}
        for script in self.scripts.values():
            found[script.package].append(script.name)
        return {package: tuple(names) for package, names in found.items()}

    def asked(self, name: str) -> tuple[str, ...]:
        """The tasks that a task's name means: all, those of a package, or itself; UnknownName for another name."""
        if name == TASK:
            return tuple(self.scripts)
        if name in self.scripts:
            return (name,)
        package = name.removeprefix(f"{TASK}:")
        if package not in self.packages:
            packages = [f"{TASK}:{other}" for other in self.packages]
            known = self.scripts if package.rpartition(":")[0] in self.packages else [TASK, *packages]
            raise UnknownName("task or verb", name, known)
        return self.packages[package]

    def with_before(self, names: Iterable[str]) -> list[str]:
        """Tasks, and all that come before them, in order."""
        wanted = closure({name: script.after for name, script in self.scripts.items()}, names)
        return [name for name in self.scripts if name in wanted]

    @cached_property
    def _plan(self) -> Plan:
        return self._ledger.plan(self.picture.snapshot.identity, self._planned)

    def _planned(self) -> Plan:
        declared, graph = self.picture.manifests.workspace, self.picture.graph
        commands = {folder: package.scripts for folder, package in self.picture.workspace.packages.items()}
        names = tuple(node.id.partition(":")[2] for node in graph.of_kind(Kind.PACKAGE))
        scripts = plan_scripts(graph, commands, declared.checks)
        return Plan(declared.root, declared.checks.cache, names, scripts)

    # Whether there is anything to run ----------------------------------------------------------------------

    def settle(self, names: Iterable[str]) -> None:
        """Find out what is fresh among these, and bring back what is known and not there, several at once."""
        unsure = [name for name in names if not self._is_in_place(name)]
        if unsure:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self.found, unsure))

    def found(self, name: str) -> str:
        """Why a script need not be run, after what it left is there as it was; "" when it must be run."""
        if name not in self._found and not self._is_in_place(name):
            self._found[name] = self._bring(self.scripts[name])
        return self._found[name]

    def _is_in_place(self, name: str) -> bool:
        """Whether the result is known, and nobody has touched what it left since it was seen."""
        if self._store is None:
            return False
        seen, key = self._ledger.seen.get(name), self._keys[name]
        if seen is None or seen.key != key or not self._store.has(key):
            return False
        if not is_as_seen(self._folder(self.scripts[name]), seen):
            return False
        self._found[name] = FRESH
        return True

    def _bring(self, script: Script) -> str:
        if self._store is None:
            return ""
        key, patterns = self._keys[script.name], parse_patterns(script.outputs)
        result = self._store.read(key, patterns.matches)
        if result is not None and (why := self._restored(script, result, FROM_CACHE)):
            return why
        shared = self._shared.fetch(key, patterns.matches) if self._shared else None
        return self._restored(script, shared, FROM_REGISTRY) if shared is not None else ""

    def _restored(self, script: Script, result: Result, where: str) -> str:
        """Let what a script left stand as it was; "" when the store holds it no more."""
        assert self._store is not None
        folder = self._folder(script)
        missing = {output.path for output in result.outputs if not stands(folder, output)}
        if missing or not self._logs.place(script).exists():
            try:
                with self._store.open_pack(result.pack) as pack:
                    self._logs.write(script, unpack(pack, result, folder, missing))
            except (OSError, Damaged):
                self._store.forget(result.key)
                return ""
        is_other = self._remove_former(script, result) or bool(missing)
        self._note(script, result)
        return f"{RESTORED} from {where}" if is_other or where != FROM_CACHE else FRESH

    def _remove_former(self, script: Script, result: Result) -> bool:
        """Remove what a former result of the script left and this one has not, where nobody has touched it since.

        Returns whether there was anything.
        """
        folder, kept = self._folder(script), {output.path for output in result.outputs}
        former = self._ledger.seen.get(script.name, Seen(""))
        others = [trace for trace in former.traces if trace[0] not in kept and is_unchanged(folder, trace)]
        for trace in others:
            if not is_below_link(folder, trace[0]):
                with suppress(OSError):
                    Path(folder, trace[0]).unlink()
        return bool(others)

    def _note(self, script: Script, result: Result) -> None:
        folder = self._folder(script)
        traces = [trace_of(folder, output.path) for output in result.outputs]
        if None not in traces:
            self._ledger.note(script.name, Seen(result.key, tuple(filter(None, traces))))

    # Running -----------------------------------------------------------------------------------------------

    def run(self, name: str) -> None:
        """Run a script by pnpm, and keep its result; StepFailed with what it printed when it fails."""
        script = self.scripts[name]
        if not find_program(PNPM):
            raise ToolError("pnpm is not installed", GET_PNPM)
        began = time.monotonic()
        command = Command((*BOTH_STREAMS, PNPM, "run", script.script), Path(self._folder(script)))
        ran = self.project.runner.run(command)
        took = time.monotonic() - began
        self._logs.write(script, ran.stdout)
        if ran.code != 0:
            raise StepFailed(
                name, f"`{script.command}` failed ({ran.code})", self._logs.told(script, ran.stdout)
            )
        if self._store is None:
            return
        if self._key_now(script) != self._keys[name]:
            teller(name)(CHANGED)
            return
        try:
            self._keep(script, ran.stdout, took)
        except OSError as error:
            teller(name)(f"its result cannot be kept: {error.strerror}")

    def _keep(self, script: Script, log: bytes, took: float) -> None:
        assert self._store is not None
        folder = self._folder(script)
        outputs = tuple(find_outputs(folder, parse_patterns(script.outputs)))
        with self._store.writing() as file:
            packed = write_pack(file, folder, log, outputs)
            self._store.keep_pack(file, packed.pack)
        logged = Content(digest_of(log), len(log))
        result = Result(self._keys[script.name], round(took, 3), logged, packed.outputs, packed.pack)
        self._store.keep(result)
        self._note(script, result)
        if self._shared is not None:
            self._shared.publish(result)

    def _key_now(self, script: Script) -> str:
        """The key that the script has now; "" when the workspace has a mistake, or the package is gone."""
        now = self.project.picture_now()
        if now.snapshot.identity != self.picture.snapshot.identity:
            try:
                fingerprint = now.graph.fingerprints.get(f"{Kind.PACKAGE.value}:{script.package}", "")
            except BuildgraphError:
                return ""
            script = script._replace(fingerprint=fingerprint)
        dotenv = read_dotenv(self._root, (".", script.folder))
        before = [self._keys[name] for name in script.after]
        return script_key(script, self._circumstances._replace(dotenv=dotenv), self._public, before)

    # Where things are --------------------------------------------------------------------------------------

    def end(self) -> None:
        """Write down what is remembered; nothing is asked afterwards."""
        if "_ledger" in self.__dict__:
            self._ledger.write(self.scripts)

    @cached_property
    def _shared(self) -> SharedCache | None:
        """The registry in which results are shared; None where there is none, or nothing is kept here."""
        if self._store is None or not self._plan.cache:
            return None
        from buildgraph.checks.sharing import SharedCache  # what only asks the local store loads no network

        return SharedCache(self._plan.cache, self._store, tell)

    @cached_property
    def _ledger(self) -> Ledger:
        place = self.project.repository.git_dir / "buildgraph/checks"
        return Ledger(place, self.project.folder, self.project.memory.circumstances)

    @cached_property
    def _keys(self) -> Mapping[str, str]:
        return script_keys(self.scripts.values(), self._circumstances)

    @cached_property
    def _circumstances(self) -> Circumstances:
        folders = {script.folder for script in self.scripts.values()}
        dotenv = read_dotenv(self._root, (".", *folders))
        return Circumstances(program_versions(self._ledger, self._ask_version), dict(os.environ), dotenv)

    @property
    def _public(self) -> set[str]:
        return {name for name in self._circumstances.environ if name.startswith(PUBLIC)}

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
