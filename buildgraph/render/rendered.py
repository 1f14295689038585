"""What a file of rendered text is, and the first line by which everybody knows one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.model import Manifests

MARK: Final = "Rendered by buildgraph from manifests/"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is rendered under one name: `make` gives texts by their paths, seen from the project's folder.

    `path` is a glob that fits all of these paths: what fits it too, bears the mark and is made no more, is in the way.
    In it, `{workflows}` is the folder that the workspace names.
    """

    path: str
    make: Callable[[Manifests], Mapping[str, str]]

    def glob(self, manifests: Manifests) -> str:
        """The glob of its paths in the project of these manifests."""
        return self.path.format(workflows=manifests.workspace.workflows)


def head(before: str = "# ", after: str = "") -> str:
    """The first line of a rendered file, between what makes it a comment there."""
    return f"{before}{MARK}: what is edited here is lost. `buildgraph render` writes it anew.{after}\n"


def is_rendered(text: str) -> bool:
    """Whether a file's first line says that it is rendered."""
    return MARK in text.partition("\n")[0]
