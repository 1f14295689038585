"""Where this machine's settings stand, and what they say as it is written, before anybody understands it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLES: Final = {
    "bases": "BUILDGRAPH_BASES",
    "ca": "BUILDGRAPH_CA",
    "builder": "BUILDGRAPH_BUILDER",
    "cache_from": "BUILDGRAPH_CACHE_FROM",
    "cache_to": "BUILDGRAPH_CACHE_TO",
}


def site_file(env: Mapping[str, str]) -> Path:
    """Where this machine's settings stand, by the XDG base directory rule."""
    home = env.get("XDG_CONFIG_HOME") or str(Path(env.get("HOME", "/")) / ".config")
    return Path(home) / "buildgraph" / "site.toml"


def site_state(env: Mapping[str, str] = os.environ) -> str:
    """All that the machine's settings are made from: the file as it is, and the variables that win over it."""
    try:
        content = site_file(env).read_bytes()
    except OSError:
        content = b""
    return "\0".join(
        [content.decode("utf-8", "replace"), *(env.get(name, "") for name in VARIABLES.values())]
    )
