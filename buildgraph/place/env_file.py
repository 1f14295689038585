"""An environment's env file as it lies on the disk: its lines, and never through a link that a commit may hold."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from buildgraph.errors import ConfigurationError, Mistake

LARGEST: Final = 2**20  # bytes: a megabyte of secrets
LINE_END: Final = re.compile(r"\r\n|\r|\n")  # what else Python ends lines at may stand in a value
Seen = Callable[
    [str], bool
]  # whether git sees a path of the project's folder: in a commit, or about to be in one


def seen_by_none(path: str) -> bool:
    """No path is in any commit."""
    return False


def read_env_file(root: Path, file: str, is_seen: Seen) -> bytes:
    """The content of an env file below `root`; b"" where none is there.

    A link that whoever keeps the machine has put there is followed. ConfigurationError for one that git sees, for what
    is no regular file or larger than a megabyte, and for what cannot be read.
    """
    _refuse_seen(root, file, is_seen)
    try:
        with open(root / file, "rb", opener=_at_once) as opened:  # Path.open takes none
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise ConfigurationError.of(file, "is no regular file")
            content = opened.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise ConfigurationError.of(file, f"cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise ConfigurationError.of(file, "is larger than a megabyte")
    return content


def _at_once(path: str, flags: int) -> int:
    """A pipe that nobody writes to is not waited for."""
    return os.open(path, flags | os.O_NONBLOCK)


def _refuse_seen(root: Path, file: str, is_seen: Seen) -> None:
    for path in _links(root, file):
        if is_seen(path):
            raise ConfigurationError.of(
                path,
                "is a symbolic link that git sees, and a commit may have it lead anywhere",
                "take it out of git, and name it in .gitignore",
            )


def _links(root: Path, file: str) -> Iterator[str]:
    """The links among a path and the folders on its way."""
    parts = file.split("/")
    paths = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return (path for path in paths if (root / path).is_symlink())


def parse_env_file(content: str, where: str) -> dict[str, str]:
    """The variables of an env file: `NAME=VALUE` lines, quotes and `export` allowed, `#` lines skipped.

    Raises ConfigurationError that names the lines that are none of this, and shows nothing of them.
    """
    found: dict[str, str] = {}
    mistakes = []
    for number, line in enumerate(LINE_END.split(content), start=1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if "\0" in text:
            mistakes.append(Mistake(f"{where}:{number}", "has a NUL byte, which no variable can hold"))
        elif equals and name.strip().isidentifier():
            found[name.strip()] = _unquoted(value.strip())
        else:
            mistakes.append(Mistake(f"{where}:{number}", "is no NAME=VALUE line"))
    if mistakes:
        raise ConfigurationError(mistakes)
    return found


def _unquoted(value: str) -> str:
    for mark in ("'", '"'):
        if len(value) >= 2 and value.startswith(mark) and value.endswith(mark):
            return value[1:-1]
    return value
