"""`scale:` through the front door: it holds over deploys and rollbacks, makes no release, and is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hamlet import Hamlet

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """The shop, deployed."""
    made = Hamlet(tmp_path_factory.mktemp("scaling") / "hamlet")
    made.must("deploy:shop")
    yield made
    made.raze()


def api(shop: Hamlet) -> dict[str, Any]:
    """What `status` tells of the api."""
    return next(row for row in shop.told("status")["services"] if row["service"] == "api")


def replicas(shop: Hamlet) -> tuple[int, int, bool]:
    return api(shop)["replicas"], api(shop)["scaled"], api(shop)["in_date"]


def test_a_scaled_service_stays_scaled_until_its_manifest_is_asked_for(shop: Hamlet) -> None:
    released = shop.releases()
    assert "ok scale:shop" in shop.must("scale:shop", "service=api", "to=2", "reason=a newsletter").err
    assert "nothing to do" in shop.must("scale:shop", "service=api", "to=2").err
    assert "nothing to do" in shop.must("deploy:shop").err, "the deployment's fingerprint is the same"
    assert (replicas(shop), shop.releases()) == ((2, 2, True), released)
    assert "2 (scaled)" in shop.must("status").out
    events = shop.told("releases", "shop", "--events")["events"]
    assert [event["detail"] for event in events if event["kind"] == "scale-finished"] == [
        "api to 2: a newsletter"
    ]

    shop.says("api", "api 2")
    shop.must("deploy:shop")
    assert (shop.fetch("api"), replicas(shop)) == ("api 2", (2, 2, True))
    shop.must("rollback:shop")
    assert (shop.fetch("api"), replicas(shop)[:2]) == ("api 1", (2, 2))

    assert "ok scale:shop" in shop.must("scale:shop", "service=api", "to=manifest").err
    assert replicas(shop)[:2] == (1, 0)
    assert shop.fetch("api") == "api 1"
