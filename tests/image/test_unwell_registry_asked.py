"""The engine asks registries that are unwell for us: no answer of theirs is taken for "it is there" or "it is not"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from buildgraph.errors import ToolError
from buildgraph.image.engine import open_engine
from buildgraph.image.registry import find_published, pull_image
from tests.support.system import free_port
from tests.support.unwell import ALL_ILLS, Ill, Unwell, served, well

pytestmark = [pytest.mark.engine, pytest.mark.timeout(360)]


@pytest.fixture(scope="module")
def unwell() -> Iterator[Unwell]:
    with served() as server:
        yield server


@ALL_ILLS
def test_an_image_is_neither_found_nor_missing_where_the_registry_is_unwell(unwell: Unwell, ill: Ill) -> None:
    """Pitfall 41: a build or a push that was skipped for such an answer would be missing afterwards."""
    unwell.ill = ill
    engine, reference = open_engine(), f"{unwell.address}/shop/api:one"

    for ask in (find_published, pull_image):
        with pytest.raises(ToolError, match=unwell.address):
            ask(engine, reference)


def test_an_image_is_missing_where_a_registry_that_is_well_has_none(unwell: Unwell) -> None:
    unwell.ill = well

    assert find_published(open_engine(), f"{unwell.address}/shop/api:one") is None


def test_a_login_is_not_advised_for_a_registry_that_is_not_reached() -> None:
    """A name that nobody knows (RFC 6761), and a port at which nothing listens."""
    for registry in ("nowhere.invalid", f"127.0.0.1:{free_port()}"):
        with pytest.raises(ToolError, match=f"the registry {registry} does not serve") as failed:
            find_published(open_engine(), f"{registry}/base:1")

        assert "it is not reached from here" in failed.value.way_out
        assert "docker login" not in failed.value.way_out
