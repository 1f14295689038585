"""How long something took or goes on, for people."""

from __future__ import annotations


def seconds(duration: float) -> str:
    """A duration in seconds as people read it: `0.4 s`, `12 s`, `3 min 20 s`."""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 60:
        return f"{duration:.0f} s"
    return f"{int(duration) // 60} min {int(duration) % 60} s"
