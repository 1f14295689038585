"""Which pod is asked by smoke tests, and with which headers."""

from __future__ import annotations

from typing import Any

from buildgraph.kubernetes.smoke import choose_pod
from buildgraph.render.kubernetes import FINGERPRINT
from buildgraph.traffic.door import forwarded_headers, usual_headers


def pod(name: str, fingerprint: str = "new", *, ready: bool = True, **meta: str) -> dict[str, Any]:
    """A pod as the cluster tells of it."""
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {
        "metadata": {"name": name, "annotations": {FINGERPRINT: fingerprint}, **meta},
        "status": {"conditions": conditions},
    }


def test_a_pod_that_is_ready_and_stays_and_is_of_the_wanted_version_is_asked() -> None:
    """One on its way out is ready for a while still."""
    pods = [
        pod("api-1", "old"),
        pod("api-2", deletionTimestamp="2026-01-01T00:00:00Z"),
        pod("api-3", ready=False),
        pod("api-5"),
        pod("api-4"),
    ]

    assert choose_pod(pods, "new") == "api-4"
    assert choose_pod(pods[:3], "new") == ""


def test_a_request_past_the_proxy_bears_what_a_proxy_adds() -> None:
    """A SvelteKit server that is told to read X-Forwarded-For answers 500 to whoever comes without it."""
    assert {**usual_headers("chat.example.com", ""), **forwarded_headers("chat.example.com", "https")} == {
        "Host": "chat.example.com",
        "User-Agent": "buildgraph",
        "Accept": "*/*",
        "Connection": "close",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "chat.example.com",
    }
