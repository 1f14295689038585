"""What every key of the manifests means, in one sentence: for schemas, hence editors, and for REFERENCE.md.

A new key gets its line here, under the path that leads to it; then `buildgraph schema --write`.
What is left out gets the default of the model, so a sentence says it where the default is not plain.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORKSPACE: Final = {
    "name": "The first part of every name on an engine.",
    "root": "The folder of pnpm-workspace.yaml, seen from the project's folder; left out: `.`, that folder itself.",
    "fingerprint_version": "Of the tool; another one rebuilds everything; left out: 1.",
    "platforms": "What every image is built for; left out: the engine's own.",
    "ignored": "Files that no image sees, in gitignore syntax.",
    "inputs": "Files of the workspace that every image sees.",
    "root_dependencies": "Whether images get the dependencies of the root package.json; left out: false.",
    "mirrors": "Another place for a registry's images; digests and fingerprints stay the same.",
    "substitutes": "Stand-ins for sites without the registry, by base image; a stand-in changes fingerprints.",
    "render": "What `buildgraph render` writes; see docs/RENDERING.md.",
    "scan": "Looks at every image before it is published or deployed; left out: nobody does; see docs/SUPPLY.md.",
    "scan.command": "A program with its arguments; `{image}` is what is looked at, and a code but 0 refuses it.",
    "scan.within": "Seconds it may take; left out: 600.",
    "sign": "Signs every digest that is published; left out: nobody does; see docs/SUPPLY.md.",
    "sign.command": "A program with its arguments; `{digest}` is what was published: REGISTRY/NAME@sha256:….",
    "sign.within": "Seconds it may take; left out: 600.",
    "attestations": "What the builder attests of every image; left out: nothing; see docs/SUPPLY.md.",
    "sbom_scanner": "The image that makes the SBOM, locked like every base image; "
    "left out: `docker/buildkit-syft-scanner:stable-1`.",
    "source_date_epoch": "Seconds since 1970: the date of all that builds make; left out: now.",
    "workflows": "Where workflows are rendered to, seen from the project's folder; left out: `.github/workflows`.",
    "checks": "How packages are checked; see docs/CHECKS.md.",
    "checks.scripts": "Those of them that a package has; of `a|b` the first; "
    "left out: `lint`, `type-check|typecheck|check-types`, `test`, `build`.",
    "checks.env": "Variables that scripts read: another value, another result; left out: `NODE_ENV`.",
    "checks.outputs": "What scripts leave, by script, seen from the package's folder; "
    "left out: what frameworks usually build.",
    "checks.cache": "A repository in which results are shared; left out: none.",
    "checks.packages": "What one package has otherwise, by name or by folder (`./apps/api`; the root: `.`).",
    "checks.packages.scripts": "Instead of those of all packages.",
    "checks.packages.env": "Besides those of all packages.",
    "checks.packages.outputs": "Instead of those of all packages.",
}
BASES: Final = {"digests": "The digest of each base image; `buildgraph bases --update` writes them."}
PRODUCT: Final = {
    "services": "The services that ship together, by name.",
    "services.kind": "What it is built from and how it answers, see the table of kinds; "
    "needed, unless `dockerfile` is written.",
    "services.path": "Its folder, seen from the workspace's root.",
    "services.package": "Its package name; left out: that of its package.json.",
    "services.dockerfile": "What it is built by, seen from the project's folder; left out: its kind's.",
    "services.context": "The folder that its COPY lines are seen from, as it lies; "
    'left out: see "What a build sees".',
    "services.target": "The stage to build; left out: the last.",
    "services.port": "Where other services reach it; unique in the workspace.",
    "services.listens": "The port inside the container; left out: its kind's.",
    "services.host": "The first part of its public name; left out: not public.",
    "services.health": "Where 200 tells that it can serve; left out: its kind's.",
    "services.health_command": "Tells whether a service without HTTP is well, run in its container.",
    "services.alive": "Where 200 tells a cluster that starting it anew would not help; "
    "left out: a connection does.",
    "services.metrics": "Where Prometheus reads its metrics, past the proxy; left out: it tells none.",
    "services.replicas": "How many containers, for all environments or by environment (`*`: the others); "
    "left out: 1.",
    "services.inputs": "Further files that the image sees, from the workspace's root.",
    "services.build_args": "Values of ARGs.",
    "services.build_secrets": "What its build sees as secret mounts of these ids; see docs/SECRETS.md.",
    "services.env": "Its variables: one value everywhere, values by environment (`*`: the others), "
    "or `{ secret = true }`, from the environment's secrets and never from a manifest.",
    "services.resources": "Limits of one container; left out: none.",
    "services.resources.cpus": "Processors; parts of one count.",
    "services.resources.memory": "A number with K, M or G.",
    "services.database": "The name of its PostgreSQL database.",
    "services.redis": "Whether it is given Redis.",
    "services.migration": "Run from the new image, before it serves.",
    "services.migration.command": "Has to know what it has done: it runs with every deploy.",
    "services.migration.within": "Seconds it may take; left out: 300.",
    "services.migration.files": "Its SQL, from the service's folder; "
    'left out: the usual places, see "Migrations".',
    "services.smoke": "Requests by the public route, after each deployment.",
    "services.smoke.name": "What it proves, as a sentence.",
    "services.smoke.path": "Left out: `/`.",
    "services.smoke.method": "Left out: `GET`.",
    "services.smoke.status": "What must come back; left out: 200.",
    "services.smoke.contains": "Must stand in the answer.",
    "services.smoke.body": "Sent as JSON.",
    "services.smoke.within": "Seconds, retries included; left out: 10.",
    "services.smoke.writes": "Whether it changes data.",
    "services.depends_on": "Deployed after these services; changes no fingerprint.",
    "services.base_of": "What other Dockerfiles name in FROM when they build on this image.",
    "services.deployed": "False for an image that is only built upon.",
    "services.breaking": "Raise it with a release whose data older code cannot work with.",
    "services.autoscale": "On a cluster: more containers while they are busy.",
    "services.autoscale.most": "Up to so many.",
    "services.autoscale.cpu": "While they use more than so many in 100 of their `cpus`; left out: 80.",
}
ENVIRONMENT: Final = {
    "engine": "A Docker engine (`ssh://`, `tcp://` with TLS, `unix://`); left out: this machine's own.",
    "registry": "Images are pushed to and deployed from here, by digest; left out: they stay on the engine. "
    "Coolify and clusters need one.",
    "domain": "Public names, made from the services' hosts; left out: `{host}.localhost`.",
    "proxy_port": "Where the proxy listens; one for each environment of an engine; left out: 8080.",
    "proxy_image": "The HAProxy that directs requests; left out: `haproxy:2.9`.",
    "strategy": 'See "How a version takes over"; left out: `replace`.',
    "canary": "Under blue-green: the steps to a new version; left out: all requests at once.",
    "canary.steps": "Shares of the new version in 100, rising to 100.",
    "canary.hold": "Seconds each step but the last is watched; left out: 600.",
    "canary.within": "Seconds it may take until enough requests came, or the version is given up; left out: 1800.",
    "canary.least_requests": "What must have reached it by then; 0: none has to (a quiet development); left out: 20.",
    "canary.errors": "The share of them that may fail; left out: 0.05.",
    "canary.response_time": "Milliseconds; 95 in 100 must be quicker; left out: 500.",
    "rollback_window": "Seconds a former version runs on; left out: an hour under blue-green, else 0.",
    "secrets": "A file of NAME=VALUE lines; variables of the deploying process win.",
    "secret_commands": "Programs that tell secrets, by name (`*`: NAME=VALUE lines); they win over the file; "
    "see docs/SECRETS.md.",
    "backing": "PostgreSQL (`postgres`) and Redis (`redis`), run here; left out: somebody else runs it.",
    "backing.image": "What it is run from.",
    "backing.settings": "Of the server, by its own names.",
    "backing.resources": "Limits of its container, from when it is made; left out: none.",
    "backing.resources.cpus": "Processors; parts of one count.",
    "backing.resources.memory": "A number with K, M or G.",
    "backups": "Where `buildgraph backup:PRODUCT` puts what the databases hold.",
    "backups.to": "`s3://BUCKET/PREFIX`, or a folder, seen from the project's folder unless it begins with /.",
    "backups.endpoint": "Of the S3-compatible store; left out: that of Amazon.",
    "backups.region": "Of the store; left out: `auto`.",
    "backups.daily": "The newest backup of each of the last so many days that have one is kept; left out: 30.",
    "backups.weekly": "And of each of so many weeks; left out: 0.",
    "backups.monthly": "And of each of so many months; left out: 0.",
    "health_within": "Seconds until a service must be well; left out: 60, or 180 on Coolify.",
    "drain_within": "Seconds for requests under way; left out: 10.",
    "releases": "Releases of a product that are kept to go back to; left out: 10.",
    "approval": "`plan`: deploy only what `buildgraph plan --save` has written; left out: anything.",
    "coolify": "Instead of `engine`: a Coolify server runs the services.",
    "coolify.url": "The server's own address; the token is COOLIFY_TOKEN, a secret.",
    "coolify.state": "The uuid of an application that is never started: what the environment remembers.",
    "coolify.applications": "The uuid of each deployed service's application.",
    "coolify.within": "Seconds Coolify has for one deployment; left out: 600.",
    "coolify.migrations": "`here`: the deploying machine's engine runs them; "
    "left out: services with one are refused.",
    "kubernetes": "Instead of `engine`: a cluster runs the services.",
    "kubernetes.context": "kubectl's name of the cluster and of who we are there.",
    "kubernetes.namespace": "Of this environment alone; made where it is missing.",
    "kubernetes.ingress_class": "Who leads the public to the services; left out: the cluster's default.",
    "kubernetes.issuer": "cert-manager's ClusterIssuer of certificates; left out: none is asked for.",
    "kubernetes.pull_secret": "The Secret by which the cluster reads the registry; left out: it needs none.",
    "kubernetes.annotations": "Of every Ingress.",
    "values": "Public values of the environment, given to every service.",
}
MEANINGS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"workspace": WORKSPACE, "bases": BASES, "product": PRODUCT, "environment": ENVIRONMENT}
)
