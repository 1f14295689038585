"""What the names of images say of their registry."""

from __future__ import annotations

import pytest

from buildgraph.image.registry import LEAST_WAIT, NEAR_WAIT, least_wait
from buildgraph.manifests.model import Environment
from buildgraph.recipes.references import is_loopback
from buildgraph.render.workflows.reaching import is_public

HERE = ("localhost", "localhost:5000", "127.0.0.1:5000", "127.8.9.10", "[::1]", "[::1]:5000")
ELSEWHERE = (
    "localhost.example.org",
    "localhost.example.org:5000",
    "127.example.org",
    "127.0.0.1.example.org:5000",
    "[::1].example.org",
    "ghcr.io",
    "10.0.0.1:5000",
    "localhost:x",
)


@pytest.mark.parametrize(("registry", "is_here"), [(name, name in HERE) for name in (*HERE, *ELSEWHERE)])
def test_what_is_spoken_to_without_tls_is_this_very_machine_and_nobody_who_is_called_alike(
    registry: str, is_here: bool
) -> None:
    assert is_loopback(registry) is is_here
    assert least_wait(f"{registry}/web:1") == (NEAR_WAIT if is_here else LEAST_WAIT)
    assert is_public(Environment("test", registry=f"{registry}/acme")) is not is_here
