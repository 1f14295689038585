"""The keys of every manifest: how each is read and which must be there; their defaults are the model's."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from buildgraph.manifests.coolify import COOLIFY
from buildgraph.manifests.engines import ENGINE
from buildgraph.manifests.kinds import APPROVALS, BACKINGS, KINDS, STRATEGIES
from buildgraph.manifests.kubernetes import AUTOSCALE, KUBERNETES
from buildgraph.manifests.model import (
    Backing,
    Backups,
    Environment,
    EnvValue,
    Migration,
    Resources,
    Service,
    SmokeTest,
    WorkspaceManifest,
)
from buildgraph.manifests.reading import (
    Field,
    Needed,
    Place,
    Reader,
    Refused,
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

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a DNS label, so a container's name too
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)([KMG])")
BYTES: Final = {"K": 2**10, "M": 2**20, "G": 2**30}  # as Docker counts
LEAST_MEMORY: Final = 6 * 2**20  # Docker refuses less
PORT: Final = integer(1, 65535)
METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def check_name(name: str) -> None:
    """Refuse a name that cannot be part of a host, container or image name."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} cannot be a name", "use a to z, 0 to 9 and inner hyphens, 63 at most")


def _check_variable(name: str) -> None:
    if not VARIABLE.fullmatch(name):
        raise Refused("cannot be the name of a variable", "use letters, digits and _")
    if name == "PORT":
        raise Refused("PORT is given to every container", "write `listens` if it is not the port you want")


def _read_path(value: object, place: Place) -> str:
    written: str = of_type(str, value)
    path = posixpath.normpath(written) if written else ""
    if path and not path.startswith(("/", "../")) and path != ".." and "\\" not in path:
        return path
    raise Refused(f"is {written!r}, expected a path inside the project", "write it with /")


def _read_memory(value: object, place: Place) -> int:
    written: str = of_type(str, value)
    found = MEMORY.fullmatch(written)
    if not found:
        raise Refused(f"is {written!r}, expected a number with K, M or G", 'write for example "512M"')
    amount = int(float(found[1]) * BYTES[found[2]])
    if amount < LEAST_MEMORY:
        raise Refused(f"is {written!r}, expected 6M or more")
    return amount


def _read_domain(value: object, place: Place) -> str:
    written: str = of_type(str, value)
    if written.count("{host}") != 1:
        raise Refused(f"is {written!r}, expected one {{host}}", 'write for example "{host}.example.org"')
    labels = written.replace("{host}", "h").split(".")
    if all(NAME.fullmatch(label) for label in labels):
        return written
    raise Refused(f"is {written!r}, expected a host name around {{host}}", "leave out scheme, port and path")


def _read_env_value(value: object, place: Place) -> EnvValue:
    if isinstance(value, dict):
        return _read_env_table(value, place)
    return EnvValue({"*": any_text().read(value, place)})


def _read_env_table(value: dict[str, object], place: Place) -> EnvValue:
    if "secret" not in value:
        return EnvValue(mapped(any_text()).read(value, place))
    if value != {"secret": True}:
        raise Refused("a secret has no values in a manifest", "write only { secret = true }")
    return EnvValue(secret=True)


def _read_replicas(value: object, place: Place) -> dict[str, int]:
    count = integer(1, 1000)
    if isinstance(value, dict):
        return mapped(count).read(value, place)
    return {"*": count.read(value, place)}


def _read_body(value: object, place: Place) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    written: str = of_type(str, value)
    try:
        json.loads(written)
    except ValueError as error:
        raise Refused(f"is no JSON: {error}", 'write a table, for example { text = "hello" }') from error
    return written


def _read_backing(value: object, place: Place) -> tuple[Backing, ...]:
    found = mapped(BACKING, key=_check_backing).read(value, place)
    return tuple(Backing(kind, **found[kind]) for kind in sorted(found))


def _check_backing(kind: str) -> None:
    one_of(BACKINGS, "backing service").read(kind, Place(""))


def _check_image(reference: str) -> None:
    IMAGE.read(reference, Place(""))


def _read_backups(value: object, place: Place) -> Backups:
    found = BACKUPS.read(value, place)
    if found.endpoint and not found.to.startswith("s3://"):
        place.at("endpoint").refuse("belongs to a place of s3://", "write `to` as s3://BUCKET/PREFIX")
    return found


