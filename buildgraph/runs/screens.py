"""Which screen fits where a run is started."""

from __future__ import annotations

from collections.abc import Mapping

from buildgraph.console import Plain, Screen, is_on_actions, write


def fitting_screen(environ: Mapping[str, str]) -> Screen:
    """Groups for GitHub Actions, and plain lines for everybody else."""
    if is_on_actions(environ):
        from buildgraph.runs.actions import Groups

        return Groups(write)
    return Plain()
