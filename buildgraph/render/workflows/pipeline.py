"""The workflow from a change to production: checks, affected images, staging, and production once it is approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from buildgraph.manifests.model import Environment, Manifests
from buildgraph.render.secret_names import users_in_builds
from buildgraph.render.workflows.gates import (
    ALWAYS,
    BRANCH,
    to_build,
    to_deploy,
    to_push,
    unless_all_passed,
)
from buildgraph.render.workflows.reaching import HOSTED, is_public, job_for, login, permissions, with_secrets
from buildgraph.render.workflows.steps import Step, run, tags, tool, workspace_checks
from buildgraph.render.yaml import Yaml, render_file

STAGES: Final = ("staging", "production")  # environments by name, in the order in which a change reaches them
Jobs = dict[str, Yaml]


def render_pipeline(manifests: Manifests) -> str:
    """The file. A run for a newer push to a pull request ends the one before; nothing else is ever ended."""
    return render_file(
        {
            "name": "pipeline",
            "on": {
                "pull_request": {},
                "merge_group": {},
                "push": {"branches": [BRANCH], "tags": ["v*"]},
            },
            "permissions": {},
            "concurrency": {
                "group": "pipeline-${{ github.event.pull_request.number || github.run_id }}",
                "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
            },
            "defaults": {"run": {"shell": "bash"}},
            "jobs": _jobs(manifests),
        }
    )


def stages(manifests: Manifests) -> tuple[Environment, ...]:
    """The environments that a change goes through, in order."""
    there = {environment.name: environment for environment in manifests.environments}
    return tuple(there[name] for name in STAGES if name in there)


def _jobs(manifests: Manifests) -> Jobs:
    secrets = users_in_builds(manifests)
    images: Jobs = {"build": _build(secrets)}
    registries = _registries(stages(manifests))
    if registries:
        images["push"] = _push(registries, secrets)
    before: Jobs = {"check": _check(manifests.workspace.root), "affected": _affected(), **images}
    return {**before, "required": _required(before), **_deploys(manifests, "push" if registries else "")}


def _check(root: str) -> Yaml:
    drift = run("Rendered files", "buildgraph render --check")
    return {
        "name": "lint, types and tests",
        "runs-on": HOSTED,
        "permissions": {"contents": "read"},
        "steps": [*tool(), drift, *workspace_checks(root)],
    }


def _affected() -> Yaml:
    """Its own line for the question: inside of `echo` a failure would go unnoticed, and nothing would be built."""
    ask = run(
        "What is affected",
        "images=$(buildgraph affected --kind image --format github)",
        'echo "images=$images" >>"$GITHUB_OUTPUT"',
    )
    return {
        "runs-on": HOSTED,
        "permissions": {"contents": "read"},
        "outputs": {"images": "${{ steps.ask.outputs.images }}"},
        "steps": [*tool(), {"id": "ask", **ask}],
    }


def _build(secrets: Iterable[str]) -> Yaml:
    build = run("Build", 'buildgraph "build:$SERVICE"', SERVICE=SERVICE)
    return _each_image(to_build(), {"contents": "read"}, with_secrets(build, secrets))


def _push(registries: Mapping[str, Environment], secrets: Iterable[str]) -> Yaml:
    steps: list[Step] = [*login(registries.values())]
    for registry, environment in registries.items():
        publish = f'buildgraph "push:$SERVICE" env={environment.name}'
        building = with_secrets(run("Build and publish", publish, SERVICE=SERVICE), secrets)
        steps += [building, *tags(f"{registry}/{SERVICE}", environment.name)]
    return _each_image(to_push(), permissions(registries.values()), *steps)


SERVICE: Final = "${{ matrix.service }}"


def _each_image(gate: str, allowed: Yaml, *doing: Step) -> Yaml:
    """A job for every affected image; one that fails leaves the others alone."""
    return {
        "needs": ["check", "affected"],
        "if": gate,
        "runs-on": HOSTED,
        "permissions": allowed,
        "strategy": {"fail-fast": False, "matrix": "${{ fromJSON(needs.affected.outputs.images) }}"},
        "steps": [*tool(), *doing],
    }


def _registries(environments: Iterable[Environment]) -> dict[str, Environment]:
    """The registries that GitHub's runners reach, with an environment that has each."""
    return {found.registry.rstrip("/"): found for found in environments if is_public(found)}


def _required(before: Iterable[str]) -> Yaml:
    """What branch protection requires: it always runs and always ends, whatever was skipped."""
    fail = run("Unless all has passed", "exit 1")
    return {
        "needs": list(before),
        "if": ALWAYS,
        "runs-on": HOSTED,
        "permissions": {},
        "steps": [{"if": unless_all_passed(), **fail}],
    }


def _deploys(manifests: Manifests, published: str) -> Jobs:
    """One job for each stage, the later after the earlier. A deploy that has begun is never cancelled."""
    found: Jobs = {}
    passed = ["check", "affected"]
    for environment in stages(manifests):
        name = f"deploy-{environment.name}"
        found[name] = {
            "needs": [*passed, *([published] if published else [])],
            "if": to_deploy(passed, published),
            "concurrency": {"group": name, "cancel-in-progress": False},
            **job_for(
                manifests,
                environment,
                run("Deploy", f"buildgraph deploy env={environment.name}"),
                run("Smoke tests", f"buildgraph smoke env={environment.name}"),
            ),
        }
        passed, published = [name], ""
    return found
