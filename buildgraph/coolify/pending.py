"""What a deploy to Coolify has to change, and why; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.coolify.answers import Application
from buildgraph.coolify.api import NewVariable
from buildgraph.coolify.ledger import Ledger
from buildgraph.coolify.live import CoolifyLive, CoolifyService, read_application
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.wanted import differing_variables, wanted_settings, wanted_variables
from buildgraph.deploy.proof import proof_of
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.place.model import Reason, Target
from buildgraph.place.secrets import check_secrets, given_secrets, wanted_digest

NOWHERE = (
    'write migrations = "here" below [coolify]: this machine\'s engine then runs it from the new image, and must reach '
    "the database. (Coolify's own pre-deployment command runs in the old version's container.)"
)


def check_targets(place: CoolifyPlace, targets: Iterable[Target]) -> None:
    """ConfigurationError for what cannot be deployed, all mistakes at once, before anything is changed."""
    wanted = list(targets)
    check_secrets([target.service for target in wanted], place.environment, place.place.secrets)
    mistakes = [*_unmigrated(place, wanted), *_without_digest(wanted)]
    if mistakes:
        raise ConfigurationError(mistakes)
    for target in wanted:
        wanted_variables(place, target.service)


def pending_targets(
    place: CoolifyPlace, live: CoolifyLive, targets: Iterable[Target]
) -> tuple[tuple[Target, Reason], ...]:
    """The targets that do not run as they shall, with the reason; empty: nothing to do."""
    found = ((target, _reason(place, live, target)) for target in targets)
    return tuple((target, Reason(reason)) for target, reason in found if reason)


def departed_services(place: CoolifyPlace, live: CoolifyLive, product: str) -> tuple[str, ...]:
    """The services of a product that were deployed and that the manifests have no more."""
    known = {service.name for service in place.catalog if service.deployed}
    return tuple(service.name for service in live.services_of(product) if service.name not in known)


def is_verified(ledger: Ledger, product: str, targets: Iterable[Target]) -> bool:
    """Whether these very targets have passed these very smoke tests here, and nothing was deployed since."""
    return ledger.verified(product) == proof_of(targets)


def is_unproven(live: CoolifyLive, target: Target) -> bool:
    """Whether the last release has another version of a target: a killed deploy has brought this one."""
    releases = live.ledger.history.get(target.service.product, ())
    released = releases[-1].versions.get(target.service.name) if releases else None
    return released not in (None, target.fingerprint)


def _unmigrated(place: CoolifyPlace, targets: Iterable[Target]) -> Iterable[Mistake]:
    if place.coolify.migrations:
        return
    for target in targets:
        if target.service.migration:
            what = "Coolify runs no command of a new image before that serves"
            yield Mistake(f"service {target.service.name}: migration", what, NOWHERE)


def _without_digest(targets: Iterable[Target]) -> Iterable[Mistake]:
    for target in targets:
        if "@sha256:" not in target.image:
            what = f"{target.image} has no digest, by which Coolify pulls it"
            yield Mistake(f"service {target.service.name}", what, "`push:` publishes it")


def _reason(place: CoolifyPlace, live: CoolifyLive, target: Target) -> str:
    """Why a target is not what runs, "" when it is."""
    running = live.services.get(target.service.name)
    if running is None:
        return "it was not deployed yet"
    if running.deployed.application != place.application_of(target.service):
        return "its application is another one"
    if running.fingerprint != target.fingerprint:
        return "its fingerprint differs from what runs"
    now, secrets = running.deployed.secrets, place.place.secrets
    if now != wanted_digest(now, live.ledger.key, target.service, place.environment, secrets):
        return "its secrets have changed"
    return _drift(place, target, running)


def _drift(place: CoolifyPlace, target: Target, running: CoolifyService) -> str:
    """What somebody has changed in Coolify, or what has become of the container."""
    if running.product != target.service.product:
        return f"it has moved from the product {running.product}"
    settings = running.application.differs(wanted_settings(place, target, running.application))
    if settings:
        return f"its settings in Coolify are others: {', '.join(sorted(settings))}"
    if variables := _drifted_variables(place, target, running):
        return f"its variables in Coolify are others: {', '.join(v.key for v in variables)}"
    return "" if running.is_healthy else f"it is {running.application.status or 'not there'}"


def _drifted_variables(
    place: CoolifyPlace, target: Target, running: CoolifyService
) -> tuple[NewVariable, ...]:
    """The variables that are not as they shall be; none where it is not known what secrets shall be."""
    if not place.place.secrets.are_known(given_secrets(target.service, place.environment)):
        return ()
    found = {v.key: v.value for v in place.api.variables(running.application.uuid)}
    return differing_variables(wanted_variables(place, target.service), found)


def application_of(place: CoolifyPlace, target: Target) -> Application:
    """The application that a target's service has here."""
    return read_application(place, target.service.name, place.application_of(target.service))
