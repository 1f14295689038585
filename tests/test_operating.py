"""The page for those who run the system: its commands are there, and its tables say what the code says."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from buildgraph.command_line import check_variables
from buildgraph.commands import TASKS, VERBS, with_variables
from buildgraph.manifests.kinds import RENDERED
from tests.support.system import ROOT

PAGE = (ROOT / "docs/OPERATING.md").read_text(encoding="utf-8")
KEYS = (ROOT / "examples/manacore/packages/shared-cache/src/keys.ts").read_text(encoding="utf-8")
SERVICES = {
    path.stem: set(tomllib.loads(path.read_text(encoding="utf-8"))["services"])
    for path in (ROOT / "manifests/products").glob("*.toml")
}
NAMES = {*SERVICES, *set().union(*SERVICES.values())}
# What a variable of the page may say; those that are not here, anything.
VALUES = {
    "env": {path.stem for path in (ROOT / "manifests/environments").glob("*.toml")},
    "service": NAMES - {*SERVICES},
}
KNOWN = {name.partition(":")[0].partition("[")[0] for name in TASKS}
SECONDS = {
    "5 minutes": "5 * MINUTE",
    "an hour": "HOUR",
    "24 hours": "DAY",
    "30 days": "30 * DAY",
    "7 days": "seconds",
}


def test_every_command_of_a_page_for_operators_is_one_that_there_is() -> None:
    programs = re.findall(r"`(doit|buildgraph) (\w+)", PAGE)

    assert {"doit", "buildgraph"} == {program for program, _ in programs}
    assert {name for program, name in programs if program == "buildgraph"} <= set(VERBS)
    assert {name for program, name in programs if program == "doit"} <= KNOWN
    # deploys push, scan and smoke-test, checks are for those who write packages
    assert KNOWN - {name for _, name in programs} == {"push", "scan", "smoke", "check"}


def test_each_of_them_is_a_whole_command_line_that_would_be_taken() -> None:
    lines = [shlex.split(line) for line in re.findall(r"`((?:doit|buildgraph) [^`]+)`", PAGE)]

    assert len(lines) > 15
    for _, name, *words in lines:
        if name in VERBS:
            check_verb(name, words)
        else:
            check_task([name, *words])


def check_verb(name: str, words: Sequence[str]) -> None:
    """By the verb's own parser, which ends with a word of its own where it does not take one."""
    parser = argparse.ArgumentParser(prog=name, allow_abbrev=False)
    importlib.import_module(f"buildgraph.commands.{name}").configure(parser)
    parser.parse_args(with_variables(words))
    check_values(words)
    assert {word for word in words if "=" not in word and not word.startswith("-")} <= {*NAMES, *RENDERED}


def check_task(words: Sequence[str]) -> None:
    check_variables(words)
    check_values(words)
    phase, _, product = words[0].partition(":")
    assert phase in KNOWN
    assert not product or product in SERVICES or product == "…", words


def check_values(words: Sequence[str]) -> None:
    for variable, value in (word.split("=", 1) for word in words if "=" in word):
        assert variable not in VALUES or value in VALUES[variable], words


def test_the_table_of_what_is_cached_says_what_the_code_says() -> None:
    told = re.findall(r"^\| `([a-z]+):[^`]+` \| ([^,;|]+)", PAGE, re.MULTILINE)
    said = dict(re.findall(r"name: ['`]([a-z]+):.*?['`], seconds(?:: ([^}]+?))? \}", KEYS))

    assert {key for key, _ in told} == set(said)
    for key, lasts in told:
        wanted = next(text for words, text in SECONDS.items() if lasts.strip().startswith(words))
        assert (said[key] or "seconds") == wanted, key


@pytest.mark.engine
def test_what_was_encrypted_comes_back_and_tells_nothing_on_the_way(tmp_path: Path) -> None:
    """The page's own two commands, for gpg is a tool that script/test brings."""
    pack, unpack = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    lost, new = tmp_path / "lost", tmp_path / "new"
    for name, text in (
        ("etc/manacore/production.env", "KEY=hunter2\n"),
        ("etc/letsencrypt/live/x.pem", "key"),
    ):
        (lost / name).parent.mkdir(parents=True)
        (lost / name).write_text(text)
    (tmp_path / "passphrase").write_text("a sentence that a person keeps\n")
    home, copy = tmp_path / "gnupg", tmp_path / "copy"
    home.mkdir(mode=0o700)
    new.mkdir()

    for block, root in ((pack, lost), (unpack, new)):
        given = {"ROOT": root, "PASSPHRASE": tmp_path / "passphrase", "COPY": copy, "GNUPGHOME": home}
        env = {**os.environ, **{name: str(path) for name, path in given.items()}}
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], env=env, capture_output=True, text=True
        )
        assert ran.returncode == 0, ran.stderr

    assert b"hunter2" not in copy.read_bytes()
    assert (new / "etc/manacore/production.env").read_text() == "KEY=hunter2\n"
    assert (new / "etc/letsencrypt/live/x.pem").read_text() == "key"
