"""The verb `graph`: the nodes and edges, for people and for other tools."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from buildgraph.commands.options import as_json
from buildgraph.console import answer, on_one_line, printable
from buildgraph.errors import DONE, ConfigurationError
from buildgraph.graph.nodes import Graph, Kind, Node
from buildgraph.order import closure
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `graph`."""
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="only these and what they use")
    parser.add_argument("--format", choices=("mermaid", "dot", "json"), default="mermaid")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to a file instead of standard output")


def run(options: argparse.Namespace) -> int:
    """Print or write the graph; returns the exit code."""
    graph = open_project(Path.cwd()).working_picture().graph
    shown = _shown(graph, options.nodes)
    text = FORMATS[options.format](graph, shown)
    if options.output:
        _write(Path(options.output), text + "\n")
    else:
        answer(text)
    return DONE


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(printable(text))
    except OSError as error:
        raise ConfigurationError.of(str(file), f"cannot be written: {error.strerror}") from error


def _shown(graph: Graph, names: Iterable[str]) -> list[Node]:
    starts = [graph.node(name).id for name in names]
    uses = {node.id: node.uses for node in graph.nodes.values()}
    wanted = closure(uses, starts) if starts else set(graph.nodes)
    shown = {graph.public_id(node_id) for node_id in wanted} - {""}
    return [node for node in graph.of_kind(*Kind) if node.id in shown]


def _edges(graph: Graph, nodes: Iterable[Node]) -> list[tuple[str, str]]:
    found = {(graph.public_id(node.id), graph.public_id(used)) for node in nodes for used in node.uses}
    return sorted(edge for edge in found if edge[1] and edge[0] != edge[1])


def _mermaid(graph: Graph, nodes: list[Node]) -> str:
    ids = sorted({graph.public_id(node.id) for node in nodes})
    numbers = {node_id: f"n{number}" for number, node_id in enumerate(ids)}
    lines = [f'  {numbers[node_id]}["{_as_entity(node_id)}"]' for node_id in ids]
    arrows = [
        f"  {numbers[user]} --> {numbers[used]}" for user, used in _edges(graph, nodes) if used in numbers
    ]
    return "\n".join(["flowchart LR", *lines, *arrows])


def _dot(graph: Graph, nodes: list[Node]) -> str:
    ids = sorted({graph.public_id(node.id) for node in nodes})
    arrows = [f"  {_quoted(user)} -> {_quoted(used)};" for user, used in _edges(graph, nodes)]
    return "\n".join(["digraph buildgraph {", *(f"  {_quoted(node_id)};" for node_id in ids), *arrows, "}"])


def _quoted(name: str) -> str:
    """A name as dot reads it: in quotes, with backslashes before those in it."""
    escaped = on_one_line(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _as_entity(name: str) -> str:
    """A name as Mermaid reads it: a quote would end the label."""
    return on_one_line(name).replace("&", "&amp;").replace('"', "&quot;")


def _json(graph: Graph, nodes: list[Node]) -> str:
    prints = graph.fingerprints
    return as_json(
        {
            "format": 1,
            "nodes": [
                {
                    "id": graph.public_id(node.id),
                    "kind": node.kind.value,
                    "path": node.path,
                    "fingerprint": prints[node.id],
                    "uses": sorted({graph.public_id(used) for used in node.uses} - {""}),
                    "after": sorted(node.after),
                }
                for node in nodes
            ],
        }
    )


FORMATS = {"mermaid": _mermaid, "dot": _dot, "json": _json}
