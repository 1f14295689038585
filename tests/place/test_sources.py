"""Where secrets come from: an env file, commands, the environment of the process; and which of them wins."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.manifests.model import Environment
from buildgraph.place.env_file import parse_env_file, read_env_file, seen_by_none
from buildgraph.place.secrets import Secrets
from buildgraph.place.sources import SecretCommands, Sources
from buildgraph.process import SystemRunner

HERE = Environment("test", secrets="test.env")
NONE: Mapping[str, str] = {}


def test_an_env_file_is_lines_of_names_and_values() -> None:
    text = "# comment\n\nA=1\nexport B = two words \nC='quoted # value'\nD=\"x=y\"\n"

    assert parse_env_file(text, "test.env") == {"A": "1", "B": "two words", "C": "quoted # value", "D": "x=y"}


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_value_holds_what_ends_a_line_for_python_alone(sign: str) -> None:
    assert parse_env_file(f"A=one{sign}two\r\nB=three\rC=4\n", "test.env") == {
        "A": f"one{sign}two",
        "B": "three",
        "C": "4",
    }


def test_a_line_that_is_none_is_told_by_number_and_not_shown() -> None:
    with pytest.raises(ConfigurationError) as failed:
        parse_env_file("A=1\nhunter2\n", "test.env")

    assert str(failed.value) == "test.env:2: is no NAME=VALUE line"


def test_a_value_with_a_nul_byte_is_told_by_line_and_not_shown() -> None:
    """No process could be given it."""
    with pytest.raises(ConfigurationError) as failed:
        parse_env_file("A=1\nB=hunter2\0\n# a \0 in a comment\nC\n", "test.env")

    assert str(failed.value).splitlines() == [
        "test.env:2: has a NUL byte, which no variable can hold",
        "test.env:4: is no NAME=VALUE line",
    ]


def test_a_variable_that_is_no_text_is_told_where_it_is_asked_for_and_not_shown(tmp_path: Path) -> None:
    """The environment of a process may hold any bytes; Python reads those that are no UTF-8 as surrogates."""
    secrets = Sources(
        tmp_path, HERE, {"A": "hunter2\udcff", "B": "\udcff", "C": "fine"}, SystemRunner()
    ).read()

    assert secrets.redact("fine hunter2", ["C"]) == "*** hunter2"
    for asking in (secrets.missing, lambda names: secrets.redact("text", names)):
        with pytest.raises(ConfigurationError) as failed:
            asking(["A", "B", "C"])
        assert str(failed.value).splitlines() == [
            "secret A: is no UTF-8 text",
            "  set A anew, in the environment of this process",
            "secret B: is no UTF-8 text",
            "  set B anew, in the environment of this process",
        ]


def test_the_environment_of_the_process_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "test.env").write_text("A=file\nB=file\n")

    secrets = Sources(tmp_path, HERE, {"A": "process"}, SystemRunner()).read()

    assert (secrets.reveal("A"), secrets.reveal("B")) == ("process", "file")


def test_an_empty_variable_hides_neither_file_nor_command(tmp_path: Path) -> None:
    """GitHub gives jobs an empty one for a secret that is not set."""
    (tmp_path / "test.env").write_text("A=file\n")

    secrets = told(tmp_path, {"A": "", "B": ""}, B=printing("command"))

    assert (secrets.reveal("A"), secrets.reveal("B")) == ("file", "command")


def test_where_secrets_are_is_told_without_any_value(tmp_path: Path) -> None:
    assert "hunter2" not in repr(Sources(tmp_path, HERE, {"A": "hunter2"}, SystemRunner()))


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert "A" not in Sources(tmp_path, HERE, {}, SystemRunner()).read()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    yield


def printing(text: str, *, then: str = "true") -> tuple[str, ...]:
    """A command that prints a text, and notes in a file that it ran."""
    return ("sh", "-c", f"printf .>>ran; printf '%s\\n' '{text}'; {then}")


def told(root: Path, env: Mapping[str, str] = NONE, **commands: tuple[str, ...]) -> Secrets:
    """The secrets of an environment with these commands; `every` is the one for all."""
    named = {"*" if name == "every" else name: argv for name, argv in commands.items()}
    return Sources(root, replace(HERE, secret_commands=named), env, SystemRunner()).read()


def test_a_command_tells_one_secret_and_another_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "test.env").write_text("A=file\nB=file\nC=file\nD=file\n")
    env = {"A": "process"}

    secrets = told(tmp_path, env, every=printing("A=all\nB=all\nC=all"), B=printing("one "))

    assert [secrets.reveal(name) for name in "ABCD"] == ["process", "one ", "all", "file"]
    assert "E" not in secrets
    assert (tmp_path / "ran").read_text() == "..", "each runs once"


def test_the_command_of_a_name_wins_over_that_of_all_whatever_is_asked_for_together(tmp_path: Path) -> None:
    secrets = told(tmp_path, every=printing("KEY=from-star\nDB=dbvalue"), KEY=printing("own-value"))
    emptied = told(tmp_path, every=printing("KEY=\nDB=dbvalue"), KEY=printing("own-value"))

    assert secrets.redact("from-star own-value dbvalue", ["KEY", "DB"]) == "from-star *** ***"
    assert secrets.redact("from-star own-value dbvalue", ["DB", "KEY"]) == "from-star *** ***"
    assert (emptied.missing(["KEY", "DB"]), emptied.missing(["DB", "KEY"])) == ([], [])


def test_no_command_runs_before_a_secret_is_asked_for_that_it_may_tell(tmp_path: Path) -> None:
    secrets = told(tmp_path, {"A": "process"}, A=printing("command"), B=printing("command"))

    assert (secrets.reveal("A"), "C" in secrets) == ("process", False)
    assert secrets.redact("", ["B"]) == ""
    assert not (tmp_path / "ran").exists()
    assert secrets.redact("the command", ["B"]) == "the ***"


def test_whoever_runs_no_command_knows_what_is_written_and_what_may_be_told(tmp_path: Path) -> None:
    (tmp_path / "test.env").write_text("A=file\nC=file\n")
    one = replace(HERE, secret_commands={"A": printing("command"), "B": printing("command")})
    every = replace(HERE, secret_commands={"*": printing("C=command")})

    secrets, of_all = (
        Sources(tmp_path, here, {"B": "b"}, SystemRunner()).read_written() for here in (one, every)
    )

    assert [secrets.are_known([name]) for name in "ABC"] == [False, True, True]
    assert [of_all.are_known([name]) for name in "ABC"] == [False, True, False]
    assert secrets.redact("file b command", ["A", "B"]) == "*** b command"
    assert told(tmp_path, A=printing("command")).are_known(["A"])
    assert not (tmp_path / "ran").exists()


def test_commands_that_fail_are_all_told_without_a_word_of_what_they_said(tmp_path: Path) -> None:
    (tmp_path / "hidden").write_text("hunter2")
    leaking = printing("a", then="cat hidden; cat hidden >&2; exit 7")
    secrets = told(tmp_path, A=leaking, B=("no-such-program", "x"), every=("true",))

    for _ in range(2):
        with pytest.raises(ToolError) as failed:
            secrets.missing(["A", "B", "C"])

    where = "manifests/environments/test.toml: secret_commands"
    assert str(failed.value).splitlines() == [
        f"{where}.A: sh ended with code 7",
        f"  what it said may be secret and is not shown; run it by hand: `{shlex.join(leaking)}`",
        f"{where}.B: no-such-program is not installed",
        "  a secret that is set in the environment of this process needs no command",
    ]
    assert (tmp_path / "ran").read_text() == "."


def test_what_cannot_be_an_env_file_is_told_by_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as failed:
        told(tmp_path, every=printing("A=1\nhunter2")).reveal("A")

    assert str(failed.value) == (
        'manifests/environments/test.toml: secret_commands."*":2: is no NAME=VALUE line'
    )


def test_what_cannot_be_a_value_is_told_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="prints no UTF-8 text"):
        told(tmp_path, A=("printf", "hunter2\\377")).reveal("A")


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    commands = SecretCommands(
        {"A": ("sleep", "99")}, SystemRunner(), tmp_path, "test.toml: secret_commands", within=0.3
    )

    with pytest.raises(ToolError) as failed:
        commands.ask(["A"])

    assert failed.value.what == "test.toml: secret_commands.A: sleep has not ended within 0.3 seconds"


def test_a_secret_that_its_command_does_not_tell_is_missing_where_that_reads(tmp_path: Path) -> None:
    here = Environment("test", secret_commands={"*": ("true",)})
    secrets = Sources(tmp_path, here, {}, SystemRunner()).read()

    assert secrets.missing(["A"]) == ["A"]
    assert secrets.source == "where true reads it"


def test_a_link_that_whoever_keeps_the_machine_has_put_there_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("A=1\n")
    (tmp_path / "test.env").symlink_to("elsewhere")

    assert Sources(tmp_path, HERE, {}, SystemRunner()).read().reveal("A") == "1"


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("/dev/zero", "is no regular file"),
        ("pipe", "is no regular file"),
        ("large", "is larger than a megabyte"),
    ],
)
def test_what_would_never_end_is_no_env_file(tmp_path: Path, target: str, what: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(2**20 + 1)
    (tmp_path / "test.env").symlink_to(target)

    with pytest.raises(ConfigurationError) as failed:
        read_env_file(tmp_path, "test.env", seen_by_none)

    assert str(failed.value) == f"test.env: {what}"
