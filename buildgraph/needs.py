"""Who needs an image of the workspace: environments and their releases, heads of branches, the working tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from buildgraph.errors import BuildgraphError, StepFailed, first_line
from buildgraph.picture import Picture
from buildgraph.platforms import platform_to_read
from buildgraph.project import Project
from buildgraph.snapshot.history import read_heads

if TYPE_CHECKING:
    from buildgraph.manifests.model import Environment

MEND: Final = (
    "mend the branch, or delete it (and `git remote prune` what is deleted there); or update buildgraph"
)
IMAGE: Final = "image:"


@dataclass(frozen=True, slots=True)
class Needed:
    """Who needs what, the first who was found: images by (service, fingerprint), and by reference with its digest.

    `unread` tells the branches of which nobody knows what they need, and why.
    """

    prints: Mapping[tuple[str, str], str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    @property
    def services(self) -> set[str]:
        """The services that any of it is about."""
        return {service for service, _ in self.prints}

    def of(self, service: str) -> dict[str, str]:
        """The fingerprints of one service's images that are needed, with who needs each."""
        return {print_: who for (name, print_), who in self.prints.items() if name == service}

    def joined(self, other: Needed) -> Needed:
        """Both together."""
        prints, references = {**other.prints, **self.prints}, {**other.references, **self.references}
        return Needed(prints, references, (*self.unread, *other.unread))


def branch_needs(project: Project) -> Needed:
    """What the working tree and the heads of all branches that this clone knows would run."""
    found = Needed(_prints(project.working_picture(), "the working tree would deploy it"))
    unread = []
    for commit, branch in read_heads(project.repository).items():
        try:
            found = found.joined(Needed(_head_prints(project.picture_at(commit), branch)))
        except BuildgraphError as error:
            unread.append(f"{branch}: {first_line(str(error))}")
    return found.joined(Needed(unread=tuple(sorted(unread))))


def refuse_unread(needed: Needed) -> None:
    """StepFailed where a branch cannot be read: its images may be the only ones that somebody has."""
    if needed.unread:
        what = (
            f"branches cannot be read, so no image is removed from the registry ({'; '.join(needed.unread)})"
        )
        raise StepFailed("prune", what, MEND)


def environment_needs(picture: Picture, environments: Iterable[Environment]) -> Needed:
    """What environments run, keep to go back to, or have released; ToolError where one does not answer.

    StepFailed where a release cannot be read.
    """
    found = Needed()
    for environment in environments:
        platform = platform_to_read(picture, environment)
        for release in (each for kept in platform.history().values() for each in kept):
            if release.unreadable:
                what = f"the release {release.name} of {environment.name} {release.unreadable}: no image is removed"
                raise StepFailed("prune", what, "install the newest buildgraph")
            who = f"the release {release.name} of {environment.name} names it"
            prints = {(part.service.name, part.image_fingerprint): who for part in release.services}
            found = found.joined(Needed(prints, dict.fromkeys(release.images.values(), who)))
        running = {
            (name, run.image_fingerprint): f"{environment.name} runs it"
            for name, run in platform.running().items()
            if run.image_fingerprint
        }
        found = Needed(running).joined(found)
    return found


def _head_prints(picture: Picture, branch: str) -> dict[tuple[str, str], str]:
    """What a branch's head would run; nothing before it had manifests."""
    if not picture.snapshot.entries_in("manifests/"):
        return {}
    return _prints(picture, f"the branch {branch} would deploy it")


def _prints(picture: Picture, who: str) -> dict[tuple[str, str], str]:
    prints = picture.graph.fingerprints
    return {
        (node.removeprefix(IMAGE), print_): who for node, print_ in prints.items() if node.startswith(IMAGE)
    }
