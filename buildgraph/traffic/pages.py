"""Pages and their assets: a browser asks for assets where its page came from, as long as that version is kept.

A page (a navigation that HTML answers) sets a cookie with the word of the version that gave it; what the
page then asks for goes to that version, while the next page may come from any. A map tells the proxy
which words are good at this moment; it changes without a reload.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.place.names import Colour, server_name
from buildgraph.traffic.routes import Route, Routes

PAGES: Final = "pages.map"
COOKIE: Final = "buildgraph-release"
# In the public frontend. Browsers tell what a request is for (Fetch Metadata); on plain HTTP they do not.
ASKING: Final = f"""\
    acl tells_use req.hdr(Sec-Fetch-Dest) -m found
    acl wants_page req.hdr(Sec-Fetch-Dest) -m str document
    acl wants_html req.hdr(Accept) -m sub text/html
    http-request set-var(txn.page) bool(true) if wants_page
    http-request set-var(txn.page) bool(true) if wants_html !tells_use
    http-request set-var(txn.held) req.cook({COOKIE})
    http-request set-var(txn.colour) var(txn.held),map({PAGES}) if !{{ var(txn.page) -m found }}
"""
# In the backend of a public service.
ANSWERING: Final = f"""\
    acl is_page var(txn.page) -m found
    acl is_html res.hdr(Content-Type) -m beg text/html
    acl is_known var(txn.release) -m found
    acl is_held var(txn.release),strcmp(txn.held) eq 0
    acl is_new var(txn.cookie) -m found
    http-response set-var-fmt(txn.side) %[be_name]/%[srv_name,field(1,-)] if is_page
    http-response set-var(txn.release) var(txn.side),map({PAGES}) if is_page
    http-response set-var-fmt(txn.cookie) {COOKIE}=%[var(txn.release)] if is_html is_known !is_held
    http-response add-header Set-Cookie "%[var(txn.cookie)]; Path=/; HttpOnly; SameSite=Lax" if is_new
"""


def page_lines(route: Route) -> list[str]:
    """What a public service's backend does for pages: where their requests go, and what browsers are told.

    HAProxy passes over a server that is down, and shares by weight when no line is left.
    """
    chosen = [
        f"    use-server {server_name(colour, number)} if {{ var(txn.colour) -m str {colour.value} }}"
        + (f" {{ rand({side.slots - number + 1}) eq 0 }}" if number < side.slots else "")
        for colour, side in sorted(route.sides.items(), key=lambda item: item[0].value)
        for number in range(1, side.slots + 1)
    ]
    return [*chosen, ANSWERING.rstrip("\n")]


def page_entries(routes: Routes) -> dict[str, str]:
    """What the map holds: the word of each side that may answer, and the colour that each word means."""
    entries: dict[str, str] = {}
    for route in (route for table in routes.values() for route in table if route.hosts and route.is_http):
        for colour in sorted(Colour, key=lambda colour: route.side(colour).share):
            side = route.side(colour)
            if side.may_answer and side.release:
                entries |= {f"{route.service}/{colour.value}": side.release, side.release: colour.value}
    return dict(sorted(entries.items()))


def render_pages(routes: Routes) -> str:
    """The map as a file."""
    return "".join(f"{key} {value}\n" for key, value in page_entries(routes).items())


def parse_pages(told: str) -> dict[str, str]:
    """The map that runs, in an answer to `show map`: lines of an address, a key and a value."""
    rows = (line.split() for line in told.splitlines())
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0].startswith("0x")}


def page_commands(running: dict[str, str], wanted: dict[str, str]) -> tuple[list[str], list[str]]:
    """The runtime commands that make the map as wanted: before shares change, and after."""
    gone = [f"del map {PAGES} {key}" for key in sorted(running.keys() - wanted.keys())]
    added = [f"add map {PAGES} {key} {wanted[key]}" for key in sorted(wanted.keys() - running.keys())]
    common = sorted(wanted.keys() & running.keys())
    changed = [f"set map {PAGES} {key} {wanted[key]}" for key in common if wanted[key] != running[key]]
    return added + changed, gone


def asked_map() -> str:
    """The runtime command whose answer `parse_pages` reads."""
    return f"show map {PAGES}"


def in_chunks(commands: Iterable[str], most: int = 8000) -> list[list[str]]:
    """Commands in portions that HAProxy's buffer (16 KiB) takes as one line."""
    chunks: list[list[str]] = [[]]
    for command in commands:
        if sum(len(other) + 2 for other in chunks[-1]) + len(command) > most:
            chunks.append([])
        chunks[-1].append(command)
    return [chunk for chunk in chunks if chunk]
