"""What tasks concern: one digest of all that a command line of tasks brings up to date, nodes by their fingerprints."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from buildgraph.chain import Chain
from buildgraph.checker import Checker
from buildgraph.checks.script import TASK
from buildgraph.errors import ConfigurationError
from buildgraph.graph.deployments import deployment_id
from buildgraph.graph.nodes import image_id
from buildgraph.recovery import Wish
from buildgraph.refusals import Terms
from buildgraph.work import wanted_tasks, work_of

OF_IMAGES: Final = ("build", "scan", "push")
OF_DEPLOYMENTS: Final = ("deploy",)


def concern_of(chain: Chain, names: Sequence[str]) -> str:
    """The digest for these tasks and all that they need; "" where more than fingerprints counts.

    While it stays the same these tasks have nothing new to do. Raises UnknownName for a task that is not there.
    """
    wanted = wanted_tasks(work_of(chain, Terms(), Wish()), names)
    told = [(task.partition(":")[0], _nodes(chain, task)) for task in wanted if ":" in task]
    if any(phase not in (*OF_IMAGES, *OF_DEPLOYMENTS) for phase, _ in told):
        return ""
    deployed = {
        product for task in wanted for phase, _, product in [task.partition(":")] if phase in OF_DEPLOYMENTS
    }
    beside = _smoke(chain, deployed) + _secrets(chain) if deployed else b""
    return _digest(chain, {node for _, nodes in told for node in nodes}, beside)


def concern_of_checks(checker: Checker, names: Sequence[str]) -> str:
    """The same for checks, whose results are found by keys: one digest of the keys of all that these names mean.

    Raises UnknownName for a check that is not there.
    """
    meant = [TASK if "*" in name else name for name in names]
    scripts = checker.with_before({script for name in meant for script in checker.asked(name)})
    return hashlib.sha256("".join(f"{name} {checker.keys[name]}\n" for name in scripts).encode()).hexdigest()


def _nodes(chain: Chain, task: str) -> list[str]:
    """The nodes that a task brings up to date."""
    phase, _, name = task.partition(":")
    if phase in OF_IMAGES:
        return [image_id(name)]
    return [deployment_id(chain.environment.name, service) for service in chain.products.get(name, ())]


def _smoke(chain: Chain, products: Collection[str]) -> bytes:
    """The smoke tests of products: a deploy is done when they have passed, and no fingerprint holds them."""
    return repr([(s.name, s.smoke) for s in chain.services if s.product in products]).encode()


def _secrets(chain: Chain) -> bytes:
    """What stands in the environment's file of secrets: a deploy counts it, and no fingerprint here does."""
    from buildgraph.place.env_file import read_env_file

    file = chain.environment.secrets
    if not file:
        return b""
    try:
        return read_env_file(chain.builder.project.folder, file, chain.picture.is_seen)
    except ConfigurationError:  # the deploy tells it
        return b""


def _digest(chain: Chain, nodes: Iterable[str], beside: bytes) -> str:
    prints = chain.picture.graph.fingerprints
    lines = [f"{node} {prints[node]}\n" for node in sorted(nodes) if node in prints]
    return hashlib.sha256("".join(lines).encode() + beside).hexdigest()
