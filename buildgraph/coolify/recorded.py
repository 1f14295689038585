"""A service as a release tells it, ready to be set again: what to go back to when applications are set otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from buildgraph.coolify.answers import Application, Variable
from buildgraph.coolify.live import CoolifyLive
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.wanted import differing_variables, wanted_settings, wanted_variables
from buildgraph.deploy.rollback import released_scene, released_targets
from buildgraph.place.model import Target


@dataclass(frozen=True, slots=True)
class Recorded:
    """A target of a release, and the place with the values that the release had. Secrets are those of today."""

    place: CoolifyPlace
    target: Target

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the variables that it is given."""
        return tuple(variable.key for variable in wanted_variables(self.place, self.target.service))

    def is_set(self, application: Application, variables: Iterable[Variable]) -> bool:
        """Whether an application is set to it, secrets aside: these may have been others then."""
        if application.differs(wanted_settings(self.place, self.target, application)):
            return False
        secret = {name for name, value in self.target.service.env.items() if value.secret}
        wanted = (v for v in wanted_variables(self.place, self.target.service) if v.key not in secret)
        return not differing_variables(wanted, {variable.key: variable.value for variable in variables})


def find_recorded(place: CoolifyPlace, live: CoolifyLive, service: str) -> Recorded | None:
    """The newest release's version of a service that is the one deployed last; None where no release has the service.

    Where none has what was deployed last, it is the last release's: nobody has proved what came after it.
    """
    running = live.services.get(service)
    if running is None:
        return None
    releases = live.ledger.history.get(running.product, ())[::-1]
    release = next((r for r in releases if r.versions.get(service) == running.fingerprint), None)
    release = release or next((r for r in releases[:1] if service in r.versions), None)
    if release is None:
        return None
    scene = released_scene(place.scene, release)
    target = next(t for t in released_targets(scene, release) if t.service.name == service)
    return Recorded(place.at(scene), replace(target, fingerprint=release.versions[service]))
