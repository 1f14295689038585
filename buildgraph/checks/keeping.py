"""Results kept and brought back: by the local store, and by a registry where one is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildgraph.checks.disk import find_outputs, stands
from buildgraph.checks.halves import forget_half, is_half
from buildgraph.checks.ledger import Ledger
from buildgraph.checks.logs import Logs
from buildgraph.checks.packing import Damaged, unpack, write_pack
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import Content, Output, Result
from buildgraph.checks.script import FRESH, RESTORED, Script
from buildgraph.checks.store import Store
from buildgraph.checks.traces import Seen, is_below_link, is_unchanged, trace_of
from buildgraph.graph.nodes import digest_of

if TYPE_CHECKING:
    from buildgraph.checks.sharing import SharedCache

FROM_CACHE: Final = f"{RESTORED} from the cache"
FROM_REGISTRY: Final = f"{RESTORED} from the registry"


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

    def bring(self, script: Script, key: str) -> str:
        """Let all that a script left stand as it was, and say where it came from; "" when no result is known."""
        patterns = parse_patterns(script.outputs)
        result = self.store.read(key, patterns.matches)
        if result is not None and (why := self._restored(script, result, FRESH, FROM_CACHE)):
            return why
        result = self._registry.fetch(key, patterns.matches) if self._registry else None
        return self._restored(script, result, FROM_REGISTRY, FROM_REGISTRY) if result is not None else ""

    def has_brought(self, script: Script, key: str) -> bool:
        """Whether the local store knows the result by now, and all that the script left stands as it was."""
        return self.store.has(key) and bool(self.bring(script, key))

    def pack(self, script: Script, key: str, log: bytes, seconds: float) -> Result:
        """Put what a script that succeeded has printed and left into the store; OSError where that cannot be.

        It is known when it is kept.
        """
        folder = self._folder(script)
        outputs = tuple(self._found(folder, script))
        with self.store.writing() as file:
            packed = write_pack(file, folder, log, outputs)
            self.store.keep_pack(file, packed.pack)
        logged = Content(digest_of(log), len(log))
        return Result(key, round(seconds, 3), logged, packed.outputs, packed.pack)

    def _found(self, folder: str, script: Script) -> Iterator[Output]:
        """The outputs of a script, without what a killed run has half brought back."""
        for output in find_outputs(folder, parse_patterns(script.outputs)):
            if is_half(output.path):
                forget_half(f"{folder}/{output.path}")
            else:
                yield output

    def keep(self, script: Script, result: Result) -> None:
        """Let a packed result be known, here and where results are shared; OSError where it cannot be kept."""
        self.store.keep(result)
        self._note(script, result)
        if self._registry is not None:
            self._registry.publish(result)

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
        self._note(script, result)
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

    def _note(self, script: Script, result: Result) -> None:
        folder = self._folder(script)
        traces = [trace_of(folder, output.path) for output in result.outputs]
        if None not in traces:
            self.ledger.note(script.name, Seen(result.key, tuple(filter(None, traces))))

    def _folder(self, script: Script) -> str:
        return f"{self.root}/{script.folder}"
