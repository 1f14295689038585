"""The private network and the volumes of an environment: made when missing, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.image.engine import told_plainly
from buildgraph.place.model import Place
from buildgraph.place.names import ENVIRONMENT, WORKSPACE


def refuse_foreign(place: Place, volumes: Iterable[str]) -> None:
    """Raise ConfigurationError when another environment has the network, or a volume, of the same name.

    Workspace and environment are joined by "-", which both may contain: shop and eu-test, shop-eu and test.
    """
    wanted = set(volumes)
    api = place.engine.client.api
    with told_plainly():
        networks = api.networks(names=[place.prefix])
        held = api.volumes(filters={"label": WORKSPACE})["Volumes"] or ()
    found = [("network", n) for n in networks if n["Name"] == place.prefix]
    found += [("volume", v) for v in held if v["Name"] in wanted]
    mistakes = [
        Mistake(
            f"{kind} {thing['Name']}",
            f"belongs to the environment {labels[ENVIRONMENT]} of the workspace {labels[WORKSPACE]}",
            f"give the environment {place.environment.name} or the workspace {place.workspace} another name",
        )
        for kind, thing in found
        if _is_foreign(place, labels := thing["Labels"] or {})
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def ensure_network(place: Place) -> bool:
    """Have the private network; whether it was made now."""
    if _networks(place):
        return False
    with told_plainly():
        place.engine.client.networks.create(place.prefix, driver="bridge", labels=_labels(place))
    return True


def ensure_volume(place: Place, name: str) -> bool:
    """Have a volume of this (full) name; whether it was made now."""
    if name in _volumes(place):
        return False
    with told_plainly():
        place.engine.client.volumes.create(name, labels=_labels(place))
    return True


def remove_network(place: Place) -> tuple[str, ...]:
    """Remove the private network, unless containers are in it (such as those that watch); returns their names."""
    client = place.engine.client.api
    with told_plainly():
        for network in _networks(place):
            guests = client.inspect_network(network)["Containers"] or {}
            if guests:
                return tuple(sorted(guest["Name"] for guest in guests.values()))
            client.remove_network(network)
    return ()


def remove_volumes(place: Place) -> tuple[str, ...]:
    """Remove all volumes of the environment, with the data in them; returns their names."""
    names = _volumes(place)
    for name in names:
        remove_volume(place, name)
    return names


def remove_volume(place: Place, name: str) -> None:
    """Remove one volume."""
    with told_plainly():
        place.engine.client.api.remove_volume(name)


def _networks(place: Place) -> list[str]:
    with told_plainly():
        found = place.engine.client.api.networks(filters={"label": place.filters()})
    return [network["Id"] for network in found]


def _volumes(place: Place) -> tuple[str, ...]:
    with told_plainly():
        found = place.engine.client.api.volumes(filters={"label": place.filters()})
    return tuple(sorted(volume["Name"] for volume in found["Volumes"] or ()))


def _is_foreign(place: Place, labels: Mapping[str, str]) -> bool:
    """Whether labels name another environment; what has none of them was made by hand for this one."""
    theirs = {name: labels.get(name) for name in _labels(place)}
    return None not in theirs.values() and theirs != _labels(place)


def _labels(place: Place) -> dict[str, str]:
    return {WORKSPACE: place.workspace, ENVIRONMENT: place.environment.name}
