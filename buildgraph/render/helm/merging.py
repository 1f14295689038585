"""Values within values: what stands at a path, the same with something else there, and one laid over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from buildgraph.render.yaml import Yaml


def part(told: Yaml, path: str) -> Yaml:
    """What stands at a path of names and numbers, with dots between them; None where nothing does."""
    name, _, more = path.partition(".")
    below: Yaml = None
    if isinstance(told, Mapping):
        below = told.get(name)
    elif isinstance(told, Sequence) and not isinstance(told, str) and int(name) < len(told):
        below = told[int(name)]
    return part(below, more) if more else below


def replaced(told: Yaml, path: str, value: Yaml) -> Yaml:
    """The same with `value` at a path; what is missing on the way there is not made."""
    name, _, more = path.partition(".")
    if isinstance(told, Mapping):
        if more and name not in told:
            return told
        return {**told, name: replaced(told[name], more, value) if more else value}
    assert isinstance(told, Sequence) and not isinstance(told, str)
    place = int(name)
    return [*told[:place], replaced(told[place], more, value) if more else value, *told[place + 1 :]]


def merged(told: Yaml, patch: Yaml) -> Yaml:
    """A patch laid over an object as a cluster does it: maps by their keys, lists of named things by their names."""
    if isinstance(told, Mapping) and isinstance(patch, Mapping):
        added = {name: value for name, value in patch.items() if name not in told}
        return {
            **{name: merged(value, patch[name]) if name in patch else value for name, value in told.items()},
            **added,
        }
    if _are_named(told) and _are_named(patch):
        patches = {each["name"]: each for each in patch}
        known = {each["name"] for each in told}
        return [
            *(merged(each, patches.get(each["name"], {})) for each in told),
            *(each for each in patch if each["name"] not in known),
        ]
    return patch


def _are_named(told: Yaml) -> TypeGuard[list[Mapping[str, Yaml]]]:
    return isinstance(told, list) and all(isinstance(each, Mapping) and "name" in each for each in told)
