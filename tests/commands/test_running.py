"""Running tasks: what is refused before anything runs, and how children end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.process import Command, SystemRunner
from tests.support.monorepo import Monorepo


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """One service and one environment."""
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.commit()
    return repo


def test_an_unknown_option_is_told_with_what_was_perhaps_meant(shop: Monorepo) -> None:
    ran = shop.run("build", "--contine")

    assert ran.code == 2
    assert ran.err.startswith("error: there is no option '--contine'\n  did you mean --continue")


def test_help_is_told_wherever_it_is_asked_for(shop: Monorepo) -> None:
    assert shop.run("build", "--help") == shop.run("--help")


def test_a_misspelt_variable_is_refused_as_it_would_go_to_another_environment(shop: Monorepo) -> None:
    ran = shop.run("build", "evn=production")

    assert ran.code == 2
    assert ran.err.startswith("error: there is no variable 'evn='\n  did you mean env=")


def test_tasks_take_the_environment_as_verbs_do(shop: Monorepo) -> None:
    ran = shop.run("build", "--env=developmnt")

    assert ran.code == 2
    assert "there is no environment 'developmnt'" in ran.err


def test_all_secrets_that_a_run_comes_to_need_are_missed_at_once_before_anything_starts(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every product, and before an engine is asked for anything."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    shop.plain_service("api", "FROM scratch\nCOPY services/api/ /\n", port=81)
    for service, secret in (("api", "KEY"), ("web", "TOKEN")):
        product = shop.root / f"manifests/products/{service}.toml"
        product.write_text(
            f"{product.read_text()}env.{secret} = {{ secret = true }}\nenv.SALT = {{ secret = true }}\n"
        )
    shop.write(
        "manifests/environments/development.toml",
        'secret_commands = { SALT = ["echo", "1"], KEY = ["true"] }\n',
    )

    ran = shop.run("deploy")

    assert ran.code == 2
    assert ran.err.splitlines() == [
        "error: secret KEY: has no value in development; needed by api",
        "  write it to where echo or true reads it or set KEY in the environment of this process",
        "secret TOKEN: has no value in development; needed by web",
        "  write it to where echo or true reads it or set TOKEN in the environment of this process",
    ]


def test_an_interrupted_child_is_told_once_and_ends() -> None:
    runner = SystemRunner()
    said: list[str] = []
    script = "import signal, sys, time\n" + "\n".join(
        [
            "def told(*_): print('told', file=sys.stderr, flush=True); sys.exit(3)",
            "signal.signal(signal.SIGINT, told)",
            "print('ready', file=sys.stderr, flush=True)",
            "time.sleep(60)",
        ]
    )
    codes: list[int] = []

    def run() -> None:
        codes.append(runner.run(Command((sys.executable, "-c", script)), on_line=said.append).code)

    waiting = threading.Thread(target=run)
    waiting.start()
    while not said:
        time.sleep(0.05)
    runner.stop()
    waiting.join(timeout=120)

    assert (said, codes) == (["ready", "told"], [3])


@pytest.mark.parametrize(
    ("mode", "argument", "said"),
    [
        (0o644, "", "Permission denied"),
        (0o755, "", "Exec format error"),
        (0o755, "x" * 200_000, "Argument list"),
    ],
)
def test_a_program_that_cannot_be_started_is_told_as_what_it_is(
    tmp_path: Path, mode: int, argument: str, said: str
) -> None:
    program = tmp_path / "scan"
    program.write_bytes(b"\x7fELF is no program")
    program.chmod(mode)

    with pytest.raises(ToolError, match=f"scan cannot be started: {said}"):
        SystemRunner().run(Command((str(program), argument)))


def test_a_program_that_is_not_there_is_told_with_the_way_out() -> None:
    with pytest.raises(ToolError) as failed:
        SystemRunner().run(Command(("no-such-program",)))

    assert str(failed.value).splitlines() == [
        "no-such-program is not installed",
        "  install it; `buildgraph doctor` tells what else this machine lacks",
    ]


def test_a_program_that_may_not_take_for_ever_has_no_terminal_to_wait_at() -> None:
    """It is a session of its own, so it cannot open ours; one that is ended takes its children with it."""
    session = "cut -d' ' -f5,6 /proc/$$/stat; echo $$"

    told = SystemRunner().run(Command(("sh", "-c", session), within=120)).text.split()
    other = SystemRunner().run(Command(("sh", "-c", session))).text.split()

    assert told == [told[-1]] * 3
    assert other == [other[-1], str(os.getsid(0)), other[-1]]


def test_a_terminated_run_ends_as_an_interrupted_one(shop: Monorepo) -> None:
    """A CI job that is cancelled gets SIGTERM."""
    program = (
        "import os, signal, buildgraph.program as program\n"
        "program._run = lambda argv: os.kill(os.getpid(), signal.SIGTERM) or signal.pause()\n"
        "raise SystemExit(program.run([]))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )

    assert (ran.returncode, ran.stderr) == (130, "interrupted\n")
