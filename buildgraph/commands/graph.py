"""The verb `graph`: the nodes and edges, for people and for other tools, and what a change affects among them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buildgraph.commands.options import add_output, add_range, as_json, deliver
from buildgraph.console import tell
from buildgraph.errors import DONE, ConfigurationError
from buildgraph.graph.nodes import Graph, Kind, Node
from buildgraph.harmless import on_one_line
from buildgraph.order import closure
from buildgraph.picture import Picture
from buildgraph.project import Project, open_project

AFFECTED_STYLE = "fill:#fdf0e6,stroke:#d4500a,stroke-width:2px"  # as on the page


@dataclass(frozen=True)
class Shown:
    """What is told: a picture, the nodes of it that were asked for, and what a change affects.

    `sides` say what was compared, and `changes` what became of each affected node; both are empty where
    nothing was compared.
    """

    project: Project
    picture: Picture
    nodes: tuple[Node, ...]
    sides: Mapping[str, Any]
    changes: Mapping[str, Mapping[str, Any]]

    @property
    def graph(self) -> Graph:
        """The picture's graph."""
        return self.picture.graph

    @property
    def ids(self) -> list[str]:
        """The ids that users see, sorted."""
        return sorted({self.graph.public_id(node.id) for node in self.nodes})


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `graph`."""
    parser.add_argument("nodes", nargs="*", metavar="NODE", help="only these and what they use")
    parser.add_argument("--format", choices=tuple(FORMATS), default="mermaid")
    parser.add_argument("--affected", action="store_true", help="mark what a change affects, with reasons")
    add_range(parser)
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print or write the graph; returns the exit code."""
    if (options.base or options.head) and not options.affected:
        raise ConfigurationError.of("--base", "is for --affected, which was not asked for")
    project = open_project(Path.cwd())
    deliver(FORMATS[options.format](_shown(project, options)), options.output, project.repository.root)
    return DONE


def _shown(project: Project, options: argparse.Namespace) -> Shown:
    if not options.affected:
        picture = project.working_picture()
        return Shown(project, picture, _wanted(picture.graph, options.nodes), {}, {})
    from buildgraph.commands.asking import compare_asked, reasons_as_dict, sides_as_dict

    comparison = compare_asked(project, options)
    if not comparison.complete:
        tell(comparison.why_incomplete)
    changes = {
        found.node.id: {"change": found.change, **reasons_as_dict(comparison, found)}
        for found in comparison.nodes
    }
    nodes = _wanted(comparison.head.graph, options.nodes)
    return Shown(project, comparison.head, nodes, sides_as_dict(comparison), changes)


def _wanted(graph: Graph, names: Iterable[str]) -> tuple[Node, ...]:
    """The nodes of these names and all that they use, without those that users do not see; no names: all."""
    starts = [graph.node(name).id for name in names]
    uses = {node.id: node.uses for node in graph.nodes.values()}
    wanted = closure(uses, starts) if starts else set(graph.nodes)
    shown = {graph.public_id(node_id) for node_id in wanted} - {""}
    return tuple(node for node in graph.of_kind(*Kind) if node.id in shown)


def _edges(shown: Shown) -> list[tuple[str, str]]:
    seen = shown.graph.public_id
    found = {(seen(node.id), seen(used)) for node in shown.nodes for used in node.uses}
    return sorted(edge for edge in found if edge[1] and edge[0] != edge[1])


def _mermaid(shown: Shown) -> str:
    numbers = {node_id: f"n{number}" for number, node_id in enumerate(shown.ids)}
    lines = [f'  {number}["{_as_entity(node_id)}"]' for node_id, number in numbers.items()]
    arrows = [f"  {numbers[user]} --> {numbers[used]}" for user, used in _edges(shown) if used in numbers]
    marked = ",".join(number for node_id, number in numbers.items() if node_id in shown.changes)
    style = [f"  classDef affected {AFFECTED_STYLE}", f"  class {marked} affected"] if marked else []
    return "\n".join(["flowchart LR", *lines, *arrows, *style])


def _dot(shown: Shown) -> str:
    filled = ' [style=filled fillcolor="#fdf0e6" color="#d4500a"]'
    lines = [f"  {_quoted(node_id)}{filled if node_id in shown.changes else ''};" for node_id in shown.ids]
    arrows = [f"  {_quoted(user)} -> {_quoted(used)};" for user, used in _edges(shown)]
    return "\n".join(["digraph buildgraph {", *lines, *arrows, "}"])


def _quoted(name: str) -> str:
    """A name as dot reads it: in quotes, with backslashes before those in it."""
    escaped = on_one_line(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _as_entity(name: str) -> str:
    """A name as Mermaid reads it: a quote would end the label."""
    return on_one_line(name).replace("&", "&amp;").replace('"', "&quot;")


def _json(shown: Shown) -> str:
    return as_json(_told(shown, {}))


def _told(shown: Shown, more: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All that is told, with `more` of some nodes."""
    prints, seen = shown.graph.fingerprints, shown.graph.public_id
    unchanged: Mapping[str, Any] = {"change": None, "reasons": [], "more_reasons": 0} if shown.sides else {}
    nodes = [
        {
            "id": seen(node.id),
            "kind": node.kind.value,
            "path": node.path,
            "fingerprint": prints[node.id],
            "uses": sorted({seen(used) for used in node.uses} - {""}),
            "after": sorted(node.after),
            **shown.changes.get(node.id, unchanged),
            **more.get(node.id, {}),
        }
        for node in shown.nodes
    ]
    return {"format": 1, **shown.sides, "nodes": nodes}


def _html(shown: Shown) -> str:
    """The page; beside what JSON tells it has what only this folder knows: how long work took when it was last done."""
    from buildgraph.page import render_page
    from buildgraph.runs.lately import lately_took

    took = {node: {"took": seconds} for node, seconds in lately_took(shown.project).items()}
    return render_page("graph", shown.picture.manifests.workspace.name, as_json(_told(shown, took)))


FORMATS: Mapping[str, Callable[[Shown], str]] = {
    "mermaid": _mermaid,
    "dot": _dot,
    "json": _json,
    "html": _html,
}
