"""How long work on a node took when it was last done here, as the newest report remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.project import Project
from buildgraph.runs.report import parse_took
from buildgraph.runs.shelf import last_report
from buildgraph.snapshot.git import OWN_FOLDER

# Which nodes the work of a phase is on.
KINDS: Final[Mapping[str, str]] = {"build": "image", "deploy": "product"}


def lately_took(project: Project) -> dict[str, float]:
    """The id of an image or product -> the seconds of its last build or deploy; none where no run was reported."""
    if not (project.folder / OWN_FOLDER).is_dir():  # who only asks leaves no folder behind
        return {}
    known = parse_took(last_report(project.cache_folder()))
    found: dict[str, float] = {}
    # Where several environments have figures, those of the usual one count: they come last.
    for environment in sorted(known, key=lambda name: (name == DEFAULT_ENVIRONMENT, name)):
        for task, seconds in known[environment].items():
            phase, _, name = task.partition(":")
            if phase in KINDS:
                found[f"{KINDS[phase]}:{name}"] = seconds
    return found
