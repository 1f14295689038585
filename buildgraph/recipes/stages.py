"""The stages of a Dockerfile: what each builds upon, uses and copies, with ARG and ENV worked out."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from buildgraph.errors import LONGEST_SAID, ConfigurationError, Mistake, shortened
from buildgraph.recipes.addresses import is_address, may_become_address
from buildgraph.recipes.copied import NAME, as_pattern, paths_meant
from buildgraph.recipes.effort import Effort, TooMuch, reading
from buildgraph.recipes.heredocs import HEREDOC
from buildgraph.recipes.instructions import Instruction, Script
from buildgraph.recipes.stage import Stage
from buildgraph.recipes.variables import GIVEN, Variables
from buildgraph.recipes.window import WHOLE
from buildgraph.recipes.words import LONGEST, UNKNOWN, Expansion, TooLong, expand, listed, split_words

NO_IMAGE: Final = "scratch"
POSITION: Final = re.compile(r"[0-9]{1,9}")
EXPOSED: Final = re.compile(r"([1-9]\d{0,4})(-\d+)?(/tcp)?", re.IGNORECASE)
LAST_PORT: Final = 65535
MOST_STAGES: Final = 250  # each service of a Dockerfile has its own arguments, with which all are read anew
# What parts the words of COPY and ADD, in quotes and behind an escape, too (`parseStringsWhitespaceDelimited`).
BLANKS: Final = re.compile(r"[\t\v\f\r ]+")
MEANT: Final = {"src": "source"}  # options of mounts with two names, the last of which holds
MOST_TRIGGERED: Final = 10_000  # instructions that ONBUILD lines add: each stage may have them all

TriggersOf = Callable[[str], Sequence[Instruction]]  # what an image that FROM names leaves to be done


@dataclass(slots=True)
class _Walk:
    """The walk down a Dockerfile: what stands before its first FROM, and the stages so far."""

    path: str
    escape: str
    build_args: Mapping[str, str]
    triggers_of: TriggersOf
    effort: Effort
    outer: Stage = field(default_factory=Stage)
    stages: list[Stage] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)
    triggered: int = 0

    @property
    def variables(self) -> Variables:
        """What is known of variables as far as has been read."""
        return Variables(self.stages[-1] if self.stages else self.outer, self.outer, self.escape)

    def refuse(self, instruction: Instruction, what: str, way_out: str = "") -> None:
        """Keep a mistake of the stage that is being read."""
        where = f"{self.path}: line {instruction.line}"
        self.stages[-1].mistakes.append(Mistake(where, shortened(what, LONGEST_SAID), way_out))

    def copy(self, paths: Iterable[str]) -> None:
        """Keep what the stage that is being read copies from the context."""
        for path in paths:
            self.effort.spend(len(path))
            self.stages[-1].copies.add(path)

    def stage_named(self, name: str) -> int | None:
        """The last stage so far of this name; stage names know no case."""
        return self.named.get(name.lower())


def read_stages(
    script: Script, path: str, build_args: Mapping[str, str], triggers_of: TriggersOf, effort: Effort
) -> tuple[Stage, list[Stage]]:
    """The ARGs before the first FROM, as a stage without image, and the stages in their order.

    Mistakes are told with `path` and line. ConfigurationError where variables make a word far too long, ONBUILD
    lines a build, where there are more than MOST_STAGES, or nothing is left of the `effort`.
    """
    if script.doubtful:
        way_out = "write `<<END`, letters alone, and nothing else on the line that has a quote, a `$` or a backslash"
        what = "its heredocs end elsewhere for other versions of BuildKit"
        raise ConfigurationError.of(f"{path}: line {script.doubtful}", what, way_out)
    if script.unseen:
        what = "versions of BuildKit that know no `check` above it do not see this `escape`"
        raise ConfigurationError.of(f"{path}: line {script.unseen}", what, "write `# escape` above `# check`")
    if sum(instruction.name == "FROM" for instruction in script.instructions) > MOST_STAGES:
        raise ConfigurationError.of(path, f"has more than {MOST_STAGES} stages", "part it into several files")
    walk = _Walk(path, script.escape, build_args, triggers_of, effort)
    for instruction in script.instructions:
        try:
            _read(walk, instruction)
        except TooLong:
            what = f"{instruction.name} becomes longer than {LONGEST} signs"
            raise ConfigurationError.of(
                f"{path}: line {instruction.line}", what, "shorten it, or the variables in it"
            ) from None
        except TooMuch:
            what = "with it, all services together have too much to be read in their Dockerfiles"
            way_out = "shorten what many services share, or what its variables are worth"
            raise ConfigurationError.of(f"{path}: line {instruction.line}", what, way_out) from None
    return walk.outer, walk.stages


def _read(walk: _Walk, instruction: Instruction) -> None:
    stage = walk.stages[-1] if walk.stages else walk.outer
    walk.effort.spend(reading(instruction, len(stage.values)))
    if instruction.name == "FROM":
        _begin_stage(walk, instruction)
    elif instruction.name == "ARG" or (walk.stages and instruction.name in READERS):
        READERS[instruction.name](walk, instruction)


def _begin_stage(walk: _Walk, instruction: Instruction) -> None:
    words = split_words(instruction.rest, walk.escape)
    has_name = len(words) == 3 and words[1].upper() == "AS"
    written = words[0] if words else ""
    base = expand(written, walk.outer.values, walk.escape)
    parent = walk.stage_named(base.text)
    walk.stages.append(Stage(words[2].lower() if has_name else "", instruction.line))
    if has_name:
        walk.named[words[2].lower()] = len(walk.stages) - 1
    if lacking := _lacking(walk, written, base):
        walk.refuse(instruction, *lacking)
    elif not base.text:
        walk.refuse(instruction, "FROM names no image")
    elif base.text == NO_IMAGE and parent is None:
        walk.stages[-1].is_bare = True
    elif parent is None:
        walk.stages[-1].images.add(base.text)
        _run_triggers(walk, instruction, walk.triggers_of(base.text))
    else:
        _inherit(walk, parent)
        _run_triggers(walk, instruction, walk.stages[parent].triggers)


def _lacking(walk: _Walk, written: str, base: Expansion) -> tuple[str, str] | None:
    """Why it is not known before a build what FROM means, and the way out."""
    if base.is_odd:
        return f"{written} in FROM is in a form that is not read here", "write out what it means"
    if UNKNOWN in base.text or any(map(GIVEN.fullmatch, (*base.unknown, *base.replaced))):
        return f"what {written} in FROM means is known only as it is built", "write out what it means"
    if base.unknown:
        way_out = "give it a default with ARG before the first FROM, or a value in `build_args`, or write it with `:-`"
        return f"{base.unknown[0]} in FROM has no value", way_out
    if walk.variables.differ_by_version(written):
        way_out = "give it one before the first FROM or in `build_args`, or write `:-` or `:+`"
        return f"{written} in FROM asks whether an ARG without a value is set", way_out
    return None


def _inherit(walk: _Walk, parent: int) -> None:
    """A stage built upon another has its variables."""
    stage = walk.stages[-1]
    stage.parent = parent
    stage.is_bare = walk.stages[parent].is_bare
    stage.uses.add(parent)
    stage.values.update(walk.stages[parent].values)


def _run_triggers(walk: _Walk, instruction: Instruction, triggers: Sequence[Instruction]) -> None:
    """What the parent's ONBUILD lines left comes right after FROM, in the stages built upon it and in no later ones.

    This is what BuildKit does (`initOnBuildTriggers` in dockerfile2llb/convert.go), which tells the line of FROM, too.
    """
    walk.triggered += len(triggers)
    if walk.triggered > MOST_TRIGGERED:
        what = f"ONBUILD lines are done more than {MOST_TRIGGERED} times"
        raise ConfigurationError.of(f"{walk.path}: line {instruction.line}", what, "build upon fewer of them")
    for trigger in triggers:
        if trigger.name in READERS:
            _read(walk, replace(trigger, line=instruction.line))


def _read_onbuild(walk: _Walk, instruction: Instruction) -> None:
    """Docker refuses an ONBUILD that leaves another one, or a FROM."""
    trigger = instruction.trigger
    if trigger and trigger.name != instruction.name:
        walk.stages[-1].triggers.append(trigger)


def _read_arg(walk: _Walk, instruction: Instruction) -> None:
    """An ARG is worth what the build gives, else its default, else what it was before the first FROM.

    With none of these it leaves what an ENV said; else BuildKit has it hold from its line on (`dispatchArg` in
    dockerfile2llb), though Docker's reference says that ENV always wins. In a stage, a default sees no ARG of its line.
    """
    variables = walk.variables
    stage = variables.stage
    values = stage.values if variables.are_outer else dict(stage.values)
    for word in split_words(instruction.rest, walk.escape):
        written, has_default, default = word.partition("=")
        name = _name(walk, instruction, written)
        stage.declared.add(name)
        if name in walk.build_args:
            stage.values[name] = walk.build_args[name]
        elif has_default:
            stage.values[name] = _worth(walk, default, values)
        elif (worth := variables.worth_of_arg(name)) is not None:
            stage.values[name] = worth


def _read_env(walk: _Walk, instruction: Instruction) -> None:
    """`ENV A=1 B=2`, or the old form `ENV A 1 and more`."""
    stage = walk.stages[-1]
    words = split_words(instruction.rest, walk.escape)
    if words and "=" not in words[0]:
        words = ["=".join(BLANKS.split(instruction.rest, maxsplit=1))]
    values = dict(stage.values)
    for word in words:
        name, _, value = word.partition("=")
        stage.values[_name(walk, instruction, name)] = _worth(walk, value, values)


def _name(walk: _Walk, instruction: Instruction, written: str) -> str:
    """The name that BuildKit works out before it sets it; above FROM it takes each as it is written."""
    if not walk.stages:
        return written
    found = expand(written, walk.stages[-1].values, walk.escape)
    is_open = any(name.isidentifier() for name in (*found.unknown, *found.replaced))
    if found.is_odd or is_open or not {UNKNOWN, NAME}.isdisjoint(found.text):
        what = f"the name {written} in {instruction.name} is known only as it is built"
        walk.refuse(instruction, what, "write it out, as `A=b`; a comment has a line of its own")
    return found.text


def _worth(walk: _Walk, text: str, values: Mapping[str, str]) -> str:
    worth = walk.variables.worth(text, values)
    walk.effort.spend(len(worth))
    return worth


def _read_expose(walk: _Walk, instruction: Instruction) -> None:
    """`EXPOSE 80 8080/tcp`; of a range the first, and none of UDP, nor one that there cannot be."""
    stage = walk.stages[-1]
    for word in split_words(instruction.rest, walk.escape):
        found = EXPOSED.fullmatch(expand(word, stage.values, walk.escape).text.replace(UNKNOWN, ""))
        if found and int(found[1]) <= LAST_PORT:
            stage.ports.append(int(found[1]))


def _read_copy(walk: _Walk, instruction: Instruction) -> None:
    source_stage = instruction.flag("from")
    if source_stage:
        _use(walk, instruction, source_stage)
        return
    for word in _sources(walk, instruction):
        is_file = instruction.name == "COPY" or not _is_address(walk, instruction, word)
        if is_file and not HEREDOC.fullmatch(word):
            walk.copy(paths_meant(walk.variables.marked(word)))


def _is_address(walk: _Walk, instruction: Instruction, word: str) -> bool:
    """Whether what ADD takes is nothing of the context; what an address serves needs a checksum.

    BuildKit takes a checksum for addresses only, and an empty one for none (`dispatchCopy` in dockerfile2llb).
    """
    stage = walk.stages[-1]
    marked = walk.variables.marked(word)
    source = as_pattern(marked)
    checksum = expand(instruction.flag("checksum"), stage.values, walk.escape).text
    if checksum.strip(UNKNOWN):
        return True
    if is_address(source):
        walk.effort.spend(len(source))
        stage.downloads.add(source)
        return True
    known, has_unknown, _ = marked.replace(NAME, UNKNOWN).partition(UNKNOWN)
    if has_unknown and may_become_address(known):
        what = f"ADD of {word} cannot be fingerprinted: it may be an address"
        way_out = "write a checksum (`ADD --checksum=sha256:…`), set its variables with ENV, or take a file with COPY"
        walk.refuse(instruction, what, way_out)
    return False


def _sources(walk: _Walk, instruction: Instruction) -> list[str]:
    """All but the last word, which is where they go; only the JSON form has words with blanks."""
    words = listed(instruction.rest)
    if words is not None:
        return words[:-1]
    return BLANKS.split(instruction.rest.strip())[:-1]


def _read_run(walk: _Walk, instruction: Instruction) -> None:
    for name, value in instruction.flags:
        if name == "mount":
            _read_mount(walk, instruction, value)


def _read_mount(walk: _Walk, instruction: Instruction, value: str) -> None:
    """What a mount shows the command: a stage, an image or a part of the context.

    Its options know no case, and BuildKit finds out its kind after its image (`parseMount` in commands_runmount.go).
    """
    try:
        words = next(csv.reader([value]), [])
    except csv.Error as error:
        walk.refuse(instruction, f"--mount cannot be read: {error}")
        return
    parted = (word.partition("=") for word in words)
    options = {MEANT.get(name.lower(), name.lower()): value for name, _, value in parted}
    kind = options.get("type", "bind").lower()
    if options.get("from"):
        _use(walk, instruction, options["from"])
    elif kind == "bind" or "$" in kind:
        walk.copy(paths_meant(walk.variables.marked(options.get("source", WHOLE))))


def _use(walk: _Walk, instruction: Instruction, name: str) -> None:
    """Copying from a stage (by name or position) or from an image."""
    stage = walk.stages[-1]
    position = int(name) if POSITION.fullmatch(name) else walk.stage_named(name)
    if "$" in name:
        way_out = "Docker takes no variable there: name a stage, FROM IMAGE AS NAME, and copy from it"
        walk.refuse(instruction, f"from={name} has a variable", way_out)
    elif position is None:
        stage.images |= {name} - {NO_IMAGE}
    elif position < len(walk.stages) - 1:
        stage.uses.add(position)
    else:
        walk.refuse(instruction, f"from={name} is no earlier stage")


READERS: Final[Mapping[str, Callable[[_Walk, Instruction], None]]] = {
    "ARG": _read_arg,
    "ENV": _read_env,
    "EXPOSE": _read_expose,
    "COPY": _read_copy,
    "ADD": _read_copy,
    "RUN": _read_run,
    "ONBUILD": _read_onbuild,
}
