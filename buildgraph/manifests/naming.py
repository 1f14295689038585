"""What things of an environment are called on an engine, for whoever starts them and for whoever watches them."""

from __future__ import annotations

WORKSPACE, ENVIRONMENT, ROLE = "buildgraph.workspace", "buildgraph.environment", "buildgraph.role"
PRODUCT, SERVICE, BACKING = "buildgraph.product", "buildgraph.service", "buildgraph.backing"


def prefix_of(workspace: str, environment: str) -> str:
    """The first part of every name, and the whole name of the private network."""
    return f"{workspace}-{environment}"
