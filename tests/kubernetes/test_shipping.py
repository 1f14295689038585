"""Why a service on a cluster is brought again although it runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from buildgraph.deploy.platform import HEALTHY
from buildgraph.kubernetes import Cluster, Kubectl
from buildgraph.kubernetes.live import Live, Workload, image_of
from buildgraph.kubernetes.shipping import pending_shippings, shippings_of
from buildgraph.place.model import Scene, Target
from buildgraph.place.secrets import Secrets
from buildgraph.render.kubernetes import Shipping
from tests.render.ships import API, IMAGE, PRODUCTION, ship
from tests.support.runners import AnsweringRunner


def running(wanted: Shipping, **fields: Any) -> Workload:
    """What is wanted, as it runs."""
    usual = Workload(
        wanted.service.name,
        wanted.service.product,
        replicas=wanted.replicas,
        state=HEALTHY,
        fingerprint=wanted.fingerprint,
        image=wanted.image,
        secrets=wanted.secrets,
    )
    return replace(usual, **fields)


def reasons(found: Workload, wanted: Shipping) -> list[str]:
    return [str(reason) for reason in pending_shippings(Live({found.service: found}), [wanted]).values()]


def test_what_a_version_that_was_taken_back_has_left_around_the_pods_is_a_reason() -> None:
    """Only pods go back: the Ingress and the Service are still those of the version that failed."""
    wanted = ship()

    assert reasons(running(wanted), wanted) == []
    assert len(reasons(running(wanted, is_unsettled=True), wanted)) == 1


def test_an_image_that_somebody_has_set_by_hand_is_a_reason() -> None:
    """`kubectl set image` leaves our annotations as they are: the fingerprint is that of what ran before."""
    wanted = ship()

    assert reasons(running(wanted, image="ghcr.io/shop/api:hotfix"), wanted) == ["it runs from another image"]


def test_the_image_that_runs_is_read_from_what_pods_are_made_by() -> None:
    sidecar = {"name": "proxy", "image": "proxy:1"}
    template = {"spec": {"containers": [sidecar, {"name": "api", "image": "ghcr.io/shop/api:hotfix"}]}}

    assert image_of("api", template) == "ghcr.io/shop/api:hotfix"
    assert image_of("api", {"spec": {}}) == ""


def test_secrets_that_commands_may_tell_are_those_that_run_for_who_runs_none() -> None:
    def shipped(secrets: Secrets) -> Shipping:
        cluster = Cluster(
            Kubectl(AnsweringRunner(), "c", "n"), "shop", Scene(PRODUCTION, (API,)), secrets, bool
        )
        live = Live({"api": running(ship(), secrets="d" * 32)})
        (found,) = shippings_of(cluster, b"key", live, [Target(API, IMAGE, "f" * 64, "e" * 64)])
        return found

    assert shipped(Secrets({}, unasked=lambda name: name == "KEY")).secrets == "d" * 32
    assert shipped(Secrets({"KEY": "hunter2"})).secrets != "d" * 32
