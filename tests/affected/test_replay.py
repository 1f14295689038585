"""A long history replayed: every affected set between its commits is what the archives say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from buildgraph.comparison import compare
from buildgraph.graph.nodes import Kind
from buildgraph.project import Project, open_project
from tests.affected.built import Build, builds, differing
from tests.affected.commits import commit_worlds, empty_repository, forget_caches
from tests.affected.edits import (
    ALL,
    Verb,
    add_app,
    add_project,
    delete_file,
    move_file,
    move_project,
    random_edit,
    remove_project,
    rename_project,
)
from tests.affected.worlds import World, random_world
from tests.support.monorepo import Monorepo

pytestmark = pytest.mark.thorough

# Twice as many moves, renames and deletions as chance would bring, and no world that dies out.
VERBS = (*ALL, move_file, delete_file, move_project, rename_project, remove_project, add_project, add_app)


@dataclass(frozen=True)
class Step:
    """A commit: how it came, what its builds see, and its fingerprints, all without any known graph."""

    commit: str
    said: str
    built: Mapping[str, Build]
    fingerprints: Mapping[str, str]


def test_after_every_kind_of_edit_no_node_is_missed_and_none_is_extra(tmp_path: Path) -> None:
    """Pitfalls 3, 22, 23 and 32."""
    random = Random(1)
    steps = replay(tmp_path, *history(random, random.sample(ALL, len(ALL))))

    assert_exact(tmp_path, [(number, number + 1) for number in range(len(steps) - 1)], steps)


@pytest.mark.pnpm
@pytest.mark.long
def test_in_a_long_history_no_node_is_missed_and_none_is_extra(tmp_path: Path) -> None:
    """Pitfalls 3, 22, 23 and 32: each kind of edit again and again, in an order by chance."""
    random, commits = Random(2), 220
    steps = replay(tmp_path, *history(random, [random.choice(VERBS) for _ in range(commits)]))
    numbers = range(len(steps))
    far = [(random.choice(numbers), random.choice(numbers)) for _ in range(commits // 10)]

    assert_exact(tmp_path, [*pairwise(numbers), *far], steps)


def history(random: Random, verbs: Sequence[Verb]) -> tuple[list[str], list[World]]:
    """Worlds, each by one edit from the one before, and now and then an old one again; and how each came."""
    worlds, told = [random_world(random.choice)], ["the beginning"]
    for verb in verbs:
        edit = verb(worlds[-1], random.choice) or random_edit(worlds[-1], random.choice)
        worlds.append(edit.change(worlds[-1]))
        told.append(edit.said)
        if random.random() < 0.05:
            worlds.append(random.choice(worlds[-10:]))
            told.append("back to an old one")
    return told, worlds


def replay(folder: Path, told: Sequence[str], worlds: Sequence[World]) -> list[Step]:
    """The worlds as commits, each looked at by a project that remembers nothing."""
    repo = empty_repository(folder / "repo")
    return [step(repo, *found) for found in zip(commit_worlds(repo, worlds), told, strict=True)]


def step(repo: Monorepo, commit: str, said: str) -> Step:
    forget_caches(repo)
    picture = open_project(repo.root).picture_of(commit)
    return Step(commit, said, builds(picture), picture.graph.fingerprints)


def assert_exact(folder: Path, pairs: Iterable[tuple[int, int]], steps: Sequence[Step]) -> None:
    """Between each two commits exactly those nodes are affected that differ; caches fill on the way."""
    changes: list[int] = []
    for base, head in pairs:
        before, after = steps[base], steps[head]
        affected = affected_nodes(open_project(folder / "repo"), before, after)
        images = {node for node in affected if node.startswith("image:")}
        assert images == differing(before.built, after.built), [one.said for one in steps[base : head + 1]]
        assert affected == unequal(before.fingerprints, after.fingerprints), after.said
        changes.append(len(images))
    # A history in which nothing or everything changes at each step would prove nothing.
    assert 0 in changes
    assert any(0 < change < len(steps[0].built) for change in changes)


def affected_nodes(project: Project, base: Step, head: Step) -> set[str]:
    compared = compare(project, base.commit, head.commit, tuple(Kind))
    assert compared.complete, compared.why_incomplete
    return {found.node.id for found in compared.nodes}


def unequal(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {node for node in one.keys() | other.keys() if one.get(node) != other.get(node)}
