"""One service brought to what it shall be, and taken back: what its application was set to is kept in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from buildgraph.coolify.answers import Application, Variable
from buildgraph.coolify.api import NewVariable
from buildgraph.coolify.deployment import Stuck, run_deployment, settle_deployments
from buildgraph.coolify.ledger import Deployed, read_ledger, record_deployed
from buildgraph.coolify.live import CoolifyLive, CoolifyService
from buildgraph.coolify.lock import Lock
from buildgraph.coolify.migration import run_migration
from buildgraph.coolify.pending import application_of
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.recorded import Recorded, find_recorded
from buildgraph.coolify.wanted import differing_variables, wanted_settings, wanted_variables
from buildgraph.errors import BuildgraphError
from buildgraph.place.audit import moment
from buildgraph.place.model import Reason, Target, Tell
from buildgraph.place.secrets import secrets_digest

IMAGE: Final = "docker_registry_image_name"
UNKNOWN: Final = ""  # the fingerprint of what may run while an application is changed


@dataclass(frozen=True, slots=True)
class Former:
    """What an application was before it was touched; `deployed` is what the environment remembers once it is back.

    `names` and `settings` are the variables and settings that the new version is given. `recorded` is the version that
    a release tells, where the application is set to something else: a killed deploy, or a person, has done that.
    """

    service: str
    application: Application
    variables: tuple[Variable, ...] = field(repr=False)
    deployed: Deployed | None
    names: tuple[str, ...]
    settings: tuple[str, ...]
    recorded: Recorded | None = None

    @property
    def can_return(self) -> bool:
        """Whether there is something to go back to."""
        return bool(self.application.settings.get(IMAGE)) and (
            self.deployed is not None or self.application.state == "running"
        )


def read_former(place: CoolifyPlace, target: Target, live: CoolifyLive) -> Former:
    """What a target's application is now."""
    application = application_of(place, target)
    running = live.services.get(target.service.name)
    variables = place.api.variables(application.uuid)
    recorded = find_recorded(place, live, target.service.name)
    return Former(
        target.service.name,
        application,
        variables,
        _remembered(running, recorded) if running else None,
        tuple(variable.key for variable in wanted_variables(place, target.service)),
        tuple(wanted_settings(place, target, application)),
        recorded if recorded and not recorded.is_set(application, variables) else None,
    )


def _remembered(running: CoolifyService, recorded: Recorded | None) -> Deployed:
    """What is remembered of a service, which the last release tells where a killed deploy has left something else."""
    if recorded is None:
        return running.deployed
    target = recorded.target
    return replace(
        running.deployed,
        image=target.image,
        image_fingerprint=target.image_fingerprint,
        fingerprint=target.fingerprint,
        commit=target.commit,
    )


def prepare(lock: Lock, target: Target, reason: Reason, tell: Tell) -> None:
    """What comes before anything of a service is changed in Coolify: it is left alone, and its data are migrated."""
    tell(f"{target.service.name}: {reason}")
    settle_deployments(lock, target.service.name, lock.place.application_of(target.service), tell)
    run_migration(lock, target, tell)
    lock.check()


def bring(lock: Lock, target: Target, former: Former, tell: Tell) -> None:
    """Have a target run: set, deployed, healthy, remembered. StepFailed when a step fails.

    Until then nothing is remembered of what runs: whatever ends this, or the way back, the next deploy goes through it.
    """
    place = lock.place
    if former.deployed:
        record_deployed(place, replace(former.deployed, fingerprint=UNKNOWN))
    _set(place, target, former)
    run_deployment(lock, target.service.name, former.application.uuid, tell)
    record_deployed(place, _deployed(place, target, former))


def _deployed(place: CoolifyPlace, target: Target, former: Former) -> Deployed:
    """What is remembered of a target that runs now."""
    service = target.service
    return Deployed(
        service=service.name,
        product=service.product,
        application=former.application.uuid,
        image=target.image,
        image_fingerprint=target.image_fingerprint,
        fingerprint=target.fingerprint,
        secrets=secrets_digest(read_ledger(place).key, service, place.environment, place.place.secrets),
        commit=target.commit,
        at=moment(),
        variables=former.names,
    )


def unwind(lock: Lock, formers: Iterable[Former], error: BaseException, tell: Tell) -> None:
    """Take back what was touched, the last first; what cannot be taken back is told, and raises nothing."""
    for former in reversed(list(formers)):
        try:
            lock.check()
            _return(lock, former, tell, waits=not isinstance(error, Stuck))
        except BuildgraphError as problem:
            tell(f"{former.service}: cannot be taken back: {problem}")


def _set(place: CoolifyPlace, target: Target, former: Former) -> None:
    """Write what differs: settings, variables, and away with those that an earlier version of it was given."""
    api, uuid = place.api, former.application.uuid
    settings = former.application.differs(wanted_settings(place, target, former.application))
    if settings:
        api.change(uuid, settings)
    wanted = wanted_variables(place, target.service)
    found = {variable.key: variable.value for variable in former.variables}
    variables = differing_variables(wanted, found)
    if variables:
        api.set_variables(uuid, variables)
    given = former.deployed.variables if former.deployed else ()
    for variable in former.variables:
        if variable.key in given and variable.key not in former.names:
            api.remove_variable(uuid, variable)


def _return(lock: Lock, former: Former, tell: Tell, *, waits: bool) -> None:
    """Set an application as it was and deploy that; a first version has none before it, and stays as it is."""
    if not former.can_return:
        tell(f"{former.service}: there was no version before it to go back to")
        return
    tell(f"{former.service}: going back to what ran before")
    _restore(lock.place, former)
    if not waits:
        tell(
            f"{former.service}: is set as before; a deployment that does not end stands in the way of deploying it"
        )
        return
    settle_deployments(
        lock, former.service, former.application.uuid, tell
    )  # ours, when it could not be followed
    run_deployment(lock, former.service, former.application.uuid, tell)
    if former.recorded:
        given = replace(former, names=former.recorded.names)
        record_deployed(lock.place, _deployed(former.recorded.place, former.recorded.target, given))
    elif former.deployed:
        record_deployed(lock.place, former.deployed)


def _restore(place: CoolifyPlace, former: Former) -> None:
    """Set an application as it was found, or as its release tells where that was something else."""
    if former.recorded is None:
        _restore_settings(place, former)
        _restore_variables(place, former)
        return
    uuid = former.application.uuid
    given = replace(former.deployed, variables=former.names) if former.deployed else None
    now = replace(
        former,
        application=place.api.application(uuid),
        variables=place.api.variables(uuid),
        deployed=given,
        names=former.recorded.names,
    )
    _set(former.recorded.place, former.recorded.target, now)


def _restore_settings(place: CoolifyPlace, former: Former) -> None:
    now = place.api.application(former.application.uuid).settings
    before = former.application.settings
    settings = {
        n: v for n, v in before.items() if n in former.settings and now.get(n) != v and (v or n != "domains")
    }
    if settings:
        place.api.change(former.application.uuid, settings)


def _restore_variables(place: CoolifyPlace, former: Former) -> None:
    api, uuid = place.api, former.application.uuid
    before: Mapping[str, str] = {variable.key: variable.value for variable in former.variables}
    now = api.variables(uuid)
    values = {variable.key: variable.value for variable in now}
    changed = [NewVariable(k, v) for k, v in before.items() if values.get(k) != v]
    if changed:
        api.set_variables(uuid, changed)
    for variable in now:
        if variable.key in former.names and variable.key not in before:
            api.remove_variable(uuid, variable)
