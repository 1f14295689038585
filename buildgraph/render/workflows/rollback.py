"""The workflow by which somebody brings back a product's release, in an environment that they choose."""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Environment, Manifests, Product
from buildgraph.render.workflows.pipeline import stages
from buildgraph.render.workflows.reaching import job_for
from buildgraph.render.workflows.steps import run
from buildgraph.render.yaml import Yaml, render_file

WISHES: Final = {
    "PRODUCT": "${{ inputs.product }}",
    "RELEASE": "${{ inputs.release }}",
    "REASON": "${{ inputs.reason }}",
}


def render_rollback(manifests: Manifests) -> str:
    """The file; "" where there is nothing to go back in."""
    there = stages(manifests)
    products = sorted(product.name for product in manifests.products if _is_deployed(product))
    if not there or not products:
        return ""
    jobs = {environment.name: _job(manifests, environment) for environment in there}
    return render_file(
        {
            "name": "rollback",
            "run-name": "rollback of ${{ inputs.product }} in ${{ inputs.environment }}",
            "on": {"workflow_dispatch": {"inputs": _inputs(products, [found.name for found in there])}},
            "permissions": {},
            "defaults": {"run": {"shell": "bash"}},
            "jobs": jobs,
        }
    )


def _is_deployed(product: Product) -> bool:
    return any(service.deployed for service in product.services)


def _inputs(products: list[str], environments: list[str]) -> Yaml:
    told = "a release that `buildgraph releases` lists; empty: the one before"
    return {
        "product": {"type": "choice", "required": True, "options": products},
        "environment": {"type": "choice", "required": True, "options": environments},
        "release": {"type": "string", "description": told},
        "reason": {"type": "string", "required": True, "description": "why, for the audit log"},
    }


def _job(manifests: Manifests, environment: Environment) -> Yaml:
    """No group of `concurrency`: GitHub cancels who waits in one; here the deploy lock says whose turn it is."""
    back = f'buildgraph "rollback:$PRODUCT" env={environment.name} "to=$RELEASE" "reason=$REASON"'
    smoke = f'buildgraph "smoke:$PRODUCT" env={environment.name}'
    return {
        "if": f"${{{{ inputs.environment == '{environment.name}' }}}}",
        **job_for(
            manifests,
            environment,
            run("Go back", back, **WISHES),
            run("Smoke tests", smoke, PRODUCT=WISHES["PRODUCT"]),
        ),
    }
