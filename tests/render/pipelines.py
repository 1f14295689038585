"""The workflows of this repository, taken apart, and GitHub's expressions, worked out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import yaml

from tests.support.system import ROOT

COMMITTED = sorted((ROOT / "docker/github").glob("*.yml"))
Workflow = dict[str, Any]


@cache
def committed(name: str) -> Workflow:
    found: Workflow = yaml.safe_load((ROOT / f"docker/github/{name}.yml").read_text())
    return found


def jobs() -> Iterator[tuple[str, Workflow]]:
    for path in COMMITTED:
        for name, job in committed(path.stem)["jobs"].items():
            yield f"{path.stem}: {name}", job


def steps() -> Iterator[tuple[str, Workflow]]:
    for name, job in jobs():
        for step in job["steps"]:
            yield f"{name}: {step['name']}", step


def event(name: str, ref: str = "refs/heads/main") -> SimpleNamespace:
    return SimpleNamespace(event_name=name, ref=ref)


def value(expression: str, **contexts: object) -> bool:
    """What GitHub makes of an expression: Python, once its operators are Python's."""
    inner = expression.removeprefix("${{").removesuffix("}}").strip()
    for told, python in (
        ("&&", " and "),
        ("||", " or "),
        (r"!(?!=)", " not "),
        (r"needs\.\*\.result", "results"),
    ):
        inner = re.sub(re.escape(told) if "&" in told or "|" in told else told, python, inner)
    inner = re.sub(r"needs\.([\w-]+)", lambda found: f"needs[{found[1]!r}]", inner)
    functions = {
        "contains": lambda found, item: item in found,
        "fromJSON": json.loads,
        "always": lambda: True,
    }
    return bool(eval(inner.strip(), {"__builtins__": {}, **functions, **contexts}))
