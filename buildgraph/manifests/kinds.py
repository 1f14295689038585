"""The kinds of services as one table of data: what each builds by, listens on and answers at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

TEMPLATES: Final = "docker/templates"
DEFAULT_ENVIRONMENT: Final = "development"  # the one that tasks and verbs use unless told otherwise


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """What a service of this kind has unless its manifest says otherwise.

    `template` is seen from the project's folder; `listens` 0 means the service's own `port`; `is_node`
    says that it is a project of the pnpm workspace, so that it needs a package.json.
    """

    template: str
    health: str
    listens: int
    is_node: bool


KINDS: Final[Mapping[str, ServiceKind]] = MappingProxyType(
    {
        "nestjs": ServiceKind(f"{TEMPLATES}/Dockerfile.nestjs", "/api/health", 0, is_node=True),
        "sveltekit": ServiceKind(f"{TEMPLATES}/Dockerfile.sveltekit", "/api/health", 3000, is_node=True),
        "astro": ServiceKind(f"{TEMPLATES}/Dockerfile.astro", "/health", 8080, is_node=True),
        "next": ServiceKind(f"{TEMPLATES}/Dockerfile.next", "/", 3000, is_node=True),
        "node": ServiceKind(f"{TEMPLATES}/Dockerfile.node", "/health", 0, is_node=True),
        "spa": ServiceKind(f"{TEMPLATES}/Dockerfile.spa", "/health", 8080, is_node=True),
        "expo": ServiceKind(f"{TEMPLATES}/Dockerfile.expo", "/health", 8080, is_node=True),
        "dockerfile": ServiceKind("", "", 0, is_node=False),
    }
)
STRATEGIES: Final = ("replace", "blue-green")
APPROVALS: Final = ("plan",)
PROVENANCE, SBOM = "provenance", "sbom"
ATTESTATIONS: Final = (PROVENANCE, SBOM)
SCANNER: Final = "docker/buildkit-syft-scanner:stable-1"  # what BuildKit takes where no other is named
MIGRATIONS: Final = ("here",)  # where migrations of a Coolify environment may run
BACKINGS: Final = ("postgres", "redis")
# What a workspace may have rendered.
RENDERED: Final = ("compose", "env", "helm", "host", "kubernetes", "monitoring", "tables", "workflows")
