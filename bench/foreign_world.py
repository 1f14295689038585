"""What a foreign repository is, as a value: its first files, and the commits after them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Files = dict[str, str]
PINNED: Final = "pnpm@9.15.0"
EMPTY: Final = "FROM scratch\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """One commit: its subject, and the new text of each file; None takes the file away.

    `installs` are the projects for which it installs something else, which their own files do not tell.
    """

    subject: str
    files: Mapping[str, str | None]
    installs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """A repository: the folder of its pnpm workspace in it, its first files, and the commits after them.

    `shape` tells what is foreign about it, `builds` names the service whose image is built.
    """

    name: str
    shape: str
    root: str
    files: Mapping[str, str]
    edits: tuple[Edit, ...]
    builds: str | None = None


def package(name: str | None, uses: Mapping[str, str] | None = None, **rest: object) -> str:
    """A package.json; one without a name, as it occurs, for None."""
    named = {} if name is None else {"name": name}
    return json.dumps({**named, "private": True, **rest, "dependencies": dict(uses or {})}, indent=2) + "\n"
