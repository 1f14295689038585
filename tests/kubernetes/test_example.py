"""Services of the worked example on a real cluster: an API with its database and its sessions, and a page."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kubernetes.harbour import CONTEXT, KUBECONFIG, kubectl
from tests.support.system import System, docker, substitute
from tests.support.waiting import until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.cluster,
    pytest.mark.timeout(1740),
]
AUTH, PAGE = "mana-core-auth", "chat-landing"
PASSWORD = "known-to-this-test-alone"


@contextmanager
def server(image: str, *words: str) -> Iterator[tuple[str, str]]:
    """A server beside the cluster: its container, and its address on the bridge that pods are on, too."""
    name = f"t{uuid.uuid4().hex[:8]}"
    environment = ("-e", f"POSTGRES_PASSWORD={PASSWORD}", "-e", "POSTGRES_DB=manacore")
    docker("run", "-d", "--name", name, *environment, substitute(image), *words)
    try:
        yield name, docker("inspect", "-f", "{{.NetworkSettings.Networks.bridge.IPAddress}}", name).strip()
    finally:
        docker("rm", "-f", "-v", name)


@pytest.fixture
def postgres() -> Iterator[tuple[str, str]]:
    """A PostgreSQL with the database of the accounts."""
    with server("postgres:16-alpine") as found:
        yield found


@pytest.fixture
def staging(
    tmp_path: Path, registry: str, postgres: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[System]:
    """The accounts and the chat's landing page; their staging is a namespace of the cluster."""
    monkeypatch.setenv("KUBECONFIG", str(KUBECONFIG))
    with server("redis:7-alpine", "redis-server", "--requirepass", PASSWORD) as (_, redis):
        made = System(tmp_path / "clone")
        namespace = f"{made.name}-staging"
        chat = made.root / "manifests/products/chat.toml"
        chat.write_text("[services.chat-landing]" + chat.read_text().partition("[services.chat-landing]")[2])
        secrets = ("DATABASE_URL", "REDIS_PASSWORD")
        told = "".join(f"{name} = {{ secret = true }}\n" for name in secrets)
        made.replace(f"manifests/products/{AUTH}.toml", r"^\[services\..*\.env\]$", rf"\g<0>\n{told}")
        settings = (
            f'registry = "{registry}/{made.name}"',
            'domain = "{host}.staging.test"',
            'secrets = "staging.env"',
            "health_within = 120",
            "drain_within = 1",
            f'values = {{ ENVIRONMENT = "staging", REDIS_HOST = "{redis}" }}',
            "[kubernetes]",
            f'context = "{CONTEXT}"',
            f'namespace = "{namespace}"',
        )
        (made.root / "manifests/environments/staging.toml").write_text("\n".join([*settings, ""]))
        values = (made.root / "manifests/environments/development.env").read_text()
        database = f"postgresql://postgres:{PASSWORD}@{postgres[1]}:5432/manacore"
        (made.root / "staging.env").write_text(
            f"{values}\nDATABASE_URL={database}\nREDIS_PASSWORD={PASSWORD}\n"
        )
        made.commit()
        yield made
        kubectl("delete", "namespace", namespace, "--wait=false", "--ignore-not-found").check_returncode()
        made.remove()


def test_an_api_with_its_database_and_a_page_of_the_example_run_on_a_cluster(
    staging: System, postgres: tuple[str, str]
) -> None:
    """Sealed as the spec has it: no root, nothing to write on but `/tmp`. Its smoke tests ask for real.

    Without its database the API gets no requests, and is not started anew: that brings no database back.
    """
    accounts = staging.buildgraph(f"deploy:{AUTH}", "env=staging")
    page = staging.buildgraph("deploy:chat", "env=staging")

    assert (accounts.code, page.code) == (0, 0), accounts.err + page.err
    assert f"{AUTH}: migrated in" in accounts.err
    assert f"{AUTH}: database and sessions are up" in accounts.err
    assert f"{PAGE}: the landing page is there" in page.err
    assert well(staging) == {AUTH: True, PAGE: True}
    assert "== nothing to do" in staging.buildgraph(f"deploy:{AUTH}", "env=staging").err

    docker("stop", postgres[0])

    until(lambda: well(staging) == {AUTH: False, PAGE: True})


def well(system: System) -> dict[str, bool]:
    """Whether each service gets requests, by the cluster's word."""
    told = json.loads(system.buildgraph("health", "env=staging", "--format", "json").out)
    return {found["service"]: found["is_well"] for found in told["containers"]}
