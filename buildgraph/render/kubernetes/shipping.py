"""One version of a service on its way to a cluster, and what the rendering is told of where it goes."""

from __future__ import annotations

from dataclasses import dataclass

from buildgraph.manifests.model import Environment, Kubernetes, Service
from buildgraph.manifests.variables import plain_values


@dataclass(frozen=True, slots=True)
class Shipping:
    """A service as it shall run in an environment.

    `image` is a reference with its digest, or a bare name in files for people, who fill it in; so are the
    fingerprints, `commit` and `secrets` (the digest of the secret values) empty there. `scaled` is how many
    containers somebody has asked for instead of what the manifest says; 0: nobody has.
    """

    workspace: str
    environment: Environment
    catalog: tuple[Service, ...]
    service: Service
    image: str = ""
    image_fingerprint: str = ""
    fingerprint: str = ""
    commit: str = ""
    secrets: str = ""
    scaled: int = 0

    @property
    def cluster(self) -> Kubernetes:
        """The cluster it goes to."""
        assert self.environment.kubernetes is not None
        return self.environment.kubernetes

    @property
    def values(self) -> dict[str, str]:
        """What its containers are given, secrets left out, sorted by name."""
        return dict(sorted(plain_values(self.service, self.environment, self.catalog).items()))

    @property
    def secret_names(self) -> tuple[str, ...]:
        """The secrets it is given, sorted."""
        return tuple(sorted(name for name, value in self.service.env.items() if value.secret))

    @property
    def replicas(self) -> int:
        """How many containers serve it here."""
        return self.scaled or self.service.replicas_in(self.environment.name)
