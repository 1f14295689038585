"""A command line of tasks, before doit reads it."""

from __future__ import annotations

import pytest

from buildgraph.command_line import check_variables, options_first
from buildgraph.errors import ConfigurationError


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


@pytest.mark.parametrize("task", ["", "build", "scan:web", "push:web", "migrate:web", "deploy:shop"])
def test_who_builds_may_be_said_wherever_something_is_built(task: str) -> None:
    check_variables([*task.split(), "builder=cluster"])


@pytest.mark.parametrize("words", ["status builder=cluster", "force=yes", "build force=yes"])
def test_a_variable_that_no_task_of_the_line_hears_is_refused(words: str) -> None:
    with pytest.raises(ConfigurationError, match="no such task is named"):
        check_variables(words.split())
