"""The verb `plan`: the steps a run would take and why; it asks engine and registry and changes nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.chain import Chain, open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE, UnknownName
from buildgraph.plan.steps import Step
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `plan`."""
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="such as deploy:chat or build (the default)")
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the plan; returns the exit code."""
    chain = open_chain(open_project(Path.cwd()), options.env)
    steps = [step for task in options.tasks or ["build"] for step in _steps(chain, task)]
    unique = list(dict.fromkeys(steps))
    if options.format == "json":
        answer(
            as_json({"format": 1, "environment": options.env, "steps": [_as_dict(step) for step in unique]})
        )
    else:
        answer(table([(s.phase.value, s.node, s.fingerprint, s.reason) for s in unique]) or "nothing to do")
    return DONE


def _steps(chain: Chain, task: str) -> list[Step]:
    phase, _, name = task.partition(":")
    if phase == "deploy":
        products = [name] if name else list(chain.products)
        return [step for product in products for step in chain.deployer.plan(product)]
    if phase in ("build", "push"):
        return chain.builder.plan(_services(chain, name), push=phase == "push")
    raise UnknownName(
        "task to plan", task, ["build", "push", *(f"deploy:{product}" for product in chain.products)]
    )


def _services(chain: Chain, name: str) -> list[str]:
    """The services that a task's name stands for: one, a product's, or all."""
    if not name:
        return [service.name for service in chain.services]
    return chain.products[name] if name in chain.products else [chain.picture.service(name).name]


def _as_dict(step: Step) -> dict[str, str]:
    return {
        "phase": step.phase.value,
        "node": step.node,
        "fingerprint": step.fingerprint,
        "reason": step.reason,
    }
