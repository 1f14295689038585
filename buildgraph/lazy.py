"""What a room offers at its door, imported when it is asked for: a command pays only for what it uses."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def offering(room: str, places: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a room's `__init__`: `places` tells in which of its modules a name stands."""

    def find(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{room}.{places[name]}"), name)

    return find
