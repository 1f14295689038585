"""How the services of one environment stand: what runs, whether it is in date, and the release that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from buildgraph.graph.deployments import deployment_id
from buildgraph.manifests.addresses import public_url
from buildgraph.manifests.model import Environment, Service

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Running
    from buildgraph.deploy.builds import History
    from buildgraph.picture import Picture


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How a service stands in an environment; `since` is a UTC time in ISO 8601.

    `release` is the newest one that has what runs, `by` who made it; both are empty for what was never
    verified. `kept` is the colour that waits beside the live one, for a rollback, `kept_for` how many seconds yet.
    `replicas` counts its containers that get requests; `scaled` is how many `scale:` has asked for, 0 where the
    manifest holds.
    """

    service: str
    product: str
    state: str
    in_date: bool
    colour: str
    commit: str
    since: str
    address: str
    release: str = ""
    by: str = ""
    kept: str = ""
    kept_for: int = 0
    replicas: int = 0
    scaled: int = 0


def read_states(platform: Platform, picture: Picture, environment: Environment) -> list[ServiceState]:
    """How every service of a picture stands; those that run but have left the manifests come too."""
    from buildgraph.deploy import ABSENT, Running

    running, known = platform.running(), _Known(picture, environment, platform.history())
    declared = {service.name: service for service in picture.manifests.services if service.deployed}
    absent = {name: Running(name, service.product, ABSENT) for name, service in declared.items()}
    found = {**absent, **running}
    return [known.state(found[name], declared.get(name)) for name in sorted(found)]


@dataclass(frozen=True)
class _Known:
    """What is known of an environment's services besides what runs."""

    picture: Picture
    environment: Environment
    history: History

    def state(self, running: Running, declared: Service | None) -> ServiceState:
        from buildgraph.deploy import is_as_released, release_of

        release = release_of(running, self.history)
        is_right = is_as_released(running, self.history)
        return ServiceState(
            service=running.name,
            product=declared.product if declared else running.product,
            state=running.state,
            in_date=running.fingerprint == self._wanted(running.name) and is_right,
            colour=running.colour,
            commit=running.commit,
            since=running.since,
            address=public_url(self.environment, declared) if declared and declared.host else "",
            release=release.name if release and is_right else "",
            by=release.who if release and is_right else "",
            kept=running.kept,
            kept_for=running.kept_for,
            replicas=running.replicas,
            scaled=running.scaled,
        )

    def _wanted(self, service: str) -> str | None:
        return self.picture.graph.fingerprints.get(deployment_id(self.environment.name, service))
