"""Images in an environment's registry that nobody needs any more: which they are, and their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
        return sharing(self.picture.manifests.environments, self.environment.registry)

    def _service(self, registry: Registry, service: str, needed: Needed) -> Iterable[TaggedImage]:
        from buildgraph.image.registry_surplus import read_content
        from buildgraph.image.surplus import judge

        repository = registry.repository(service)
        needs = self._needs(service, needed)
        for judged in judge(read_content(registry, repository, needs), needs):
            name = f"{self.environment.registry.rstrip('/')}/{service}:{judged.tags[0]}"
            if judged.needed or self.dry or self._removed(registry, repository, judged):
                yield TaggedImage(name, judged.needed, len(judged.goes))

    def _removed(self, registry: Registry, repository: str, judged: Judged) -> bool:
        from buildgraph.image.registry_surplus import remove_manifest

        return remove_manifest(registry, repository, judged)

    def _needs(self, service: str, needed: Needed) -> Needs:
        from buildgraph.image.surplus import Needs

        digests = digests_of(needed.references, f"{self.environment.registry.rstrip('/')}/{service}")
        return Needs(needed.of(service), digests, self.days)


def sharing(environments: Iterable[Environment], registry: str) -> list[Environment]:
    """The environments that deploy from a registry, however they write it."""
    from buildgraph.image.registry_content import Registry

    wanted = Registry(registry).prefix
    return [found for found in environments if found.registry and Registry(found.registry).prefix == wanted]


def digests_of(references: Mapping[str, str], image: str) -> dict[str, str]:
    """Of references by digest those to an image, however they write its name: the digests, and who needs them."""
    from buildgraph.image.registry_content import Registry

    wanted = Registry(image).prefix
    named = ((*reference.partition("@"), who) for reference, who in references.items())
    return {digest: who for name, _, digest, who in named if digest and Registry(name).prefix == wanted}
