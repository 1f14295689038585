"""Why a service on a cluster is brought again although it runs."""

from __future__ import annotations

from dataclasses import replace

from buildgraph.deploy.platform import HEALTHY
from buildgraph.kubernetes.live import Live, Workload
from buildgraph.kubernetes.shipping import pending_shippings
from tests.render.ships import ship


def test_what_a_version_that_was_taken_back_has_left_around_the_pods_is_a_reason() -> None:
    """Only pods go back: the Ingress and the Service are still those of the version that failed."""
    wanted = ship()
    settled = Workload(
        wanted.service.name,
        wanted.service.product,
        replicas=wanted.replicas,
        state=HEALTHY,
        fingerprint=wanted.fingerprint,
        secrets=wanted.secrets,
    )
    unsettled = replace(settled, is_unsettled=True)

    assert pending_shippings(Live({settled.service: settled}), [wanted]) == {}
    assert list(pending_shippings(Live({settled.service: unsettled}), [wanted])) == [settled.service]
