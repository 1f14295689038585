"""PostgreSQL's own programs, run in its container, and names and text as SQL writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.place.containers import run_in_container
from buildgraph.place.model import Place
from buildgraph.servers import POSTGRES

PSQL: Final = 'psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$0"'
RUN: Final = 'psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -c "$0"'


def run_script(
    place: Place, container: str, script: str, *arguments: str, env: Mapping[str, str] | None = None
) -> str:
    """Run a script in a container; what it prints. StepFailed with what it said when it fails."""
    code, said = run_in_container(place, container, ["sh", "-c", script, *arguments], env=env)
    if code != 0:
        last = "\n".join(said.splitlines()[-20:])
        raise StepFailed(POSTGRES, "a step on the database failed", place.redact(last))
    return said


def quoted_name(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """Text as SQL writes it; backslashes are plain in `standard_conforming_strings`, the default."""
    return "'" + text.replace("'", "''") + "'"
