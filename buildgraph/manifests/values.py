"""How single values of manifests are written: names, paths, sizes, references of images."""

from __future__ import annotations

import json
import posixpath
import re
from typing import Final

from buildgraph.manifests.model import EnvValue
from buildgraph.manifests.reading import (
    Place,
    Reader,
    Refused,
    any_text,
    integer,
    listed,
    mapped,
    of_type,
    text,
)

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # a DNS label, so a container's name too
VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SETTING: Final = re.compile(
    r"[A-Za-z_][A-Za-z0-9_.-]*"
)  # PostgreSQL has dots in some of its own, Redis hyphens
REGISTRY_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)([KMG])")
BYTES: Final = {"K": 2**10, "M": 2**20, "G": 2**30}  # as Docker counts
# What ends a line or steers a terminal, and what GitHub would take for an expression of its own.
UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|\$\{\{")
MOST_PATTERNS: Final = 1000  # of one list
FEWER: Final = "name their folder, or write one with a star"
LEAST_MEMORY: Final = 6 * 2**20  # Docker refuses less
MOST_MEMORY: Final = 2**50  # more than any server has


def check_name(name: str) -> None:
    """Refuse a name that cannot be part of a host, container or image name."""
    if not NAME.fullmatch(name):
        raise Refused(f"{name!r} cannot be a name", "use a to z, 0 to 9 and inner hyphens, 63 at most")


def check_variable(name: str) -> None:
    """Refuse what cannot be the name of a variable, and the one that every container is given."""
    if not VARIABLE.fullmatch(name):
        raise Refused("cannot be the name of a variable", "use letters, digits and _")
    if name == "PORT":
        raise Refused("PORT is given to every container", "write `listens` if it is not the port you want")


def check_argument(name: str) -> None:
    """Refuse what cannot be the name of a build argument, and the one that tells BuildKit who reads the Dockerfile.

    That is an image, and what is built from has to be locked. BuildKit's other arguments choose nothing that is built
    from, and their values are in the fingerprint as those of any argument.
    """
    check_variable(name)
    if name == "BUILDKIT_SYNTAX":
        raise Refused(
            "chooses an image that is not locked",
            "write `# syntax=IMAGE` as the first line of the Dockerfile",
        )


def check_setting(name: str) -> None:
    """Refuse what cannot be the name of a database server's setting."""
    if not SETTING.fullmatch(name):
        raise Refused("cannot be the name of a setting", "use letters, digits and _ . -")


def check_registry(host: str) -> None:
    """Refuse what cannot be the registry of an image's name."""
    if not REGISTRY_HOST.fullmatch(host):
        raise Refused("cannot be a registry's host", 'write for example "docker.io"')


def check_secret(name: str) -> None:
    """Refuse what cannot be the name of a secret, nor `*`, which stands for all."""
    if name != "*":
        check_variable(name)


def _read_build_secret(value: object, place: Place) -> str:
    name: str = of_type(str, value)
    check_variable(name)
    if name == "ca":
        raise Refused("is the machine's own certificates, which every build sees", "give it another name")
    return name


def _read_argv(value: object, place: Place) -> tuple[str, ...]:
    found = COMMAND.read(value, place)
    if not found:
        raise Refused("is an empty list", "write a program and its arguments, each a text of its own")
    return found


def _read_patterns(value: object, place: Place) -> tuple[str, ...]:
    if len(of_type(list, value)) > MOST_PATTERNS:
        raise Refused(
            f"are more than {MOST_PATTERNS} patterns, which take too long to be matched",
            FEWER,
        )
    return PATHS.read(value, place)


def _read_path(value: object, place: Place) -> str:
    written: str = of_type(str, value)
    path = posixpath.normpath(written) if written else ""
    is_inside = not path.startswith(("/", "../")) and path != ".."
    if path and is_inside and "\\" not in path and not UNFIT.search(path):
        return path
    raise Refused(f"is {written!r}, expected a path inside the project", "write it with /")


def _read_context(value: object, place: Place) -> str:
    written: str = of_type(str, value)
    if posixpath.normpath(written).split("/")[0] != "..":
        return _read_path(value, place)
    raise Refused(
        f"is {written!r}, and nothing above the workspace's root can be in a build",
        "copy what lies below it, or have `root` in manifests/workspace.toml name a folder that holds all of it",
    )


def _read_memory(value: object, place: Place) -> int:
    written: str = of_type(str, value)
    found = MEMORY.fullmatch(written)
    if not found:
        raise Refused(f"is {written!r}, expected a number with K, M or G", 'write for example "512M"')
    amount = float(found[1]) * BYTES[found[2]]
    if LEAST_MEMORY <= amount <= MOST_MEMORY:
        return int(amount)
    raise Refused(f"is {written!r}, expected 6M to 1048576G")


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
    try:
        if isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
        written: str = of_type(str, value)
        json.loads(written, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(f"is no JSON: {error}", 'write a table, for example { text = "hello" }') from error
    return written


def _refuse_constant(name: str) -> None:
    """Python reads NaN and Infinity where JSON has none."""
    raise ValueError(f"there is no {name}")


def check_image(reference: str) -> None:
    """Refuse what cannot be the reference of an image."""
    IMAGE.read(reference, Place(""))


PORT: Final = integer(1, 65535)
PATH: Final = Reader(_read_path, {"type": "string"})
CONTEXT: Final = Reader(_read_context, {"type": "string"})
PATHS: Final = listed(text())
PATTERNS: Final = Reader(_read_patterns, {**PATHS.schema, "maxItems": MOST_PATTERNS})
COMMAND: Final = listed(text())
ARGV: Final = Reader(_read_argv, {**COMMAND.schema, "minItems": 1})
BUILD_SECRETS: Final = listed(
    Reader(_read_build_secret, {"type": "string", "pattern": f"^{VARIABLE.pattern}$"})
)
SETTINGS: Final = mapped(text(pattern=r"[^\x00-\x1f\x7f]*", says="one line of text"), key=check_setting)
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
# What RFC 3986 lets stand in a path and its query, with brackets and braces, but no quote: where it is written into
# other programs' files it stays one word. What is probed stands in the proxy's, too, where more signs have a meaning.
URL_PATH: Final = text(
    pattern=r"/[A-Za-z0-9._~!$&()*+,;=:@%/?|{}\[\]-]*",
    says="a path",
    way_out='begin it with "/", and write other signs as %XX',
)
PROBE_PATH: Final = text(
    pattern=r"/[A-Za-z0-9._~+;=:@&/?-]*",
    says="a path",
    way_out='begin it with "/", and use a to z, 0 to 9 and . _ ~ + ; = : @ & ? -',
)
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
BACKUPS_TO: Final = text(
    pattern=r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*|(?!s3:)[^:\\\x00-\x1f\x7f-\x9f]+",
    says="a folder or an S3 address",
    way_out='write for example "backups" or "s3://bucket/prefix"',
)
WEB_ADDRESS: Final = text(
    pattern=r"https?://[^\s/@]+(/[^\s?#]*)?",
    says="a web address",
    way_out='write for example "https://s3.example.org"; credentials are secrets of the environment',
)
