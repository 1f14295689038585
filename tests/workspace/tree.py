"""A workspace held in memory: files by path, seen as the reader sees a snapshot; and a way to write one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from buildgraph.snapshot.links import Links


@dataclass
class Tree:
    """Files by path; counts how often it is asked, for that is a process each with a real snapshot."""

    files: dict[str, bytes]
    links: dict[str, str] = field(default_factory=dict)
    questions: int = 0

    @property
    def entries(self) -> Mapping[str, object]:
        return {**self.files, **self.links}

    def shown(self, paths: Iterable[str]) -> dict[str, bytes]:
        self.questions += 1
        places = {path: Links(self.links).ways(path)[-1] for path in paths}
        return {path: self.files[place] for path, place in places.items() if place in self.files}


def tree(files: Mapping[str, Any], links: Mapping[str, str] | None = None) -> Tree:
    """A tree of these files: texts as they are, anything else as JSON."""
    return Tree({path: _bytes(content) for path, content in files.items()}, dict(links or {}))


def write(folder: Path, files: Mapping[str, Any]) -> None:
    """Put these files on disk below `folder`."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(_bytes(content))


def _bytes(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else json.dumps(content, indent=2).encode()
