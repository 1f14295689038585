"""Where backups go, as environments declare it."""

from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests import parse_manifests
from buildgraph.manifests.model import Backups

FILE = "manifests/environments/production.toml"


def declared(text: str) -> Backups:
    files = {"manifests/workspace.toml": b'name = "acme"', FILE: text.encode()}
    (environment,) = parse_manifests(files).environments
    return environment.backups


def test_an_environment_that_says_nothing_keeps_backups_nowhere() -> None:
    assert declared("") == Backups(to="")


@pytest.mark.parametrize(
    "to", ["backups", "../backups", "/var/backups", "~/backups", "s3://acme-1", "s3://a.b-c/host/1"]
)
def test_a_place_is_a_folder_or_a_bucket(to: str) -> None:
    assert declared(f'[backups]\nto = "{to}"') == Backups(to=to, daily=30, weekly=0, monthly=0)


def test_everything_can_be_said() -> None:
    text = (
        '[backups]\nto = "s3://acme"\nendpoint = "http://127.0.0.1:9000"\nregion = "eu"\n'
        "daily = 1\nweekly = 2\nmonthly = 3"
    )

    assert declared(text) == Backups("s3://acme", "http://127.0.0.1:9000", "eu", 1, 2, 3)


MISTAKES = {
    "no place": ("", ": backups.to: is missing"),
    "no bucket": ('to = "s3://"', "backups.to: is 's3://', expected a folder or an S3 address"),
    "another scheme": ('to = "gs://acme"', "backups.to: is 'gs://acme', expected a folder or an S3 address"),
    "an endpoint of a folder": (
        'to = "backups"\nendpoint = "https://s3.acme.org"',
        "backups.endpoint: belongs to a place of s3://",
    ),
    "credentials in the endpoint": (
        'to = "s3://acme"\nendpoint = "https://key:secret@s3.acme.org"',
        "backups.endpoint: is 'https://key:secret@s3.acme.org', expected a web address",
    ),
    "nothing is kept": ('to = "backups"\ndaily = 0', "backups.daily: is 0, expected 1 or more"),
    "a misspelt key": (
        'to = "backups"\nweeekly = 2',
        "backups.weeekly: there is no such key\n  did you mean weekly?",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        declared(f"[backups]\n{text}")

    assert message in str(refused.value)
