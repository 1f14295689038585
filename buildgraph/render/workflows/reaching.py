"""How a job reaches an environment: on which runner, with which secrets and permissions, and what it prepares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from buildgraph.manifests.engines import parse_engine
from buildgraph.manifests.model import Environment, Manifests
from buildgraph.recipes.references import is_loopback
from buildgraph.render.secret_names import secret_names
from buildgraph.render.workflows.steps import Step, run, tool
from buildgraph.render.yaml import Yaml

HOSTED: Final = "ubuntu-24.04"
GITHUB_REGISTRY: Final = "ghcr.io"
MINUTES: Final = 120  # a canary's steps and a restore take their time; six hours would hide what hangs
STORE: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def is_public(environment: Environment) -> bool:
    """Whether a runner of GitHub's own can reach the environment's registry."""
    return bool(environment.registry) and not is_loopback(environment.registry.partition("/")[0])


def job_for(manifests: Manifests, environment: Environment, *doing: Step) -> dict[str, Yaml]:
    """What a job has that does something to an environment; its own `if` and `needs` are the workflow's.

    Who must approve is a rule of the environment on GitHub ("required reviewers"), which no file can weaken.
    """
    names = _secrets(manifests, environment)
    return {
        "runs-on": runner(environment),
        "timeout-minutes": MINUTES,
        "environment": environment.name,
        "permissions": permissions([environment]),
        "steps": [
            *tool(),
            *login([environment]),
            *_ways(environment),
            *(with_secrets(step, names) for step in doing),
        ],
    }


def with_secrets(step: Step, names: Iterable[str]) -> Step:
    """A step that is given secrets; the others, among them actions of other people, are not."""
    given = {name: f"${{{{ secrets.{name} }}}}" for name in names}
    own = step.get("env", {})
    return {**step, "env": {**given, **own}} if isinstance(own, Mapping) else step


def runner(environment: Environment) -> Yaml:
    """GitHub's own where the environment has an address that they can reach; else one that stands beside its engine."""
    engine = parse_engine(environment.engine)
    there = environment.coolify or environment.kubernetes or (engine and engine.scheme == "ssh")
    return HOSTED if there and is_public(environment) else ["self-hosted", environment.name]


def permissions(environments: Iterable[Environment]) -> Yaml:
    """Reading the repository; publishing packages where GitHub keeps them."""
    at_github = any(_host(found) == GITHUB_REGISTRY for found in environments)
    return {"contents": "read", **({"packages": "write"} if at_github else {})}


def login(environments: Iterable[Environment]) -> Iterator[Step]:
    """Who we are to each registry that is not this machine's own."""
    for host in sorted({_host(found) for found in environments if is_public(found)}):
        at_github = host == GITHUB_REGISTRY
        yield run(
            f"Log in to {host}",
            f'docker login {host} --username "$NAME" --password-stdin <<<"$TOKEN"',
            NAME="${{ github.actor }}" if at_github else "${{ secrets.REGISTRY_USER }}",
            TOKEN="${{ github.token }}" if at_github else "${{ secrets.REGISTRY_TOKEN }}",
        )


def _host(environment: Environment) -> str:
    return environment.registry.partition("/")[0]


def _secrets(manifests: Manifests, environment: Environment) -> list[str]:
    found = set(secret_names(manifests, environment))
    found |= {"COOLIFY_TOKEN"} if environment.coolify else set()
    return sorted(found | (set(STORE) if environment.backups.to.startswith("s3://") else set()))


def _ways(environment: Environment) -> Iterator[Step]:
    """Keys of ssh, or of a cluster. Whom we speak to is known beforehand, never taken on trust."""
    engine = parse_engine(environment.engine)
    if engine and engine.scheme == "ssh":
        yield run(
            "Keys of the host",
            "install -d -m 700 ~/.ssh",
            'install -m 600 /dev/stdin ~/.ssh/id_ed25519 <<<"$KEY"',
            'install -m 600 /dev/stdin ~/.ssh/known_hosts <<<"$KNOWN_HOSTS"',
            KEY="${{ secrets.SSH_KEY }}",
            KNOWN_HOSTS="${{ secrets.SSH_KNOWN_HOSTS }}",
        )
    if environment.kubernetes:
        yield run(
            "Keys of the cluster",
            "install -d -m 700 ~/.kube",
            'install -m 600 /dev/stdin ~/.kube/config <<<"$KUBECONFIG_TEXT"',
            KUBECONFIG_TEXT="${{ secrets.KUBECONFIG }}",
        )
