"""What a deploy is refused for unless it is forced; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildgraph.console import short_commit
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.snapshot.git import Repository

if TYPE_CHECKING:
    from buildgraph.deploy import Running
    from buildgraph.place.model import Scene, Target

DIRTY = "-dirty"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a command line says besides its task.

    `force` waives what is only refused for safety; `reason` are words for the log; `to` and `source`
    (`from=`) name a release and an environment, `plan` the file of a saved plan, `service` one of the product's.
    """

    force: bool = False
    reason: str = ""
    to: str = ""
    source: str = ""
    plan: str = ""
    service: str = ""


def refuse_older(
    repository: Repository,
    services: Mapping[str, Running],
    targets: Sequence[Target],
    removed: Iterable[Running],
) -> None:
    """ConfigurationError when a service would be replaced, or `removed`, by a commit which the running one comes after.

    A commit that is not here (a shallow clone, a branch that is gone) tells nothing.
    """
    if not targets:
        return
    replaced = [
        running
        for target in targets
        if (running := services.get(target.service.name)) and running.fingerprint != target.fingerprint
    ]
    gone = {running.name for running in removed}
    mistakes = [
        _too_old(services[name], targets[0], "would be removed; it " if name in gone else "")
        for name in sorted({running.name for running in replaced} | gone)
        if is_ancestor(repository, _bare(targets[0].commit), _bare(services[name].commit))
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def removed_by(scene: Scene, services: Mapping[str, Running], product: str) -> list[Running]:
    """The services of a product that run and that the manifests of a scene have no more: a deploy removes them."""
    known = {service.name for service in scene.catalog if service.deployed}
    return [
        found for name, found in sorted(services.items()) if found.product == product and name not in known
    ]


def _too_old(running: Running, target: Target, what: str) -> Mistake:
    return Mistake(
        f"deploy:{running.name}",
        f"{what}runs from {short_commit(running.commit)}, a later commit than {short_commit(target.commit)}",
        f"`git pull`; or go back with `rollback:{target.service.product}`; or say `force=yes`",
    )


def is_ancestor(repository: Repository, older: str, newer: str) -> bool:
    """Whether one commit comes before another; False where git cannot tell, and for one and the same."""
    if not older or not newer or older == newer:
        return False
    return repository.try_git("merge-base", "--is-ancestor", "--end-of-options", older, newer).code == 0


def _bare(commit: str) -> str:
    return "" if commit == "none" else commit.removesuffix(DIRTY)
