"""The files that an adopted workspace needs, as text: manifests, the templates of its kinds, doit's two."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Final

from buildgraph.adopt.model import Adoption
from buildgraph.adopt.reading import is_dockerfile
from buildgraph.adopt.rendering import DODO, DODO_FILE, TOOL, TOOL_FILE, render_manifests
from buildgraph.manifests.kinds import KINDS, TEMPLATES
from buildgraph.manifests.model import Environment, Manifests
from buildgraph.manifests.parsing import WORKSPACE_FILE
from buildgraph.recipes import Dockerfile, parse_dockerfile
from buildgraph.recipes.bases import ROOT_RECIPE

SUBSTITUTES: Final = "docker/substitutes"
STANDS_IN: Final = re.compile(r"# Stands in for ([\w./:-]*\w)")


def needed_files(adoption: Adoption, name: str, templates: Mapping[str, str]) -> dict[str, str]:
    """Path -> text of what is needed where base images come from their registry; `templates` are ours, by name."""
    kinds = {service.kind for service in adoption.services if not service.dockerfile}
    files = {**render_manifests(adoption, name, {}), **template_files(kinds, templates)}
    return {**files, DODO_FILE: DODO, TOOL_FILE: TOOL}


def with_stand_ins(
    files: Mapping[str, str], adoption: Adoption, texts: Mapping[str, str], recipes: Mapping[str, str]
) -> dict[str, str]:
    """`files` for a machine that builds on stand-ins: `recipes` are ours by name, `texts` the workspace's by path."""
    used = {*_bases(files), *_bases_of_own(adoption, texts), Environment("").proxy_image}
    stand_ins = _chosen(recipes, used)
    workspace = files[WORKSPACE_FILE].partition('"')[2].partition('"')[0]
    manifests = render_manifests(adoption, workspace, stand_ins)
    return {**files, **manifests, **_recipes(stand_ins, recipes)}


def with_recipes(files: Mapping[str, str], recipes: Mapping[str, str]) -> dict[str, str]:
    """`files`, and of `recipes`, ours by name, those that stand in for the bases of the Dockerfiles among them."""
    return {**files, **_recipes(_chosen(recipes, _bases(files)), recipes)}


def wanted_recipes(recipes: Mapping[str, str], manifests: Manifests) -> dict[str, str]:
    """`recipes`, ours by name, without those for base images that are locked, or that another recipe stands in for."""
    replaced = manifests.workspace.substitutes
    known = {
        path
        for base, path in _standing_in(recipes).items()
        if base in manifests.bases or replaced.get(base, path) != path
    }
    return {name: text for name, text in recipes.items() if f"{SUBSTITUTES}/{name}" not in known}


def unnamed_stand_ins(files: Mapping[str, str], manifests: Manifests) -> dict[str, str]:
    """Base image -> recipe, of the recipes among `files` that the workspace's manifest does not name."""
    recipes = {path.rpartition("/")[2]: text for path, text in files.items() if path.startswith(SUBSTITUTES)}
    replaced = manifests.workspace.substitutes
    return {base: path for base, path in _standing_in(recipes).items() if base not in replaced}


def _chosen(recipes: Mapping[str, str], used: Container[str]) -> dict[str, str]:
    """Base image -> the path of the recipe that stands in for it, for those that are used."""
    return {base: path for base, path in _standing_in(recipes).items() if base in used}


def _standing_in(recipes: Mapping[str, str]) -> dict[str, str]:
    """Base image -> the path of the recipe that stands in for it."""
    found = {name: STANDS_IN.match(text) for name, text in sorted(recipes.items())}
    return {match[1]: f"{SUBSTITUTES}/{name}" for name, match in found.items() if match}


def _bases(files: Mapping[str, str]) -> set[str]:
    """The base images of the Dockerfiles among files, recipes of stand-ins aside."""
    dockerfiles = {
        path: text
        for path, text in files.items()
        if is_dockerfile(path) and not path.startswith(f"{SUBSTITUTES}/")
    }
    return {
        base for path, text in dockerfiles.items() for base in parse_dockerfile(text.encode(), path).bases
    }


def _bases_of_own(adoption: Adoption, texts: Mapping[str, str]) -> Iterator[str]:
    """The base images of the services' own Dockerfiles, by the stage that ships."""
    for service in adoption.services:
        if service.dockerfile:
            text = texts[service.dockerfile].encode()
            yield from parse_dockerfile(text, service.dockerfile, target=service.target).bases


def _recipes(stand_ins: Mapping[str, str], recipes: Mapping[str, str]) -> dict[str, str]:
    """The recipe of each stand-in and what stands beside it, with the root of all."""
    names = {recipe.rpartition("/")[2].removesuffix("Dockerfile") for recipe in stand_ins.values()}
    wanted = {name for name in recipes if any(name.startswith(stem) for stem in names)} | {ROOT_RECIPE}
    return {f"{SUBSTITUTES}/{name}": recipes[name] for name in sorted(wanted)} if stand_ins else {}


def template_files(kinds: Iterable[str], templates: Mapping[str, str]) -> dict[str, str]:
    """Path -> text of the templates of these kinds, and of the files that they name."""
    names = {KINDS[kind].template.rpartition("/")[2] for kind in kinds if KINDS[kind].template}
    every = {name for template in names for name in [template, *_support(templates, template)]}
    return {f"{TEMPLATES}/{name}": templates[name] for name in sorted(every)}


def _support(templates: Mapping[str, str], name: str) -> Iterator[str]:
    parsed: Dockerfile = parse_dockerfile(templates[name].encode(), name)
    yield from parsed.support_files
