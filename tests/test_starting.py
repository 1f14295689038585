"""Command lines that are run by a copy of a process that has loaded the program."""

from __future__ import annotations

import os
from threading import Thread

import pytest

from tests.support.monorepo import Monorepo
from tests.support.starting import Ran, _tell_ends, run_anew, run_script
from tests.support.system import ROOT


@pytest.mark.parametrize("arguments", [("affected", "--format", "json"), ("no such task",)], ids=" ".join)
def test_a_copy_leaves_behind_what_a_new_process_does(repo: Monorepo, arguments: tuple[str, ...]) -> None:
    repo.service("web")
    repo.lock()
    repo.commit()
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run_script(repo.root, ("--version",), env)

    assert run_script(repo.root, arguments, env) == run_anew(repo.root, arguments, env)


def test_copies_have_folders_and_environments_of_their_own_and_run_at_once(repo: Monorepo) -> None:
    repo.service("web")
    repo.lock()
    repo.commit()
    ran: dict[str, Ran] = {}

    def ask(source: str) -> None:
        env = {**os.environ, "BUILDGRAPH_BASES": source}
        ran[source] = run_script(repo.root if source == "registry" else ROOT, ("graph",), env)

    threads = [Thread(target=ask, args=(source,)) for source in ("registry", "nobody")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (ran["registry"].err, ran["registry"].code, "image:web" in ran["registry"].out) == ("", 0, True)
    assert (ran["nobody"].code, "BUILDGRAPH_BASES" in ran["nobody"].err) == (2, True)


def test_who_has_asked_may_be_gone_by_the_end() -> None:
    """Interrupted, or out of time: others go on to ask."""
    told, tell = os.pipe()
    os.close(told)
    running = {os.posix_spawnp("true", ("true",), os.environ): tell}

    while running:
        _tell_ends(running)
