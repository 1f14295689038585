"""The keys of every manifest: how each is read and which must be there; their defaults are the model's.

What each means stands in meanings.py, one line per key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from buildgraph.manifests.checking import CHECKS
from buildgraph.manifests.coolify import COOLIFY
from buildgraph.manifests.engines import ENGINE
from buildgraph.manifests.kinds import APPROVALS, ATTESTATIONS, BACKINGS, KINDS, RENDERED, STRATEGIES
from buildgraph.manifests.kubernetes import AUTOSCALE, KUBERNETES
from buildgraph.manifests.model import (
    Backing,
    Backups,
    Environment,
    Migration,
    Resources,
    Service,
    SmokeTest,
    WorkspaceManifest,
)
from buildgraph.manifests.reading import (
    YEAR,
    Field,
    Needed,
    Place,
    Reader,
    any_text,
    integer,
    listed,
    mapped,
    of_type,
    one_of,
    positive,
    table,
    text,
    truth,
)
from buildgraph.manifests.switching import CANARY, WINDOW, switching_environment
from buildgraph.manifests.values import (
    ARGV,
    BACKUPS_TO,
    BODY,
    BUILD_SECRETS,
    COMMAND,
    CONTEXT,
    DATABASE,
    DIGEST,
    DOMAIN,
    ENV_VALUE,
    HOST,
    IMAGE,
    MEMORY_SIZE,
    PATH,
    PATHS,
    PATTERNS,
    PLATFORM,
    PORT,
    PROBE_PATH,
    REGISTRY,
    REPLICAS,
    SETTINGS,
    URL_PATH,
    WEB_ADDRESS,
    check_argument,
    check_image,
    check_name,
    check_registry,
    check_secret,
    check_variable,
)
from buildgraph.manifests.vetting import SCAN, SIGN

MOST_CPUS: Final = 4096  # more than any server has
YEAR_9999: Final = (
    253_402_300_799  # its last second: dates in JSON and in archives have four digits for a year
)
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
RESOURCES: Final = table(Resources, {"cpus": positive(MOST_CPUS), "memory": MEMORY_SIZE})
BACKING: Final[Reader[dict[str, Any]]] = table(
    dict, {"image": Needed(IMAGE, ""), "settings": SETTINGS, "resources": RESOURCES}
)
BACKUPS: Final = table(
    Backups,
    {
        "to": Needed(BACKUPS_TO, ""),
        "endpoint": WEB_ADDRESS,
        "region": text(),
        "daily": integer(1),
        "weekly": integer(0),
        "monthly": integer(0),
    },
)


def _read_backing(value: object, place: Place) -> tuple[Backing, ...]:
    found = mapped(BACKING, key=_check_backing).read(value, place)
    return tuple(Backing(kind, **found[kind]) for kind in sorted(found))


def _check_backing(kind: str) -> None:
    one_of(BACKINGS, "backing service").read(kind, Place(""))


def _read_backups(value: object, place: Place) -> Backups:
    found = BACKUPS.read(value, place)
    if found.endpoint and not found.to.startswith("s3://"):
        place.at("endpoint").refuse("belongs to a place of s3://", "write `to` as s3://BUCKET/PREFIX")
    return found


MIGRATION: Final = table(
    Migration, {"command": Needed(COMMAND, ()), "within": positive(YEAR), "files": PATHS}
)
SMOKE_TEST: Final = table(
    SmokeTest,
    {
        "name": Needed(text(), ""),
        "path": URL_PATH,
        "method": one_of(METHODS, "method"),
        "status": integer(100, 599),
        "contains": text(),
        "body": BODY,
        "within": positive(YEAR),
        "writes": truth(),
    },
)
SERVICE_FIELDS: Final[Mapping[str, Field]] = {
    "kind": one_of(KINDS, "kind of service"),
    "path": Needed(PATH, ""),
    "package": text(),
    "dockerfile": PATH,
    "context": CONTEXT,
    "target": text(),
    "port": PORT,
    "listens": PORT,
    "host": HOST,
    "health": PROBE_PATH,
    "health_command": COMMAND,
    "alive": PROBE_PATH,
    "metrics": PROBE_PATH,
    "replicas": REPLICAS,
    "inputs": PATTERNS,
    "build_args": mapped(any_text(), key=check_argument),
    "build_secrets": BUILD_SECRETS,
    "env": mapped(ENV_VALUE, key=check_variable),
    "resources": RESOURCES,
    "database": DATABASE,
    "redis": truth(),
    "migration": MIGRATION,
    "smoke": listed(SMOKE_TEST),
    "depends_on": listed(text()),
    "base_of": IMAGE,
    "deployed": truth(),
    "breaking": integer(0),
    "autoscale": AUTOSCALE,
}
WORKSPACE: Final = table(
    WorkspaceManifest,
    {
        "name": Needed(HOST, ""),
        "root": PATH,
        "fingerprint_version": integer(1),
        "platforms": listed(PLATFORM),
        "ignored": PATTERNS,
        "inputs": PATTERNS,
        "root_dependencies": truth(),
        "mirrors": mapped(REGISTRY, key=check_registry),
        "substitutes": mapped(PATH, key=check_image),
        "render": listed(one_of(RENDERED, "rendering")),
        "workflows": PATH,
        "checks": CHECKS,
        "scan": SCAN,
        "sign": SIGN,
        "attestations": listed(one_of(ATTESTATIONS, "attestation")),
        "sbom_scanner": IMAGE,
        "source_date_epoch": integer(0, YEAR_9999),
    },
)
ENVIRONMENT_FIELDS: Final[Mapping[str, Field]] = {
    "engine": ENGINE,
    "registry": REGISTRY,
    "domain": DOMAIN,
    "proxy_port": PORT,
    "proxy_image": IMAGE,
    "strategy": one_of(STRATEGIES, "strategy"),
    "canary": CANARY,
    "rollback_window": WINDOW,
    "secrets": PATH,
    "secret_commands": mapped(ARGV, key=check_secret),
    "backing": Reader(_read_backing, mapped(BACKING).schema),
    "backups": Reader(_read_backups, BACKUPS.schema),
    "health_within": positive(YEAR),
    "drain_within": positive(YEAR),
    "releases": integer(2),
    "approval": one_of(APPROVALS, "kind of approval"),
    "coolify": COOLIFY,
    "kubernetes": KUBERNETES,
    "values": mapped(any_text(), key=check_variable),
}
BASES: Final[Reader[dict[str, dict[str, str]]]] = table(dict, {"digests": mapped(DIGEST, key=check_image)})
Services = dict[str, tuple[Service, Place]]


def product_reader(name: str) -> Reader[dict[str, Services]]:
    """How a file of services is read: each service with its place, for checks across files."""
    each = {"type": "object", "additionalProperties": table(dict, SERVICE_FIELDS).schema}
    return table(dict, {"services": Reader(partial(_read_services, name), each)})


def environment_reader(name: str) -> Reader[Environment]:
    """How the file of the environment `name` is read."""
    return table(partial(switching_environment, name), ENVIRONMENT_FIELDS)


def _read_services(product: str, value: object, place: Place) -> Services:
    found: Services = {}
    for name, raw in of_type(dict, value).items():
        with place.at(name).keeping():
            check_name(name)
            reader = table(partial(_service, name, product), SERVICE_FIELDS)
            found[name] = (reader.read(raw, place.at(name)), place.at(name))
    return found


def _service(name: str, product: str, **given: Any) -> Service:
    """A service with what its kind gives it filled in."""
    kind = given.pop("kind", "dockerfile" if "dockerfile" in given else "")
    usual = KINDS.get(kind)
    if usual is None:
        return Service(name, product, kind, **given)
    usual_values = {
        "dockerfile": usual.template,
        "health": "" if "health_command" in given else usual.health,
        "listens": (usual.listens or given["port"]) if "port" in given else 0,
    }
    return Service(name, product, kind, **{**usual_values, **given})
