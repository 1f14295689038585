"""`buildgraph completion`: what may stand at the end of a line, and that real shells ask for it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from buildgraph.commands import VERBS
from buildgraph.commands.completion import SCRIPTS, Names, candidates
from tests.support.monorepo import Monorepo
from tests.support.system import SCRIPTS as PROGRAMS

NAMES = Names(
    nodes=("image:api", "image:web", "package:@shop/web", "product:shop"),
    services=("api", "web"),
    products=("shop",),
    environments=("development", "staging"),
)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("build:", ["build:api", "build:shop", "build:web"]),
        ("build", ["build", "build:api", "build:shop", "build:web"]),
        ("deploy:", ["deploy:shop"]),
        ("build:api deploy:s", ["deploy:shop"]),
        ("deploy:shop env=s", ["env=staging"]),
        ("status e", ["env=development", "env=staging"]),
        ("status --env ", ["development", "staging"]),
        ("why image:", ["image:api", "image:web"]),
        ("graph product:shop image:a", ["image:api"]),
        ("plan deploy:", ["deploy:shop"]),
        ("affected --he", ["--head", "--help"]),
        ("logs w", ["web"]),
        ("render com", ["compose"]),
        ("render --ch", ["--check"]),
        ("doctor x", []),
    ],
)
def test_what_may_stand_there_is_offered(line: str, found: list[str]) -> None:
    assert candidates(line, NAMES) == found


def test_the_first_word_may_be_a_verb_or_a_task() -> None:
    offered = set(candidates("", NAMES))

    assert set(VERBS) <= offered
    assert {"build", "deploy:shop", "rollback:shop"} <= offered
    assert "deploy" not in offered


def test_outside_of_a_workspace_and_in_one_with_mistakes_verbs_are_offered(repo: Monorepo) -> None:
    repo.write("manifests/workspace.toml", "name = 1\n")

    ran = repo.run("completion", "--words", "aff")
    assert (ran.code, ran.out, ran.err) == (0, "affected\n", "")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_every_shell_has_its_script(repo: Monorepo, shell: str) -> None:
    assert "buildgraph completion --words" in repo.run("completion", shell).out


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """Two services in a workspace that shells are started in."""
    repo.service("web")
    repo.service("api")
    repo.lock()
    return repo


def test_bash_completes_a_name_after_its_colon(shop: Monorepo) -> None:
    script = """eval "$(buildgraph completion bash)"
COMP_LINE='buildgraph why image:w' COMP_POINT=22; _buildgraph; echo "${COMPREPLY[@]}"
COMP_LINE='buildgraph sta' COMP_POINT=14; _buildgraph; echo "${COMPREPLY[@]}"
"""
    assert shell_says(shop, "bash", "--norc", "-c", script) == ["web", "status"]


@pytest.mark.engine
def test_fish_completes_it(shop: Monorepo) -> None:
    script = "buildgraph completion fish | source; complete -C 'buildgraph why image:w'"

    assert shell_says(shop, "fish", "--no-config", "-c", script) == ["image:web"]


@pytest.mark.engine
def test_zsh_completes_it(shop: Monorepo) -> None:
    """Outside of its line editor zsh has no `compadd`: one that prints stands in for it."""
    script = """autoload -U compinit && compinit -u -D
compadd() { shift 2; print -l -- "$@" }
eval "$(buildgraph completion zsh)"
words=(buildgraph why image:w) CURRENT=3
_buildgraph
"""
    assert shell_says(shop, "zsh", "-f", "-c", script) == ["image:web"]


def shell_says(repo: Monorepo, shell: str, *arguments: str) -> list[str]:
    program = shutil.which(shell)
    assert program, f"script/hosts installs {shell}"
    env = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "HOME": str(repo.root)}
    ran = subprocess.run(
        (program, *arguments), cwd=repo.root, env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()
