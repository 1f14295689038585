"""What smoke tests have proved of a product: services in these versions have passed these tests; it asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from buildgraph.graph.deployments import proved
from buildgraph.graph.nodes import digest_of_pairs
from buildgraph.manifests.model import Service

if TYPE_CHECKING:
    from buildgraph.deploy.releases import Release, Versions


UNPROVEN: Final = "its smoke tests have not passed yet"
UNRECORDED: Final = "its release is not recorded as the manifests have it now"


class Versioned(Protocol):
    """A service in one version, with its manifest as it is in that: a target, or a part of a release."""

    @property
    def service(self) -> Service:
        """The service, with its smoke tests."""

    @property
    def fingerprint(self) -> str:
        """The fingerprint of its deployment."""


def proof_of(services: Iterable[Versioned]) -> str:
    """The word that is remembered when a product's services have passed their smoke tests: a digest of both.

    Tests and the mark `breaking` are in no fingerprint but the product's, as they change nothing that runs. Another
    test has to pass all the same, and a release has to tell another mark.
    """
    return digest_of_pairs(sorted(line for each in services for line in _lines(each)))


def lacking(services: Iterable[Versioned]) -> str:
    """What is lacking where all runs as it shall and the word that is remembered is another, as a plan tells it."""
    return UNPROVEN if has_tests(services) else UNRECORDED


def has_tests(services: Iterable[Versioned]) -> bool:
    """Whether a service of a product has a smoke test."""
    return any(each.service.smoke for each in services)


def holds_again(
    proof: str, running: Versions, releases: Iterable[Release], wanted: Iterable[Versioned]
) -> bool:
    """Whether a proof is as good as before a deploy that failed or was undone.

    It is when a release tells that it was given for the versions that run, and when no service that this deploy wanted
    to leave as it is was to pass other tests: it may just have failed them.
    """
    tests = {(each.service.name, each.fingerprint): each.service.smoke for each in wanted}
    return any(
        all(
            tests.get((p.service.name, p.fingerprint), p.service.smoke) == p.service.smoke
            for p in found.services
        )
        for found in releases
        if found.versions == running and proof_of(found.services) == proof
    )


def _lines(each: Versioned) -> Iterable[tuple[str, ...]]:
    yield each.service.name, each.fingerprint
    for text in chain.from_iterable(proved(each.service).values()):
        yield each.service.name, each.fingerprint, text
