"""What a deploy to a cluster does when others change what it has brought, or have taken its lock; in no time."""

from __future__ import annotations

import pytest

from buildgraph.errors import StepFailed
from buildgraph.kubernetes import KubernetesPlatform
from buildgraph.kubernetes.lease import Lock
from buildgraph.kubernetes.live import Live
from buildgraph.kubernetes.sweeping import sweep
from buildgraph.manifests.model import Service
from buildgraph.place.actor import read_process
from buildgraph.render.kubernetes import FINGERPRINT, Shipping
from tests.kubernetes.played import Cape, deploy, place_on, taken_by, target, with_host

API = Service("api", "shop", "dockerfile", "api", port=3001, health="/health")
WEB = Service("web", "shop", "dockerfile", "web", port=3002, health="/health", depends_on=("api",))


@pytest.fixture
def cape() -> Cape:
    """A cluster where version 1 of the shop was released."""
    made = Cape()
    assert deploy(made, [target(API), target(WEB)]) == "shop-0001"
    return made


def test_what_is_deployed_is_recorded_and_what_is_needed_no_more_goes(cape: Cape) -> None:
    with_host(cape, API, "api.shop.org")

    assert deploy(cape, [target(API, "2"), target(WEB)]) == "shop-0002"

    assert cape.releases() == ["shop-0001", "shop-0002"]
    assert "removed Ingress api, which nothing needs any more" in cape.told
    assert cape.kinds_of("api") == {"deployment", "service", "networkpolicy"}
    assert cape.objects["lease", "buildgraph-lock-shop"]["spec"]["holderIdentity"] == ""


def test_who_has_lost_the_lock_while_it_was_busy_removes_nothing_of_who_has_it(
    cape: Cape, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 48: what the own manifests do not ask for is what the other one has just brought."""
    monkeypatch.setattr("buildgraph.kubernetes.lease.DEAD", 0.0)  # every sign of life is late

    def taken() -> None:
        taken_by(cape, "grace")
        with_host(cape, API, "api.shop.org")

    cape.moments["api: 1 well after"] = taken
    with pytest.raises(StepFailed, match="the lock was lost; nothing more is changed"):
        deploy(cape, [target(API, "2"), target(WEB)])

    assert "ingress" in cape.kinds_of("api")
    assert cape.releases() == ["shop-0001"]
    assert cape.objects["lease", "buildgraph-lock-shop"]["spec"]["holderIdentity"] == "grace"


def test_nothing_is_swept_without_the_lock(cape: Cape) -> None:
    with_host(cape, API, "api.shop.org")
    cluster = place_on(cape, API)
    lost = Lock(cluster, "shop", "ada", "now", is_lost=True)
    wanted = Shipping("acme", cluster.environment, (API,), API)

    with pytest.raises(StepFailed, match="the lock was lost"):
        sweep(lost, [wanted], Live(), ())

    assert "ingress" in cape.kinds_of("api")


@pytest.mark.parametrize("moment", ["api: applied", "web: 1 well after"])
def test_a_version_that_somebody_else_has_brought_meanwhile_is_not_recorded(cape: Cape, moment: str) -> None:
    """That all has settled does not tell as what, and neither do smoke tests: they ask what runs."""

    def change() -> None:
        pods = cape.objects["deployment", "api"]["spec"]["template"]
        pods["metadata"]["annotations"][FINGERPRINT] = "version 9"

    cape.moments[moment] = change
    with pytest.raises(StepFailed, match=r"^deploy:api: somebody else .*: its fingerprint differs"):
        deploy(cape, [target(API, "2"), target(WEB, "2")])

    assert cape.releases() == ["shop-0001"]
    assert cape.objects["lease", "buildgraph-lock-shop"]["spec"]["holderIdentity"] == ""


def test_an_image_that_is_set_by_hand_during_a_deploy_is_not_recorded(cape: Cape) -> None:
    def change() -> None:
        pods = cape.objects["deployment", "api"]["spec"]["template"]
        pods["spec"]["containers"][0]["image"] = "r/api:hotfix"

    cape.moments["api: 1 well after"] = change
    with pytest.raises(StepFailed, match="it runs from another image"):
        deploy(cape, [target(API, "2"), target(WEB)])

    assert cape.releases() == ["shop-0001"]


def test_no_deploy_begins_while_the_environment_is_stopped(cape: Cape) -> None:
    """Half of it would be there, and its failure would tell of something that is gone."""
    holders: list[str] = []
    lease = ("lease", "buildgraph-lock-shop")
    cape.moments["stopped test"] = lambda: holders.append(cape.objects[lease]["spec"]["holderIdentity"])

    KubernetesPlatform(place_on(cape, API, WEB)).stop(volumes=False, tell=cape.hear)

    assert holders == [read_process()]
    assert cape.objects[lease]["spec"]["holderIdentity"] == ""
    assert (cape.kinds_of("api"), cape.releases()) == (set(), ["shop-0001"])
