"""Saved plans: what a deploy would do, as it was when somebody looked at it, and whether that still holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.deployments import deployment_id
from buildgraph.plan.steps import Phase, Step

if TYPE_CHECKING:
    from buildgraph.deploy import Running
    from buildgraph.place.model import Reason, Target

FORMAT: Final = 1
AGAIN: Final = "look at it again: `buildgraph plan {tasks} env={environment} --save FILE`"
COMPARED: Final = "{again}; with `--secrets` it compares what the environment's secret_commands tell"


@dataclass(frozen=True, slots=True)
class PlannedService:
    """A service in a plan: what it shall run, and what ran when the plan was made ("" for nothing).

    `image` is its digest or id, "" while it is not built. One that shall be removed has no fingerprint either.
    """

    service: str
    product: str
    image_fingerprint: str
    fingerprint: str
    image: str = ""
    running: str = ""
    running_commit: str = ""

    @property
    def is_removal(self) -> bool:
        """Whether it has left the manifests and goes with this deploy."""
        return not self.fingerprint


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan that was saved: where it holds, what for, from which commit, and every service it is about."""

    workspace: str
    environment: str
    tasks: tuple[str, ...]
    commit: str
    made_at: str
    made_by: str
    services: tuple[PlannedService, ...]
    steps: tuple[Mapping[str, str], ...] = ()

    def shows(self, deployment: str) -> bool:
        """Whether a step of it deploys this node."""
        deploy = Phase.DEPLOY.value
        return any(step.get("phase") == deploy and step.get("node") == deployment for step in self.steps)

    def of(self, product: str) -> dict[str, PlannedService]:
        """The services of a product by name."""
        return {found.service: found for found in self.services if found.product == product}


def step_as_dict(step: Step) -> dict[str, str]:
    """A step as JSON."""
    return {
        "phase": step.phase.value,
        "node": step.node,
        "fingerprint": step.fingerprint,
        "reason": step.reason,
    }


def render_plan(plan: SavedPlan) -> str:
    """The plan as the text of a file."""
    return json.dumps({"format": FORMAT, **asdict(plan)}, indent=2, ensure_ascii=False) + "\n"


def read_plan(file: Path) -> SavedPlan:
    """The plan in a file; ConfigurationError for one that is not there or is no plan of this version."""
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError.of(f"plan={file}", f"cannot be read: {error.strerror}", SAVE) from error
    except (ValueError, RecursionError) as error:
        raise ConfigurationError.of(f"plan={file}", "is no saved plan: it holds no JSON", SAVE) from error
    return parse_plan(table, str(file))


SAVE: Final = "`buildgraph plan deploy:PRODUCT env=NAME --save FILE` writes one"


