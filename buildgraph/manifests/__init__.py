"""Manifests: what the TOML files under `manifests/` say, as checked values."""

from buildgraph.manifests.model import Manifests
from buildgraph.manifests.parsing import parse_manifests
from buildgraph.manifests.presence import check_against

__all__ = ["Manifests", "check_against", "parse_manifests"]
