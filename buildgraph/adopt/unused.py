"""Projects that are built for nobody in the workspace: perhaps what they make ships, though no kind fits them."""

from __future__ import annotations

from buildgraph.adopt.model import Facts, Project
from buildgraph.adopt.reading import is_aside
from buildgraph.workspace.projects import ROOT


def makes_something(facts: Facts, project: Project) -> bool:
    """Whether a project has a `build` script and nobody here to make it for.

    The root's script mostly builds the others; those that stand aside are examples and tests.
    """
    package = project.package
    if "build" not in package.scripts or project.folder == ROOT or is_aside(project.folder):
        return False
    return not (project.is_library or "bin" in package.document or _is_used(facts, package.name))


def _is_used(facts: Facts, name: str) -> bool:
    groups = (group for package in facts.packages.values() for group in package.dependencies.values())
    return any(name in group for group in groups)
