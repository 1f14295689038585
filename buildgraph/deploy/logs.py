"""What the containers of a service or product say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Final

from buildgraph.errors import BuildgraphError, UnknownName
from buildgraph.place.containers import Found, find_containers, follow_lines, read_last_lines
from buildgraph.place.model import Place
from buildgraph.place.names import BACKING, PRODUCT, PROXY, ROLE, SERVICE, Role

Line = tuple[str, str]  # who said it, and what
ENDED: Final = None


def read_logs(place: Place, name: str, tail: int = 100) -> tuple[Line, ...]:
    """The last lines of each container of a service or product; UnknownName when none is there.

    Backing services and the proxy go by their kinds: postgres, redis, proxy.
    """
    return tuple(
        (container.name, line)
        for container in _find(place, name)
        for line in read_last_lines(place, container.id, tail).splitlines()
    )


def follow_logs(place: Place, name: str, tail: int = 100) -> Iterator[Line]:
    """The same, and what those containers say from then on, until all of them have ended.

    Containers that come later are not followed. ToolError when the engine does not answer any more.
    """
    said: SimpleQueue[Line | BuildgraphError | None] = SimpleQueue()
    found = _find(place, name)
    for container in found:
        Thread(target=_follow, args=(place, container, tail, said), daemon=True).start()
    return _heard(said, len(found))


def _heard(said: SimpleQueue[Line | BuildgraphError | None], speakers: int) -> Iterator[Line]:
    while speakers:
        line = said.get()
        if isinstance(line, BuildgraphError):
            raise line
        if line is ENDED:
            speakers -= 1
        else:
            yield line


def _follow(
    place: Place, container: Found, tail: int, said: SimpleQueue[Line | BuildgraphError | None]
) -> None:
    try:
        for line in follow_lines(place, container.id, tail):
            said.put((container.name, line))
    except BuildgraphError as error:
        said.put(error)
    said.put(ENDED)


def _find(place: Place, name: str) -> list[Found]:
    running = find_containers(place)
    found = [container for container in running if name in _names(container)]
    if not found:
        raise UnknownName("running service or product", name, {n for c in running for n in _names(c)})
    return found


def _names(container: Found) -> Iterable[str]:
    """The names a user knows a container by; none for those nobody asks about."""
    labels = container.labels
    if labels.get(ROLE) == Role.PROXY.value:
        return {PROXY}
    return {labels.get(SERVICE, ""), labels.get(BACKING, ""), labels.get(PRODUCT, "")} - {""}
