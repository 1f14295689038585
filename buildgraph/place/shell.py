"""Shells that stay open in containers for as long as a product is deployed.

A deploy asks the proxy some thirty questions. To start a process for each takes the engine longer than any answer; a
shell that is there already is told the command, and tells what came of it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from threading import get_ident
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from buildgraph.image.socket import Talk
    from buildgraph.place.model import Place

SHELL: Final = "sh"


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell in a container, that has nothing to do at this moment."""

    talk: Talk

    def run(self, argv: Sequence[str]) -> tuple[int, str]:
        """The exit code of a command and all it said; OSError when the shell does not answer any more."""
        end = token_hex(16)
        told = re.compile(rf"{end} (\d+)\n\Z".encode())
        command = f"{shlex.join(argv)} </dev/null 2>&1; printf '%s %d\\n' {end} $?\n"
        self.talk.say(command.encode())
        said = b""
        while (found := told.search(said[-len(end) - 8 :])) is None:
            said += self.talk.hear()
        return int(found[1]), said[: said.rindex(end.encode())].decode("utf-8", "replace")


@contextmanager
def open_shells(place: Place) -> Iterator[None]:
    """Have this thread's commands run in shells that stay open, one per container; they end with us, however we do."""
    mine = place.shells.setdefault(get_ident(), {})
    try:
        yield
    finally:
        place.shells.pop(get_ident(), None)
        for shell in mine.values():
            shell.talk.close()


def run_in_shell(place: Place, container: str, argv: Sequence[str]) -> tuple[int, str] | None:
    """What a command says in a container (by its id) and its exit code; None where it has to be run by itself.

    That is where nobody has opened shells, and where one is broken: its container has ended, or the way there. The
    command may have run then. Raises what the engine's library raises when it starts no shell.
    """
    mine = place.shells.get(get_ident())
    if mine is None or argv[0] != SHELL:
        return None
    try:
        if container not in mine:
            mine[container] = _opened(place, container)
        return mine[container].run(argv)
    except OSError:
        broken = mine.pop(container, None)
        if broken:
            broken.talk.close()
        return None


def _opened(place: Place, container: str) -> Shell:
    command = place.engine.client.api.exec_create(container, [SHELL], stdin=True)["Id"]
    return Shell(place.engine.talk_to(command))
