"""What a product's smoke tests have proved here: one small file per product in the state volume."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.deploy.live import read_live
from buildgraph.deploy.proof import holds_again, proof_of
from buildgraph.deploy.releases import read_releases
from buildgraph.place.model import Place, Target
from buildgraph.place.names import PROXY
from buildgraph.place.state import read_state, render_archive, write_state

FOLDER: Final = "verified"
NOT_YET: Final = ""


def is_verified(place: Place, product: str, targets: Iterable[Target]) -> bool:
    """Whether these very targets have passed these very smoke tests here, and nothing was deployed since."""
    return _read(place, product) == proof_of(targets)


def forget_verified(place: Place, product: str) -> str:
    """Take the word back, before what runs is changed or its tests run again; returns it ("": there is none)."""
    held = _read(place, product)
    if held:
        _write(place, product, NOT_YET)
    return held


def restore_verified(place: Place, product: str, held: str, wanted: Iterable[Target]) -> None:
    """Give the word back that was taken, if what it was given for runs again: the deploy of `wanted` was undone."""
    running = {service.name: service.fingerprint for service in read_live(place).services_of(product)}
    if held and holds_again(held, running, read_releases(place, product), wanted):
        _write(place, product, held)


def record_verified(place: Place, product: str, targets: Iterable[Target]) -> None:
    """Remember that these targets passed."""
    _write(place, product, proof_of(targets))


def _read(place: Place, product: str) -> str:
    files = read_state(place, place.named(PROXY), FOLDER).files
    return files.get(f"{FOLDER}/{product}", NOT_YET.encode()).decode()


def _write(place: Place, product: str, content: str) -> None:
    archive = render_archive({f"{FOLDER}/{product}": content.encode()})
    write_state(place, place.named(PROXY), archive)
