"""What a measurement tells while it runs, and the texts that make one turn differ from the next."""

from __future__ import annotations

import sys
import uuid


def new_token() -> str:
    """A text that no earlier build has seen, so that no cache knows its result."""
    return uuid.uuid4().hex[:8]


def turn_name(turn: int) -> str:
    """What a turn is called in progress."""
    return f"turn {turn}" if turn else "warming up"


def tell(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)
