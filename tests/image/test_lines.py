"""The ways to an engine as values: which one is meant, and the exact command that goes there."""

from __future__ import annotations

import hashlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.image.contexts import DEFAULT_ADDRESS, OwnEngine, own_engine
from buildgraph.image.lines import NearLine, open_line
from buildgraph.image.socket import EngineRefused, HungUp, Piece, Unended, listen_to
from buildgraph.image.ssh import ssh_command
from buildgraph.manifests.engines import parse_engine


def context(
    folder: Path, name: str, host: str, *, in_use: bool = True, has_key: bool = False
) -> dict[str, str]:
    """The environment of a machine with a context, kept as `docker context create` keeps it."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts/meta" / digest / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(
        json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}})
    )
    if has_key:
        (folder / "contexts/tls" / digest / "docker").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"currentContext": name} if in_use else {}))
    return {"DOCKER_CONFIG": str(folder)}


def test_the_machine_s_own_engine_is_the_one_that_the_docker_command_asks(tmp_path: Path) -> None:
    env = context(tmp_path, "colima", "unix:///home/ann/colima.sock")

    assert own_engine({"DOCKER_CONFIG": "/nowhere"}) == OwnEngine(DEFAULT_ADDRESS)
    assert own_engine(env) == OwnEngine("unix:///home/ann/colima.sock", named_by="the context colima")
    assert own_engine({**env, "DOCKER_CONTEXT": "default"}) == OwnEngine(DEFAULT_ADDRESS)
    assert own_engine({**env, "DOCKER_HOST": "unix:///other"}) == OwnEngine(
        "unix:///other", named_by="DOCKER_HOST"
    )


def test_a_context_that_is_not_in_use_is_not_asked_unless_it_is_named(tmp_path: Path) -> None:
    env = context(tmp_path, "far", "ssh://host", in_use=False)

    assert own_engine(env) == OwnEngine(DEFAULT_ADDRESS)
    assert own_engine({**env, "DOCKER_CONTEXT": "far"}) == OwnEngine("ssh://host", named_by="the context far")


def test_certificates_are_those_of_the_context_or_of_the_variables(tmp_path: Path) -> None:
    env = context(tmp_path, "far", "tcp://host:2376", has_key=True)
    digest = hashlib.sha256(b"far").hexdigest()

    assert own_engine(env).certificates == tmp_path / "contexts/tls" / digest / "docker"
    assert own_engine({"DOCKER_HOST": "tcp://host"}).certificates is None
    told = {"DOCKER_HOST": "tcp://host", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/keys"}
    assert own_engine(told).certificates == Path("/keys")


@pytest.mark.parametrize("content", ["", "[]", '{"currentContext": 7}', '{"currentContext": "gone"}'])
def test_a_configuration_that_says_nothing_leads_to_the_usual_socket(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)

    assert own_engine({"DOCKER_CONFIG": str(tmp_path)}) == OwnEngine(DEFAULT_ADDRESS)


def test_an_engine_that_does_not_answer_is_told_by_its_address_and_by_who_has_chosen_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = ConnectionRefusedError()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    assert (
        open_line("").explain(gone).what == "no Docker engine answers at unix:///nowhere.sock (DOCKER_HOST)"
    )
    assert (
        open_line("unix:///named.sock").explain(gone).what == "no Docker engine answers at unix:///named.sock"
    )
    monkeypatch.setenv("DOCKER_HOST", "tcp://nowhere:1")
    assert open_line("").explain(gone).what == "no Docker engine answers at tcp://nowhere:1 (DOCKER_HOST)"


def test_an_address_in_a_variable_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://-oProxyCommand=x")

    with pytest.raises(ToolError, match="'ssh://-oProxyCommand=x' is no address of a Docker engine"):
        open_line("")


def test_a_named_socket_is_told_to_the_docker_command_and_the_machine_s_own_is_not() -> None:
    """Nothing of the user's own environment may lead it elsewhere."""
    own, named = NearLine("/own", is_named=False), NearLine("/named", is_named=True)

    assert own.command_env == {}
    assert named.command_env == {
        "DOCKER_HOST": "unix:///named",
        "DOCKER_TLS_VERIFY": "",
        "DOCKER_TLS": "",
        "DOCKER_CERT_PATH": "",
    }


