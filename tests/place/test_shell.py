"""Shells that stay open in containers, on a real engine: the same answers as a process for each, and nothing left."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.place.containers import ask_in_container, remove_container, run_in_container
from buildgraph.place.names import Role
from buildgraph.place.shell import Command, Shells, run_in_shell
from tests.support.town import Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ASK = """
import time
from buildgraph.image.engine import open_engine
from buildgraph.place.containers import ask_in_container
from tests.support.town import Town
place = Town(open_engine(""), {images!r}, "", {name!r}).place
print(ask_in_container(place, {container!r}, ["sh", "-c", "echo here"]), flush=True)
time.sleep(60)
"""


@pytest.fixture
def container(town: Town) -> Iterator[str]:
    """A container that does nothing."""
    api = town.place.engine.client.api
    made = api.create_container(
        town.place.image("haproxy:2.9"),
        entrypoint=["sh", "-c", "trap exit TERM; while :; do sleep 1; done"],
        command=[],
        labels=town.place.labels(Role.SERVICE),
        host_config=api.create_host_config(network_mode="none"),
    )["Id"]
    api.start(made)
    yield made
    remove_container(town.place, made)


def shells_in(town: Town, container: str) -> int:
    """How many processes named `sh` run in a container besides the first."""
    found = town.place.engine.client.api.top(container, ps_args="-o pid,args")["Processes"]
    return sum(words == "sh" for _, words in found)


def wait_for_none(town: Town, container: str) -> None:
    until(lambda: shells_in(town, container) == 0)


@pytest.mark.parametrize(
    "script",
    [
        "echo one >&2",
        "printf 'no line end'",
        "exit 7",
        "cat",
        "seq 1 40000",
        'printf \'%s|\' "$0" "$1"',
        "no-such-program",
    ],
)
def test_a_command_tells_the_same_in_an_open_shell_as_by_itself(
    town: Town, container: str, script: str
) -> None:
    argv = ["sh", "-c", script, 'it\'s "so"\n $HOME', "grün\\n"]
    by_itself = run_in_container(town.place, container, argv)

    found = [run_in_shell(town.place, container, "", Command(argv, {})) for _ in range(2)]
    assert shells_in(town, container) == 1

    assert found == [by_itself, by_itself]
    town.place.shells.close()
    wait_for_none(town, container)


def test_a_command_is_run_by_its_user_with_its_environment(town: Town, container: str) -> None:
    argv = ["sh", "-c", 'id -u; printf %s "$WORD"; tr "\\0" " " </proc/$PPID/cmdline']
    env = {"WORD": 'it\'s "so"\n'}

    code, said = ask_in_container(town.place, container, argv, user="1001", env=env)
    assert (code, said) == (0, '1001\nit\'s "so"\nsh ')
    assert ask_in_container(town.place, container, argv, env={"WORD": ""})[1].startswith("99\n")
    assert ask_in_container(town.place, container, argv, user="1001") == (0, "1001\nsh ")


def test_threads_do_not_share_a_shell(town: Town, container: str) -> None:
    argv = ["sh", "-c", "echo $0; sleep 0.1; echo $0"]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda word: ask_in_container(town.place, container, [*argv, word]), "abcdefgh")
        assert [said for _, said in found] == [f"{word}\n{word}\n" for word in "abcdefgh"]
    assert 1 < shells_in(town, container) <= 4


def test_a_shell_that_nobody_used_for_long_is_not_trusted(town: Town, container: str) -> None:
    place = replace(town.place, shells=Shells(rest=0.0))
    ask_in_container(place, container, ["sh", "-c", "true"])
    assert shells_in(town, container) == 1

    assert place.shells.take(container, "") is None
    wait_for_none(town, container)


def test_a_container_that_was_started_again_is_asked_all_the_same(town: Town, container: str) -> None:
    assert ask_in_container(town.place, container, ["sh", "-c", "echo one"]) == (0, "one\n")
    town.place.engine.client.api.restart(container, timeout=0)
    assert ask_in_container(town.place, container, ["sh", "-c", "echo two"]) == (0, "two\n")
    assert ask_in_container(town.place, container, ["sh", "-c", "echo three"]) == (0, "three\n")


def test_a_container_that_has_ended_is_told_as_ever(town: Town, container: str) -> None:
    town.place.engine.client.api.stop(container, timeout=0)
    by_itself = run_in_container(town.place, container, ["sh", "-c", "true"])

    assert ask_in_container(town.place, container, ["sh", "-c", "true"]) == by_itself
    remove_container(town.place, container)
    with pytest.raises(ToolError, match="is gone"):
        ask_in_container(town.place, container, ["sh", "-c", "true"])


def test_a_shell_ends_with_a_deployer_that_is_killed(town: Town, container: str) -> None:
    script = ASK.format(images=dict(town.place.images), name=town.place.workspace, container=container)
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", script], cwd=root, env={"PYTHONPATH": root}, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "(0, 'here\\n')\n"
    assert shells_in(town, container) == 1

    child.kill()
    child.communicate()

    wait_for_none(town, container)
