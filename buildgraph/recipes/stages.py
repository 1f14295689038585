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
from buildgraph.recipes.window import WHOLE
from buildgraph.recipes.words import LONGEST, UNKNOWN, TooLong, expand, listed, split_words

NO_IMAGE: Final = "scratch"
POSITION: Final = re.compile(r"[0-9]{1,9}")
EXPOSED: Final = re.compile(r"([1-9]\d{0,4})(-\d+)?(/tcp)?", re.IGNORECASE)
LAST_PORT: Final = 65535
MOST_STAGES: Final = 250  # each service of a Dockerfile has its own arguments, with which all are read anew
# What parts the words of COPY and ADD, in quotes and behind an escape, too (`parseStringsWhitespaceDelimited`).
BLANKS: Final = re.compile(r"[\t\v\f\r ]+")
# What a build is given without anybody's word: by its platform, or by the settings of Docker's command and our own.
GIVEN: Final = re.compile(
    r"(TARGET|BUILD)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)|TARGETSTAGE|BUILDKIT_.*|SOURCE_DATE_EPOCH"
    r"|(?i:(HTTPS?|FTP|NO|ALL)_PROXY)"
)
NAMES: Final = re.compile(r"(TARGET|BUILD)(OS|ARCH)")  # of these, what are names; a variant may be empty, say
SET_EVERYWHERE: Final = "PATH"  # BuildKit sets it upon no image, too
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
    base = expand(words[0] if words else "", walk.outer.values, walk.escape)
    parent = walk.stage_named(base.text)
    walk.stages.append(Stage(words[2].lower() if has_name else "", instruction.line))
    if has_name:
        walk.named[words[2].lower()] = len(walk.stages) - 1
    if base.unknown or UNKNOWN in base.text:
        way_out = "give it a default with ARG before the first FROM, or a value in `build_args`"
        walk.refuse(instruction, f"{[*base.unknown, *words][0]} in FROM has no value", way_out)
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
    stage = walk.stages[-1] if walk.stages else walk.outer
    values = dict(stage.values) if walk.stages else stage.values
    for word in split_words(instruction.rest, walk.escape):
        name, has_default, default = word.partition("=")
        stage.declared.add(name)
        if name in walk.build_args:
            stage.values[name] = walk.build_args[name]
        elif has_default:
            stage.values[name] = _worth(walk, default, values)
        elif name in walk.outer.values:
            stage.values[name] = walk.outer.values[name]
        elif walk.stages and GIVEN.fullmatch(name):
            stage.values[name] = NAME if NAMES.fullmatch(name) else UNKNOWN


def _read_env(walk: _Walk, instruction: Instruction) -> None:
    """`ENV A=1 B=2`, or the old form `ENV A 1 and more`."""
    stage = walk.stages[-1]
    words = split_words(instruction.rest, walk.escape)
    if words and "=" not in words[0]:
        words = ["=".join(instruction.rest.split(maxsplit=1))]
    values = dict(stage.values)
    for word in words:
        name, _, value = word.partition("=")
        stage.values[name] = _worth(walk, value, values)


def _worth(walk: _Walk, text: str, values: Mapping[str, str]) -> str:
    """What a variable is worth that is set to a text; what is not known of it stands as UNKNOWN.

    Where something stands beside a name for want of a value, and a base image may have set it, both are told: the port
    of `ENV PORT=${PORT:-80}` is most likely 80.
    """
    found = expand(text, values, walk.escape)
    uncertain = _uncertain(walk, found.unknown)
    begin = UNKNOWN if _uncertain(walk, found.replaced) else ""
    worth = begin + expand(text, {**values, **dict.fromkeys(uncertain, UNKNOWN)}, walk.escape).text
    walk.effort.spend(len(worth))
    return worth


def _uncertain(walk: _Walk, names: Iterable[str]) -> list[str]:
    """Those of the names which nothing here sets that may have a value all the same; the others are empty.

    Before the first FROM, and upon no image, there is none that could have set anything.
    """
    if not walk.stages:
        return [name for name in names if name.startswith("$") or GIVEN.fullmatch(name)]
    is_bare = walk.stages[-1].is_bare
    return [name for name in names if not is_bare or name.startswith("$") or name == SET_EVERYWHERE]


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
            walk.copy(paths_meant(_marked(walk, word)))


def _is_address(walk: _Walk, instruction: Instruction, word: str) -> bool:
    """Whether what ADD takes is nothing of the context; what an address serves needs a checksum.

    BuildKit takes a checksum for addresses only, and an empty one for none (`dispatchCopy` in dockerfile2llb).
    """
    stage = walk.stages[-1]
    marked = _marked(walk, word)
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
    options = {name.lower(): value for name, _, value in (word.partition("=") for word in words)}
    kind = options.get("type", "bind").lower()
    if options.get("from"):
        _use(walk, instruction, options["from"])
    elif kind == "bind" or "$" in kind:
        source = options.get("source", options.get("src", WHOLE))
        walk.copy(paths_meant(_marked(walk, source)))


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


def _marked(walk: _Walk, word: str) -> str:
    """A path with its variables replaced; where one may be set by the base image, UNKNOWN stands.

    What stands beside a name for want of a value (`${A:-b}`) does not hold where the base image sets it.
    """
    values = walk.stages[-1].values
    found = expand(word, values, walk.escape)
    uncertain = _uncertain(walk, (*found.unknown, *found.replaced))
    if not uncertain:
        return found.text
    marked = expand(word, {**values, **dict.fromkeys(uncertain, UNKNOWN)}, walk.escape).text
    if any(name.startswith("$") for name in uncertain):  # nor is it known where such a form ends
        return marked.partition(UNKNOWN)[0] + UNKNOWN
    return marked


READERS: Final[Mapping[str, Callable[[_Walk, Instruction], None]]] = {
    "ARG": _read_arg,
    "ENV": _read_env,
    "EXPOSE": _read_expose,
    "COPY": _read_copy,
    "ADD": _read_copy,
    "RUN": _read_run,
    "ONBUILD": _read_onbuild,
}
