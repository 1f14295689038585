"""Tells what is affected: as a table, as names, as JSON, or as the matrix of a workflow."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from buildgraph.commands.asking import (
    FORMAT_VERSION,
    compare_asked,
    describe,
    reasons_as_dict,
    sides_as_dict,
)
from buildgraph.commands.options import as_json, as_lines
from buildgraph.comparison import Comparison
from buildgraph.console import answer, table, tell
from buildgraph.errors import DONE, FAILED, ConfigurationError
from buildgraph.graph.nodes import Kind
from buildgraph.harmless import on_one_line
from buildgraph.plan.affected import USER_KINDS, Affected
from buildgraph.plan.layers import layers_of
from buildgraph.project import Project

ASK_JSON = "`--format json` tells packages and products, too"
KINDS = {kind.value: kind for kind in USER_KINDS}


def tell_affected(project: Project, options: argparse.Namespace) -> int:
    """Print what is affected; returns the exit code.

    Raises ConfigurationError for a kind that is not known, and for a matrix that would tell nothing.
    """
    kinds = _kinds(",".join(options.kind))
    if options.layers and options.format != "github":
        raise ConfigurationError.of("--layers", "makes matrices of workflows", "write `--format github`, too")
    comparison = compare_asked(project, options, kinds)
    if options.format == "github":
        _need_images(comparison, kinds)
    if not comparison.complete:
        tell(comparison.why_incomplete)
    answer((_github_layers if options.layers else FORMATS[options.format])(comparison))
    return FAILED if options.exit_code and comparison.nodes else DONE


def _kinds(text: str) -> tuple[Kind, ...]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise ConfigurationError.of(
            "--kind", f"there is no kind {unknown[0]!r}", f"known: {', '.join(KINDS)}"
        )
    return tuple(KINDS[name] for name in names) or USER_KINDS


def _need_images(comparison: Comparison, kinds: Iterable[Kind]) -> None:
    """A workflow that asks in vain would skip all its work without a word."""
    if Kind.IMAGE not in kinds:
        raise ConfigurationError.of("--format github", "tells images, and --kind leaves them out", ASK_JSON)
    if not comparison.head.manifests.services:
        raise ConfigurationError.of(
            "--format github", "tells images, and no manifest declares a service", ASK_JSON
        )


def _table(comparison: Comparison) -> str:
    if not comparison.nodes:
        return "nothing is affected"
    return table(
        [(on_one_line(found.node.id), found.change, _first_reason(found)) for found in comparison.nodes]
    )


def _first_reason(found: Affected) -> str:
    if found.change == "added":
        return "it is new"
    return describe(found.first_reason) if found.first_reason else ""


def _names(comparison: Comparison) -> str:
    return as_lines(on_one_line(found.node.id) for found in comparison.nodes)


def _json(comparison: Comparison) -> str:
    return as_json(
        {
            "format": FORMAT_VERSION,
            **sides_as_dict(comparison),
            "nodes": [_node(comparison, found) | _own_base(comparison, found) for found in comparison.nodes],
        }
    )


def _node(comparison: Comparison, found: Affected) -> dict[str, Any]:
    return {
        "id": found.node.id,
        "kind": found.node.kind.value,
        "path": found.node.path,
        "change": found.change,
        **reasons_as_dict(comparison, found),
    }


def _own_base(comparison: Comparison, found: Affected) -> dict[str, Any]:
    """The commit that a node was deployed from, where every node has a base of its own."""
    if comparison.bases is None:
        return {}
    return {"base": comparison.bases.get(found.node.id) or None}


def _github(comparison: Comparison) -> str:
    """One line for a workflow's matrix; an empty set is an empty list, which skips the job and breaks nothing."""
    return _on_one_line(_matrix(comparison, _images(comparison)))


def _github_layers(comparison: Comparison) -> str:
    """A matrix for every layer of images: a job of one layer finds all that it builds upon made by those before."""
    layers = layers_of(comparison.head.graph, _images(comparison))
    return _on_one_line({"layers": [_matrix(comparison, layer) for layer in layers]})


def _on_one_line(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":"))


def _images(comparison: Comparison) -> list[str]:
    """The affected images that there are."""
    prints = comparison.head.graph.fingerprints
    found = (affected.node for affected in comparison.nodes)
    return [node.id for node in found if node.kind is Kind.IMAGE and node.id in prints]


def _matrix(comparison: Comparison, images: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    prints = comparison.head.graph.fingerprints
    services = {service.name: service for service in comparison.head.manifests.services}
    return {
        "include": [
            {
                "service": (name := image.partition(":")[2]),
                "product": services[name].product,
                "image": comparison.head.local_reference(name),
                "fingerprint": prints[image],
            }
            for image in images
        ]
    }


FORMATS = {"table": _table, "names": _names, "json": _json, "github": _github}
