"""What a service on a cluster goes back to when its new version fails."""

from __future__ import annotations

from buildgraph.deploy.platform import HEALTHY, UNHEALTHY
from buildgraph.kubernetes.former import former_of, released_before
from buildgraph.kubernetes.live import Live, Version, Workload

OLD = Version("api", revision=3, fingerprint="old", ready=0)
NEW = Version("api", revision=4, fingerprint="new", ready=1)
OTHER = Version("web", revision=9, fingerprint="old", ready=1)


def live(fingerprint: str, state: str = HEALTHY) -> Live:
    """A cluster that keeps all versions, and whose Deployment asks for one of them."""
    running = Workload("api", "shop", replicas=2, state=state, fingerprint=fingerprint)
    return Live({"api": running}, (OLD, NEW, OTHER))


def test_it_goes_back_to_what_runs_and_was_released() -> None:
    switched = former_of(live("new"), "api", {"api": "new"})

    assert (switched.former, switched.replicas) == (NEW, 2)


def test_what_a_killed_deployment_left_is_none_to_go_back_to() -> None:
    assert former_of(live("new"), "api", {"api": "old"}).former == OLD


def test_what_is_well_will_do_where_the_cluster_has_not_kept_what_was_released() -> None:
    assert former_of(live("new"), "api", {"api": "long ago"}).former == NEW
    assert former_of(live("new"), "api", {}).former == NEW


def test_what_is_not_well_and_was_never_released_is_nothing_to_go_back_to() -> None:
    assert former_of(live("new", UNHEALTHY), "api", {}).former is None
    assert former_of(Live(), "api", {"api": "old"}).former is None


def test_of_two_versions_with_other_secrets_it_goes_back_to_the_one_that_runs() -> None:
    rotated = Version("api", revision=5, fingerprint="new", secrets="rotated", ready=0)
    running = Workload("api", "shop", replicas=1, state=HEALTHY, fingerprint="new", secrets="rotated")

    assert former_of(Live({"api": running}, (NEW, rotated)), "api", {"api": "new"}).former == rotated


def test_of_two_images_of_one_version_it_goes_back_to_the_one_that_runs() -> None:
    """Somebody has set another image by hand, and it is well: whatever fails after that, what ran goes on."""
    by_hand = Version("api", revision=5, fingerprint="new", ready=1, image="hotfix")
    running = Workload("api", "shop", replicas=1, state=HEALTHY, fingerprint="new", image="hotfix")

    assert former_of(Live({"api": running}, (NEW, by_hand)), "api", {"api": "new"}).former == by_hand


def test_a_version_that_runs_unproved_goes_back_to_what_was_released_or_nowhere() -> None:
    assert released_before(live("new"), "api", {"api": "old"}).former == OLD
    assert released_before(live("new"), "api", {"api": "long ago"}).former is None
