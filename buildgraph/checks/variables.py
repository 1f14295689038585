"""Public variables that sources read: bundlers put their values into what they build; pure.

The forms are those of Vite (`import.meta.env.VITE_A`, `%VITE_A%` in HTML), Astro (`import.meta.env.PUBLIC_A`,
`astro:env/client`), SvelteKit (`$env/static/public`, `env` of `$env/dynamic/public`), Next.js and Expo
(`process.env.NEXT_PUBLIC_A`, `process.env.EXPO_PUBLIC_A`); further ones have one of these with beginnings of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from buildgraph.checks.keys import PUBLIC

SOURCES: Final = tuple(
    f".{ending}"
    for ending in ["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "svelte", "vue", "astro", "html"]
)
NO_SOURCE: Final = re.compile(r"\.(?:test|spec|stories|d)\.|(?:^|/)__tests__/")
_NAME: Final = "(?:" + "|".join(PUBLIC) + ")[A-Z0-9_]+"
_READ: Final = re.compile(rf"""\benv(?:\.|\??\.?\[\s*['"`])({_NAME})|%({_NAME})%""".encode())
_IMPORTED: Final = re.compile(
    rb"""import\s*\{([^{}]*)\}\s*from\s*['"](?:\$env/static/public|astro:env/client)['"]"""
)
_PUBLIC: Final = re.compile(rf"\b{_NAME}\b".encode())
_SET: Final = re.compile(rb"^[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_]*)[^\S\n]*=", re.MULTILINE)


def is_source(path: str) -> bool:
    """Whether a file may be part of what is built: tests, stories and types are not."""
    return path.endswith(SOURCES) and not NO_SOURCE.search(path)


def names_read(content: bytes) -> set[str]:
    """The public variables that a source reads."""
    found = {name for pair in _READ.findall(content) for name in pair if name}
    for imported in _IMPORTED.findall(content):
        found |= set(_PUBLIC.findall(imported))
    return {name.decode() for name in found}


def names_set(content: bytes) -> set[str]:
    """The variables that an `.env` file sets."""
    return {name.decode() for name in _SET.findall(content)}


def is_declared(name: str, declared: Iterable[str]) -> bool:
    """Whether a variable is among the declared ones, of which a `*` at the end stands for any rest."""
    return any(name == known or (known.endswith("*") and name.startswith(known[:-1])) for known in declared)
