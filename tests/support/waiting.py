"""Waiting for what is on its way, however much goes on beside it: only what never comes fails a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 120.0  # seconds: a machine that has this much else to do is none to test on


def until(holds: Callable[[], bool], within: float = PATIENCE) -> None:
    """Wait until something holds; who cannot be reached is on the way up."""
    deadline = time.monotonic() + within
    while True:
        with suppress(OSError):
            if holds():
                return
        assert time.monotonic() < deadline, f"it has not come to that within {within:g} s"
        time.sleep(0.05)
