"""Results kept and brought back: by the local store, and by a registry where one is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from buildgraph.checks.disk import find_outputs, is_note, stands
from buildgraph.checks.halves import forget_half, is_half
from buildgraph.checks.ledger import Ledger
from buildgraph.checks.logs import Logs
from buildgraph.checks.notes import loose_notes
from buildgraph.checks.packing import Damaged, unpack, write_pack
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import FOLDER, Content, Output, Result
from buildgraph.checks.script import BUILD, FRESH, RESTORED, Script
from buildgraph.checks.store import Store
from buildgraph.checks.traces import (
    Seen,
    Trace,
    exact_trace,
    is_as_left,
    is_below_link,
    is_unchanged,
    state_of,
    trace_of,
    traces_since,
)
from buildgraph.graph.nodes import digest_of

if TYPE_CHECKING:
    from buildgraph.checks.sharing import SharedCache

FROM_CACHE: Final = f"{RESTORED} from the cache"
FROM_REGISTRY: Final = f"{RESTORED} from the registry"
STRAY: Final = "{} is among what {} leaves, which has not left it"
BARE: Final = "none of its outputs is there; declare in [checks] what it leaves (`outputs`, [] for nothing)"
STANDS_ON: Final = "it stands on what {} left, which is not kept, or not as it was"


class Left(NamedTuple):
    """What a script that succeeded has printed and left, in the store; `traces` are as its outputs were put there.

    `around` is how its folder stood then, where nobody knows its outputs.
    """

    script: Script
    result: Result
    traces: tuple[Trace, ...]
    around: str = ""


@dataclass(frozen=True)
class Keeper:
    """Keeps the results of the scripts of one checkout, whose workspace lies in `root`.

    `shared` is a repository of a registry, empty for none; what is wrong with that is told.
    """

    root: str
    store: Store
    ledger: Ledger
    logs: Logs
    shared: str
    tell: Callable[[str], None]

    def bring(self, script: Script, key: str, is_ready: Callable[[], bool]) -> str:
        """Let all that a script left stand as it was, and say where it came from; "" when no result is known.

        One that is this checkout's alone counts where the last one still stands, and `is_ready` says that all that
        comes before does: whoever took it away wants it made anew.
        """
        patterns = parse_patterns(script.outputs)
        result = self.store.read(key, patterns.matches)
        is_fit = result is not None and self._is_for(script, result, is_ready)
        if result is not None and is_fit and (why := self._restored(script, result, FRESH, FROM_CACHE)):
            return why
        result = self._registry.fetch(key, patterns.matches) if self._registry else None
        if result is None or result.only:
            return ""
        return self._restored(script, result, FROM_REGISTRY, FROM_REGISTRY)

    def _is_for(self, script: Script, result: Result, is_ready: Callable[[], bool]) -> bool:
        """Whether a result is for this checkout as it stands."""
        if not result.only:
            return True
        seen, folder = self.ledger.seen(script.name), self._folder(script)
        is_here = result.only == self.ledger.id and bool(seen.key) and is_as_left(folder, seen.traces)
        # Nothing is brought back of a bare one: what was left last is all that there is.
        if _is_bare(script, _paths(result)):
            is_here = is_here and seen.key == result.key and seen.around == state_of(folder)
        return is_here and is_ready()

    def loose_notes(self, script: Script) -> list[str]:
        """What a compiler has noted, and what stands there may not keep to."""
        return loose_notes(self._folder(script), script.outputs, self.ledger.seen(script.name).traces)

    def has_brought(self, script: Script, key: str) -> bool:
        """Whether the local store knows the result by now, and all that the script left stands as it was."""
        return self.store.has(key) and bool(self.bring(script, key, lambda: False))

    def pack(self, script: Script, key: str, log: bytes, seconds: float) -> Left:
        """Put what a script that succeeded has printed and left into the store; OSError where that cannot be.

        It is known when it is kept.
        """
        folder = self._folder(script)
        outputs = tuple(self._found(folder, script))
        # What is written from now on is seen.
        traces = [exact_trace(folder, output.path) for output in outputs]
        with self.store.writing() as file:
            packed = write_pack(file, folder, log, outputs)
            self.store.keep_pack(file, packed.pack)
        logged = Content(digest_of(log), len(log))
        result = Result(key, round(seconds, 3), logged, packed.outputs, packed.pack)
        around = state_of(folder) if _is_bare(script, _paths(result)) else ""
        return Left(script, result, tuple(trace for trace in traces if trace is not None), around)

    def _found(self, folder: str, script: Script) -> Iterator[Output]:
        """The outputs of a script, without what a killed run has half brought back."""
        for output in find_outputs(folder, parse_patterns(script.outputs)):
            if is_half(output.path):
                forget_half(f"{folder}/{output.path}")
            else:
                yield output

    def keep(self, left: Left, *, is_own: bool) -> None:
        """Let a packed result be known, here and where results are shared; OSError where it cannot be kept.

        One that is this checkout's own goes nowhere else, and into no place of one that is for everybody.
        """
        result = left.result._replace(only=self.ledger.id if is_own else "")
        patterns = parse_patterns(left.script.outputs)
        known = self.store.read(result.key, patterns.matches) if is_own else None
        if known is None or known.only:
            self.store.keep(result)
        if len(left.traces) == len(result.outputs):
            traces = traces_since(self._folder(left.script), left.traces)
            self.ledger.note(left.script.name, Seen(result.key, traces, is_own, left.around))
        if self._registry is not None and not is_own:
            self._registry.publish(result)

    def doubt(self, before: Iterable[Script], keys: Mapping[str, str]) -> str:
        """Which of the scripts that come before one has no result that stands there, as a sentence; "" for none."""
        gone = (script.name for script in before if not self._stands(script, keys[script.name]))
        return next((STANDS_ON.format(name) for name in gone), "")

    def _stands(self, script: Script, key: str) -> bool:
        """Whether what a script left stands there: many a test builds its package again, and leaves the same."""
        folder, seen = self._folder(script), self.ledger.seen(script.name)
        if seen.key != key or is_as_left(folder, seen.traces):
            return seen.key == key
        result = self.store.read(key, parse_patterns(script.outputs).matches)
        if result is None or not all(stands(folder, output) for output in result.outputs):
            return False
        self._note(script, result, is_own=seen.is_own)
        return True

    def is_own(self, script: Script) -> bool:
        """Whether what stands there of a script is this checkout's alone."""
        return self.ledger.seen(script.name).is_own

    def files(self, script: Script) -> list[str]:
        """The files that stand among its outputs, whoever made them, without what a compiler notes."""
        there = self._found(self._folder(script), script)
        try:
            return [one.path for one in there if one.kind != FOLDER and not is_note(one.path)]
        except OSError as error:
            return [str(error.filename)]  # nobody can tell what lies there

    def stray(self, before: Iterable[Script], beside: Mapping[str, Iterable[str]]) -> str:
        """A file among the outputs of one of these scripts that it has not left, as a sentence; "" for none.

        All of them stand as they were left. `beside` are by script the files that count, where not all there are do.
        """
        for script in before:
            kept = {trace[0] for trace in self.ledger.seen(script.name).traces}
            files = beside[script.name] if script.name in beside else self.files(script)
            if found := next((path for path in files if path not in kept), ""):
                return STRAY.format(f"{script.folder}/{found}", script.name)
        return ""

    def bare(self, left: Left) -> str:
        """That a build has left nothing where it should, as a sentence; "" for anything else.

        What it has left elsewhere is in no result: nobody else gets it, and an edit that is undone brings nothing back.
        """
        return BARE if _is_bare(left.script, _paths(left.result)) else ""

    def begin(self, script: Script) -> bool:
        """Let the last result of a build that left nothing count no more; whether there was one.

        A run that fails may leave half of what nobody knows, anywhere.
        """
        traces = self.ledger.seen(script.name).traces
        is_bare = _is_bare(script, (trace[0] for trace in traces))
        if is_bare:
            self.ledger.note(script.name, Seen("", traces))
        return is_bare

    @cached_property
    def _registry(self) -> SharedCache | None:
        if not self.shared:
            return None
        from buildgraph.checks.sharing import SharedCache  # who has all here loads no network

        return SharedCache(self.shared, self.store, self.tell)

    def _restored(self, script: Script, result: Result, there: str, brought: str) -> str:
        """`there` when all stands, `brought` when something had to be; "" when the store holds it no more."""
        folder = self._folder(script)
        missing = {output.path for output in result.outputs if not stands(folder, output)}
        if missing or not self.logs.place(script).exists():
            try:
                with self.store.open_pack(result.pack) as pack:
                    self.logs.write(script, unpack(pack, result, folder, missing))
            except (FileNotFoundError, Damaged):
                self.store.forget(result.key)
                return ""
            except OSError:
                return ""  # there is no room here, or no right: what is kept is none the worse
        is_other = self._remove_former(script, result) or bool(missing)
        self._note(script, result, is_own=bool(result.only) or self._is_mixed(script, result))
        return brought if is_other else there

    def _remove_former(self, script: Script, result: Result) -> bool:
        """Remove what a former result of the script left and this one has not, where nobody has touched it since.

        Returns whether there was anything.
        """
        folder, kept = self._folder(script), {output.path for output in result.outputs}
        traces = self.ledger.seen(script.name).traces
        others = [trace for trace in traces if trace[0] not in kept and is_unchanged(folder, trace)]
        for trace in others:
            if not is_below_link(folder, trace[0]):
                with suppress(OSError):
                    Path(folder, trace[0]).unlink()
        return bool(others)

    def _is_mixed(self, script: Script, result: Result) -> bool:
        """Whether files that are not of a result stand among a script's outputs: whoever reads those sees them, too."""
        kept = {output.path for output in result.outputs}
        return not kept.issuperset(self.files(script))

    def _note(self, script: Script, result: Result, *, is_own: bool) -> None:
        folder = self._folder(script)
        traces = [trace_of(folder, output.path) for output in result.outputs]
        if None not in traces:
            # Of a bare one nothing was brought back: what is known of its folder was compared, or stands for nothing.
            around = self.ledger.seen(script.name).around if _is_bare(script, _paths(result)) else ""
            self.ledger.note(script.name, Seen(result.key, tuple(filter(None, traces)), is_own, around))

    def _folder(self, script: Script) -> str:
        return f"{self.root}/{script.folder}"


def _is_bare(script: Script, left: Iterable[str]) -> bool:
    """Whether a build that should leave something has not, besides what a compiler notes for itself."""
    return script.script == BUILD and bool(script.outputs) and all(map(is_note, left))


def _paths(result: Result) -> list[str]:
    return [output.path for output in result.outputs]


@contextmanager
def told_if_not_kept(tell: Callable[[str], None]) -> Iterator[None]:
    """A result that cannot be kept, as on a full disk, is told, and costs time later: what was done is done."""
    try:
        yield
    except OSError as error:
        tell(f"its result cannot be kept: {error.strerror}")
