"""What services and products are called, after their packages and folders; no two alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from buildgraph.workspace.projects import ROOT

# Folders that gather projects and say nothing of them.
GATHERING: Final = frozenset(
    (
        "apps",
        "services",
        "packages",
        "projects",
        "sites",
        "products",
        "workers",
        "servers",
        "frontends",
        "backends",
    )
)
LONGEST: Final = 63  # a DNS label


def name_of(written: str) -> str:
    """A name that hosts, containers and images may bear, made of any text; "" when nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "-", written.lower()).strip("-")[:LONGEST].strip("-")


def workspace_name(package: str, folder: str) -> str:
    """What a workspace is called: as its root package, unless that says no more than what it is; else as its folder."""
    told = name_of(package.rpartition("/")[2])
    return (told if told not in ("root", "monorepo", "workspace") else "") or name_of(folder) or "workspace"


def product_of(folder: str, workspace: str) -> str:
    """The product of a folder: the folder above it that gathers nothing else, else the workspace."""
    parts = _telling(folder)
    return (name_of(parts[0]) if len(parts) > 1 else "") or workspace


def service_names(packages: Mapping[str, str], workspace: str, taken: Collection[str]) -> dict[str, str]:
    """Folder -> the name of its service; `packages` are the package names by folder ("": it has none)."""
    products = {product_of(folder, workspace) for folder in packages}
    choices = {folder: _choices(folder, package, workspace) for folder, package in packages.items()}
    found: dict[str, str] = {}
    for at in range(3):
        wanted = {
            folder: names[min(at, len(names) - 1)] for folder, names in choices.items() if folder not in found
        }
        used = Counter(wanted.values())
        for folder, name in sorted(wanted.items()):
            is_free = used[name] == 1 and name not in found.values() and name not in taken
            if is_free and name not in products - {product_of(folder, workspace)}:
                found[folder] = name
    for folder in sorted(packages.keys() - found.keys()):
        found[folder] = _numbered(choices[folder][-1], {*found.values(), *taken, *products})
    return found


def _choices(folder: str, package: str, workspace: str) -> list[str]:
    """The names to try, best first."""
    parts = _telling(folder)
    leaf = name_of(package.rpartition("/")[2]) or name_of(parts[-1] if parts else "") or workspace
    product = product_of(folder, workspace)
    whole = name_of("-".join(parts)) or leaf
    if product == workspace:
        return [leaf, whole, name_of(f"{workspace}-{whole}")]
    nested = leaf if leaf.startswith(product) else name_of(f"{product}-{leaf}")
    return [nested, whole, name_of(f"{workspace}-{whole}")]


def _telling(folder: str) -> list[str]:
    """The parts of a folder that say something."""
    return [part for part in folder.split("/") if part not in GATHERING and part != ROOT]


def _numbered(name: str, taken: Collection[str]) -> str:
    numbers = range(2, len(taken) + 3)
    return next(f"{name}-{number}" for number in numbers if f"{name}-{number}" not in taken)
