"""The tasks that a command line asks for, refused before anything runs: unknown ones, and deploys without a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from buildgraph.chain import Chain
from buildgraph.commands import VERBS
from buildgraph.errors import ConfigurationError, UnknownName
from buildgraph.promotion import Promotion
from buildgraph.refusals import Terms


def refuse_unknown(names: Iterable[str], known: Sequence[str]) -> None:
    """Refuse an unknown task, with what was perhaps meant; raises UnknownName, ConfigurationError for a verb."""
    for name in names:
        if name in VERBS and name not in known:
            way_out = f"write it first, and its options after it: `buildgraph {name} …`"
            raise ConfigurationError.of("", f"{name} is a verb, and stands behind what is for tasks", way_out)
        if not name.startswith("-") and "*" not in name and name not in known:
            raise UnknownName("task or verb", name, [*known, *VERBS])


def refuse_unplanned(chain: Chain, names: Iterable[str], terms: Terms) -> None:
    """Refuse a deploy whose plan or approval is missing, or whose plan holds no more."""
    deployer = chain.deployer
    for name in names:
        phase, _, product = name.partition(":")
        if phase == "deploy":
            for each in chain.products_for(product) if product else chain.products:
                deployer.need_approval(name, terms)
                deployer.confirm_plan(terms.plan, each, deployer)
        if phase == "migrate":
            deployer.need_approval(name, terms)
            deployer.confirm_plan(terms.plan, product, deployer)
        if phase == "promote":
            deployer.need_approval(name, terms)
            deployer.confirm_plan(terms.plan, product, Promotion(deployer, product, terms))
