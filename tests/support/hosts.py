"""Other hosts on loopback: a real sshd, and TLS with client certificates in front of the machine's engine."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.system import free_port
from tests.support.waiting import until

ENGINE = "/var/run/docker.sock"


class SshHost:
    """An sshd of its own: own port, host key and user key; `folder` goes first on PATH and holds an `ssh`.

    That `ssh` is the real one with a configuration of the test's: ssh takes no home folder from a variable.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.user = pwd.getpwuid(os.getuid()).pw_name
        self.log = folder / "sshd.log"
        self.connections = folder / "connections"
        folder.mkdir(parents=True, mode=0o700)
        for name in ("host", "key", "stranger"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name))
        self.know((folder / "host.pub").read_text())
        self.use_key("key")
        (folder / "authorized").write_text((folder / "key.pub").read_text())
        self._write_client()
        self._server: subprocess.Popen[bytes] | None = None

    def address(self, engine: str = "") -> str:
        """The engine's address over this host, perhaps with another socket."""
        return f"ssh://{self.user}@127.0.0.1:{self.port}{engine}"

    @property
    def name(self) -> str:
        """The host as errors name it."""
        return f"{self.user}@127.0.0.1:{self.port}"

    def know(self, key: str) -> None:
        """Have this host's key known as `key` ("": not known)."""
        known = f"[127.0.0.1]:{self.port} {key}" if key else ""
        (self.folder / "known").write_text(known)

    def use_key(self, name: str) -> None:
        """Have ssh use this key."""
        self.configuration(f"IdentityFile {self.folder / name}")

    def configuration(self, *lines: str) -> None:
        """Write the user's own configuration of ssh."""
        usual = (
            f"UserKnownHostsFile {self.folder / 'known'}",
            "GlobalKnownHostsFile /dev/null",
            "IdentitiesOnly yes",
            "IdentityAgent none",
        )
        (self.folder / "config").write_text("\n".join(["Host *", *usual, *lines, ""]))

    def _write_client(self) -> None:
        ssh = shutil.which("ssh")
        assert ssh, "script/hosts installs ssh"
        program = self.folder / "ssh"
        # a line for every connection tells how many there were
        program.write_text(f'#!/bin/sh\necho >>{self.connections}\nexec {ssh} -F {self.folder}/config "$@"\n')
        program.chmod(0o755)

    def start(self, *options: str) -> None:
        """Start the server, with further options of its own."""
        sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        assert sshd, "script/hosts installs sshd"
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True, mode=0o755)
        settings = (
            "ListenAddress 127.0.0.1",
            f"Port {self.port}",
            f"HostKey {self.folder / 'host'}",
            f"AuthorizedKeysFile {self.folder / 'authorized'}",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "UsePAM no",
            "StrictModes no",
            "PidFile none",
            "PrintMotd no",
            *options,
        )
        (self.folder / "sshd").write_text("\n".join([*settings, ""]))
        with self.log.open("ab") as log:
            self._server = subprocess.Popen((sshd, "-D", "-e", "-f", str(self.folder / "sshd")), stderr=log)
        wait_for_port(self.port)

    def cut(self) -> int:
        """Break every connection that stands, as a network does; returns how many there were."""
        assert self._server is not None
        sessions = children_of(self._server.pid)
        for process in sessions:
            for below in children_of(process):
                end(below)
            end(process)
        return len(sessions)

    def stop(self) -> None:
        """End the server and every connection that stands."""
        if self._server is not None:
            self.cut()
            self._server.terminate()
            self._server.wait(60)
            self._server = None


@contextmanager
def ssh_host(folder: Path) -> Iterator[SshHost]:
    """A host that is reached by ssh, for as long as the block runs."""
    host = SshHost(folder)
    host.start()
    try:
        yield host
    finally:
        host.stop()


class Authority:
    """A CA of the test's own, and what it signs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._make_key("ca-key.pem")
        request = (
            "req",
            "-x509",
            "-new",
            "-key",
            "ca-key.pem",
            "-days",
            "2",
            "-subj",
            "/CN=test CA",
            "-out",
            "ca.pem",
        )
        self._openssl(*request)

    def sign(self, name: str, use: str, *, host: str = "IP:127.0.0.1", days: int = 2) -> tuple[Path, Path]:
        """A certificate and its key; `use` is serverAuth or clientAuth, negative days have it expired."""
        self._make_key(f"{name}-key.pem")
        subject = ("-subj", f"/CN={name}", "-key", f"{name}-key.pem", "-out", f"{name}.csr")
        self._openssl("req", "-new", *subject)
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={host}\nextendedKeyUsage={use}\n")
        ca = ("-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial", "-extfile", str(extensions))
        self._openssl(*("x509", "-req", "-in", f"{name}.csr", *ca, "-days", str(days), "-out", f"{name}.pem"))
        return self.folder / f"{name}.pem", self.folder / f"{name}-key.pem"

    def client_folder(self, folder: Path, name: str = "client", *, days: int = 2) -> Path:
        """A folder as the docker command wants it: ca.pem, cert.pem, key.pem."""
        certificate, key = self.sign(name, "clientAuth", days=days)
        folder.mkdir(parents=True)
        shutil.copy(self.folder / "ca.pem", folder / "ca.pem")
        shutil.copy(certificate, folder / "cert.pem")
        shutil.copy(key, folder / "key.pem")
        return folder

    def _make_key(self, name: str) -> None:
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", name)

    def _openssl(self, *arguments: str) -> None:
        run("openssl", *arguments, cwd=self.folder)


@contextmanager
def tls_engine(certificate: tuple[Path, Path], ca: Path, engine: str = ENGINE) -> Iterator[int]:
    """The machine's engine behind TLS, for those whose certificate the CA has signed; the port on loopback."""
    port = free_port()
    pem, key = certificate
    listen = f"OPENSSL-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,cert={pem},key={key},cafile={ca},verify=1"
    server = subprocess.Popen(("socat", listen, f"UNIX-CONNECT:{engine}"), stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield port
    finally:
        for process in children_of(server.pid):
            end(process)
        server.terminate()
        server.wait(60)


def wait_for_port(port: int) -> None:
    """Wait until something listens on a port of loopback."""
    until(lambda: listens(port))


def listens(port: int) -> bool:
    """Whether something listens on a port of loopback; OSError when it does not."""
    socket.create_connection(("127.0.0.1", port)).close()
    return True


def children_of(process: int) -> list[int]:
    """The processes that a process has started and that run."""
    told = subprocess.run(
        ("ps", "-o", "pid=", "--ppid", str(process)), capture_output=True, text=True, check=False
    )
    return [int(word) for word in told.stdout.split()]


def end(process: int) -> None:
    """End a process; nothing happens when it has ended."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def run(*argv: str, cwd: Path | None = None) -> str:
    """Run a command that must succeed."""
    ran = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{argv}: {ran.stderr}"
    return ran.stdout
