"""A comparison with what runs in an environment: every service has the base that it was deployed from."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildgraph.comparison import Comparison, compare
from buildgraph.errors import ConfigurationError
from buildgraph.graph.deployments import deployment_id
from buildgraph.graph.nodes import Kind, Node, image_id
from buildgraph.picture import Picture
from buildgraph.plan.affected import USER_KINDS, Affected
from buildgraph.plan.reasons import Reason
from buildgraph.platforms import platform_to_read
from buildgraph.project import Project
from buildgraph.since import DEPLOYED, default_head
from buildgraph.snapshot.history import resolve_commits

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Running

KINDS = (Kind.IMAGE, Kind.DEPLOYMENT, Kind.PRODUCT)


@dataclass(frozen=True, slots=True)
class Standing:
    """One node of a service and what runs for it: fingerprint, and the commit (`-dirty` with edits) it is from.

    Both are empty when nothing runs.
    """

    node_id: str
    kind: Kind
    service: str
    product: str
    fingerprint: str = ""
    commit: str = ""
    is_running: bool = False


def need_deployed(comparison: Comparison, node: Node) -> None:
    """ConfigurationError for a node that a comparison with what runs can say nothing of."""
    if node.id not in (comparison.bases or {}):
        raise ConfigurationError.of(
            f"--base {comparison.base_ref}",
            f"{node.id} is not deployed there",
            "ask for an image, a deployment or a product of that environment, or name a commit as the base",
        )


def compare_deployed(
    project: Project, base: str, head: str | None, kinds: Collection[Kind] = USER_KINDS
) -> Comparison:
    """Compare with what runs: `base` is `deployed:ENV`.

    Raises ConfigurationError for an environment that is not declared, ToolError when its engine is silent.
    """
    if not set(kinds) & set(KINDS):
        way_out = "ask for images, deployments or products, or name a commit as the base"
        raise ConfigurationError.of(f"--base {base}", "packages are not deployed", way_out)
    head = default_head(os.environ) if head is None else head
    picture = project.picture_of(head) if head is not None else project.working_picture()
    platform = platform_to_read(picture, picture.environment(base.removeprefix(DEPLOYED)))
    standings = _read_standings(platform)
    services = _affected_services(project, picture, head, standings)
    products = _affected_products(platform, picture, standings, services)
    affected = sorted((*services, *products), key=lambda found: found.node.id)
    return Comparison(
        base,
        None,
        head,
        None if head is None else picture.snapshot.commit,
        picture,
        nodes=tuple(found for found in affected if found.node.kind in kinds),
        bases=_bases(standings),
        gone=tuple(found.node for found in affected if found.change == "removed"),
    )


def _bases(standings: Iterable[Standing]) -> dict[str, str]:
    """The commit of every node that is looked at; a product has those of its services, and none of its own."""
    products = {f"product:{standing.product}": "" for standing in standings}
    return products | {standing.node_id: standing.commit for standing in standings}


# What runs ---------------------------------------------------------------------------------------------


def _read_standings(platform: Platform) -> tuple[Standing, ...]:
    """How every service stands that is deployed here or shall be."""
    scene, live = platform.scene, platform.running()
    declared = {service.name: service.product for service in scene.catalog if service.deployed}
    products = {name: running.product for name, running in live.items()} | declared
    return tuple(
        standing
        for name, product in sorted(products.items())
        for standing in _standings(scene.environment.name, name, product, live.get(name))
    )


def _standings(environment: str, name: str, product: str, running: Running | None) -> Iterable[Standing]:
    image = (image_id(name), Kind.IMAGE, name, product)
    deployment = (deployment_id(environment, name), Kind.DEPLOYMENT, name, product)
    if running is None or not running.is_up:
        return (Standing(*image), Standing(*deployment))
    return (
        Standing(*image, running.image_fingerprint, running.commit, is_running=True),
        Standing(*deployment, running.fingerprint, running.commit, is_running=True),
    )


# What differs ------------------------------------------------------------------------------------------


def _affected_services(
    project: Project, picture: Picture, head: str | None, standings: Iterable[Standing]
) -> tuple[Affected, ...]:
    """The images and deployments whose fingerprint is not the one that runs."""
    prints = picture.graph.fingerprints
    differing = [s for s in standings if prints.get(s.node_id, "") != s.fingerprint]
    compared = _compare_commits(project, head, {s.commit for s in differing if s.is_running})
    return tuple(_affected(picture, standing, compared.get(standing.commit)) for standing in differing)


def _compare_commits(project: Project, head: str | None, commits: Iterable[str]) -> dict[str, Comparison]:
    """Head compared with each of these commits that is here; one that was deployed with edits is none."""
    known = resolve_commits(project.repository, sorted(commits))
    return {
        commit: compare(project, commit, head, kinds=(Kind.IMAGE, Kind.DEPLOYMENT))
        for commit, full in known.items()
        if commit == full
    }


def _affected(picture: Picture, standing: Standing, compared: Comparison | None) -> Affected:
    now = picture.graph.fingerprints.get(standing.node_id, "")
    own = (standing.node_id,)
    here = picture.graph.nodes.get(standing.node_id)
    if not standing.is_running:
        return Affected(_node(standing, here), "added", (Reason("new", standing.service, "", now, own),))
    change = "changed" if here else "removed"
    told = _explained(standing, compared)
    if told is None:
        unresolved = Reason("unresolved-base", standing.commit, standing.fingerprint, now, own)
        return Affected(_node(standing, here), change, (unresolved,))
    return Affected(told.node, change, told.reasons)


def _explained(standing: Standing, compared: Comparison | None) -> Affected | None:
    """What the comparison says of a node, if its base gives the very fingerprint that runs.

    It does not where the deployer had other base images or another version of this tool.
    """
    if compared is None or compared.base is None:
        return None
    if compared.base.graph.fingerprints.get(standing.node_id) != standing.fingerprint:
        return None
    return next((found for found in compared.nodes if found.node.id == standing.node_id), None)


def _node(standing: Standing, here: Node | None) -> Node:
    """Head's node, or a bare one for what has left the manifests."""
    return here or Node(standing.node_id, standing.kind, "")


