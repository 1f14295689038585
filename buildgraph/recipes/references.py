"""References of images taken apart, by Docker's rules for what may be left out; it knows no registry."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

DOCKER_HUB: Final = "docker.io"
OLD_HUB: Final = "index.docker.io"  # which Docker takes for the same
OFFICIAL: Final = "library"
LOOPBACK: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's registry, repository, tag and digest; `written` is its name as the user wrote it."""

    written: str
    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def full(self) -> str:
        """The one way of writing it with nothing left out."""
        if self.digest:
            return f"{self.registry}/{self.repository}@{self.digest}"
        return f"{self.registry}/{self.repository}:{self.tag or 'latest'}"

    def pinned_to(self, digest: str) -> str:
        """How Docker pulls exactly this digest; the tag stays for readers, as Docker ignores it."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.written}{tag}@{digest}"

    def moved_to(self, prefix: str) -> Reference:
        """The same repository behind another registry prefix."""
        return replace(self, written=f"{prefix}/{self.repository}")


def parse_reference(reference: str) -> Reference:
    """A reference's parts."""
    name, _, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    name = f"{head}{slash}{last}"
    first, slash, rest = name.partition("/")
    if slash and is_registry(first):
        registry = DOCKER_HUB if first == OLD_HUB else first
        return Reference(name, registry, _official(registry, rest), tag, digest)
    return Reference(name, DOCKER_HUB, _official(DOCKER_HUB, name), tag, digest)


def is_registry(part: str) -> bool:
    """Whether the first part of an image's name is its registry: it has a dot or a colon, or is `localhost`."""
    return "." in part or ":" in part or part == "localhost"


def is_loopback(registry: str) -> bool:
    """Whether a registry, with or without its port, is this very machine: there Docker speaks without TLS, too."""
    return LOOPBACK.fullmatch(registry) is not None


def _official(registry: str, repository: str) -> str:
    is_short = registry == DOCKER_HUB and "/" not in repository
    return f"{OFFICIAL}/{repository}" if is_short else repository
