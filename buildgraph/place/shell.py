"""Shells that stay open in containers, to be asked again.

A deploy asks the proxy some forty questions. To start a process for each takes the engine longer than any answer; a
shell that is there already is told the command, and tells what came of it.
"""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from buildgraph.image.socket import Talk
    from buildgraph.place.model import Place

SHELL: Final = "sh"
RESTED: Final = 60.0  # seconds after which nobody trusts a way that nothing went over


@dataclass(frozen=True, slots=True)
class Command:
    """What a shell in a container is told: the words, and what stands in their environment."""

    argv: Sequence[str]
    env: Mapping[str, str]

    def __str__(self) -> str:
        given = "".join(f"{name}={shlex.quote(value)} " for name, value in self.env.items())
        return f"{given}{shlex.join(self.argv)} </dev/null 2>&1"


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell in a container, that has nothing to do at this moment."""

    talk: Talk

    def run(self, command: Command) -> tuple[int, str]:
        """The exit code of a command and all it said; OSError when the shell does not answer any more."""
        end = token_hex(16)
        told = re.compile(rf"{end} (\d+)\n\Z".encode())
        self.talk.say(f"{command}; printf '%s %d\\n' {end} $?\n".encode())
        said = b""
        while (found := told.search(said[-len(end) - 8 :])) is None:
            said += self.talk.hear()
        return int(found[1]), said[: said.rindex(end.encode())].decode("utf-8", "replace")


class Shells:
    """The shells that are open and idle, by container and user; they end with whoever has these, however that ends.

    One that has been idle for `rest` seconds is not used again.
    """

    def __init__(self, rest: float = RESTED) -> None:
        self._rest = rest
        self._idle: dict[tuple[str, str], list[tuple[Shell, float]]] = {}

    def take(self, container: str, user: str) -> Shell | None:
        """One that is for us alone, if there is any that was used not long ago."""
        idle = self._idle.get((container, user), [])
        while idle:
            shell, since = idle.pop()
            if time.monotonic() - since < self._rest:
                return shell
            shell.talk.close()
        return None

    def give(self, container: str, user: str, shell: Shell) -> None:
        """One that answers, for the next."""
        self._idle.setdefault((container, user), []).append((shell, time.monotonic()))

    def close(self) -> None:
        """End all of them."""
        for idle in self._idle.values():
            while idle:
                idle.pop()[0].talk.close()

    def __del__(self) -> None:
        self.close()


def run_in_shell(place: Place, container: str, user: str, command: Command) -> tuple[int, str] | None:
    """What a command says in a container (by its id) and its exit code; None where a shell breaks.

    That is where its container has ended, or the way there. The command may have run then. Raises what the engine's
    library raises when it starts no shell.
    """
    try:
        shell = place.shells.take(container, user) or _opened(place, container, user)
    except OSError:
        return None
    try:
        answer = shell.run(command)
    except OSError:
        shell.talk.close()
        return None
    except BaseException:
        shell.talk.close()
        raise
    place.shells.give(container, user, shell)
    return answer


def _opened(place: Place, container: str, user: str) -> Shell:
    command = place.engine.client.api.exec_create(container, [SHELL], stdin=True, user=user)["Id"]
    return Shell(place.engine.talk_to(command))
