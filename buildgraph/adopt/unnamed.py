"""Projects whose files another one reads without naming them: an image made from package.json files lacks these."""

from __future__ import annotations

import posixpath

from buildgraph.adopt.model import Facts, Project
from buildgraph.order import closure
from buildgraph.workspace import Package
from buildgraph.workspace.projects import ROOT, owner_of
from buildgraph.workspace.tsconfig import DEFAULT_NAME, parse_taken_in


def unnamed_projects(facts: Facts, project: Project) -> list[str]:
    """The folders of those that a project's tsconfig.json takes in and its dependencies do not lead to, sorted."""
    taken_in = parse_taken_in(project.text(DEFAULT_NAME).encode())
    places = [posixpath.normpath(posixpath.join(project.folder, text)) for text in taken_in]
    owners = {owner_of(place, facts.packages) for place in places if not place.startswith("..")}
    others = owners - {None, ROOT, project.folder}
    return sorted(folder for folder in others if folder is not None and folder not in _led_to(facts, project))


def _led_to(facts: Facts, project: Project) -> frozenset[str]:
    """The folders of the projects that its dependencies lead to, by name."""
    by_name = {package.name: folder for folder, package in facts.packages.items() if package.name}
    edges = {
        folder: tuple(by_name[name] for name in _names(package) if name in by_name)
        for folder, package in facts.packages.items()
    }
    return frozenset(closure(edges, [project.folder]))


def _names(package: Package) -> list[str]:
    return [name for group in package.dependencies.values() for name in group]
