"""What a deploy is refused for unless it is forced; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildgraph.console import short_commit
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.snapshot.git import Repository

if TYPE_CHECKING:
    from buildgraph.deploy import Running
    from buildgraph.place.model import Target

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


def refuse_older(repository: Repository, services: Mapping[str, Running], targets: Iterable[Target]) -> None:
    """ConfigurationError when a service would be replaced by that of a commit which the running one comes after.

    A commit that is not here (a shallow clone, a branch that is gone) tells nothing.
    """
    mistakes = []
    for target in targets:
        running = services.get(target.service.name)
        if running is None or running.fingerprint == target.fingerprint:
            continue
        if is_ancestor(repository, _bare(target.commit), _bare(running.commit)):
            what = (
                f"runs from {short_commit(running.commit)}, a later commit than {short_commit(target.commit)}"
            )
            way_out = f"`git pull`; or go back with `rollback:{target.service.product}`; or say `force=yes`"
            mistakes.append(Mistake(f"deploy:{target.service.name}", what, way_out))
    if mistakes:
        raise ConfigurationError(mistakes)


def is_ancestor(repository: Repository, older: str, newer: str) -> bool:
    """Whether one commit comes before another; False where git cannot tell, and for one and the same."""
    if not older or not newer or older == newer:
        return False
    return repository.try_git("merge-base", "--is-ancestor", "--end-of-options", older, newer).code == 0


def _bare(commit: str) -> str:
    return "" if commit == "none" else commit.removesuffix(DIRTY)
