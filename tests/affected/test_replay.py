"""A long history replayed: every affected set between its commits is what the archives say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from buildgraph.comparison import compare
from buildgraph.graph.nodes import Kind
from buildgraph.project import Project, open_project
from tests.affected.built import Build, builds, differing
from tests.affected.commits import commit_worlds, empty_repository
from tests.affected.edits import (
    ALL,
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

# Twice as many moves, renames and deletions as chance would bring, and no world that dies out.
VERBS = (*ALL, move_file, delete_file, move_project, rename_project, remove_project, add_project, add_app)


@pytest.mark.parametrize(
    ("seed", "commits"),
    [pytest.param(1, 15, id="short"), pytest.param(2, 220, id="long", marks=pytest.mark.pnpm)],
)
def test_no_image_is_missed_and_none_is_extra_in_a_whole_history(
    tmp_path: Path, seed: int, commits: int
) -> None:
    """Pitfalls 3, 22, 23 and 32."""
    random = Random(seed)
    told, worlds = history(random, commits)
    repo = empty_repository(tmp_path / "repo")
    ids = commit_worlds(repo, worlds)
    project = open_project(repo.root)
    built = [builds(project.picture_of(commit)) for commit in ids]

    for base, head in pairs(random, commits):
        expected = differing(built[base], built[head])
        assert affected_images(project, ids[base], ids[head]) == expected, told[base : head + 1]
    assert_eventful(built)


def history(random: Random, commits: int) -> tuple[list[str], list[World]]:
    """Worlds, each by one edit from the one before, and now and then an old one again; and how each came."""
    worlds, told = [random_world(random.choice)], ["the beginning"]
    while len(worlds) < commits:
        edit = random_edit(worlds[-1], random.choice, VERBS)
        back = random.choice(worlds[-10:])
        is_reverted = random.random() < 0.05
        worlds.append(back if is_reverted else edit.change(worlds[-1]))
        told.append(f"back to number {worlds.index(back)}" if is_reverted else edit.said)
    return told, worlds


def pairs(random: Random, commits: int) -> list[tuple[int, int]]:
    """Every commit with the next one, and a tenth as many by chance, in either direction."""
    far = [(random.randrange(commits), random.randrange(commits)) for _ in range(commits // 10)]
    return [*((number, number + 1) for number in range(commits - 1)), *far]


def affected_images(project: Project, base: str, head: str) -> set[str]:
    compared = compare(project, base, head, (Kind.IMAGE,))
    assert compared.complete, compared.why_incomplete
    return {found.node.id for found in compared.nodes}


def assert_eventful(built: Sequence[Mapping[str, Build]]) -> None:
    """A history in which nothing or everything changes at each step would prove nothing."""
    steps = [len(differing(one, other)) for one, other in pairwise(built)]
    assert 0 in steps
    assert any(0 < step < len(built[0]) for step in steps)
