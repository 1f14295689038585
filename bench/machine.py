"""What a figure depends on besides the code: the machine's size, its load, and the versions of all that takes part."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.timing import read_output

GIB = 1024**3
ROOT: Final = Path(__file__).parents[1]


def describe_machine() -> str:
    """Cores and memory, without any name."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    return f"{len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB memory, {platform.system()} {platform.machine()}"


def describe_load() -> str:
    """How many processes wanted a core in the last minute."""
    return f"{os.getloadavg()[0]:.1f}"


def describe_commit() -> str:
    """The commit of this project, and whether its files differ from it."""
    commit = read_output("git", "rev-parse", "--short=12", "HEAD", cwd=ROOT)
    edits = read_output("git", "status", "--porcelain", cwd=ROOT)
    return f"{commit}, with edits" if edits else commit


def versions() -> dict[str, str]:
    """Program -> version, of all that takes part."""
    return {
        "Docker engine": read_output("docker", "version", "--format", "{{.Server.Version}}"),
        "storage": read_output("docker", "info", "--format", "{{.Driver}}"),
        "buildx": read_output("docker", "buildx", "version").split()[1],
        "compose": read_output("docker", "compose", "version", "--short"),
        "git": read_output("git", "--version").split()[-1],
        "Python": platform.python_version(),
        "doit": version("doit"),
    }


def is_substituted(pinned: str) -> bool:
    """Whether a base image is a stand-in made on this machine."""
    return pinned.startswith("buildgraph.local/")
