"""The rendered firewall, taken up by the kernel in a network of its own: what reaches a server and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from buildgraph.manifests.model import Environment
from buildgraph.render.host.firewall import open_ports
from tests.render.servers import EVERY_SERVER
from tests.support.system import ROOT

FIREWALL = ROOT / "docker/host/production/firewall.nft"
SERVER, CONTAINER, OUTSIDE = "10.9.0.1", "172.30.0.2", "10.9.0.2"
PUBLISHED, OWN = 9000, 5432
# What an engine does for a published port.
ENGINE = f"""
table ip engine {{
    chain prerouting {{ type nat hook prerouting priority -100; tcp dport {PUBLISHED} dnat to {CONTAINER}:80; }}
    chain postrouting {{ type nat hook postrouting priority 100; ip saddr 172.30.0.0/24 masquerade; }}
}}
"""
# What ufw makes of the architecture's rules.
INPUT_ONLY = """
table inet ufw {
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        tcp dport { 22, 80, 443 } accept
    }
}
"""
LISTEN = """
import selectors, socket, sys
waiting = selectors.DefaultSelector()
for port in sys.argv[1:]:
    waiting.register(socket.create_server(("0.0.0.0", int(port))), selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in waiting.select():
        key.fileobj.accept()[0].close()
"""
CALL = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1).close()"


@pytest.mark.parametrize(
    ("engine", "ports"),
    [
        ("ssh://deploy@shop.org", (22, 80, 443)),
        ("ssh://deploy@shop.org:2222", (80, 443, 2222)),
        ("tcp://shop.org", (22, 80, 443, 2376)),
        ("", (22, 80, 443)),
    ],
    ids=["ssh", "ssh by a port of its own", "an engine with TLS", "this machine"],
)
def test_open_are_the_web_and_the_way_to_the_engine(engine: str, ports: tuple[int, ...]) -> None:
    assert open_ports(Environment("live", engine=engine)) == ports


@dataclass(frozen=True)
class Net:
    """Three machines: a server, a container of its engine, and somebody outside."""

    name: str

    def within(self, machine: str, *argv: str) -> list[str]:
        return ["ip", "netns", "exec", f"{self.name}-{machine}", *argv]

    def take(self, rules: str) -> None:
        subprocess.run(self.within("server", "nft", "-f", "-"), input=rules, text=True, check=True)

    def reaches(self, machine: str, address: str, port: int) -> bool:
        argv = self.within(machine, sys.executable, "-c", CALL, address, str(port))
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    @contextmanager
    def listening(self, machine: str, *ports: int) -> Iterator[None]:
        argv = self.within(machine, sys.executable, "-c", LISTEN, *map(str, ports))
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout
                assert process.stdout.readline() == "ready\n"
                yield
            finally:
                process.kill()


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True, capture_output=True)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    """The machines, with an engine's rules and everybody listening."""
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/usr/sbin")
    made = Net(f"t{uuid.uuid4().hex[:8]}")
    n = made.name
    with ExitStack() as stack:
        for machine in ("server", "container", "outside"):
            ip(f"netns add {n}-{machine}")
            stack.callback(ip, f"netns del {n}-{machine}")
            ip(f"-n {n}-{machine} link set lo up")
        _join(n, "outside", "eth0", (SERVER, OUTSIDE))
        _join(n, "container", "br-1", ("172.30.0.1", CONTAINER))
        forward = ("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
        subprocess.run(made.within("server", *forward), check=True)
        made.take(ENGINE)
        stack.enter_context(made.listening("server", 22, 80, 443, OWN))
        stack.enter_context(made.listening("container", 80))
        stack.enter_context(made.listening("outside", 25))
        yield made


def _join(name: str, machine: str, link: str, addresses: tuple[str, str]) -> None:
    """A cable between a machine and the server, where it is called `link`."""
    ip(f"-n {name}-server link add {link} type veth peer name eth0 netns {name}-{machine}")
    for place, device, address in zip(
        (f"{name}-server", f"{name}-{machine}"), (link, "eth0"), addresses, strict=True
    ):
        ip(f"-n {place} addr add {address}/24 dev {device}")
        ip(f"-n {place} link set {device} up")
    ip(f"-n {name}-{machine} route add default via {addresses[0]}")


@pytest.mark.engine
@EVERY_SERVER
def test_the_kernel_would_take_each_server_s(net: Net, server: Path) -> None:
    check = net.within("server", "nft", "--check", "--file", str(server / "firewall.nft"))

    ran = subprocess.run(check, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


@pytest.mark.engine
def test_rules_about_input_do_not_see_a_published_port(net: Net) -> None:
    """What the architecture has, tried: it closes the server's own ports, and leaves the containers' open."""
    net.take(INPUT_ONLY)

    assert not net.reaches("outside", SERVER, OWN)
    assert net.reaches("outside", SERVER, PUBLISHED)


@pytest.mark.engine
def test_only_what_is_open_reaches_the_server_and_its_containers(net: Net) -> None:
    assert net.reaches("outside", SERVER, PUBLISHED)
    assert net.reaches("outside", SERVER, OWN)

    for _ in range(2):  # taken up again, it is the same
        net.take(FIREWALL.read_text())
        assert [net.reaches("outside", SERVER, port) for port in (22, 80, 443)] == [True] * 3
        assert not net.reaches("outside", SERVER, PUBLISHED)
        assert not net.reaches("outside", SERVER, OWN)
        assert not net.reaches("outside", CONTAINER, 80)


@pytest.mark.engine
def test_the_server_and_its_containers_reach_the_world_and_one_another(net: Net) -> None:
    net.take(FIREWALL.read_text())

    assert net.reaches("server", OUTSIDE, 25)
    assert net.reaches("container", OUTSIDE, 25)
    assert net.reaches("server", CONTAINER, 80)
    assert net.reaches("container", "172.30.0.1", OWN)
    assert net.reaches("server", "127.0.0.1", OWN)


@pytest.mark.engine
def test_a_broken_file_is_refused_as_a_whole(net: Net) -> None:
    net.take(FIREWALL.read_text())
    broken = FIREWALL.read_text().replace("policy drop", "policy dorp")

    argv = net.within("server", "nft", "-f", "-")
    assert subprocess.run(argv, input=broken, text=True, check=False, capture_output=True).returncode == 1
    assert not net.reaches("outside", SERVER, PUBLISHED)
