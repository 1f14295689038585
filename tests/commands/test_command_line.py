"""A command line of tasks, before doit reads it."""

from __future__ import annotations

import pytest

from buildgraph.command_line import options_first


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("build -n 4", "-n 4 build"),
        (
            "build:web --process 2 deploy:shop env=staging -c",
            "--process 2 -c build:web deploy:shop env=staging",
        ),
        ("-n4 build", "-n4 build"),
        ("build --process=4", "--process=4 build"),
        ("build -n", "-n build"),
        ("deploy:shop env=staging", "deploy:shop env=staging"),
    ],
)
def test_options_may_stand_after_tasks(written: str, read: str) -> None:
    assert options_first(written.split(), ("-n", "--process")) == read.split()
