"""The firewall of a server, for nftables: what comes from outside is looked at before any engine leads it on.

An engine leads packets for a published port to its container before rules about input see them, so those rules never
count. This table has a chain of its own ahead of that (Netfilter: hook prerouting at -110, destination NAT at -100).
What one table drops is dropped, whatever others say. The engine's own rules are left alone.
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.engines import parse_engine
from buildgraph.manifests.model import Environment
from buildgraph.render.host.server import Server

SSH: Final = 22
WEB: Final = (80, 443)
TEXT: Final = """\
# For /etc/nftables.conf to include. `nft --check --file` tries it; `nft --file` takes it up, all of it or nothing.

# Made anew each time: the first line has it there, so that the second can remove it.
table inet {table}
delete table inet {table}

table inet {table} {{
    chain from_outside {{
        type filter hook prerouting priority -110; policy drop;

        # This machine itself, and its containers by the engine's bridges; what they may is the engine's word.
        iifname "lo" accept
        iifname {{ "docker0", "docker_gwbridge" }} accept
        iifname "br-*" accept

        # Answers to what was begun here, by this machine or a container.
        ct state established,related accept
        ct state invalid drop

        # Errors, the size of packets, IPv6's neighbours; addresses by DHCP.
        meta l4proto {{ icmp, ipv6-icmp }} accept
        udp sport 67 udp dport 68 accept
        udp sport 547 udp dport 546 accept

        # To an address of this machine: a neighbour that knows a container's would be led to it.
        fib daddr type local tcp dport {{ {ports} }} accept
    }}
}}
"""


def render_firewall(server: Server) -> str:
    """The file, without its first line."""
    ports = ", ".join(map(str, open_ports(server.environment)))
    return TEXT.format(table=server.name.replace("-", "_").replace(".", "_"), ports=ports)


def open_ports(environment: Environment) -> tuple[int, ...]:
    """What is open to everybody: the web, and the way by which the environment's engine is reached."""
    engine = parse_engine(environment.engine)
    ways = {engine.port or SSH} if engine and engine.scheme == "ssh" else {SSH}
    if engine and engine.scheme == "tcp":
        ways.add(engine.port)
    return tuple(sorted({*WEB, *ways}))
