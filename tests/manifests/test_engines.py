"""Addresses of engines: what may be written, and what no program shall ever be given."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.manifests.engines import EngineAddress, parse_engine
from tests.support.monorepo import Monorepo


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("unix:///var/run/docker.sock", EngineAddress("unix", path="/var/run/docker.sock")),
        ("ssh://host", EngineAddress("ssh", "host")),
        ("ssh://host/", EngineAddress("ssh", "host")),
        (
            "ssh://deploy@my_alias.example.org:2222",
            EngineAddress("ssh", "my_alias.example.org", "deploy", 2222),
        ),
        (
            "ssh://ann@10.0.0.7/run/user/1000/docker.sock",
            EngineAddress("ssh", "10.0.0.7", "ann", 0, "/run/user/1000/docker.sock"),
        ),
        ("ssh://ann@[fe80::1]:22", EngineAddress("ssh", "[fe80::1]", "ann", 22)),
        ("tcp://host", EngineAddress("tcp", "host", port=2376)),
        ("tcp://10.0.0.7:1234/", EngineAddress("tcp", "10.0.0.7", port=1234)),
    ],
)
def test_an_address_is_taken_apart(written: str, address: EngineAddress) -> None:
    assert parse_engine(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "ssh://-oProxyCommand=touch${IFS}pwned",
        "ssh://ann@-oProxyCommand=x",
        "ssh://-l@host",
        "ssh://host -oProxyCommand=x",
        "ssh://host\n-oProxyCommand=x",
        "ssh://ann:password@host",
        "ssh://host/run/$(touch pwned)",
        "ssh://host/run/a:b",
        "ssh://host;reboot",
        "ssh://%h",
        "ssh://host:70000",
        "ssh://host:0",
        "ssh://",
        "tcp://-host",
        "tcp://host/path",
        "tcp://user@host",
        "unix://relative",
        "unix:///with space",
        "http://host",
        "local",
        "",
    ],
)
def test_what_could_be_an_option_or_a_command_is_no_address(written: str) -> None:
    assert parse_engine(written) is None


def test_a_hostile_manifest_reaches_no_program(repo: Monorepo, tmp_path: Path) -> None:
    """An address that ssh would take for an option is refused before anything is asked."""
    repo.plain_service("web", "FROM scratch\n", port=3000)
    pwned = tmp_path / "pwned"
    repo.write("manifests/environments/far.toml", f'engine = "ssh://-oProxyCommand=touch {pwned}"\n')
    repo.commit()

    ran = repo.run("deploy", "env=far")

    assert ran.code == 2
    assert "manifests/environments/far.toml: engine: is 'ssh://-oProxyCommand=" in ran.err
    assert 'write for example "ssh://deploy@host"' in ran.err
    assert not pwned.exists()
