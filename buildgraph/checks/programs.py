"""Which node and which pnpm run the scripts: asked once, and again when the file behind the name is another one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from buildgraph.checks.ledger import Ledger, Told

NODE, PNPM = "node", "pnpm"
ABSENT: Final = "absent"
SHIMS: Final = "shims"  # where asdf, mise, nodenv and proto put what starts the version that is asked for
Ask = Callable[[str], str]


def platform() -> str:
    """The system and processor: what is built for one may not run on another, nor what is for glibc on Alpine."""
    other = " musl" if sys.platform == "linux" and not _has_glibc() else ""
    return f"{sys.platform} {os.uname().machine}{other}"


def _has_glibc() -> bool:
    """Whether the C library says that it is the GNU one (confstr, _CS_GNU_LIBC_VERSION)."""
    try:
        return bool(os.confstr("CS_GNU_LIBC_VERSION"))
    except (OSError, ValueError):
        return False


def program_versions(ledger: Ledger, ask: Ask) -> tuple[tuple[str, str], ...]:
    """Program -> version of all that runs scripts; `ask` has a program at a path tell its own."""
    return (
        ("platform", platform()),
        (NODE, _version(NODE, find_program(NODE), ledger, ask)),
        (PNPM, _version_of_pnpm(find_program(PNPM), ledger, ask)),
    )


def find_program(name: str) -> str:
    """The path of a program; "" when it is not on PATH."""
    for folder in os.get_exec_path():
        path = f"{folder}/{name}"
        if os.access(path, os.X_OK) and not Path(path).is_dir():
            return path
    return ""


def _version_of_pnpm(path: str, ledger: Ledger, ask: Ask) -> str:
    """What stands beside pnpm, which is a script; the version that a package.json asks for counts anyway."""
    if not path:
        return ABSENT
    real = os.path.realpath(path)
    for folder in list(Path(real).parents)[:2]:
        with suppress(OSError, ValueError, AttributeError):
            told = json.loads((folder / "package.json").read_bytes())
            if told.get("name") == PNPM:
                return str(told.get("version"))
    return _version(PNPM, path, ledger, ask)


def _version(name: str, path: str, ledger: Ledger, ask: Ask) -> str:
    """What a program tells of itself; what may start any version is asked every time."""
    if not path:
        return ABSENT
    real = os.path.realpath(path)
    if not _is_itself(name, real):
        return ask(path)
    found = Path(real).stat()
    here = (real, found.st_size, found.st_mtime_ns, found.st_ino)
    known = ledger.programs.get(path)
    if known is not None and known[:4] == here:
        return known[4]
    told: Told = (*here, ask(path))
    ledger.note_program(path, told)
    return told[4]


def _is_itself(name: str, real: str) -> bool:
    """Whether a file is the program of this name, and not one of a version manager that starts it.

    Volta's and mise's are programs of their own names, proto's lies in a folder of shims, others are scripts.
    """
    place = Path(real)
    return place.name == name and place.parent.name != SHIMS and not _is_script(place)


def _is_script(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(2) == b"#!"
