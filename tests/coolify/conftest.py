"""A Coolify server and an environment of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.coolify.borough import Borough


@pytest.fixture
def borough() -> Iterator[Borough]:
    """An environment where nothing was ever deployed."""
    made = Borough()
    yield made
    made.server.close()
