"""The verb `completion`: has a shell complete verbs, tasks, nodes, environments and options as one types."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from buildgraph.commands import TASKS, VERBS
from buildgraph.console import answer
from buildgraph.errors import DONE, BuildgraphError, ConfigurationError
from buildgraph.graph.nodes import Kind
from buildgraph.manifests.kinds import RENDERED
from buildgraph.picture import Picture
from buildgraph.project import open_project

# Each asks this program what may stand where the cursor is: the words so far, the one that is being typed last.
SCRIPTS: Final = {
    "bash": """_buildgraph() {
  local line="${COMP_LINE:0:COMP_POINT}" word
  word="${line##*[[:space:]]}"
  mapfile -t COMPREPLY < <(buildgraph completion --words "${line#*[[:space:]]}" 2>/dev/null)
  # bash takes a colon or an equals sign for the end of a word: what stands before it is not typed again
  local kept="${word%"${word##*[:=]}"}"
  COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}
complete -o nosort -F _buildgraph buildgraph
""",
    "zsh": """#compdef buildgraph
_buildgraph() {
  local line="${(j: :)words[2,CURRENT]}"
  compadd -Q -- ${(f)"$(buildgraph completion --words "$line" 2>/dev/null)"}
}
compdef _buildgraph buildgraph
""",
    "fish": """function __buildgraph_words
  set -l line (commandline -cp)
  buildgraph completion --words (string replace -r '^\\s*\\S+\\s+' '' -- "$line") 2>/dev/null
end
complete -c buildgraph -f -a '(__buildgraph_words)'
""",
}
HOW: Final = {
    "bash": 'eval "$(buildgraph completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(buildgraph completion zsh)"    in ~/.zshrc, after compinit',
    "fish": "buildgraph completion fish | source    in ~/.config/fish/config.fish",
}
TAKES_NODES: Final = ("why", "graph")
TAKES_TASKS: Final = ("plan", "watch")
WORD: Final = re.compile(r"[A-Za-z0-9@%+=:,./_-]+")  # what every shell takes for itself
PLACE: Final = re.compile(r"\[?:(NAME|PRODUCT|PACKAGE)\]?")


@dataclass(frozen=True, slots=True)
class Names:
    """What a workspace has names for; all empty outside of one."""

    nodes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    def of(self, place: str) -> tuple[str, ...]:
        """What may stand for NAME, PRODUCT or PACKAGE in a task's name."""
        packages = tuple(node.partition(":")[2] for node in self.nodes if node.startswith("package:"))
        return {"NAME": (*self.services, *self.products), "PRODUCT": self.products, "PACKAGE": packages}[
            place
        ]


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `completion`."""
    parser.add_argument(
        "shell", nargs="?", choices=tuple(SCRIPTS), help="print what this shell is to be told"
    )
    parser.add_argument(
        "--words", metavar="LINE", help="what may stand at the end of a line (the shells ask this)"
    )


def run(options: argparse.Namespace) -> int:
    """Print a shell's script, or the words for a line; returns the exit code."""
    if options.words is not None:
        answer("\n".join(candidates(options.words, _read_names())))
        return DONE
    if options.shell is None:
        raise ConfigurationError.of("completion", "names no shell", "\n  ".join(HOW.values()))
    answer(SCRIPTS[options.shell])
    return DONE


def candidates(line: str, names: Names) -> list[str]:
    """The words that may stand at the end of a line after `buildgraph`, sorted; they begin as its last word does.

    A name that a shell would take for more than a word is none of them: what is completed is run by the next key.
    """
    *before, word = re.split(r"\s+", line)
    possible = {found for found in _possible(before, word, names) if found.startswith(word)}
    return sorted(found for found in possible if WORD.fullmatch(found))


def _possible(before: Sequence[str], word: str, names: Names) -> Iterable[str]:
    verb = before[0] if before and before[0] in VERBS else ""
    if word.startswith("-"):
        return _options(verb) if verb else ("--help", "--version", "--trace", "-n")
    if before and before[-1] == "--env":
        return names.environments
    environments = [f"env={name}" for name in names.environments]
    if not before:
        return (*VERBS, *_tasks(names))
    if not verb or verb in TAKES_TASKS:
        return (*_tasks(names), *environments)
    nodes = {"logs": names.services, "tag": names.services, "render": RENDERED}.get(
        verb, names.nodes if verb in TAKES_NODES else ()
    )
    return (*nodes, *(environments if "--env" in _options(verb) else ()))


def _tasks(names: Names) -> Iterable[str]:
    """The names of all tasks, as the table of tasks spells them."""
    for spelled in TASKS:
        place = PLACE.search(spelled)
        phase = spelled[: place.start()] if place else spelled
        if place is None or place[0].startswith("["):
            yield phase
        yield from (f"{phase}:{name}" for name in (names.of(place[1]) if place else ()))


def _options(verb: str) -> list[str]:
    """The long options of a verb."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"buildgraph.commands.{verb}").configure(parser)
    return [
        option for action in parser._actions for option in action.option_strings if option.startswith("--")
    ]


def _read_names() -> Names:
    """The names of the workspace around here; none where there is none, or one with mistakes."""
    try:
        picture = open_project(Path.cwd()).working_picture()
        return _names_of(picture)
    except BuildgraphError:
        return Names()


def _names_of(picture: Picture) -> Names:
    kinds = (Kind.PACKAGE, Kind.IMAGE, Kind.DEPLOYMENT, Kind.PRODUCT)
    manifests = picture.manifests
    return Names(
        tuple(node.id for node in picture.graph.of_kind(*kinds)),
        tuple(service.name for service in manifests.services),
        tuple(product.name for product in manifests.products),
        tuple(environment.name for environment in manifests.environments),
    )