def parse_plan(table: Any, where: str) -> SavedPlan:
    """The plan that a table of JSON tells; ConfigurationError for another one."""
    try:
        form = table.pop("format")
        if form != FORMAT:
            is_newer = isinstance(form, int) and form > FORMAT
            raise ValueError(
                "a newer buildgraph made it: install that one" if is_newer else "its format is none"
            )
        services = tuple(_planned(found) for found in table.pop("services"))
        steps = tuple(_texts(found) for found in table.pop("steps", ()))
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in table.items()
        }
        return SavedPlan(services=services, steps=steps, **told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = str(error) if isinstance(error, ValueError) else "it lacks what a plan has"
        raise ConfigurationError.of(f"plan={where}", f"is no saved plan: {what}", SAVE) from error


def _planned(table: Mapping[str, str]) -> PlannedService:
    return PlannedService(**_texts(table))


def _texts(table: Mapping[str, str]) -> Mapping[str, str]:
    if not all(isinstance(value, str) for value in table.values()):
        raise TypeError(table)
    return table


def refuse_outdated(plan: SavedPlan, product: str, now: Iterable[PlannedService]) -> None:
    """ConfigurationError that tells all in which the world has moved on since a plan was made.

    `now` are the product's services as they would be planned now. One that runs as planned already is well:
    the plan has been carried out.
    """
    way_out = _look_again(plan)
    found = {service.service: service for service in now}
    planned = plan.of(product)
    if not planned:
        what = f"says nothing of {product}; it is for {', '.join(plan.tasks)}"
        raise ConfigurationError.of("plan=", what, way_out)
    mistakes = [
        Mistake(f"plan= of {plan.made_at}", what, way_out)
        for name in sorted(planned.keys() | found.keys())
        for what in _differences(name, planned.get(name), found.get(name))
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def _differences(name: str, planned: PlannedService | None, now: PlannedService | None) -> Iterable[str]:
    if planned is None:
        is_removal = now is not None and now.is_removal
        yield (
            f"{name} would be removed, of which the plan says nothing"
            if is_removal
            else f"{name} is new since then"
        )
        return
    if now is None or (now.is_removal and not planned.is_removal):
        if not planned.is_removal:
            yield f"{name} is in the manifests no more"
        return
    if planned.is_removal and not now.is_removal:
        yield f"{name} is in the manifests again"
        return
    if planned.image_fingerprint != now.image_fingerprint:
        yield f"what the image of {name} is made of has changed since then"
    elif planned.fingerprint != now.fingerprint:
        yield f"the configuration of {name} has changed since then"
    if planned.image and now.image and planned.image != now.image:
        yield f"the image of {name} is another one: {now.image}, not {planned.image}"
    if now.running not in (planned.running, planned.fingerprint):
        commit = f" (from {now.running_commit})" if now.running_commit else ""
        yield f"another version of {name} runs than then{commit}"


def refuse_unshown(plan: SavedPlan, pending: Mapping[str, Reason]) -> None:
    """ConfigurationError that names every service that would be deployed although no step of a plan says so.

    `pending` are those that a deploy would touch now. What only has to be settled (a proxy that does not run, a former
    version whose time is over) brings no container that nobody has looked at.
    """
    way_out = COMPARED.format(again=_look_again(plan))
    mistakes = [
        Mistake(
            f"plan= of {plan.made_at}", f"{name} would be deployed, which it does not show: {reason}", way_out
        )
        for name, reason in pending.items()
        if reason.replaces and not plan.shows(deployment_id(plan.environment, name))
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def _look_again(plan: SavedPlan) -> str:
    return AGAIN.format(tasks=" ".join(plan.tasks), environment=plan.environment)


def refuse_elsewhere(plan: SavedPlan, workspace: str, environment: str) -> None:
    """ConfigurationError for a plan that was made for another workspace or environment."""
    if (plan.workspace, plan.environment) == (workspace, environment):
        return
    what = f"is for {plan.environment} of {plan.workspace}, not for {environment} of {workspace}"
    raise ConfigurationError.of("plan=", what)


def approval_needed(environment: str, task: str) -> ConfigurationError:
    """What is said where an environment takes saved plans only; migrations are part of a deploy's plan."""
    planned = task.replace("migrate:", "deploy:")
    save = f"`buildgraph plan {planned} env={environment} --save FILE`"
    way_out = f"{save}, then `{task} env={environment} plan=FILE`"
    return ConfigurationError.of(task, f"{environment} takes approved plans only", way_out)


def plan_services(
    services: Mapping[str, Running], product: str, targets: Iterable[Target], removed: Iterable[Running]
) -> list[PlannedService]:
    """A product's targets with what runs now, as a plan tells them, and what is `removed` with it."""
    gone = [
        PlannedService(found.name, product, "", "", running=found.fingerprint, running_commit=found.commit)
        for found in removed
    ]
    return gone + [
        PlannedService(
            service=target.service.name,
            product=product,
            image_fingerprint=target.image_fingerprint,
            fingerprint=target.fingerprint,
            image=target.image,
            running=running.fingerprint if (running := services.get(target.service.name)) else "",
            running_commit=running.commit if running else "",
        )
        for target in targets
    ]
