"""Secret values: that they are asked for in time, and that they stay hidden."""

from __future__ import annotations

import pickle

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Backing, Environment, EnvValue, Service
from buildgraph.place.secrets import (
    Secrets,
    check_secrets,
    needed_secrets,
    refuse_missing,
    secrets_digest,
    used_secrets,
)
from buildgraph.process import Command

HERE = Environment("test", secrets="test.env", backing=(Backing("postgres", "postgres:16"),))
API = Service(
    "api",
    "chat",
    "nestjs",
    "api",
    database="chat",
    redis=True,
    env={"TOKEN": EnvValue(secret=True), "A": EnvValue()},
)


def test_an_empty_value_is_none() -> None:
    assert "A" not in Secrets({"A": ""})


def test_a_service_is_given_what_its_manifest_and_its_backing_services_need() -> None:
    assert needed_secrets(API, HERE) == ("POSTGRES_PASSWORD", "TOKEN")
    assert needed_secrets(API, Environment("elsewhere")) == ("TOKEN",)


def test_all_missing_secrets_are_told_at_once_with_who_needs_them_and_the_way_out() -> None:
    with pytest.raises(ConfigurationError) as failed:
        check_secrets([API], HERE, Secrets({}, "test.env"))

    assert str(failed.value).splitlines() == [
        "secret POSTGRES_PASSWORD: has no value in test; needed by api",
        "  write it to test.env or set POSTGRES_PASSWORD in the environment of this process",
        "secret TOKEN: has no value in test; needed by api",
        "  write it to test.env or set TOKEN in the environment of this process",
    ]


def test_a_secret_that_several_need_is_told_once_with_all_of_them() -> None:
    needed = {"web": ["TOKEN"], "the build of web": ["TOKEN", "NPM_TOKEN"], "api": ["TOKEN"]}

    with pytest.raises(ConfigurationError) as failed:
        refuse_missing(needed, HERE, Secrets({}, "test.env"))

    assert [(mistake.where, mistake.what) for mistake in failed.value.mistakes] == [
        ("secret NPM_TOKEN", "has no value in test; needed by the build of web"),
        ("secret TOKEN", "has no value in test; needed by api, the build of web, web"),
    ]


def test_what_a_command_is_given_besides_its_arguments_is_not_printed() -> None:
    command = Command(("docker", "build"), env={"A": "hunter2"}, stdin=b"hunter2")

    assert f"{command} {command!r}" == "docker build Command(('docker', 'build'))"


def test_secrets_are_neither_printed_nor_pickled() -> None:
    secrets = Secrets({"TOKEN": "hunter2"})

    assert "hunter2" not in f"{secrets} {secrets!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secrets)


def test_the_digest_moves_with_each_value_and_with_the_key() -> None:
    def digest(key: bytes = b"key", **values: str) -> str:
        return secrets_digest(key, API, HERE, Secrets({"POSTGRES_PASSWORD": "p", "TOKEN": "t", **values}))

    assert digest() == digest(UNUSED="whatever")
    assert len({digest(), digest(TOKEN="u"), digest(POSTGRES_PASSWORD="q"), digest(key=b"other")}) == 4
    assert secrets_digest(b"key", Service("w", "chat", "nestjs", "w"), HERE, Secrets({})) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("hunter2", "password hunter2 is wrong"),
        ("a/b c&d", "password a/b c&d is wrong"),
        ("a/b c&d", "password a%2Fb%20c%26d is wrong"),
        ("a/b c&d", "password a/b%20c%26d is wrong"),
        ("a/b c&d", "password a%2Fb+c%26d is wrong"),
        ("a/b c&d", "password a%252Fb%2520c%2526d is wrong"),
        ("a/b c&d", "password a\\/b c&d is wrong"),
        ('say "it"', 'password say \\"it\\" is wrong'),
        ("first line\nsecond line\n", "password second line is wrong"),
        ("it's (a) $5&<ü>!", "password it's%20(a)%20%245%26%3C%C3%BC%3E! is wrong"),
        ("it's (a) $5&<ü>!", "password it%27s%20%28a%29%20$5&%3C%C3%BC%3E%21 is wrong"),
        ("it's (a) $5&<ü>!", "password it's%20(a)%20$5&%3C%C3%BC%3E! is wrong"),
        ("it's (a) $5&<ü>!", "password it's (a) $5&<\\u00fc>! is wrong"),
        ("it's (a) $5&<ü>!", "password it's (a) $5\\u0026\\u003cü\\u003e! is wrong"),
        ("ü\tand a tab", "password ü\\tand a tab is wrong"),
        ("hunter2", "password \x1b[1mhun\x1b[0;31mter2\x1b[m is wrong"),
    ],
)
def test_a_secret_is_hidden_in_what_is_said_however_it_is_written(value: str, said: str) -> None:
    assert Secrets({"TOKEN": value}).redact(said, ["TOKEN"]) == "password *** is wrong"


def test_what_is_said_in_colours_keeps_them_where_they_stand_in_no_secret() -> None:
    secrets = Secrets({"TOKEN": "hunter2"})

    for said in ("\x1b[31mno\x1b[m", "\x1b[31mhunter2\x1b[m"):
        assert secrets.redact(said, ["TOKEN"]) == said.replace("hunter2", "***")


def test_only_the_named_secrets_are_hidden_and_no_short_one() -> None:
    secrets = Secrets({"TOKEN": "hunter2", "PIN": "123", "PATH": "/usr/bin", "LONG": "hunter2-and-more"})

    assert secrets.redact("hunter2-and-more hunter2", ["TOKEN", "LONG", "ABSENT"]) == "*** ***"
    assert secrets.redact("/usr/bin/node 123", ["TOKEN", "PIN"]) == "/usr/bin/node 123"


def test_the_secrets_in_use_are_those_of_services_and_of_what_the_environment_runs() -> None:
    both = Environment("test", backing=(Backing("postgres", "postgres:16"), Backing("redis", "redis:7")))

    assert used_secrets([API], HERE) == ("POSTGRES_PASSWORD", "TOKEN")
    assert used_secrets([], both) == ("POSTGRES_PASSWORD", "REDIS_PASSWORD")
    assert used_secrets([API], Environment("elsewhere")) == ("TOKEN",)
