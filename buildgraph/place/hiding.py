"""What is left out of what a container says: the environment's secrets, as they are now and as it was given them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import unquote

from buildgraph.manifests.variables import DATABASE_URL, POSTGRES_PASSWORD
from buildgraph.place.model import Place
from buildgraph.place.secrets import used_secrets

PASSWORD: Final = re.compile(r"[a-z]+://[^:/@]*:([^@/]*)@")  # of an address, as a URL has it


def hiding(place: Place, variables: Iterable[str]) -> Callable[[str], str]:
    """What hides both in a text; `variables` are the container's own, each `NAME=VALUE`.

    A secret that was rotated since, as in a version that is kept to go back to, is still in them.
    """
    given = dict(variable.partition("=")[::2] for variable in variables)
    names = used_secrets(place.catalog, place.environment)
    own = {name: given[name] for name in names if name in given}
    address = PASSWORD.match(given.get(DATABASE_URL, ""))
    if POSTGRES_PASSWORD in names and address:
        own.setdefault(POSTGRES_PASSWORD, unquote(address[1]))
    return lambda text: place.redact(text, own.values())
