"""Hosts that cannot be reached, or will not let us in: what is told, and that nothing hangs."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.image.engine import open_engine
from tests.support.hosts import Authority, SshHost, children_of, ssh_host, tls_engine
from tests.support.system import ROOT, free_port
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]


def told_of(address: str) -> str:
    """What is told instead of an engine."""
    with pytest.raises(ToolError) as error:
        open_engine(address)
    return str(error.value)


# Over ssh -------------------------------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SshHost]:
    """A host that ssh knows and is let in to."""
    with ssh_host(tmp_path / "ssh") as host:
        monkeypatch.setenv("PATH", f"{host.folder}:{os.environ['PATH']}")
        yield host


def test_an_engine_on_another_host_is_asked_over_ssh(host: SshHost) -> None:
    with closing(open_engine(host.address())) as engine:
        assert engine.version == open_engine("").version
        assert engine.client.api.version()["Version"] == engine.version
        assert not engine.is_here


def test_an_unknown_host_is_not_trusted(host: SshHost) -> None:
    host.know("")

    assert told_of(host.address()) == (
        f"the host key of {host.name} is not known on this machine\n  compare it with the host's own and "
        f"accept it once: `ssh -p {host.port} {host.name.partition(':')[0]}`"
    )


def test_a_host_with_another_key_than_before_is_not_trusted(host: SshHost) -> None:
    host.know((host.folder / "stranger.pub").read_text())

    told = told_of(host.address())

    assert f"{host.name} shows another host key than the known one" in told
    assert f"`ssh-keygen -R '[127.0.0.1]:{host.port}'`" in told


def test_a_refused_key_is_told(host: SshHost) -> None:
    host.use_key("stranger")

    told = told_of(host.address())

    assert f"{host.name} refuses the keys that ssh has for {host.user}" in told
    assert "ssh-copy-id" in told and "ssh-add" in told


def test_a_host_without_an_engine_tells_whether_it_is_not_there_or_does_not_run(
    host: SshHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buildgraph.image.ssh.LOST_WITHIN", 0.1)  # nothing breaks
    dead = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(dead))

    missing = told_of(host.address("/nowhere/docker.sock"))
    silent = told_of(host.address(str(dead)))

    assert missing.startswith(
        f"the Docker engine does not run on {host.name}: there is no /nowhere/docker.sock\n"
    )
    assert silent.startswith(f"the Docker engine on {host.name} does not answer\n")


def test_a_host_without_docker_says_so(host: SshHost, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("sh", "cat"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "")
    host.stop()
    host.start(f"SetEnv PATH={tmp_path / 'bin'}")

    assert told_of(host.address("/nowhere/docker.sock")).startswith(
        f"Docker is not installed on {host.name}\n"
    )


def test_an_sshd_that_forwards_nothing_is_among_the_reasons(
    host: SshHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("buildgraph.image.ssh.LOST_WITHIN", 0.1)  # nothing breaks
    host.stop()
    host.start("AllowStreamLocalForwarding no")

    assert "AllowStreamLocalForwarding yes" in told_of(host.address())


def test_what_a_login_prints_is_passed_over(host: SshHost) -> None:
    host.stop()
    (host.folder / "chatty").write_text('#!/bin/sh\necho hello; echo there\neval "$SSH_ORIGINAL_COMMAND"\n')
    (host.folder / "chatty").chmod(0o755)
    host.start(f"ForceCommand {host.folder / 'chatty'}")

    with closing(open_engine(host.address())) as engine:
        assert engine.version


def test_an_account_without_a_shell_is_told(host: SshHost) -> None:
    host.stop()
    host.start("ForceCommand echo 'this account is not available'; exit 1")

    told = told_of(host.address())

    assert told.startswith(f"ssh to {host.name} fails")
    assert "the account needs a shell" in told


def test_a_port_that_nobody_listens_on_is_told_at_once(host: SshHost) -> None:
    address = f"ssh://127.0.0.1:{free_port()}"
    began = time.monotonic()

    assert "cannot be reached: ssh: connect to host 127.0.0.1" in told_of(address)
    assert time.monotonic() - began < 25  # ANSWER_WITHIN is 30


def test_a_host_that_accepts_and_says_nothing_is_given_up(host: SshHost) -> None:
    """ssh's own limit holds for what follows the connection, too."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()

        told = told_of(f"ssh://127.0.0.1:{silent.getsockname()[1]}")

    assert "cannot be reached" in told and "timed out" in told
    assert time.monotonic() - began < 28


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # of the library's, when it cannot connect
def test_a_connection_that_breaks_is_told_by_whatever_asks_next(host: SshHost) -> None:
    with closing(open_engine(host.address())) as engine:
        engine.client.api.containers()
        host.cut()

        with pytest.raises(ToolError, match=f"the connection to {host.name} was lost: "):
            engine.has_image("any")
        with pytest.raises(ToolError, match=f"the connection to {host.name} was lost: "):
            engine.client.api.containers()
    gc.collect()


