"""The keys of `[checks]`: how packages are checked; how each is read."""

from __future__ import annotations

import re
from typing import Final

from buildgraph.manifests.package_checks import Checks, PackageCheck
from buildgraph.manifests.reading import Place, Reader, Refused, listed, mapped, table, text
from buildgraph.manifests.values import REGISTRY

_ESCAPING: Final = re.compile(r"(?:^|/)\.{1,2}(?:/|$)")


def _check_output(pattern: str) -> None:
    inside = pattern.removeprefix("!")
    if inside.startswith("/") or _ESCAPING.search(inside) or inside in ("", "*", "**"):
        raise Refused(
            f"is {pattern!r}, expected a path inside the package's folder", 'write for example "dist"'
        )


def _read_output(value: object, place: Place) -> str:
    found = text().read(value, place)
    _check_output(found)
    return found


OUTPUTS: Final = mapped(listed(Reader(_read_output, {"type": "string", "minLength": 1})))
SCRIPTS: Final = listed(
    text(
        pattern=r"[^\s|=]+(\|[^\s|=]+)*",
        says="the name of a script, or several with | between",
        way_out='write for example "type-check|typecheck"',
    )
)
VARIABLES: Final = listed(
    text(
        pattern=r"[A-Za-z_][A-Za-z0-9_]*\*?",
        says="the name of a variable",
        way_out='write for example "API_*"',
    )
)
CHECKS: Final = table(
    Checks,
    {
        "scripts": SCRIPTS,
        "env": VARIABLES,
        "outputs": OUTPUTS,
        "cache": REGISTRY,
        "packages": mapped(table(PackageCheck, {"scripts": SCRIPTS, "env": VARIABLES, "outputs": OUTPUTS})),
    },
)
