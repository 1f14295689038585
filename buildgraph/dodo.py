"""What a dodo.py of ours needs: `doit` hands its command line over, so that both spellings are one program."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn


def hand_over() -> NoReturn:
    """Run this process's command line as `buildgraph` would, and end with its exit code."""
    from buildgraph.main import main

    sys.exit(main(sys.argv[1:]))


def is_doit() -> bool:
    """Whether this process was started as `doit` (or `python -m doit`)."""
    return Path(sys.argv[0]).name in ("doit", "doit.exe", "__main__.py")


class HandOver:
    """A doit loader that hands over before doit reads any option, so that verbs keep their own.

    A folder opts in by its pyproject.toml: `[tool.doit] loader = "buildgraph"`, and
    `[tool.doit.plugins.loader] buildgraph = "buildgraph.dodo:HandOver"`.
    """

    cmd_options = ()

    def __init__(self) -> None:
        hand_over()
