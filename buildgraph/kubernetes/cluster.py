"""An environment on a Kubernetes cluster, as everything in this room works with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from buildgraph.kubernetes.kubectl import Kubectl
from buildgraph.manifests.model import Environment, Service
from buildgraph.place.model import Scene
from buildgraph.place.secrets import Secrets, used_secrets
from buildgraph.render.kubernetes import COMPONENT, INSTANCE, MANAGED_BY, OURS, instance_of

STATE: Final = "state"  # the component of what an environment remembers


@dataclass(frozen=True, slots=True)
class Cluster:
    """An environment in its namespace. `is_published` asks the registry for an image by its digest."""

    kubectl: Kubectl
    workspace: str
    scene: Scene
    secrets: Secrets
    is_published: Callable[[str], bool]

    @property
    def environment(self) -> Environment:
        """The environment as its manifest says."""
        return self.scene.environment

    @property
    def catalog(self) -> tuple[Service, ...]:
        """All services of the workspace."""
        return self.scene.catalog

    @property
    def instance(self) -> str:
        """The label of everything here."""
        return instance_of(self.workspace, self.environment.name)

    def at(self, scene: Scene) -> Cluster:
        """The same environment with what other manifests say of it."""
        return replace(self, scene=scene)

    def labels(self, component: str) -> dict[str, str]:
        """The labels of what the environment remembers."""
        return {INSTANCE: self.instance, COMPONENT: component, MANAGED_BY: OURS}

    def selecting(self, **further: str) -> str:
        """kubectl's option for what is here; `further` are labels of Kubernetes' own, by their last part."""
        more = (f"app.kubernetes.io/{name.replace('_', '-')}={value}" for name, value in further.items())
        return "--selector=" + ",".join([f"{INSTANCE}={self.instance}", f"{MANAGED_BY}={OURS}", *more])

    def redact(self, text: str) -> str:
        """A text without the secrets that services here are given."""
        return self.secrets.redact(text, used_secrets(self.catalog, self.environment))
