"""Hears which files of a project change, burst by burst, as the kernel tells; it knows nothing of who acts on it."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildgraph.errors import ToolError
from buildgraph.loop.edits import OWN_OF_GIT, RULES, Edits, is_telling
from buildgraph.loop.folders import ignored, list_folders
from buildgraph.snapshot.git import Repository

if TYPE_CHECKING:
    from watchfiles._rust_notify import RustNotify

LONGEST: Final = 2.0  # seconds of a burst that does not end: somebody writes on and on
LOOK: Final = 0.2  # seconds between two looks at git's lock and the keyboard
GIT_AT_WORK: Final = "index.lock"  # git has it while it checks out
GIT_WITHIN: Final = 20.0  # seconds; a lock that is older was left behind
FULL: Final = "limit reached"  # watchfiles' word for ENOSPC
NO_INSTANCE: Final = f"(os error {errno.EMFILE})"
RAISE: Final = "raise it: `sudo sysctl fs.inotify.{}`"
INTERRUPTED: Final = "signal"  # watchfiles' word for it
CAME, WENT = 1, 3  # watchfiles' numbers
Heard = tuple[int, str]  # how it changed, and the path


class NobodyTells(ToolError):
    """The kernel listens to no more folders for this user; `way_out` says how to have it do so."""


class Ears:
    """Listens to all folders of a project that git does not ignore, and to what tells of its commit.

    So many seconds of quiet end a burst.
    """

    def __init__(self, repository: Repository, quiet: float, is_wished: Callable[[], bool]) -> None:
        self.repository = repository
        self.quiet = quiet
        self.is_wished = is_wished
        self.folders: list[str] = []
        self._git_dir = Path(repository.git("rev-parse", "--absolute-git-dir").text.strip())
        self._notify: RustNotify | None = None
        self._late: set[Heard] = set()

    def open(self) -> Ears:
        """Listen from now on; what is edited after this is heard of, in folders that are made meanwhile, too.

        Raises NobodyTells where the kernel has no more listeners.
        """
        while True:
            if not self.repository.folder.is_dir():
                raise ToolError(f"{self.repository.folder} is not there any more")
            folders = list_folders(self.repository)
            listening = self._listen(folders)
            if listening is not None:
                self._late |= self._last_words()
                self._notify, self.folders = listening, folders
                if list_folders(self.repository) == folders:
                    return self

    def close(self) -> None:
        """Listen no more."""
        if self._notify is not None:
            self._notify.close()
            self._notify = None

    def hear(self) -> Edits:
        """Wait for a burst that may matter, or for a wish; what came since the last call is heard of at once.

        KeyboardInterrupt when this process shall end.
        """
        while True:
            heard = self._burst()
            if heard is None:
                return Edits(is_wish=True)
            edits = self._sifted(heard)
            if edits is not None:
                return edits

    # How it listens ----------------------------------------------------------------------------------------

    def _listen(self, folders: Iterable[str]) -> RustNotify | None:
        """Listeners in these folders; None when one of them is gone again."""
        from watchfiles._rust_notify import RustNotify

        places = [*(str(self.repository.folder / folder) for folder in folders), str(self._git_dir)]
        try:
            # "Rust backend direct usage" of its documentation; the last word True would hide the kernel's limit
            return RustNotify(places, False, False, 0, False, False)
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError) as error:
            raise _untold(str(error), len(places)) from error

    def _last_words(self) -> set[Heard]:
        """What the listeners in use have heard yet, before others take their place."""
        found: set[Heard] = set()
        if self._notify is not None:
            found = _as_heard(self._notify.watch(1, 1, 1, None))
            self.close()
        return found

    def _burst(self) -> set[Heard] | None:
        """What is heard in one burst; None for a wish. A checkout is one, however long it takes."""
        heard, self._late = self._late, set()
        while not heard:
            heard |= self._heard()
            if not heard and self.is_wished():
                return None
        began = time.monotonic()
        while (self._git_dir / GIT_AT_WORK).exists() and time.monotonic() - began < GIT_WITHIN:
            heard |= self._heard()
        return heard

    def _heard(self) -> set[Heard]:
        """What changed, once nothing did for a while; nothing when so long nothing does."""
        assert self._notify is not None
        quiet, longest, look = (max(round(time * 1000), 1) for time in (self.quiet, LONGEST, LOOK))
        return _as_heard(self._notify.watch(max(longest, quiet), quiet, look, None))

    # What it hears -----------------------------------------------------------------------------------------

    def _sifted(self, heard: Iterable[Heard]) -> Edits | None:
        """Those that may matter; None when nothing does. Where folders came or went all are listened to anew."""
        named = [(change, name) for change, path in heard if is_telling(name := self._named(path))]
        told = ignored(self.repository, {name for _, name in named if not name.startswith(OWN_OF_GIT)})
        kept = [(change, name) for change, name in named if name and name not in told]
        known, reshaped = set(self.folders), any(self._reshapes(*each) for each in kept)
        if reshaped:
            self.open()
        files = {name for _, name in kept} - known.union(self.folders)
        return Edits(tuple(sorted(files))) if files or reshaped else None

    def _named(self, path: str) -> str:
        """A path seen from the project's folder; git's own with `.git/` before it."""
        if Path(path).parent == self._git_dir:
            return OWN_OF_GIT + os.path.basename(path)  # noqa: PTH119
        name = os.path.relpath(path, self.repository.folder)
        return "" if name == "." else name

    def _reshapes(self, change: int, path: str) -> bool:
        """Whether other folders may count now: one came or went, or the rules of what is ignored changed."""
        if path.rpartition("/")[2] == RULES:
            return True
        there = self.repository.folder / path
        came = change == CAME and there.is_dir() and not there.is_symlink()
        return came or (change == WENT and path in self.folders)


def _as_heard(told: object) -> set[Heard]:
    """What watchfiles tells, which is a word where nothing changed."""
    if told == INTERRUPTED:
        raise KeyboardInterrupt
    return told if isinstance(told, set) else set()


def _untold(said: str, folders: int) -> ToolError:
    """Why the kernel does not listen, and the way out."""
    if FULL in said:
        way_out = RAISE.format("max_user_watches=524288")
        return NobodyTells(f"the kernel listens to no more folders for you, and here are {folders}", way_out)
    if NO_INSTANCE in said:
        way_out = RAISE.format("max_user_instances=512")
        return NobodyTells("the kernel has no more listeners for you", way_out)
    return ToolError(f"the folders cannot be listened to: {said}", "try `--poll`")
