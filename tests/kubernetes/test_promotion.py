"""Promotion between a real cluster and a real engine, and within the cluster: the same digests, other values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kubernetes.harbour import KUBECONFIG, Harbour

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(900)]


@pytest.fixture
def shop(tmp_path: Path, registry: str, real_node: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harbour]:
    """The shop upon a real base, released in alpha, which is on the cluster as beta is; shore is on this engine."""
    assert KUBECONFIG.is_file(), "no cluster: run script/kubernetes"
    monkeypatch.setenv("KUBECONFIG", str(KUBECONFIG))
    made = Harbour(tmp_path / "harbour", registry, base=real_node)
    made.settings_on_engine("shore")
    made.commit()
    made.must("deploy:shop", "env=alpha")
    yield made
    made.raze()


def promoted(shop: Harbour, source: str, target: str) -> dict[str, str]:
    """Promote the shop once, and again for nothing; service -> the digest that its newest release there has."""
    ran = shop.must("promote:shop", f"from={source}", f"env={target}")
    assert "build:" not in ran.err
    assert "promote:shop  fresh" in shop.must("promote:shop", f"from={source}", f"env={target}").err
    assert shop.told("releases", "shop", f"env={target}")["releases"][-1]["origin"].startswith(
        f"{source}/shop-"
    )
    return digests(shop, target)


def digests(shop: Harbour, environment: str) -> dict[str, str]:
    """Service -> the image of the newest release."""
    release = shop.told("releases", "shop", f"env={environment}")["releases"][-1]
    return {found["service"]: found["image"] for found in release["services"]}


def test_within_a_cluster_to_an_engine_and_back_the_digests_stay_and_the_values_are_the_other_s(
    shop: Harbour,
) -> None:
    verified = digests(shop, "alpha")

    assert promoted(shop, "alpha", "beta") == verified
    assert (shop.answer("api", "alpha"), shop.answer("api", "beta")) == ("api 1 alpha", "api 1 beta")
    assert promoted(shop, "alpha", "shore") == verified
    assert shop.fetch("api", "shore") == "api 1 shore"

    shop.says("api", "api 2")
    shop.commit()
    shop.must("deploy:shop", "env=shore")
    assert promoted(shop, "shore", "beta") == digests(shop, "shore") != verified
    assert (shop.answer("api", "alpha"), shop.answer("api", "beta")) == ("api 1 alpha", "api 2 beta")
