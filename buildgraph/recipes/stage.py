"""A stage of a Dockerfile as a value: what it builds upon, uses, copies and leaves to others."""

from __future__ import annotations

from dataclasses import dataclass, field

from buildgraph.errors import Mistake
from buildgraph.recipes.instructions import Instruction


@dataclass(slots=True)
class Stage:
    """One FROM and what follows it.

    `uses` are positions of earlier stages and `images` references outside the Dockerfile: together they
    are all that it is built upon. Its `mistakes` count only when a build needs the stage. `declared` are the
    names of its ARGs; `values` are what variables are worth at its end, by ARG or ENV, whichever was last. `parent`
    is the position of the stage that its FROM names, `ports` what its own EXPOSE lines name, in their order.
    `triggers` are what its own ONBUILD lines leave to those that are built upon it. `line` is that of its FROM. Where
    `is_bare`, no image below it could have set a variable.
    """

    name: str = ""
    line: int = 0
    is_bare: bool = False
    parent: int | None = None
    uses: set[int] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    copies: set[str] = field(default_factory=set)
    downloads: set[str] = field(default_factory=set)
    ports: list[int] = field(default_factory=list)
    triggers: list[Instruction] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
