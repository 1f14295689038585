"""The verb `watch` through the front door, as far as it needs no engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo
from tests.support.system import ROOT

BROKEN = "[services.api\n"


@pytest.fixture
def repo(tmp_path: Path) -> Monorepo:
    found = Monorepo(tmp_path / "repo")
    found.plain_service("api", "FROM scratch\n", port=3001)
    found.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    found.commit()
    return found


@contextmanager
def watching(repo: Monorepo, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`buildgraph watch`, ended when the block ends."""
    with subprocess.Popen(
        (sys.executable, "-m", "buildgraph.main", "watch", *arguments),
        cwd=repo.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as watch:
        try:
            yield watch
        finally:
            watch.kill()


def told_until(watch: subprocess.Popen[str], text: str) -> list[str]:
    """The lines up to the one that holds a text."""
    assert watch.stderr is not None
    lines: list[str] = []
    for line in watch.stderr:
        lines.append(line.rstrip("\n"))
        if text in line:
            return lines
    raise AssertionError(f"{text!r} is not told in {lines}")


def test_a_half_written_manifest_is_told_and_the_loop_goes_on_until_ctrl_c(repo: Monorepo) -> None:
    repo.write("manifests/products/api.toml", BROKEN)
    with watching(repo) as watch:
        first = told_until(watch, "tries again")
        repo.append("manifests/products/api.toml", "x")
        second = told_until(watch, "tries again")
        watch.send_signal(signal.SIGINT)
        last = told_until(watch, "interrupted")

        assert first[0] == "watching build; Ctrl-C ends"
        assert first[1].startswith("error: manifests/products/api.toml: is no TOML")
        assert second[:2] == ["", "manifests/products/api.toml changed"]
        assert (last, watch.wait(60)) == (["interrupted"], 130)


def test_a_task_that_is_not_there_ends_it_with_the_ones_like_it(repo: Monorepo) -> None:
    with watching(repo, "build:apo") as watch:
        assert told_until(watch, "did you mean")[-1].startswith("  did you mean build:api or ")
        assert watch.wait(60) == 2


def test_checks_are_watched_in_a_workspace_without_manifests(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "plain")
    for name in ("one", "other"):
        repo.package(f"@acme/{name}", scripts={})
    repo.commit()
    with watching(repo, "check:@acme/one") as watch:
        first = told_until(watch, "== ")
        repo.append("packages/other/src/index.ts")
        second = told_until(watch, "changed")

        assert first[0] == "watching check:@acme/one; Ctrl-C ends"
        assert second[-1] == "packages/other/src/index.ts changed: nothing to do"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("rollback:api",), "rollback:api is done once, not with every edit"),
        (("--debounce", "0"), "--debounce: 0.0 is no time to wait"),
    ],
)
def test_what_cannot_be_watched_is_refused(repo: Monorepo, arguments: tuple[str, ...], problem: str) -> None:
    ran = repo.run("watch", *arguments)

    assert ran.code == 2
    assert problem in ran.err
