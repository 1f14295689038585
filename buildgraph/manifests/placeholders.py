"""The places in a value that name a service: `{service:NAME}` and `{public:NAME}`; it knows no address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

INTERNAL, PUBLIC = "service", "public"
PLACEHOLDER: Final = re.compile(r"\{([a-z]+):([A-Za-z0-9._-]+)\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A service named in a value; `relation` says which of its addresses is meant."""

    relation: str
    service: str


def parse_placeholders(value: str) -> tuple[Placeholder, ...]:
    """All that look like placeholders in `value`, in order, those of an unknown relation too."""
    return tuple(Placeholder(relation, service) for relation, service in PLACEHOLDER.findall(value))


def fill_placeholders(value: str, *, internal: Mapping[str, str], public: Mapping[str, str]) -> str:
    """`value` with each placeholder replaced by its service's address.

    `internal` and `public` map service names to URLs. A placeholder of another relation is left as it
    stands; KeyError for a service without address, which checked manifests do not hold.
    """
    addresses = {INTERNAL: internal, PUBLIC: public}

    def address_of(found: re.Match[str]) -> str:
        known = addresses.get(found[1])
        return found[0] if known is None else known[found[2]]

    return PLACEHOLDER.sub(address_of, value)
