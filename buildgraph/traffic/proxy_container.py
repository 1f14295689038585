"""The proxy's container: there, running, and made anew when its settings change; nobody else starts or stops it."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.place.containers import (
    Found,
    create_container,
    find_containers,
    read_last_lines,
    remove_container,
    rename_container,
    start_container,
    stop_container,
)
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import FINGERPRINT, PROXY, Role
from buildgraph.place.ports import LOOPBACK, told_port_conflict
from buildgraph.place.specification import Specification, print_of
from buildgraph.place.state import MOUNT, state_volume
from buildgraph.traffic.directing import apply_routes, running_structure
from buildgraph.traffic.proxy import MASTER_PORT, PUBLIC_PORT
from buildgraph.traffic.revisions import CURRENT, write_first_revision

FORMER: Final = f"{PROXY}-former"  # the proxy that another takes the place of, until that one answers
NEXT: Final = f"{PROXY}-next"  # the one that takes its place, until it has its configuration
# Seconds in which the former proxy ends its requests. Two cannot listen at one address, so that connections are
# refused from then on until the next one has started.
STOP_WITHIN: Final = 2.0
CONFIG: Final = f"{MOUNT}/{CURRENT}/haproxy.cfg"
# A version that has ended has no name any more. Where no name server answers, the usual patience with each such name
# would hold up every reload, and with it the deployment that replaces the dead version.
LOOKUPS: Final = ("timeout:1", "attempts:1")
LAST_LINES: Final = 20
START_WITHIN, PAUSE = 15.0, 0.1


def proxy_specification(place: Place) -> Specification:
    """The proxy's container; it is made anew when this changes."""
    bare = Specification(
        name=place.named(PROXY),
        image=place.image(place.environment.proxy_image),
        labels={},
        entrypoint=("haproxy",),
        command=("-W", "-db", "-S", f"{LOOPBACK}:{MASTER_PORT}", "-f", CONFIG),
        network=place.prefix,
        aliases=(PROXY,),
        mounts={state_volume(place): MOUNT},
        lookups=LOOKUPS,
        published={PUBLIC_PORT: (LOOPBACK, place.environment.proxy_port)},
    )
    labels = {**place.labels(Role.PROXY), FINGERPRINT: print_of(bare)}
    return replace(bare, labels=labels)


def is_as_declared(place: Place, fingerprint: str) -> bool:
    """Whether a proxy with this label is the one that the manifests ask for."""
    return fingerprint == proxy_specification(place).labels[FINGERPRINT]


def ensure_proxy(place: Place, tell: Tell) -> None:
    """Have the proxy running as its manifest says, with the routes that the state volume holds."""
    specification = proxy_specification(place)
    _settle_former(place)
    found = find_containers(place, role=Role.PROXY.value)
    if found and not is_as_declared(place, found[0].labels.get(FINGERPRINT, "")):
        _replace_proxy(place, specification, found[0], tell)
        tell(f"proxy: made anew, its settings changed ({LOOPBACK}:{place.environment.proxy_port})")
    elif not found:
        _create_proxy(place, specification)
        tell(f"proxy: started on {LOOPBACK}:{place.environment.proxy_port}")
    elif not found[0].is_running:
        write_first_revision(place, found[0].id)  # who made it may have died before that
        start_proxy(place)
        tell("proxy: started again")
    apply_routes(place)


def start_proxy(place: Place) -> None:
    """Start the proxy's container and wait until it answers; ToolError when its port is taken."""
    with told_port_conflict(place):
        start_container(place, place.named(PROXY))
    deadline = time.monotonic() + START_WITHIN
    while not running_structure(place):
        if time.monotonic() > deadline:
            said = read_last_lines(place, place.named(PROXY), LAST_LINES)
            raise StepFailed("proxy", f"does not start within {START_WITHIN:g} s", said)
        time.sleep(PAUSE)


def _create_proxy(place: Place, specification: Specification) -> None:
    """Make and start the proxy; what it leaves half made when its port is taken goes away again."""
    made = _make_proxy(place, specification)
    try:
        start_proxy(place)
    except BaseException:
        remove_container(place, made.id)
        raise


def _make_proxy(place: Place, specification: Specification) -> Found:
    """Make a proxy's container with its configuration, without starting it."""
    made = create_container(place, specification)
    try:
        write_first_revision(place, made.id)
    except BaseException:
        remove_container(place, made.id)
        raise
    return made


def _replace_proxy(place: Place, specification: Specification, former: Found, tell: Tell) -> None:
    """Put another proxy in the place of the one there is, which comes back when the other does not start.

    The other one is made, with its configuration, while the former still answers: what is left is a stop and a start.
    """
    made = _make_proxy(place, replace(specification, name=place.named(NEXT)))
    rename_container(place, former.id, place.named(FORMER))
    try:
        rename_container(place, made.id, specification.name)
        stop_container(place, former.id, STOP_WITHIN)
        start_proxy(place)
    except BaseException:
        remove_container(place, made.id)
        rename_container(place, former.id, specification.name)
        if former.is_running:
            start_container(place, former.id)
            tell("proxy: made as it was, the new one does not start")
        raise
    remove_container(place, former.id)


def _settle_former(place: Place) -> None:
    """End what a replacement of the proxy that was killed has left: one of the two goes, the one that answers stays."""
    found = {container.name: container.id for container in find_containers(place, role=Role.PROXY.value)}
    if next_ := found.get(place.named(NEXT)):
        remove_container(place, next_)
    former = found.get(place.named(FORMER))
    if former is None:
        return
    if running_structure(place):
        remove_container(place, former)
        return
    remove_container(place, place.named(PROXY))
    rename_container(place, former, place.named(PROXY))
