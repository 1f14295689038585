"""How a new version comes to get all requests, as an environment declares it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Canary:
    """How a new version comes to get all requests, and when it is given up.

    `steps` are its shares in 100, one after the other; each but the last is watched for `hold` seconds, and
    longer until `least_requests` have reached it, `within` seconds at most. It is given up when more than
    the share `errors` of them failed, when one in twenty took more than `response_time` milliseconds, and
    when too few came.
    """

    steps: tuple[int, ...] = (100,)
    hold: float = 600.0
    within: float = 1800.0
    least_requests: int = 20
    errors: float = 0.05
    response_time: float = 500.0
