"""The page for those who run the system: its commands are there, and its tables say what the code says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from buildgraph.commands import TASKS, VERBS
from tests.support.system import ROOT

PAGE = (ROOT / "docs/OPERATING.md").read_text(encoding="utf-8")
KEYS = (ROOT / "examples/manacore/packages/shared-cache/src/keys.ts").read_text(encoding="utf-8")
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
