"""What a line of a Dockerfile makes of variables: what is certain, and what a base image or the platform may set."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from buildgraph.recipes.copied import NAME
from buildgraph.recipes.stage import Stage
from buildgraph.recipes.words import UNKNOWN, expand

# What a build is given without anybody's word: by its platform, or by the settings of Docker's command and our own.
GIVEN: Final = re.compile(
    r"(TARGET|BUILD)(PLATFORM|OS|OSVERSION|ARCH|VARIANT)|TARGETSTAGE|BUILDKIT_.*|SOURCE_DATE_EPOCH"
    r"|(?i:(HTTPS?|FTP|NO|ALL)_PROXY)"
)
NAMES: Final = re.compile(r"(TARGET|BUILD)(OS|ARCH)")  # of these, what are names; a variant may be empty, say
WORD: Final = re.compile(r"\w+")  # what may be a name in a text
SET_EVERYWHERE: Final = "PATH"  # BuildKit sets it upon no image, too


@dataclass(frozen=True, slots=True)
class Variables:
    """The variables of a line in `stage`; `outer` has those above the first FROM, and is the stage of lines there."""

    stage: Stage
    outer: Stage
    escape: str

    @property
    def are_outer(self) -> bool:
        """Whether the line stands above the first FROM."""
        return self.stage is self.outer

    def marked(self, word: str) -> str:
        """A path with its variables replaced; where one may be set by the base image, UNKNOWN stands.

        What stands beside a name for want of a value (`${A:-b}`) does not hold where the base image sets it.
        """
        values = self.stage.values
        found = expand(word, values, self.escape)
        uncertain = self._uncertain((*found.unknown, *found.replaced))
        return self._expanded(word, values, uncertain) if uncertain else found.text

    def worth(self, text: str, values: Mapping[str, str]) -> str:
        """What a variable is worth that is set to a text; what is not known of it stands as UNKNOWN.

        Where something stands beside a name for want of a value, and a base image may have set it, both are told: the
        port of `ENV PORT=${PORT:-80}` is most likely 80. Above FROM, some versions of BuildKit make nothing of all of a
        text at which they fail.
        """
        found = expand(text, values, self.escape)
        if found.is_odd:
            return UNKNOWN
        uncertain = self._uncertain(found.unknown)
        known = self._expanded(text, values, uncertain) if uncertain else found.text
        if self._uncertain(found.replaced) or (self.are_outer and self.differ_by_version(text)):
            # Behind it, too: folders in it are no more certain than what is before them.
            return UNKNOWN + known + UNKNOWN
        return known

    def worth_of_arg(self, name: str) -> str | None:
        """What an ARG is worth that has no value of its own; None where it changes nothing.

        Above FROM it takes away an earlier value, or leaves it: BuildKit's versions differ. What an ARG there asks of
        the platform may be empty in a stage.
        """
        if name in self.outer.values:
            return UNKNOWN if self.are_outer else self.outer.values[name]
        if self.are_outer or not GIVEN.fullmatch(name):
            return None
        return NAME if NAMES.fullmatch(name) and name not in self.outer.declared else UNKNOWN

    def differ_by_version(self, text: str) -> bool:
        """Whether a text above the first FROM, or in one, depends on what an ARG without a value is there.

        For some versions of BuildKit it is set and empty (`metaArgsToMap` in dockerfile2llb), for others it is not set.
        """
        values, declared = self.outer.values, self.outer.declared
        asked = {name for name in WORD.findall(text) if name in declared and name not in values}
        if not asked:
            return False
        return self._expanded(text, values, asked, "") != expand(text, values, self.escape).text

    def _expanded(
        self, text: str, values: Mapping[str, str], names: Collection[str], worth: str = UNKNOWN
    ) -> str:
        """A text in which names are worth something that have no value."""
        return expand(text, {**values, **dict.fromkeys(names, worth)}, self.escape).text

    def _uncertain(self, names: Iterable[str]) -> list[str]:
        """Those of the names which nothing here sets that may have a value all the same; the others are empty.

        Above the first FROM, and upon no image, there is none that could have set anything.
        """
        if self.are_outer:
            return [name for name in names if GIVEN.fullmatch(name)]
        return [name for name in names if not self.stage.is_bare or name == SET_EVERYWHERE]
