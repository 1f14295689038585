"""How a pnpm lockfile names things: keys of packages, references to them, peer suffixes; pure text."""

from __future__ import annotations

import posixpath

LINK, FILE = "link:", "file:"


def key_of(alias: str, reference: str, *, flat: bool) -> str | None:
    """The key that `reference` means for the dependency `alias`; None for a link (pnpm's refToRelative).

    `flat` is the shape of lockfiles 6.x, whose keys begin with a slash.
    """
    if reference.startswith(LINK):
        return None
    return _flat_key(alias, reference) if flat else _key(alias, reference)


def without_suffix(key: str) -> str:
    """The key without its peers and patch hash, all of which stand in brackets at its end."""
    end = len(key)
    while end and key[end - 1] == ")":
        start = _opening(key, end - 1)
        if start <= 0:
            break
        end = start
    return key[:end]


def name_of(key: str) -> str:
    """The package name in a key, or "" when it holds none (`file:` keys of lockfiles 6.x)."""
    body = key.removeprefix("/")
    at = body.find("@", 1)
    return "" if at < 0 or body.startswith(FILE) else body[:at]


def linked_folder(reference: str, folder: str) -> str | None:
    """The folder that a `link:` means for an importer in `folder`, seen from the workspace root; None for no link.

    Links are written relative to the importer. A folder outside the root begins with `..`.
    """
    if not reference.startswith(LINK):
        return None
    return posixpath.normpath(posixpath.join(folder, reference.removeprefix(LINK)))


def _key(alias: str, reference: str) -> str:
    if reference.startswith("@"):
        return reference
    at, colon, bracket = (reference.find(sign) for sign in "@:(")
    names_its_package = at >= 0 and (colon < 0 or at < colon) and (bracket < 0 or at < bracket)
    return reference if names_its_package else f"{alias}@{reference}"


def _flat_key(alias: str, reference: str) -> str:
    if reference.startswith(FILE) or "/" in without_suffix(reference):
        return reference
    return f"/{alias}@{reference}"


def _opening(key: str, closing: int) -> int:
    """Where the bracket that closes at `closing` opens, or -1."""
    depth = 0
    for index in range(closing, -1, -1):
        depth += (key[index] == ")") - (key[index] == "(")
        if depth == 0:
            return index
    return -1
