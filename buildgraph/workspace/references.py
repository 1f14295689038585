"""How a pnpm lockfile names things: keys of packages, references to them, peer suffixes; pure text."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

LINK, FILE = "link:", "file:"
MOST_REMEMBERED = 1 << 14
DEFAULT_CATALOG = "default"  # the name of the one that pnpm-workspace.yaml calls `catalog`
_BETWEEN_NAMES = re.compile(
    r"(?<=[^ |@])>"
)  # other signs before a `>` belong to a range (pnpm's parse-overrides)


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


@lru_cache(maxsize=MOST_REMEMBERED)
def selected_names(selector: str) -> frozenset[str]:
    """The package names in an override's selector: `foo`, `foo@>=2 <4`, `parent@1>foo@2`."""
    return frozenset(_before_version(part.strip()) for part in _BETWEEN_NAMES.split(selector))


def target_name(selector: str) -> str:
    """The package that an override's selector is about: the last of its names."""
    return _before_version(_BETWEEN_NAMES.split(selector)[-1].strip())


def linked_folder(reference: str, folder: str) -> str | None:
    """The folder that a `link:` of the importer in `folder` means; None when it is no link.

    Links are written relative to the importer, the result is seen from the workspace root: outside of it,
    it begins with `..`.
    """
    if not reference.startswith(LINK):
        return None
    return posixpath.normpath(posixpath.join(folder, reference.removeprefix(LINK)))


def _before_version(text: str) -> str:
    at = text.find("@", 1)
    return text[:at] if at > 0 else text


def _key(alias: str, reference: str) -> str:
    at = reference.find("@")
    if at < 0:  # nearly always: a bare version
        return f"{alias}@{reference}"
    colon, bracket = reference.find(":"), reference.find("(")
    names_its_package = (colon < 0 or at < colon) and (bracket < 0 or at < bracket)
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
