"""What things are called on a cluster: names, and the labels and annotations by which they are found again."""

from __future__ import annotations

from typing import Final

from buildgraph.graph.nodes import digest_of, digest_of_pairs
from buildgraph.manifests.model import Service

# Kubernetes' own words for who an object belongs to ("Recommended Labels").
NAME: Final = "app.kubernetes.io/name"  # the service
PART_OF: Final = "app.kubernetes.io/part-of"  # its product
INSTANCE: Final = "app.kubernetes.io/instance"  # workspace and environment
COMPONENT: Final = "app.kubernetes.io/component"  # what it is for: service, migration, state
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
OURS: Final = "buildgraph"

FINGERPRINT, IMAGE, COMMIT = "buildgraph/fingerprint", "buildgraph/image", "buildgraph/commit"
SECRETS, RELEASE, SCALED = "buildgraph/secrets", "buildgraph/release", "buildgraph/scaled"
# A label: what stands around the pods may be of a version that was taken back.
UNSETTLED: Final = "buildgraph/unsettled"

LONGEST: Final = 63  # characters of a label's value, and of a name that a label repeats
DIGITS: Final = 10
MIGRATION: Final = "migration"
PORT_NAME: Final = "http"  # by name, so that a Service fits the containers of two versions at once


def label(value: str) -> str:
    """A text as a label's value, or a name that a label repeats: a longer one is told by its digest."""
    if len(value) <= LONGEST:
        return value
    return f"{value[: LONGEST - DIGITS - 1].rstrip('-.')}-{digest_of(value)[:DIGITS]}"


def instance_of(workspace: str, environment: str) -> str:
    """The label of everything in an environment."""
    return label(f"{workspace}-{environment}")


def service_labels(service: Service, component: str = "service") -> dict[str, str]:
    """The labels that tell which service an object is for; the overlay adds the environment's."""
    return {
        NAME: label(service.name),
        PART_OF: label(service.product),
        COMPONENT: component,
        MANAGED_BY: OURS,
    }


def selector(service: Service, component: str = "service") -> dict[str, str]:
    """How the containers of a service are found; it never changes, not even when it moves to another product."""
    return {NAME: label(service.name), COMPONENT: component}


def config_name(service: Service, values: dict[str, str]) -> str:
    """The ConfigMap of these very values: a version that is gone back to finds its own."""
    return f"{service.name}-{digest_of_pairs(sorted(values.items()))[:DIGITS]}"


def secrets_name(service: Service, digest: str) -> str:
    """The Secret of the values that a digest tells; without one, that which somebody else keeps there."""
    return f"{service.name}-secrets{f'-{digest[:DIGITS]}' if digest else ''}"


def migration_name(service: Service) -> str:
    """The Job that migrates a service's database."""
    return label(f"{service.name}-{MIGRATION}")
