"""Where an environment's secrets come from: an env file, commands, and the environment of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from buildgraph.errors import BuildgraphError, ConfigurationError, ToolError
from buildgraph.manifests.model import Environment
from buildgraph.place.env_file import Seen, parse_env_file, read_env_file, seen_by_none
from buildgraph.place.secrets import Secrets
from buildgraph.process import Command, Runner

WITHIN: Final = 120.0  # seconds a command has: some ask a person first
INSTEAD: Final = "a secret that is set in the environment of this process needs no command"
EVERY: Final = "*"  # the name of the command that prints an env file


@dataclass(frozen=True, slots=True)
class Sources:
    """Where an environment's secrets are: its env file below `root`, its commands, then `env`; the last one wins.

    A file that is not there holds nothing: in CI all secrets are variables of the process. `is_seen` tells which paths
    git sees: the file is read through no such link.
    """

    root: Path
    environment: Environment
    env: Mapping[str, str] = field(repr=False)  # it holds secrets
    runner: Runner
    is_seen: Seen = seen_by_none

    def read(self) -> Secrets:
        """All of them. A command runs once, when a secret is asked for that it may tell and `env` does not hold."""
        commands = self.environment.secret_commands
        if not commands:
            return Secrets(self._written(), self.environment.secrets)
        programs = sorted({argv[0] for argv in commands.values()})
        source = self.environment.secrets or f"where {' or '.join(programs)} reads it"
        return Secrets(self._written(), source, self._commands().ask)

    def read_written(self) -> Secrets:
        """The same for who runs no command of a checkout: what one may tell stays unknown."""
        return Secrets(self._written(), self.environment.secrets, unasked=self._commands().may_tell)

    def _written(self) -> dict[str, str]:
        """What the env file and the environment of the process hold."""
        return {**_read_file(self.root, self.environment.secrets, self.is_seen), **self._set()}

    def _set(self) -> dict[str, str]:
        """The variables of the process that hold something."""
        return {name: value for name, value in self.env.items() if value}

    def _commands(self) -> SecretCommands:
        return SecretCommands(
            self.environment.secret_commands,
            self.runner,
            self.root,
            where=f"manifests/environments/{self.environment.name}.toml: secret_commands",
            settled=frozenset(self._set()),
        )


def _read_file(root: Path, file: str, is_seen: Seen) -> dict[str, str]:
    if not file:
        return {}
    try:
        content = read_env_file(root, file, is_seen).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError.of(file, "cannot be read: it is no UTF-8 text") from error
    return parse_env_file(content, file)


@dataclass(frozen=True, slots=True)
class SecretCommands:
    """Commands that tell secrets, by the secret's name, or `*` for one that prints an env file of any.

    They run in `root`; `where` is where the manifest declares them. `settled` are the names that nobody has to tell.
    What a command said, or why it said nothing, is kept: it runs once.
    """

    commands: Mapping[str, tuple[str, ...]]
    runner: Runner
    root: Path
    where: str
    settled: frozenset[str] = frozenset()
    within: float = WITHIN
    _said: dict[str, Mapping[str, str] | BuildgraphError] = field(default_factory=dict, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def may_tell(self, name: str) -> bool:
        """Whether a command would be run for this secret."""
        return name not in self.settled and (name in self.commands or EVERY in self.commands)

    def ask(self, names: Iterable[str]) -> Mapping[str, str]:
        """Those of the names that the commands tell; an error names every command that failed, and nothing it said."""
        wanted = [name for name in names if name not in self.settled]
        teller = {name: name if name in self.commands else EVERY for name in wanted}
        with self._turn:
            said = {key: self._heard(key) for key in dict.fromkeys(teller.values()) if key in self.commands}
        _raise_all([problem for problem in said.values() if isinstance(problem, BuildgraphError)])
        told = {key: answer for key, answer in said.items() if not isinstance(answer, BuildgraphError)}
        # what `*` prints of a name with a command of its own does not count
        return {name: told[key][name] for name, key in teller.items() if name in told.get(key, {})}

    def _heard(self, key: str) -> Mapping[str, str] | BuildgraphError:
        if key not in self._said:
            try:
                self._said[key] = self._run(key)
            except BuildgraphError as error:
                self._said[key] = error
        return self._said[key]

    def _run(self, key: str) -> Mapping[str, str]:
        command = Command(self.commands[key], cwd=self.root, within=self.within)
        where = f"{self.where}.{key}" if key != EVERY else f'{self.where}."*"'
        try:
            result = self.runner.run(command)
        except ToolError as error:
            raise ToolError(f"{where}: {error.what}", INSTEAD) from None
        if result.code != 0:
            way_out = f"what it said may be secret and is not shown; run it by hand: `{command}`"
            raise ToolError(f"{where}: {command.argv[0]} ended with code {result.code}", way_out)
        text = _decoded(result.stdout)
        if text is None:
            raise ToolError(f"{where}: {command.argv[0]} prints no UTF-8 text")
        # the ends of lines at its end are the program's, as for a shell's $(...)
        return parse_env_file(text, where) if key == EVERY else {key: text.rstrip("\r\n")}


def _decoded(content: bytes) -> str | None:
    """Text that can be the value of a variable; None for what is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _raise_all(problems: list[BuildgraphError]) -> None:
    """Raise all problems as one error."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ToolError("\n".join(str(problem) for problem in problems))
