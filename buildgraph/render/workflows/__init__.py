"""GitHub workflows: one from a change to production, one for the way back; all they do is call the tool's tasks."""

from __future__ import annotations

from buildgraph.manifests.model import Manifests
from buildgraph.render.workflows.pipeline import render_pipeline
from buildgraph.render.workflows.rollback import render_rollback


def render_workflows(manifests: Manifests) -> dict[str, str]:
    """The files, in the folder that the workspace names."""
    texts = {"pipeline": render_pipeline(manifests), "rollback": render_rollback(manifests)}
    return {f"{manifests.workspace.workflows}/{name}.yml": text for name, text in texts.items() if text}


__all__ = ["render_workflows"]
