"""Which scripts there are in a graph, and which come before which; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from buildgraph.checks.script import BUILD, Script, task_name
from buildgraph.graph.nodes import SETTINGS_ID, Graph, Kind, Node
from buildgraph.manifests.package_checks import Checks
from buildgraph.order import closure, components

LINT = "lint"
NO_TEST = "no test specified"  # what `npm init` writes: it is no script

Commands = Mapping[str, str]  # the scripts of a package.json


def plan_scripts(graph: Graph, commands: Mapping[str, Commands], checks: Checks) -> tuple[Script, ...]:
    """The scripts that checks run, those that come before others first; `commands` are by folder."""
    return tuple(_Planning(graph, commands, checks).run())


@dataclass(slots=True)
class _Planning:
    """The walk in dependency order; `given` are by package the builds that those who use it wait for."""

    graph: Graph
    commands: Mapping[str, Commands]
    checks: Checks
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uses: Mapping[str, set[str]] = field(default_factory=dict)

    def run(self) -> Iterator[Script]:
        self.uses = self._relation()
        for group in components(self.uses):
            yield from self._group([self.graph.nodes[node_id] for node_id in group])

    def _relation(self) -> dict[str, set[str]]:
        """Which packages come before which: what the root links comes before all that it does not need itself."""
        uses = {node.id: {*node.uses} - {SETTINGS_ID} for node in self.graph.of_kind(Kind.PACKAGE)}
        linked = set(self.graph.nodes[SETTINGS_ID].uses) if SETTINGS_ID in self.graph.nodes else set()
        first = closure(uses, linked)
        return {node_id: used if node_id in first else used | linked for node_id, used in uses.items()}

    def _group(self, members: list[Node]) -> Iterator[Script]:
        """Packages that use one another: none of them can come before the others."""
        used = {used for node in members for used in self.uses[node.id]} - {node.id for node in members}
        before = _joined(self.given[node_id] for node_id in used)
        scripts = [script for node in members for script in self._scripts(node, before)]
        builds = tuple(script.name for script in scripts if script.script == BUILD)
        for node in members:
            own = task_name(node.id.partition(":")[2], BUILD)
            self.given[node.id] = (own,) if own in builds else (*before, *builds)
        yield from scripts

    def _scripts(self, node: Node, before: tuple[str, ...]) -> Iterator[Script]:
        package = node.id.partition(":")[2]
        found = dict(_chosen(self.commands.get(node.path, {}), self.checks.scripts_of(package)))
        # a build may take away and write anew what the others read, so they wait for it
        for script in sorted(found, key=lambda name: name != BUILD):
            waits = BUILD in found and script not in (BUILD, LINT)
            yield Script(
                task_name(package, script),
                node.path,
                script,
                found[script],
                self.checks.outputs_of(package, script),
                self.checks.env_of(package),
                (task_name(package, BUILD),) if waits else before,
                self.graph.fingerprints[node.id],
            )


def _chosen(commands: Commands, wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The scripts that a package has of those that are looked for: of `a|b` the first."""
    for names in wanted:
        for name in names.split("|"):
            if commands.get(name) and NO_TEST not in commands[name]:
                yield name, commands[name]
                break


def _joined(given: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in given for name in names}))
