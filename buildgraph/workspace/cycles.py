"""Strongly connected parts of a lockfile's packages (Tarjan's algorithm, without recursion), and closures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping


def condense(edges: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The nodes in groups that reach each other; a group comes after every group it needs.

    Every target must stand in `edges`.
    """
    walk = _Walk(edges)
    for node in edges:
        if node not in walk.index:
            walk.visit(node)
    return walk.groups


class _Walk:
    """The state of one condensation: visit order, lowest index reachable, and the open path."""

    def __init__(self, edges: Mapping[str, tuple[str, ...]]) -> None:
        self.edges = edges
        self.index: dict[str, int] = {}
        self.lowest: dict[str, int] = {}
        self.open: dict[str, None] = {}
        self.groups: list[tuple[str, ...]] = []

    def visit(self, root: str) -> None:
        path: list[tuple[str, Iterator[str]]] = [self._entered(root)]
        while path:
            node, targets = path[-1]
            following = next((target for target in targets if self._is_new(node, target)), None)
            if following is not None:
                path.append(self._entered(following))
                continue
            path.pop()
            if path:
                self._lower(path[-1][0], self.lowest[node])
            self._close(node)

    def _entered(self, node: str) -> tuple[str, Iterator[str]]:
        self.index[node] = self.lowest[node] = len(self.index)
        self.open[node] = None
        return node, iter(self.edges[node])

    def _is_new(self, node: str, target: str) -> bool:
        if target not in self.index:
            return True
        if target in self.open:
            self._lower(node, self.index[target])
        return False

    def _lower(self, node: str, index: int) -> None:
        if index < self.lowest[node]:
            self.lowest[node] = index

    def _close(self, node: str) -> None:
        if self.lowest[node] != self.index[node]:
            return
        group: list[str] = []
        while not group or group[-1] != node:
            group.append(self.open.popitem()[0])
        self.groups.append(tuple(group))


def reachable(edges: Mapping[str, tuple[str, ...]], starts: Iterable[str]) -> frozenset[str]:
    """All nodes that can be reached from `starts`, they included; unknown starts are left out."""
    waiting = [start for start in starts if start in edges]
    found = set(waiting)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return frozenset(found)
