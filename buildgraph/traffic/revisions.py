"""Revisions of the proxy's configuration in the state volume: written beside the current one, checked, swapped in."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Final

from buildgraph.errors import StepFailed, ToolError
from buildgraph.place.containers import ask_in_container, find_containers
from buildgraph.place.model import Place
from buildgraph.place.names import PROXY, Role
from buildgraph.place.state import MOUNT, PRIVATE, State, read_state, render_archive, write_state
from buildgraph.traffic.pages import PAGES, render_pages
from buildgraph.traffic.proxy import render_proxy
from buildgraph.traffic.routes import Route, Routes, UnreadableRoutes, parse_routes, render_routes

FOLDER, CURRENT, KEY = "proxy", "proxy/current", "key"
ROUTES: Final = "routes/"
KEY_BYTES, NAME_LENGTH = 32, 16
READINGS, PAUSE = 20, 0.1
# rename(2) swaps the link in one step: a proxy that starts at this moment reads one revision or the other.
SWAP: Final = """\
cd "$0" && haproxy -c -f "$1/haproxy.cfg" && ln -sfn "$1" next && mv -T next current &&
for old in revision-*; do [ "$old" = "$1" ] || rm -rf "$old"; done
"""


def write_first_revision(place: Place, container: str) -> None:
    """Write what a new volume needs; a volume that has been used keeps its key and its routes.

    The configuration is written again: another version of this program may have written it.
    """
    state = read_state(place, container)
    if KEY not in state.files:
        key = secrets.token_bytes(KEY_BYTES)
        write_state(place, container, render_archive({KEY: key}, mode=PRIVATE))
    routes = first_routes(state, lambda: bool(find_containers(place, role=Role.SERVICE.value)))
    revision, files = revision_of(routes)
    link = {CURRENT: revision}
    placed = {f"{FOLDER}/{revision}/{path}": content for path, content in files.items()}
    write_state(place, container, render_archive(placed, links=link))


def write_revision(place: Place, routes: Routes) -> None:
    """Write a revision beside the current one, have HAProxy check it, and make it the current one."""
    revision, files = revision_of(routes)
    placed = {f"{FOLDER}/{revision}/{path}": content for path, content in files.items()}
    write_state(place, place.named(PROXY), render_archive(placed))
    argv = ["sh", "-c", SWAP, f"{MOUNT}/{FOLDER}", revision]
    code, said = ask_in_container(place, place.named(PROXY), argv, user="0:0")
    if code != 0:
        raise StepFailed("proxy", "the new configuration is refused; the old one stays", said)


def revision_of(routes: Routes) -> tuple[str, dict[str, bytes]]:
    """A revision of the configuration: its name, which tells its content, and its files."""
    files = {f"{ROUTES}{product}.json": render_routes(product, table) for product, table in routes.items()}
    files |= {"haproxy.cfg": render_proxy(routes), PAGES: render_pages(routes)}
    content = {path: text.encode() for path, text in files.items()}
    return name_of(content), content


def name_of(files: Mapping[str, bytes]) -> str:
    """The name of a revision that holds these files."""
    return f"revision-{hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:NAME_LENGTH]}"


def read_written(place: Place) -> State:
    """What the state volume holds, its current revision whole; nothing where there is no proxy to read it through.

    It is read through whichever container is the proxy's: one takes the place of another while products are
    deployed. ToolError when it is never whole.
    """

    def read() -> State | None:
        found = find_containers(place, role=Role.PROXY.value)
        return read_state(place, found[0].id) if found else None

    return read_whole(read)


def read_whole(read: Callable[[], State | None]) -> State:
    """What is read when it is whole: the files of the current revision give its name; nothing for None.

    An engine packs a folder file by file and passes over what is removed meanwhile, so that a revision which another
    takes the place of comes in part, or not at all. What reads the same twice is taken as it is: somebody edited it.
    """
    before = read()
    for _ in range(READINGS):
        if before is None or _is_whole(before):
            return before or State()
        time.sleep(PAUSE)
        again = read()
        if again is not None and _current_of(again) == _current_of(before):
            return again
        before = again
    what = "the configuration of the proxy has changed each time that it was read"
    raise ToolError(what, "run the same again")


def _is_whole(state: State) -> bool:
    revision, files = _current_of(state)
    return bool(revision) and name_of(files) == revision


def _current_of(state: State) -> tuple[str, dict[str, bytes]]:
    """The name of the current revision, and its files."""
    revision = state.links.get(CURRENT, "")
    folder = f"{FOLDER}/{revision}/"
    found = {path.removeprefix(folder): text for path, text in state.files.items() if path.startswith(folder)}
    return revision, found


def first_routes(state: State, stands: Callable[[], bool]) -> dict[str, tuple[Route, ...]]:
    """The routes that a proxy begins with; what nobody can read of them is let go where no service `stands`.

    That is so after `down`. Otherwise UnreadableRoutes: nobody would know which colour is to answer.
    """
    try:
        return routes_in(state)
    except UnreadableRoutes:
        if stands():
            raise
        return {}


def routes_in(state: State) -> dict[str, tuple[Route, ...]]:
    """The routes of every product in the current revision; UnreadableRoutes when it is named and not there."""
    revision, files = _current_of(state)
    if revision and not files:
        raise UnreadableRoutes
    return {
        path.removeprefix(ROUTES).removesuffix(".json"): parse_routes(text)
        for path, text in sorted(files.items())
        if path.startswith(ROUTES)
    }
