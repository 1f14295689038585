"""Images in an environment's registry that nobody needs any more: which they are, and their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildgraph.manifests.model import Environment
from buildgraph.needs import Needed, environment_needs, refuse_unread
from buildgraph.picture import Picture

if TYPE_CHECKING:
    from buildgraph.image.registry_content import Registry
    from buildgraph.image.surplus import Judged, Needs


@dataclass(frozen=True, slots=True)
class TaggedImage:
    """A tagged image of a registry: why it stays, or ("") that it has gone, or would."""

    name: str
    needed: str = ""
    manifests: int = 0


@dataclass(frozen=True, slots=True)
class Pruning:
    """A registry to be looked through for an environment: what branches need is known, what environments do is asked.

    What is younger than `days` stays; `dry` removes nothing.
    """

    picture: Picture
    environment: Environment
    branches: Needed
    days: float
    dry: bool

    def run(self) -> Iterator[TaggedImage]:
        """Every tagged image of the workspace's services there, one after another, and what became of it.

        Raises ToolError when the registry, or an environment that uses it, does not answer; StepFailed where
        releases or branches cannot be read, or nothing may be deleted.
        """
        from buildgraph.image.registry_content import Registry

        refuse_unread(self.branches)
        needed = environment_needs(self.picture, self._sharing()).joined(self.branches)
        registry = Registry(self.environment.registry)
        for service in sorted(needed.services):
            yield from self._service(registry, service, needed)

    def _sharing(self) -> list[Environment]:
        """The environments that deploy from this registry."""
        wanted = self.environment.registry.rstrip("/")
        return [e for e in self.picture.manifests.environments if e.registry.rstrip("/") == wanted]

    def _service(self, registry: Registry, service: str, needed: Needed) -> Iterable[TaggedImage]:
        from buildgraph.image.registry_content import read_content
        from buildgraph.image.surplus import judge

        repository = registry.repository(service)
        needs = self._needs(service, needed)
        for judged in judge(read_content(registry, repository, needs), needs):
            name = f"{self.environment.registry.rstrip('/')}/{service}:{judged.tags[0]}"
            if judged.needed or self.dry or self._removed(registry, repository, judged):
                yield TaggedImage(name, judged.needed, len(judged.goes))

    def _removed(self, registry: Registry, repository: str, judged: Judged) -> bool:
        from buildgraph.image.registry_content import remove_manifest

        return remove_manifest(registry, repository, judged)

    def _needs(self, service: str, needed: Needed) -> Needs:
        from buildgraph.image.surplus import Needs

        above = f"{self.environment.registry.rstrip('/')}/{service}@"
        digests = {
            reference.removeprefix(above): who
            for reference, who in needed.references.items()
            if reference.startswith(above)
        }
        return Needs(needed.of(service), digests, self.days)