PATH: Final = Reader(_read_path, {"type": "string"})
PATHS: Final = listed(text())
COMMAND: Final = listed(text())
TEXTS: Final = mapped(any_text())
IMAGE: Final = text(
    pattern=r"[a-z0-9][A-Za-z0-9._/-]*(:[0-9]+/[A-Za-z0-9._/-]+)?(:[A-Za-z0-9_][A-Za-z0-9._-]*)?(@sha256:[0-9a-f]{64})?",
    says="the reference of an image",
    way_out='write for example "node:20-alpine"',
)
REGISTRY: Final = text(
    pattern=r"[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*",
    says="the prefix of image names",
    way_out='write it without scheme, tag and end slash, for example "ghcr.io/acme"',
)
DIGEST: Final = text(
    pattern=r"sha256:[0-9a-f]{64}", says="a digest", way_out="run `buildgraph bases --update`"
)
HOST: Final = text(
    pattern=NAME.pattern, says="a host name's first part", way_out='write for example "api-chat"'
)
URL_PATH: Final = text(pattern=r"/\S*", says="a path", way_out='begin it with "/"')
PLATFORM: Final = text(
    pattern=r"[a-z0-9]+/[a-z0-9]+(/[a-z0-9]+)?", says="a platform", way_out='write for example "linux/amd64"'
)
DATABASE: Final = text(
    pattern=r"[a-z_][a-z0-9_]{0,62}", says="a database name", way_out="use a to z, 0 to 9 and _"
)
ENV_VALUE: Final = Reader(
    _read_env_value, {"type": ["string", "object"], "additionalProperties": {"type": ["string", "boolean"]}}
)
REPLICAS: Final = Reader(
    _read_replicas,
    {"type": ["integer", "object"], "minimum": 1, "additionalProperties": {"type": "integer", "minimum": 1}},
)
MEMORY_SIZE: Final = Reader(_read_memory, {"type": "string", "pattern": f"^{MEMORY.pattern}$"})
BODY: Final = Reader(_read_body, {"type": ["string", "object", "array"]})
DOMAIN: Final = Reader(_read_domain, {"type": "string", "pattern": r"\{host\}"})

BACKING: Final[Reader[dict[str, Any]]] = table(dict, {"image": Needed(IMAGE, ""), "settings": TEXTS})
BACKUPS_TO: Final = text(
    pattern=r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*|(?!s3:)[^:\\]+",
    says="a folder or an S3 address",
    way_out='write for example "backups" or "s3://bucket/prefix"',
)
WEB_ADDRESS: Final = text(
    pattern=r"https?://[^\s/@]+(/[^\s?#]*)?",
    says="a web address",
    way_out='write for example "https://s3.example.org"; credentials are secrets of the environment',
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
RESOURCES: Final = table(Resources, {"cpus": positive(), "memory": MEMORY_SIZE})
MIGRATION: Final = table(Migration, {"command": Needed(COMMAND, ()), "within": positive(), "files": PATHS})
SMOKE_TEST: Final = table(
    SmokeTest,
    {
        "name": Needed(text(), ""),
        "path": URL_PATH,
        "method": one_of(METHODS, "method"),
        "status": integer(100, 599),
        "contains": text(),
        "body": BODY,
        "within": positive(),
        "writes": truth(),
    },
)
SERVICE_FIELDS: Final[Mapping[str, Field]] = {
    "kind": one_of(KINDS, "kind of service"),
    "path": Needed(PATH, ""),
    "package": text(),
    "dockerfile": PATH,
    "context": PATH,
    "target": text(),
    "port": PORT,
    "listens": PORT,
    "host": HOST,
    "health": URL_PATH,
    "health_command": COMMAND,
    "replicas": REPLICAS,
    "inputs": PATHS,
    "build_args": mapped(any_text(), key=_check_variable),
    "env": mapped(ENV_VALUE, key=_check_variable),
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
        "ignored": PATHS,
        "inputs": PATHS,
        "root_dependencies": truth(),
        "mirrors": mapped(REGISTRY),
        "substitutes": mapped(PATH, key=_check_image),
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
    "backing": Reader(_read_backing, mapped(BACKING).schema),
    "backups": Reader(_read_backups, BACKUPS.schema),
    "health_within": positive(),
    "drain_within": positive(),
    "releases": integer(2),
    "approval": one_of(APPROVALS, "kind of approval"),
    "coolify": COOLIFY,
    "kubernetes": KUBERNETES,
    "values": TEXTS,
}
BASES: Final[Reader[dict[str, dict[str, str]]]] = table(dict, {"digests": mapped(DIGEST, key=_check_image)})


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
