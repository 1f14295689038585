"""Holds every answer of a verb that a test asks for against its schema, and against what no pipe may get."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import jsonschema

from buildgraph.commands.schema import schema_text

# Answers whose form depends on an option besides the verb.
BY_OPTION = {
    # the manifest has the short name
    "bases": {"--check": "bases.check", "--update": "bases.check", "": "bases.list"},
    "releases": {"--events": "releases.events"},
    "backups": {"--former": "backups.former"},
    "status": {"--all": "status.all"},
}
ESCAPE = "\x1b"
PASSED_ON = ("logs",)  # what containers have said is told as they said it


@cache
def validator(name: str) -> jsonschema.Draft7Validator:
    """Knows the schema of an answer."""
    return jsonschema.Draft7Validator(json.loads(schema_text(name)))


def check_answer(arguments: Sequence[str], out: str) -> None:
    """Refuse an answer that is not what its schema says, or that steers a terminal which is none."""
    verb = next(iter(arguments), "")
    if verb not in PASSED_ON:
        assert ESCAPE not in out, (arguments, out)
    asked = [two for one, two in pairwise(arguments) if one == "--format"]
    if out and asked in (["json"], ["github"]) and "-o" not in arguments:
        validator(schema_name(verb, arguments, asked[0])).validate(json.loads(out))


def schema_name(verb: str, arguments: Sequence[str], form: str) -> str:
    """The name of the schema of what a command line answers."""
    if form == "github":
        return f"{verb}.layers" if "--layers" in arguments else f"{verb}.github"
    return next(
        (name for option, name in BY_OPTION.get(verb, {}).items() if not option or option in arguments), verb
    )
