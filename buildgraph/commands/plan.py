"""The verb `plan`: the steps a run would take and why; it asks engine and registry and changes nothing.

Commands around a push are no steps: what a scan says, and whether a signature is missing, shows in the run alone.
A plan may be of a stranger's checkout: it runs no command of the manifests, and no engine, cluster or server that they
name is asked unless the command line names the environment.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from buildgraph.chain import NO_SERVICE, Chain, open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table, tell
from buildgraph.errors import DONE, ConfigurationError, UnknownName, unwritable
from buildgraph.inside import place_named
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.manifests.model import Environment
from buildgraph.obstacles import with_obstacles
from buildgraph.plan.steps import Step
from buildgraph.project import Project, open_project
from buildgraph.promotion import Promotion
from buildgraph.refusals import Terms
from buildgraph.saved_plan import PlannedService, SavedPlan, render_plan, step_as_dict
from buildgraph.wholeness import write_named

OF_CONTAINERS: Final = ("deploy", "promote")  # the tasks of a plan that compare secrets


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `plan`."""
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="such as deploy:chat or build (the default)")
    parser.add_argument(
        "--save", metavar="FILE", help="write the plan to a file, for `deploy:PRODUCT plan=FILE`"
    )
    parser.add_argument("--from", dest="source", default="", metavar="NAME", help="for promote: from where")
    parser.add_argument(
        "--secrets",
        action="store_true",
        help="run the environment's secret_commands, to compare what they tell",
    )
    add_environment(parser)
    parser.set_defaults(env="")
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the plan, and save it where that is asked for; returns the exit code."""
    project = open_project(Path.cwd())
    if options.save:
        place_named(project.repository.root, options.save)  # before anybody is asked anything
    is_told, options.env = bool(options.env), options.env or DEFAULT_ENVIRONMENT
    if not options.tasks and not project.working_picture().manifests.services:
        return _tell_nothing(project, options)
    chain = open_chain(project, options.env, asks=options.secrets)
    if not is_told:
        _refuse_named(chain.environment)
    terms = Terms(source=options.source)
    tasks = options.tasks or ["build"]
    steps = list(dict.fromkeys(step for task in tasks for step in _steps(chain, task, terms)))
    steps = [with_obstacles(chain.builder, step) for step in steps]
    _tell_unknown(chain, tasks)
    if options.save:
        _save(chain, options, steps)
    return _tell(steps, options)


def _refuse_named(environment: Environment) -> None:
    """ConfigurationError where a checkout alone would choose whom this machine speaks to."""
    if environment.is_named:
        raise ConfigurationError.of(
            f"manifests/environments/{environment.name}.toml",
            "names an engine, a cluster or a server, which a plan asks only where it is told of which environment",
            f"write env={environment.name}",
        )


def _tell_unknown(chain: Chain, tasks: Iterable[str]) -> None:
    """Tell whose secrets were not compared."""
    from buildgraph.place.secrets import given_secrets

    deployed = [name for phase, _, name in (task.partition(":") for task in tasks) if phase in OF_CONTAINERS]
    products = {each for name in deployed for each in (chain.products_for(name) if name else chain.products)}
    unknown = [
        service.name
        for service in chain.services
        if service.product in products
        and not chain.builder.secrets.are_known(given_secrets(service, chain.environment))
    ]
    if unknown:
        tell(
            f"the secrets of {', '.join(unknown)} were not compared: `--secrets` runs the commands that tell them"
        )


def _tell_nothing(project: Project, options: argparse.Namespace) -> int:
    """A workspace without services has a plan, too: nothing, once its mistakes are told."""
    project.working_picture().graph  # noqa: B018
    tell(NO_SERVICE)
    return _tell((), options)


def _tell(steps: Sequence[Step], options: argparse.Namespace) -> int:
    if options.format == "json":
        told = [step_as_dict(step) for step in steps]
        answer(as_json({"format": 1, "environment": options.env, "steps": told}))
    else:
        answer(table([(s.phase.value, s.node, s.fingerprint, s.reason) for s in steps]) or "nothing to do")
    return DONE


def _save(chain: Chain, options: argparse.Namespace, steps: Iterable[Step]) -> None:
    """Write a plan of deploys; other tasks change no environment, and nobody has to approve them."""
    from buildgraph.place.actor import read_actor
    from buildgraph.place.audit import moment

    services = [
        service for task in options.tasks for service in _planned(chain, task, Terms(source=options.source))
    ]
    plan = SavedPlan(
        workspace=chain.picture.manifests.workspace.name,
        environment=options.env,
        tasks=tuple(options.tasks),
        commit=chain.picture.commit_label,
        made_at=moment(),
        made_by=read_actor(),
        services=tuple(dict.fromkeys(services)),
        steps=tuple(map(step_as_dict, steps)),
    )
    try:
        write_named(Path(options.save), render_plan(plan).encode())
    except OSError as error:
        raise unwritable(options.save, error) from error
    tell(
        f"saved {options.save}: `{' '.join(options.tasks)} env={options.env} plan={options.save}` carries it out"
    )


def _planned(chain: Chain, task: str, terms: Terms) -> list[PlannedService]:
    phase, _, product = task.partition(":")
    if phase == "promote" and product:
        return Promotion(chain.deployer, product, terms).planned(product)
    if phase == "deploy":
        products = chain.products_for(product) if product else list(chain.products)
        return [service for each in products for service in chain.deployer.planned(each)]
    raise ConfigurationError.of("--save", f"{task} changes no environment", "save a plan of deploy:PRODUCT")


def _steps(chain: Chain, task: str, terms: Terms) -> list[Step]:
    phase, _, name = task.partition(":")
    if phase == "deploy" and (not name or name in chain.products):
        products = chain.products_for(name) if name else list(chain.products)
        return [step for product in products for step in chain.deployer.plan(product)]
    if phase == "promote" and name in chain.products:
        promotion = Promotion(chain.deployer, name, terms)
        promotion.check()
        return promotion.steps()
    if phase in ("build", "push"):
        return chain.builder.plan(_services(chain, name), push=phase == "push")
    known = [f"{phase}:{product}" for phase in ("deploy", "promote") for product in chain.products]
    raise UnknownName("task to plan", task, ["build", "push", "deploy", *known])


def _services(chain: Chain, name: str) -> list[str]:
    """The services that a task's name stands for: one, a product's, or all."""
    if not name:
        return [service.name for service in chain.services]
    return chain.products[name] if name in chain.products else [chain.picture.service(name).name]
