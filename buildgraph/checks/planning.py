"""Which scripts there are in a graph, and which come before which; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from buildgraph.checks.repositories import ByFolder, Unheld, unheld_places
from buildgraph.checks.script import BUILD, Plan, Script, task_name
from buildgraph.checks.scripts import PackageScripts
from buildgraph.graph.nodes import SETTINGS_ID, Graph, Kind, Node
from buildgraph.manifests.model import WorkspaceManifest
from buildgraph.manifests.package_checks import Checks
from buildgraph.order import closure, components

LINT = "lint"
NO_TEST = "no test specified"  # what `npm init` writes: it is no script

NONE = PackageScripts()
NOTHING = Unheld()


def make_plan(
    declared: WorkspaceManifest, graph: Graph, told: Mapping[str, PackageScripts], changes: Iterable[str]
) -> Plan:
    """The plan of a graph's packages; `changes` are the paths of what differs from the commit."""
    names = tuple(map(_name, graph.of_kind(Kind.PACKAGE)))
    unheld = unheld_places(graph, changes, declared.root)
    scripts = plan_scripts(graph, told, declared.checks, unheld)
    return Plan(declared.root, declared.checks.cache, names, scripts)


def plan_scripts(
    graph: Graph, told: Mapping[str, PackageScripts], checks: Checks, unheld: Unheld = NOTHING
) -> tuple[Script, ...]:
    """The scripts that checks run, those that come before others first; what package.json files tell is by folder."""
    return tuple(_Planning(graph, told, checks, unheld).run())


@dataclass(slots=True)
class _Planning:
    """The walk in dependency order; `given` are by package the builds that those who use it wait for."""

    graph: Graph
    told: Mapping[str, PackageScripts]
    checks: Checks
    unheld: Unheld
    given: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uses: Mapping[str, set[str]] = field(default_factory=dict)

    def run(self) -> Iterator[Script]:
        self.uses = self._relation()
        for group in components(self.uses):
            yield from self._group([self.graph.nodes[node_id] for node_id in self._in_turn(group)])

    def _relation(self) -> dict[str, set[str]]:
        """Which packages come before which: what the root links comes before all that it does not need itself."""
        uses = {node.id: {*node.uses} - {SETTINGS_ID} for node in self.graph.of_kind(Kind.PACKAGE)}
        linked = set(self.graph.nodes[SETTINGS_ID].uses) if SETTINGS_ID in self.graph.nodes else set()
        first = closure(uses, linked)
        return {node_id: used if node_id in first else used | linked for node_id, used in uses.items()}

    def _in_turn(self, group: tuple[str, ...]) -> list[str]:
        """The packages of a circle, those first that others need, for more than development above all; else by name.

        What a script or a tsconfig names and no package.json turns no order round.
        """
        return [
            node_id
            for part in components(self._among(group, self._is_needed))
            for inner in components(self._among(part, self._is_firm))
            for node_id in inner
        ]

    def _among(self, group: tuple[str, ...], holds: Callable[[str, str], bool]) -> dict[str, list[str]]:
        """Which of a group use which, where that holds."""
        return {
            node_id: [used for used in group if used in self.uses[node_id] and holds(node_id, used)]
            for node_id in group
        }

    def _is_needed(self, node_id: str, used: str) -> bool:
        """Whether a package.json names another package."""
        return used.partition(":")[2] in self._told_of(node_id).needed

    def _is_firm(self, node_id: str, used: str) -> bool:
        """Whether it does, and not for development alone."""
        told, name = self._told_of(node_id), used.partition(":")[2]
        return name in told.needed and name not in told.development

    def _told_of(self, node_id: str) -> PackageScripts:
        return self.told.get(self.graph.nodes[node_id].path, NONE)

    def _group(self, members: list[Node]) -> Iterator[Script]:
        """Packages that use one another: their builds come one after another, then all else of theirs."""
        used = {used for node in members for used in self.uses[node.id]} - {node.id for node in members}
        before = _joined(self.given[node_id] for node_id in used)
        found = {node.id: self._found(node) for node in members}
        builds = tuple(task_name(_name(node), BUILD) for node in members if BUILD in found[node.id])
        self.given.update(dict.fromkeys(found, builds or before))
        scripts = [
            self._script(node, name, command, _waits(_name(node), name, builds) or before)
            for node in members
            for name, command in found[node.id].items()
        ]
        # a build may take away and write anew what the others read, so they wait for it
        yield from sorted(scripts, key=lambda script: script.script != BUILD)

    def _found(self, node: Node) -> dict[str, str]:
        """The scripts of a package that are run, by name."""
        return dict(_chosen(self.told.get(node.path, NONE).commands, self.checks.scripts_of(_name(node))))

    def _script(self, node: Node, name: str, command: str, after: tuple[str, ...]) -> Script:
        package = _name(node)
        return Script(
            task_name(package, name),
            node.path,
            name,
            command,
            self.checks.outputs_of(package, name),
            self.checks.env_of(package),
            after,
            self.graph.fingerprints[node.id],
            self._of_used(node, self.unheld.outside),
            self._of_used(node, self.unheld.submodules),
        )

    def _of_used(self, node: Node, places: ByFolder) -> tuple[str, ...]:
        """The places of a package, and of all that it uses."""
        if not places:
            return ()
        folders = {self.graph.nodes[used].path for used in closure(self.uses, [node.id])}
        return tuple(sorted({place for folder in folders for place in places.get(folder, ())}))


def _name(node: Node) -> str:
    """A package's name, as its id has it."""
    return node.id.partition(":")[2]


def _waits(package: str, script: str, builds: tuple[str, ...]) -> tuple[str, ...]:
    """The builds among those of one circle that a script waits for; `lint` does not wait for its package's own."""
    own = task_name(package, BUILD)
    if script == BUILD:
        return builds[: builds.index(own)]
    return tuple(build for build in builds if build != own) if script == LINT else builds


def _chosen(commands: Mapping[str, str], wanted: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The scripts that a package has of those that are looked for: of `a|b` the first."""
    for names in wanted:
        for name in names.split("|"):
            if commands.get(name) and NO_TEST not in commands[name]:
                yield name, commands[name]
                break


def _joined(given: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({name for names in given for name in names}))