OPEN = "import sys, time; from buildgraph.image.engine import open_engine; e = open_engine(sys.argv[1]); "


def test_the_connection_ends_with_the_process_that_opened_it(host: SshHost) -> None:
    """However it ends: no ssh is left, and no folder with a socket."""
    argv = (
        sys.executable,
        "-c",
        f"{OPEN} print(e.line.base_url, flush=True); time.sleep(60)",
        host.address(),
    )
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as holder:
        assert holder.stdout is not None
        opened = Path(holder.stdout.readline().strip().removeprefix("unix://"))
        (beside,) = children_of(holder.pid)
        assert opened.is_socket()
        holder.kill()

    until(lambda: not opened.parent.exists() and not Path(f"/proc/{beside}").exists())


# Over TCP with TLS ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "ca")


@pytest.fixture(scope="module")
def keys(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of certificates: good, expired, and of another authority that the engine does not trust."""
    folder = tmp_path_factory.mktemp("keys")
    authority.client_folder(folder / "good", "good")
    authority.client_folder(folder / "expired", "expired", days=-1)
    other = Authority(folder / "other-ca")
    other.client_folder(folder / "stranger", "stranger")
    shutil.copy(authority.folder / "ca.pem", folder / "stranger/ca.pem")
    other.client_folder(folder / "elsewhere", "elsewhere")
    return folder


@pytest.fixture(scope="module")
def far_engine(authority: Authority) -> Iterator[str]:
    """The address of an engine behind TLS."""
    with tls_engine(authority.sign("server", "serverAuth"), authority.folder / "ca.pem") as port:
        yield f"tcp://127.0.0.1:{port}"


def test_an_engine_that_knows_us_answers(
    far_engine: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the process's environment says of the web's CAs and proxies is not for engines."""
    monkeypatch.setenv("DOCKER_CERT_PATH", str(keys / "good"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    with closing(open_engine(far_engine)) as engine:
        assert engine.client.api.version()["Version"] == engine.version


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("stranger", "refuses the certificate {}/cert.pem: unknown ca"),
        ("expired", "refuses the certificate {}/cert.pem: certificate expired"),
        ("elsewhere", "is not signed by {}/ca.pem: "),
    ],
)
def test_an_engine_that_refuses_our_certificate_or_shows_a_strange_one_is_told(
    far_engine: str, keys: Path, monkeypatch: pytest.MonkeyPatch, folder: str, told: str
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(keys / folder))
    monkeypatch.setattr(
        "buildgraph.image.tls.TICKET_WITHIN", 30.0
    )  # until the refusal, which comes in any case

    found = told_of(far_engine)

    assert told.format(keys / folder) in found
    assert "PRIVATE KEY" not in found


def test_an_engine_s_certificate_for_another_name_is_told(
    far_engine: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(keys / "good"))

    found = told_of(far_engine.replace("127.0.0.1", "localhost"))

    assert (
        f"the certificate of {far_engine.replace('127.0.0.1', 'localhost')[6:]} is for another name" in found
    )


def test_an_engine_s_expired_certificate_is_told(
    authority: Authority, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(keys / "good"))
    old = authority.sign("old", "serverAuth", days=-1)

    with tls_engine(old, authority.folder / "ca.pem") as port:
        assert "ca.pem, has expired\n" in told_of(f"tcp://127.0.0.1:{port}")


def test_an_engine_without_tls_is_not_spoken_to(
    host: SshHost, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", str(keys / "good"))

    assert told_of(f"tcp://127.0.0.1:{host.port}").startswith(f"127.0.0.1:{host.port} does not speak TLS\n")
