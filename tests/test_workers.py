"""What tests that run beside one another keep apart, and what they keep together."""

from __future__ import annotations

import os
import subprocess
import sys
from random import SystemRandom

import pytest

from tests.support.system import PORTS, ROOT, free_port
from tests.support.workers import group_of


@pytest.mark.parametrize(
    ("test", "group"),
    [
        ("tests/e2e/test_prune.py::test_of_a_hamlet[1]", "tests/e2e/test_prune.py"),
        ("tests/deploy/test_rollout.py::test_of_a_town", ""),
        ("tests/e2e/test_recovery.py::test_of_the_chat", "the chat"),
    ],
    ids=[
        "a module that makes something once",
        "a module whose tests make all themselves",
        "modules that share something",
    ],
)
def test_those_stay_together_for_whom_something_is_made_once(test: str, group: str) -> None:
    assert group_of(test) == group


def test_a_port_that_one_process_was_given_no_other_is() -> None:
    given, spare = free_port(), SystemRandom().randrange(12_000, PORTS.start)
    ask = f"import tests.support.system as s; s.PORTS = [{given}] * 99 + [{spare}]; print(s.free_port())"

    ran = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, check=True, capture_output=True, text=True)

    assert int(ran.stdout) == spare


def test_what_script_prove_tells_the_tests_reaches_them() -> None:
    """Else its many random examples would be the few of every day, and nobody would notice."""
    ask = (
        "import tests.conftest as c; c.pytest_configure(); import tests.affected.test_properties as t; "
        "from hypothesis import settings; usual = settings(); "
        "print(t.EXAMPLES, usual.max_examples, usual.derandomize)"
    )
    env = {**os.environ, "BUILDGRAPH_EXAMPLES": "7"}

    ran = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env=env,
    )

    assert ran.stdout.split() == ["7", "7", "False"]


def test_no_port_is_given_twice() -> None:
    assert len({free_port() for _ in range(200)}) == 200