# Products ----------------------------------------------------------------------------------------------


def _affected_products(
    platform: Platform, picture: Picture, standings: Iterable[Standing], services: Iterable[Affected]
) -> Iterable[Affected]:
    """The products one of whose services is affected, or whose smoke tests have not passed since their deploy.

    Where none has a smoke test, it is those whose release is not recorded as it is now.
    """
    by_id = {found.node.id: found for found in services}
    grouped: dict[str, list[Standing]] = {}
    for standing in standings:
        if standing.kind is Kind.DEPLOYMENT:
            grouped.setdefault(standing.product, []).append(standing)
    for product, members in grouped.items():
        reasons = _product_reasons(product, (by_id[m.node_id] for m in members if m.node_id in by_id))
        reasons = reasons or _unverified(platform, picture, product, members)
        if reasons:
            yield _product(picture, product, members, reasons)


def _product_reasons(product: str, members: Iterable[Affected]) -> tuple[Reason, ...]:
    """The reasons of a product's deployments (an image's stand among them), each with the way to the product."""
    found = {
        Reason(reason.kind, reason.name, reason.before, reason.after, (*reason.via, f"product:{product}"))
        for member in members
        for reason in member.reasons
    }
    return tuple(sorted(found))


def _unverified(
    platform: Platform, picture: Picture, product: str, members: Iterable[Standing]
) -> tuple[Reason, ...]:
    """A reason when all runs as it shall and yet its deploy is not done: smoke tests failed, or it is not recorded."""
    from buildgraph.deploy.proof import has_tests
    from buildgraph.place.model import Target

    prints = picture.graph.fingerprints
    declared = {service.name: service for service in platform.scene.catalog if service.deployed}
    targets = tuple(
        Target(declared[m.service], "", "", prints[m.node_id]) for m in members if m.service in declared
    )
    if not targets or platform.is_verified(product, targets):
        return ()
    kind = "unverified" if has_tests(targets) else "unrecorded"
    return (Reason(kind, product, via=(f"product:{product}",)),)


def _product(
    picture: Picture, product: str, members: Iterable[Standing], reasons: tuple[Reason, ...]
) -> Affected:
    node_id = f"product:{product}"
    here = picture.graph.nodes.get(node_id)
    runs = any(standing.is_running for standing in members)
    change = "removed" if here is None else "changed" if runs else "added"
    return Affected(here or Node(node_id, Kind.PRODUCT, ""), change, reasons)
