"""The line to an engine over ssh: one connection, which brings the engine's socket here for as long as we live.

The ssh command makes it, so that the user's own ~/.ssh/config, keys and agent hold. All that is asked of the engine,
builds included, goes over this one connection. It ends with this process, however that ends: the command reads from
a pipe that only we hold open. So whatever the engine holds for us (a deploy lock's stream) ends with us, too.
"""

from __future__ import annotations

import re
import shlex
import shutil
import socket
import tempfile
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from buildgraph.companion import Companion, start_companion
from buildgraph.errors import ToolError
from buildgraph.image.lines import OTHERS, dial_socket
from buildgraph.manifests.engines import EngineAddress
from buildgraph.process import Command

ENGINE_SOCKET: Final = "/var/run/docker.sock"
LONGEST: Final = 90  # characters of a socket's path: the kernel takes a few more
CONNECT_WITHIN, ANSWER_WITHIN = 10, 30.0  # seconds to reach the host; to be let in
LOST_WITHIN: Final = 3.0  # seconds in which a connection that breaks is known to be broken
OPTIONS: Final = (
    "BatchMode=yes",  # nobody is there to answer a question
    f"ConnectTimeout={CONNECT_WITHIN}",
    "ServerAliveInterval=5",  # a host that is gone is found out after 15 s
    "ServerAliveCountMax=3",
    "ExitOnForwardFailure=yes",
    "StreamLocalBindMask=0177",
    "ControlMaster=no",  # what a user's shared connection forwards outlives us
    "ControlPath=none",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "LogLevel=INFO",
)
# Tells what there is, then lives until we do not: what a login prints before is no part of it.
MARK: Final = "buildgraph-host"
LOOK: Final = (
    "d=no; command -v docker >/dev/null 2>&1 && d=yes; s=missing; [ -e $0 ] && s=refused; [ -w $0 ] && s=there; "
    'echo "' + MARK + ' $d $s $XDG_RUNTIME_DIR"; exec cat >/dev/null'
)
# The shell stays beside ssh to take the folder away when both of us are gone.
BESIDE: Final = '"$@"; code=$?; rm -rf "$0"; exit $code'
UNREACHABLE: Final = re.compile(
    r"Could not resolve|Connection refused|timed out|No route to host|Network is unreachable|"
    r"Connection (reset|closed)|Name or service not known|Temporary failure in name"
)


class Report(NamedTuple):
    """What the host says of itself: whether there is a docker command, how its engine's socket is."""

    has_docker: bool
    socket: str
    runtime_folder: str


class SshLine:
    """The line to an engine whose socket ssh has brought into a folder of ours."""

    is_here = False
    certificates: Path | None = None

    def __init__(self, address: EngineAddress, companion: Companion, folder: Path) -> None:
        self.address = address
        self.where = f"on {address.name}"
        self.base_url = f"unix://{_socket_in(folder)}"
        self.command_env: Mapping[str, str] = {"DOCKER_HOST": self.base_url, **OTHERS}
        self._path = str(_socket_in(folder))
        self._companion = companion
        self._closer = weakref.finalize(self, _close, companion, folder)

    def dial(self) -> socket.socket:
        """A connection to the engine's socket, through the one to the host."""
        return dial_socket(self._path)

    def explain(self, error: Exception) -> ToolError:
        """The host is gone, or its engine is; an sshd that does not let us to it says the same as a silent engine."""
        if self._companion.has_ended(LOST_WITHIN):
            last = _last_line(self._companion.last_words)
            return ToolError(
                f"the connection to {self.address.name} was lost{f': {last}' if last else ''}",
                "run the same again when the host can be reached: it goes on from what is really there",
            )
        return ToolError(
            f"the Docker engine on {self.address.name} does not answer",
            "look at it there (`systemctl status docker`); if it runs, the host's sshd must let its socket through "
            "(sshd_config: AllowStreamLocalForwarding yes)",
        )

    def close(self) -> None:
        """End the connection."""
        self._closer()


def open_ssh(address: EngineAddress) -> SshLine:
    """Connect to a host and bring its engine's socket here; ToolError says what is missing, and where."""
    if shutil.which("ssh") is None:
        raise ToolError(
            f"{address.name} is reached by ssh, and there is no ssh command on this machine",
            "install OpenSSH's client (on Debian: openssh-client)",
        )
    folder = _make_folder()
    companion = start_companion(ssh_command(address, folder))
    try:
        _check(address, _read_report(address, companion))
    except BaseException:
        _close(companion, folder)
        raise
    return SshLine(address, companion, folder)


