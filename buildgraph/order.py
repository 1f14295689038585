"""Order in a relation: components in dependency order, cycles as paths, closures; pure, on plain ids."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

Relation = Mapping[str, Iterable[str]]


def components(relation: Relation) -> list[tuple[str, ...]]:
    """Strongly connected components, dependencies first, each sorted (Tarjan's algorithm, iterative).

    Names that the relation does not hold as keys are passed over.
    """
    return list(_Tarjan(relation).run())


class _Tarjan:
    """The bookkeeping of Tarjan's algorithm; a class so that the walk needs no recursion."""

    def __init__(self, relation: Relation) -> None:
        self.relation = relation
        self.index: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.on_stack: set[str] = set()
        self.stack: list[str] = []

    def run(self) -> Iterator[tuple[str, ...]]:
        for start in sorted(self.relation):
            if start not in self.index:
                yield from self._walk(start)

    def _walk(self, start: str) -> Iterator[tuple[str, ...]]:
        work = [(start, self._enter(start))]
        while work:
            name, rest = work[-1]
            successor = next(rest, None)
            if successor is None:
                work.pop()
                if work:
                    above = work[-1][0]
                    self.low[above] = min(self.low[above], self.low[name])
                if self.low[name] == self.index[name]:
                    yield self._leave(name)
            elif successor not in self.index:
                work.append((successor, self._enter(successor)))
            elif successor in self.on_stack:
                self.low[name] = min(self.low[name], self.index[successor])

    def _enter(self, name: str) -> Iterator[str]:
        self.index[name] = self.low[name] = len(self.index)
        self.stack.append(name)
        self.on_stack.add(name)
        return iter(sorted(other for other in set(self.relation[name]) if other in self.relation))

    def _leave(self, name: str) -> tuple[str, ...]:
        members = [self.stack.pop()]
        while members[-1] != name:
            members.append(self.stack.pop())
        self.on_stack.difference_update(members)
        return tuple(sorted(members))


def cycles(relation: Relation) -> list[tuple[str, ...]]:
    """Each cycle as a path that ends where it began, such as (a, b, a); one per component, sorted."""
    looping = [
        group for group in components(relation) if len(group) > 1 or group[0] in set(relation[group[0]])
    ]
    return sorted(_cycle_path(relation, group) for group in looping)


def closure(relation: Relation, starts: Iterable[str]) -> set[str]:
    """All that can be reached from `starts`, themselves included."""
    reached = set(starts)
    waiting = deque(reached)
    while waiting:
        fresh = set(relation.get(waiting.popleft(), ())) - reached
        reached |= fresh
        waiting.extend(fresh)
    return reached


def shortest_path(relation: Relation, start: str, goals: set[str]) -> tuple[str, ...]:
    """The shortest path from `start` to any of `goals`, both ends included; empty when there is none."""
    came_from: dict[str, str] = {start: ""}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        if name in goals:
            return _trace_back(came_from, name)
        for other in sorted(relation.get(name, ())):
            if other not in came_from:
                came_from[other] = name
                waiting.append(other)
    return ()


def _trace_back(came_from: Mapping[str, str], name: str) -> tuple[str, ...]:
    path = [name]
    while came_from[path[-1]]:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def _cycle_path(relation: Relation, group: Sequence[str]) -> tuple[str, ...]:
    """The shortest way round within a component, from its first name back to it."""
    first = group[0]
    inside = {name: [other for other in relation[name] if other in set(group)] for name in group}
    if first in inside[first]:
        return (first, first)
    ways = (shortest_path(inside, after, {first}) for after in sorted(inside[first]))
    return (first, *min((way for way in ways if way), key=len))
