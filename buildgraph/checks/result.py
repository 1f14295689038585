"""What a script that succeeded has left, as a value and as the JSON that is kept of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

FORMAT = 1
FILE, LINK, FOLDER = "file", "link", "folder"
MOST_LOG = (
    1 << 27
)  # bytes of what a script printed: it is held whole, and a pack of kilobytes may say gigabytes
PERMISSIONS = 0o777  # of a file's mode; more than that is never given
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Output(NamedTuple):
    """A file, symbolic link or empty folder; `path` is seen from the package's folder.

    `digest` and `size` are of a file's content; `target` is where a link leads.
    """

    path: str
    kind: str = FILE
    mode: int = 0o644
    size: int = 0
    digest: str = ""
    target: str = ""


class Content(NamedTuple):
    """Bytes that stand elsewhere: their digest and how many they are."""

    digest: str
    size: int


class Result(NamedTuple):
    """A script's success: what it has printed and left, and the seconds that it took.

    `pack` is where both stand: the log and then every file, in the order of `outputs`, compressed. `only` is the
    checkout that alone it is for, as something older than the run is part of it; "" for one that is for everybody.
    """

    key: str
    seconds: float
    log: Content
    outputs: tuple[Output, ...]
    pack: Content
    only: str = ""


def render_result(result: Result) -> bytes:
    """The JSON of a result: the same bytes every time."""
    told = {"format": FORMAT, **result._asdict()}
    return json.dumps(told, separators=(",", ":")).encode()


def parse_result(content: bytes, key: str, is_output: Callable[[str], bool]) -> Result | None:
    """The result in this JSON; None when it is none of this key, or would write where the script has no outputs."""
    try:
        told = json.loads(content)
        found = Result(
            str(told["key"]),
            float(told["seconds"]),
            _content(told["log"]),
            tuple(_output(output) for output in told["outputs"]),
            _content(told["pack"]),
            str(told["only"]),
        )
        is_known = told["format"] == FORMAT and found.key == key
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_small = found.log.size <= MOST_LOG
    return found if is_known and is_small and _is_fit(found.outputs, is_output) else None


def _content(told: Any) -> Content:
    digest, size = told
    if not _DIGEST.fullmatch(digest) or type(size) is not int or size < 0:
        raise ValueError(digest)
    return Content(digest, size)


def _output(told: Any) -> Output:
    path, kind, mode, size, digest, target = told
    texts = all(isinstance(text, str) for text in (path, kind, digest, target))
    if not texts or type(mode) is not int or kind not in (FILE, LINK, FOLDER):
        raise ValueError(path)
    if kind == FILE:
        _content((digest, size))
    if kind == LINK and (not target or "\0" in target):
        raise ValueError(path)
    return Output(path, kind, mode & PERMISSIONS, size if kind == FILE else 0, digest, target)


def _is_fit(outputs: tuple[Output, ...], is_output: Callable[[str], bool]) -> bool:
    """Whether every path lies inside the package's folder, among its outputs, and none lies below a file or link."""
    leaves = {output.path for output in outputs}
    if len(leaves) != len(outputs):
        return False
    return all(_is_inside(path) and is_output(path) and not _above(path) & leaves for path in leaves)


def _is_inside(path: str) -> bool:
    return "\0" not in path and all(part not in ("", ".", "..") for part in path.split("/"))


def _above(path: str) -> set[str]:
    parts = path.split("/")
    return {"/".join(parts[:end]) for end in range(1, len(parts))}