def ssh_command(address: EngineAddress, folder: Path) -> Command:
    """The connection as a command; what a user wrote stands where ssh takes it for nothing else."""
    engine = address.path or ENGINE_SOCKET
    argv = (
        *("sh", "-c", BESIDE, str(folder), "ssh", "-T"),
        *(word for option in OPTIONS for word in ("-o", option)),
        *("-L", f"{_socket_in(folder)}:{engine}"),
        *(("-p", str(address.port)) if address.port else ()),
        *(("-l", address.user) if address.user else ()),
        *("--", address.host.strip("[]"), f"exec sh -c {shlex.quote(LOOK)} {shlex.quote(engine)}"),
    )
    return Command(argv, env={"LC_ALL": "C"})


def _make_folder() -> Path:
    """A folder of our own for a socket, whose path must be short."""
    folder = Path(tempfile.mkdtemp(prefix="buildgraph-line-"))
    if len(str(_socket_in(folder))) <= LONGEST:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="buildgraph-line-", dir="/tmp"))


def _socket_in(folder: Path) -> Path:
    return folder / "engine.sock"


def _close(companion: Companion, folder: Path) -> None:
    companion.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _read_report(address: EngineAddress, companion: Companion) -> Report:
    """What the host says; lines that a login prints are passed over."""
    deadline = time.monotonic() + ANSWER_WITHIN
    while True:
        try:
            line = companion.read_line(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise _late(address) from None
        if line is None:
            raise _unopened(address, companion)
        words = line.split(" ", 3)
        if words[0] == MARK and len(words) == 4:
            return Report(words[1] == "yes", words[2], words[3])


def _check(address: EngineAddress, report: Report) -> None:
    """ToolError when the host has no engine that we may use."""
    if report.socket == "there":
        return
    engine = address.path or ENGINE_SOCKET
    if report.socket == "refused":
        raise ToolError(
            f"{_who(address)} may not use the Docker engine on {address.name} ({engine})",
            f"there, as root: `usermod -aG docker {address.user or 'USER'}`",
        )
    if not report.has_docker:
        raise ToolError(
            f"Docker is not installed on {address.name}", "install Docker Engine there, and start it"
        )
    rootless = f"ssh://{address.name}{report.runtime_folder or '/run/user/1000'}/docker.sock"
    raise ToolError(
        f"the Docker engine does not run on {address.name}: there is no {engine}",
        f"start it there (`systemctl start docker`); one that runs without root is named with its socket: {rootless}",
    )


def _late(address: EngineAddress) -> ToolError:
    return ToolError(
        f"{address.name} does not let us in within {ANSWER_WITHIN:g} s",
        f"try it by hand: `{_by_hand(address)}`",
    )


def _unopened(address: EngineAddress, companion: Companion) -> ToolError:
    """Why there is no connection, from ssh's own words."""
    companion.has_ended(LOST_WITHIN)
    said = companion.last_words
    name, last = address.name, _last_line(said)
    if "HOST IDENTIFICATION HAS CHANGED" in said:
        return ToolError(
            f"{name} shows another host key than the known one: it is another machine, or somebody is in between",
            f"only when you know why: `ssh-keygen -R {_known_as(address)}`, then `{_by_hand(address)}`",
        )
    if "Host key verification failed" in said:
        return ToolError(
            f"the host key of {name} is not known on this machine",
            f"compare it with the host's own and accept it once: `{_by_hand(address)}`",
        )
    if "Permission denied (" in said or "Too many authentication failures" in said:
        return ToolError(
            f"{name} refuses the keys that ssh has for {_who(address)}: {last}",
            f"`ssh-copy-id` brings your key there, `ssh-add` opens one with a passphrase; then `{_by_hand(address)}`",
        )
    if UNREACHABLE.search(said):
        return ToolError(
            f"{name} cannot be reached: {last}",
            f"see that it is up and its name right: `{_by_hand(address)}`",
        )
    way_out = f"try it by hand: `{_by_hand(address)}`; the account needs a shell"
    return ToolError(f"ssh to {name} fails{f': {last}' if last else ''}", way_out)


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _who(address: EngineAddress) -> str:
    return address.user or "this user"


def _by_hand(address: EngineAddress) -> str:
    port = f"-p {address.port} " if address.port else ""
    user = f"{address.user}@" if address.user else ""
    return f"ssh {port}{user}{address.host.strip('[]')}"


def _known_as(address: EngineAddress) -> str:
    host = address.host.strip("[]")
    return f"'[{host}]:{address.port}'" if address.port else host
