"""How long work on a node took when it was last done here, as the newest report remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildgraph.project import Project
from buildgraph.runs.report import parse_took
from buildgraph.runs.shelf import last_report
from buildgraph.snapshot.git import OWN_FOLDER

# Which nodes the work of a phase is on.
KINDS: Final[Mapping[str, str]] = {"build": "image", "deploy": "product"}
USUAL: Final = "development"  # whose figures count where several environments have some


def lately_took(project: Project) -> dict[str, float]:
    """The id of an image or product -> the seconds of its last build or deploy; none where no run was reported."""
    if not (project.folder / OWN_FOLDER).is_dir():  # who only asks leaves no folder behind
        return {}
    known = parse_took(last_report(project.cache_folder()))
    found: dict[str, float] = {}
    for environment in sorted(known, key=lambda name: (name == USUAL, name)):
        for task, seconds in known[environment].items():
            phase, _, name = task.partition(":")
            if phase in KINDS:
                found[f"{KINDS[phase]}:{name}"] = seconds
    return found
