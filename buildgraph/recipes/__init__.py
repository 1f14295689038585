"""Recipes: what Dockerfiles build upon and copy, and what base images are here; nothing reads a disk."""

from buildgraph.recipes.bases import Base, resolve_base
from buildgraph.recipes.dockerfile import Dockerfile, parse_dockerfile

__all__ = ["Base", "Dockerfile", "parse_dockerfile", "resolve_base"]
