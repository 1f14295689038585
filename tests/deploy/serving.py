"""What is asserted of a town after a fault, and versions of its server in a registry."""

from __future__ import annotations

from buildgraph.deploy.live import read_live
from buildgraph.deploy.pending import pending_targets
from buildgraph.image.registry import push_image
from tests.support.town import Town, build_image


def serves(town: Town, version: str) -> None:
    """The town is as a deployment of this version leaves it."""
    assert {town.fetch("api") for _ in range(10)} == {f"api {version}"}
    assert [name.partition("-")[0] for name in sorted(town.containers())] == ["api", "proxy"]
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def publish(town: Town, registry: str, files: dict[str, bytes]) -> str:
    """A version of the server in a registry that answers, by its digest; the engine holds it no more."""
    engine, name = town.place.engine, f"{registry}/{town.place.workspace}"
    image = build_image(engine, town.server, files)
    digest = push_image(engine, image, f"{name}:2", town.hear).digest
    engine.client.api.remove_image(image, force=True)
    assert not engine.has_image(f"{name}@{digest}")
    return f"{name}@{digest}"