def test_an_engine_over_tcp_is_reached_with_certificates_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    (tmp_path / "ca.pem").touch()

    with pytest.raises(ToolError) as error:
        open_line("tcp://host")

    assert error.value.what == f"host:2376 is reached with TLS, and {tmp_path} has no cert.pem and no key.pem"
    assert '[certificates] "host:2376" = "FOLDER"' in error.value.way_out


def test_each_engine_may_have_a_key_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "buildgraph").mkdir()
    said = '[certificates]\n"host:2376" = "/keys/one"\nother = "/keys/two"\n'
    (tmp_path / "buildgraph/site.toml").write_text(said)

    for address, folder in (("tcp://host", "/keys/one"), ("tcp://other:99", "/keys/two")):
        with pytest.raises(ToolError, match=f"and {folder} has no ca.pem"):
            open_line(address)


def test_files_that_are_no_certificates_are_told_without_what_stands_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).write_text("marker-of-a-key\n")

    with pytest.raises(ToolError, match="cannot be used") as error:
        open_line("tcp://host")

    assert "marker" not in str(error.value)


def test_the_whole_ssh_command() -> None:
    address = parse_engine("ssh://ann@host:2222/run/docker.sock")
    assert address is not None

    argv = ssh_command(address, Path("/folder")).argv

    assert argv[:6] == ("sh", "-c", '"$@"; code=$?; rm -rf "$0"; exit $code', "/folder", "ssh", "-T")
    options = [value for name, value in itertools.pairwise(argv) if name == "-o"]
    assert {"BatchMode=yes", "ConnectTimeout=10", "ControlPath=none", "ServerAliveInterval=5"} <= {*options}
    rest = argv[argv.index("-L") :]
    assert rest[:-1] == (
        *("-L", "/folder/engine.sock:/run/docker.sock"),
        *("-p", "2222", "-l", "ann", "--", "host"),
    )
    assert rest[-1].startswith("exec sh -c '") and rest[-1].endswith("' /run/docker.sock")


def test_without_an_ssh_command_it_is_told_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        ToolError, match="there is no ssh command on this machine\n  install OpenSSH's client"
    ):
        open_line("ssh://host")


# What a command in a container prints --------------------------------------------------------------------


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a line: ours and the engine's."""
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def answer(theirs: socket.socket, content: bytes) -> None:
    """Have the engine read a request and answer all of this at once, then hang up."""

    def serve() -> None:
        theirs.recv(1 << 12)
        theirs.sendall(content)
        theirs.close()

    threading.Thread(target=serve, daemon=True).start()


def frame(stream: int, content: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(content).to_bytes(4, "big") + content


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"


def test_what_comes_together_with_the_head_of_the_answer_is_not_lost(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    answer(pair[1], HEAD + frame(1, b"one\n") + frame(2, b"two\n") + frame(1, b""))

    assert list(listen_to(pair[0], "id")) == [
        Piece(b"one\n", False),
        Piece(b"two\n", True),
        Piece(b"", False),
    ]


@pytest.mark.parametrize("says", [b"", frame(1, b"still here\n")], ids=["silent", "talking"])
def test_a_command_that_does_not_end_in_its_time_is_left(
    pair: tuple[socket.socket, socket.socket], says: bytes
) -> None:
    def serve() -> None:
        theirs = pair[1]
        theirs.recv(1 << 12)
        theirs.sendall(HEAD)
        with suppress(OSError):
            while True:
                theirs.sendall(says)
                time.sleep(0.01)

    threading.Thread(target=serve, daemon=True).start()

    with pytest.raises(Unended):
        list(listen_to(pair[0], "id", within=0.2))


@pytest.mark.parametrize("content", [HEAD + frame(1, b"all of it")[:-3], HEAD + b"\x01\x00\x00", b""])
def test_an_engine_that_hangs_up_in_between_is_noticed(
    pair: tuple[socket.socket, socket.socket], content: bytes
) -> None:
    answer(pair[1], content)

    with pytest.raises(HungUp):
        list(listen_to(pair[0], "id"))


def test_a_refusal_is_told_in_the_engine_s_words(pair: tuple[socket.socket, socket.socket]) -> None:
    answer(pair[1], b'HTTP/1.1 409 Conflict\r\n\r\n{"message": "container is paused"}')

    with pytest.raises(EngineRefused, match="the Docker engine refused: container is paused") as refused:
        list(listen_to(pair[0], "id"))

    assert refused.value.status == 409
