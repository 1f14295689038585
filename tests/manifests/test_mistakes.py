"""Mistakes in manifests: each is told whole, with its place and the way out, and all at once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests import parse_manifests

CHAT = "manifests/products/chat.toml"
WORKSPACE = "manifests/workspace.toml"
DEVELOPMENT = "manifests/environments/development.toml"
GOOD = {
    WORKSPACE: 'name = "manacore"',
    CHAT: '[services.api]\nkind = "nestjs"\npath = "api"\nport = 3002',
    DEVELOPMENT: "",
}


def mistakes_of(files: Mapping[str, str | bytes]) -> str:
    """The whole message about the good manifests with `files` in place of, or beside, its own."""
    contents = {
        path: text.encode() if isinstance(text, str) else text for path, text in {**GOOD, **files}.items()
    }
    with pytest.raises(ConfigurationError) as error:
        parse_manifests(contents)
    return str(error.value)


def service(lines: str) -> dict[str, str]:
    """The good manifests with more lines about the service."""
    return {CHAT: f"{GOOD[CHAT]}\n{lines}"}


def test_the_good_manifests_have_none() -> None:
    assert parse_manifests({path: text.encode() for path, text in GOOD.items()}).services[0].name == "api"


FILES = {
    "no TOML": (
        {CHAT: "[services.api]\nkind nestjs"},
        f"{CHAT}: is no TOML: Expected '=' after a key in a key/value pair (at line 2, column 6)",
    ),
    "a key written twice": (
        {CHAT: '[services.api]\npath = "a"\npath = "b"\n'},
        f"{CHAT}: is no TOML: Cannot overwrite a value (at line 3, column 11)",
    ),
    "no text": ({CHAT: b"\xff\xfe"}, f"{CHAT}: is not UTF-8: byte 0\n  save it as UTF-8"),
    "a folder where none is read": (
        {"manifests/product/web.toml": ""},
        "manifests/product/web.toml: no manifest is read from here\n"
        "  products stand in manifests/products, environments in manifests/environments",
    ),
    "a name no container could have": (
        {"manifests/products/My Chat.toml": ""},
        "manifests/products/My Chat.toml: 'My Chat' cannot be a name\n"
        "  use a to z, 0 to 9 and inner hyphens, 63 at most",
    ),
    "no such table": (
        {CHAT: "[service.api]"},
        f"{CHAT}: service: there is no such key\n  did you mean services?",
    ),
    "no table of services": ({CHAT: "services = 1"}, f"{CHAT}: services: is an integer, expected a table"),
    "no workspace name": ({WORKSPACE: ""}, f"{WORKSPACE}: name: is missing"),
    "a root outside": (
        {WORKSPACE: 'name = "x"\nroot = "../other"'},
        f"{WORKSPACE}: root: is '../other', expected a path inside the project\n  write it with /",
    ),
    "a platform": (
        {WORKSPACE: 'name = "x"\nplatforms = ["linux/amd64", "arm64"]'},
        f"{WORKSPACE}: platforms[1]: is 'arm64', expected a platform\n  write for example \"linux/amd64\"",
    ),
    "an item of another type": (
        {WORKSPACE: 'name = "x"\nignored = ["*.md", 3]'},
        f'{WORKSPACE}: ignored[1]: is an integer, expected text\n  write it in quotes: "3"',
    ),
    "a digest": (
        {"manifests/bases.toml": '[digests]\n"node:20-alpine" = "sha256:123"'},
        "manifests/bases.toml: digests.\"node:20-alpine\": is 'sha256:123', expected a digest\n"
        "  run `buildgraph bases --update`",
    ),
    "a command that is a line for a shell": (
        {DEVELOPMENT: 'secret_commands = { KEY = "op read op://shop/key" }'},
        f"{DEVELOPMENT}: secret_commands.KEY: is text, expected a list",
    ),
    "a command of no words": (
        {DEVELOPMENT: 'secret_commands = { "*" = [] }'},
        f'{DEVELOPMENT}: secret_commands."*": is an empty list\n'
        "  write a program and its arguments, each a text of its own",
    ),
    "a secret of builds that is the machine's": (
        {CHAT: '[services.api]\nkind = "nestjs"\npath = "api"\nport = 80\nbuild_secrets = ["ca"]'},
        f"{CHAT}: services.api.build_secrets[0]: is the machine's own certificates, which every build sees\n"
        "  give it another name",
    ),
    "a scan of no image": (
        {
            WORKSPACE: 'name = "x"\nscan = { command = ["trivy", "image"] }\nsign = { command = ["cosign", "{image}"] }'
        },
        f"{WORKSPACE}: scan.command: names no image\n  write {{image}} where the image belongs\n"
        f"{WORKSPACE}: sign.command: names no image\n  write {{digest}} where the image belongs",
    ),
    "a pattern without host": (
        {DEVELOPMENT: 'domain = "localhost"'},
        f"{DEVELOPMENT}: domain: is 'localhost', expected one {{host}}\n"
        '  write for example "{host}.example.org"',
    ),
    "a pattern with something else": (
        {DEVELOPMENT: 'domain = "https://{host}.localhost"'},
        f"{DEVELOPMENT}: domain: is 'https://{{host}}.localhost', expected a host name around {{host}}\n"
        "  leave out scheme, port and path",
    ),
    "an unknown strategy": (
        {DEVELOPMENT: 'strategy = "bluegreen"'},
        f"{DEVELOPMENT}: strategy: there is no strategy 'bluegreen'\n  did you mean blue-green?",
    ),
    "a canary that ends too early": (
        {DEVELOPMENT: 'strategy = "blue-green"\ncanary = { steps = [10, 50] }'},
        f"{DEVELOPMENT}: canary.steps: is [10, 50], expected rising weights up to 100\n"
        "  write for example [10, 100]",
    ),
    "a canary that falls": (
        {DEVELOPMENT: 'strategy = "blue-green"\ncanary = { steps = [50, 10, 100] }'},
        f"{DEVELOPMENT}: canary.steps: is [50, 10, 100], expected rising weights up to 100\n"
        "  write for example [10, 100]",
    ),
    "a share above all": (
        {DEVELOPMENT: 'strategy = "blue-green"\ncanary = { errors = 5 }'},
        f"{DEVELOPMENT}: canary.errors: is 5, expected 0 to 1",
    ),
    "a canary under another strategy": (
        {DEVELOPMENT: "[canary]\nsteps = [10, 100]"},
        f'{DEVELOPMENT}: canary: needs another strategy\n  write strategy = "blue-green"',
    ),
    "a window that ends before it begins": (
        {DEVELOPMENT: "rollback_window = -1"},
        f"{DEVELOPMENT}: rollback_window: is -1, expected 0 to 31622400",
    ),
    "an unknown backing service": (
        {DEVELOPMENT: '[backing.postgresql]\nimage = "postgres:16"'},
        f"{DEVELOPMENT}: backing.postgresql: there is no backing service 'postgresql'\n"
        "  did you mean postgres?",
    ),
    "a backing service without image": (
        {DEVELOPMENT: "[backing.redis]"},
        f"{DEVELOPMENT}: backing.redis.image: is missing",
    ),
    "a registry with a scheme": (
        {DEVELOPMENT: 'registry = "https://ghcr.io/acme"'},
        f"{DEVELOPMENT}: registry: is 'https://ghcr.io/acme', expected the prefix of image names\n"
        '  write it without scheme, tag and end slash, for example "ghcr.io/acme"',
    ),
    "an engine that is no address": (
        {DEVELOPMENT: 'engine = "local"'},
        f"{DEVELOPMENT}: engine: is 'local', expected the address of a Docker engine\n"
        '  write for example "ssh://deploy@host", or leave it out for this machine\'s own',
    ),
    "no time at all": (
        {DEVELOPMENT: "health_within = 0"},
        f"{DEVELOPMENT}: health_within: is 0, expected a number above 0 to 31622400",
    ),
    "two environments on one port": (
        {"manifests/environments/staging.toml": "proxy_port = 8080", DEVELOPMENT: "proxy_port = 8080"},
        f"manifests/environments/staging.toml: proxy_port: 8080 is taken by {DEVELOPMENT}: proxy_port",
    ),
}


@pytest.mark.parametrize(("files", "message"), FILES.values(), ids=FILES)
def test_a_mistake_in_a_file_is_told_whole(files: Mapping[str, str | bytes], message: str) -> None:
    assert mistakes_of(files) == message


SERVICES = {
    "an unknown key": ("prot = 1", "prot: there is no such key\n  did you mean port or path or host?"),
    "a number as text": ('listens = "3002"', "listens: is text, expected an integer"),
    "a truth value as number": ("listens = true", "listens: is true or false, expected an integer"),
    "text as a number": ("database = 1", 'database: is an integer, expected text\n  write it in quotes: "1"'),
    "a date": ("database = 2024-01-01", "database: is a date or time, expected text"),
    "a table as text": ("host = {}", "host: is a table, expected text"),
    "text as list": ('depends_on = "auth"', "depends_on: is text, expected a list"),
    "empty text": ('host = ""', 'host: is empty\n  write for example "api-chat"'),
    "a port out of range": ("listens = 70000", "listens: is 70000, expected 1 to 65535"),
    "no port at all": ("listens = 0", "listens: is 0, expected 1 to 65535"),
    "a whole host name": (
        'host = "api.chat.org"',
        "host: is 'api.chat.org', expected a host name's first part\n  write for example \"api-chat\"",
    ),
    "a health path": (
        'health = "health"',
        "health: is 'health', expected a path\n  begin it with \"/\", and use a to z, 0 to 9 and . _ ~ + ; = : @ & ? -",
    ),
    "a path on another machine": (
        "dockerfile = 'C:\\x\\Dockerfile'",
        "dockerfile: is 'C:\\\\x\\\\Dockerfile', expected a path inside the project\n  write it with /",
    ),
    "a context above the workspace": (
        'context = "../"',
        "context: is '../', and nothing above the workspace's root can be in a build\n"
        "  copy what lies below it, or have `root` in manifests/workspace.toml name a folder that holds all of it",
    ),
    "an absolute path": (
        'dockerfile = "/Dockerfile"',
        "dockerfile: is '/Dockerfile', expected a path inside the project\n  write it with /",
    ),
    "a database": (
        'database = "chat-db"',
        "database: is 'chat-db', expected a database name\n  use a to z, 0 to 9 and _",
    ),
    "memory as a number": (
        "resources = { memory = 512 }",
        'resources.memory: is an integer, expected text\n  write it in quotes: "512"',
    ),
    "memory without unit": (
        'resources = { memory = "512" }',
        "resources.memory: is '512', expected a number with K, M or G\n  write for example \"512M\"",
    ),
    "too little memory": (
        'resources = { memory = "4M" }',
        "resources.memory: is '4M', expected 6M to 1048576G",
    ),
    "no processor": ("resources = { cpus = 0 }", "resources.cpus: is 0, expected a number above 0 to 4096"),
    "endless processors": (
        "resources = { cpus = inf }",
        "resources.cpus: is inf, expected a number above 0 to 4096",
    ),
    **{
        f"a time of {told} seconds": (
            f'database = "chat"\nmigration = {{ command = ["true"], within = {told} }}',
            f"migration.within: is {told}, expected a number above 0 to 31622400",
        )
        for told in ("nan", "inf", "-inf", "-1", "1e+308", "3.2e+07")
    },
    "a request that no JSON tells": (
        'host = "a"\nsmoke = [{ name = "a", body = "[NaN]" }]',
        'smoke[0].body: is no JSON: there is no NaN\n  write a table, for example { text = "hello" }',
    ),
    "no replica": ("replicas = 0", "replicas: is 0, expected 1 to 1000"),
    "replicas of an unknown environment": (
        'replicas = { "*" = 1, developement = 2 }',
        "replicas.developement: there is no environment 'developement'\n  did you mean development?",
    ),
    "an unknown environment in a matrix": (
        'env.LEVEL = { prod = "warn" }',
        "env.LEVEL.prod: there is no environment 'prod'\n  known: *, development",
    ),
    "a value that is no text": (
        "env.LEVEL = 3",
        'env.LEVEL: is an integer, expected text\n  write it in quotes: "3"',
    ),
    "a value of a matrix that is no text": (
        'env.LEVEL = { "*" = true }',
        'env.LEVEL."*": is true or false, expected text\n  write it in quotes: "true"',
    ),
    "a secret with a value": (
        'env.KEY = { secret = true, development = "x" }',
        "env.KEY: a secret has no values in a manifest\n  write only { secret = true }",
    ),
    "no secret": (
        "env.KEY = { secret = false }",
        "env.KEY: a secret has no values in a manifest\n  write only { secret = true }",
    ),
    "the port as a variable": (
        'env.PORT = "80"',
        "env.PORT: PORT is given to every container\n  write `listens` if it is not the port you want",
    ),
    "a frontend as an argument": (
        'build_args.BUILDKIT_SYNTAX = "x/y:1"',
        "build_args.BUILDKIT_SYNTAX: chooses an image that is not locked\n"
        "  write `# syntax=IMAGE` as the first line of the Dockerfile",
    ),
    "a variable no shell could hold": (
        'env.MY-KEY = "x"',
        "env.MY-KEY: cannot be the name of a variable\n  use letters, digits and _",
    ),
    "a placeholder of an unknown service": (
        'env.URL = "{service:apo}/v1"',
        "env.URL: there is no service 'apo'\n  did you mean api?",
    ),
    "a public placeholder of a service that is not public": (
        'env.URL = { "*" = "x", development = "{public:api}" }',
        "env.URL: api has no host, so it is not public\n  write {service:api}",
    ),
    "a misspelt placeholder": (
        'env.URL = "{servce:api}"',
        "env.URL: there is no placeholder 'servce'\n  did you mean service?",
    ),
    "an unknown dependency": (
        'depends_on = ["api2"]',
        "depends_on[0]: there is no service 'api2'\n  did you mean api?",
    ),
    "a service that waits for itself": (
        'depends_on = ["api"]',
        "depends_on: services wait for one another: api -> api\n  remove one",
    ),
    "a migration without command": (
        'database = "chat"\nmigration = {}',
        "migration.command: is missing",
    ),
    "a migration with an empty command": (
        'database = "chat"\nmigration = { command = [] }',
        "migration.command: is empty",
    ),
    "a migration of no database": (
        'migration = { command = ["x"] }',
        "migration: has no database to migrate\n  write `database`",
    ),
    "a smoke test that reaches nothing": (
        'smoke = [{ name = "x" }]',
        "smoke: cannot be reached: the service has no host\n  write `host`",
    ),
    "a smoke test without name": ('host = "a"\nsmoke = [{}]', "smoke[0].name: is missing"),
    "two smoke tests of one name": (
        'host = "a"\nsmoke = [{ name = "x" }, { name = "x" }]',
        f"smoke[1].name: 'x' is taken by {CHAT}: services.api.smoke[0].name",
    ),
    "an unknown method": (
        'host = "a"\nsmoke = [{ name = "x", method = "FETCH" }]',
        "smoke[0].method: there is no method 'FETCH'\n  did you mean PATCH or GET?",
    ),
    "a status": (
        'host = "a"\nsmoke = [{ name = "x", status = 20 }]',
        "smoke[0].status: is 20, expected 100 to 599",
    ),
    "a body that is no JSON": (
        'host = "a"\nsmoke = [{ name = "x", body = "{" }]',
        "smoke[0].body: is no JSON: "
        "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)\n"
        '  write a table, for example { text = "hello" }',
    ),
}


@pytest.mark.parametrize(("lines", "message"), SERVICES.values(), ids=SERVICES)
def test_a_mistake_in_a_service_is_told_whole(lines: str, message: str) -> None:
    assert mistakes_of(service(lines)) == f"{CHAT}: services.api.{message}"


WHOLE_SERVICES = {
    "an unknown kind": (
        'kind = "nextjs"\npath = "x"\nport = 1',
        "x.kind: there is no kind of service 'nextjs'\n  did you mean nestjs or next?",
    ),
    "a kind like no other": (
        'kind = "go"\npath = "x"\nport = 1',
        "x.kind: there is no kind of service 'go'\n"
        "  known: astro, dockerfile, expo, nestjs, next, node, spa, sveltekit",
    ),
    "no kind": (
        'path = "x"\nport = 1',
        "x.kind: is missing\n  write a kind, or `dockerfile` for a service of its own kind",
    ),
    "no path": ('kind = "astro"\nport = 1', "x.path: is missing"),
    "kind dockerfile without one": (
        'kind = "dockerfile"\npath = "x"\nport = 1\nhealth = "/h"',
        "x.dockerfile: is missing\n  a service of kind dockerfile names its own",
    ),
    "an HTTP service without port": (
        'kind = "astro"\npath = "x"',
        "x.port: is missing\n  a service needs `port`, a worker `health_command`",
    ),
    "a host without port": (
        'kind = "nestjs"\npath = "x"\nhost = "x"\nhealth_command = ["true"]',
        "x.port: is missing, but the service has a host",
    ),
    "metrics without port": (
        'dockerfile = "x/Dockerfile"\npath = "x"\nmetrics = "/metrics"\nhealth_command = ["true"]',
        "x.metrics: needs a port to be asked on\n  write `port`, or leave `metrics` out",
    ),
    "a path of life without port": (
        'dockerfile = "x/Dockerfile"\npath = "x"\nalive = "/live"\nhealth_command = ["true"]',
        "x.alive: needs a port to be asked on\n  write `port`, or leave `alive` out",
    ),
    "a service nobody can ask": (
        'dockerfile = "x/Dockerfile"\npath = "x"\nport = 1',
        "x.health: is missing\n  write the path that answers 200 when the service can serve",
    ),
}


@pytest.mark.parametrize(("lines", "message"), WHOLE_SERVICES.values(), ids=WHOLE_SERVICES)
def test_a_service_that_lacks_something_is_told_whole(lines: str, message: str) -> None:
    assert mistakes_of({CHAT: f"[services.x]\n{lines}"}) == f"{CHAT}: services.{message}"


SHARED = {
    "a port": ("port = 3002", "services.b.port: 3002 is taken by A.port"),
    "a host": ('host = "a"\nport = 1', "services.b.host: 'a' is taken by A.host"),
    "a base": ('port = 1\nbase_of = "acme/base"', "services.b.base_of: 'acme/base' is taken by A.base_of"),
}


@pytest.mark.parametrize(("lines", "message"), SHARED.values(), ids=SHARED)
def test_what_two_services_share_is_told_with_both_places(lines: str, message: str) -> None:
    first = f'{GOOD[CHAT]}\nhost = "a"\nbase_of = "acme/base"'
    second = f'[services.b]\nkind = "nestjs"\npath = "b"\n{lines}'

    told = mistakes_of({CHAT: first, "manifests/products/other.toml": second})

    assert told == f"manifests/products/other.toml: {message.replace('A.', f'{CHAT}: services.api.')}"


def test_a_service_of_two_products_is_told_with_both_places() -> None:
    told = mistakes_of(
        {"manifests/products/other.toml": '[services.api]\nkind = "nestjs"\npath = "b"\nport = 1'}
    )

    assert told == f"manifests/products/other.toml: services.api: 'api' is taken by {CHAT}: services.api"


def test_a_service_named_as_another_product_is_told() -> None:
    told = mistakes_of(
        {"manifests/products/other.toml": '[services.chat]\nkind = "nestjs"\npath = "b"\nport = 1'}
    )

    assert told == (
        "manifests/products/other.toml: services.chat: is also the name of a product\n"
        "  rename one: tasks take either"
    )


def test_a_cycle_is_told_once_with_its_path() -> None:
    lines = '[services.{}]\nkind = "nestjs"\npath = "x"\nport = {}\ndepends_on = ["{}"]\n'
    services = [("c", 1, "a"), ("a", 2, "b"), ("b", 3, "c"), ("d", 4, "a")]

    told = mistakes_of({CHAT: "".join(lines.format(*parts) for parts in services)})

    assert (
        told
        == f"{CHAT}: services.a.depends_on: services wait for one another: a -> b -> c -> a\n  remove one"
    )


def test_products_that_wait_for_one_another_are_told_though_no_two_services_do() -> None:
    service = '[services.{0}]\nkind = "nestjs"\npath = "x"\nport = {1}\ndepends_on = [{2}]\n'
    chat = service.format("c1", 1, '"s1"') + service.format("c2", 2, "")
    shop = service.format("s1", 3, "") + service.format("s2", 4, '"c2", "s1"')

    assert mistakes_of({CHAT: chat, "manifests/products/shop.toml": shop}) == (
        f"{CHAT}: products wait for one another: chat -> shop -> chat\n  move a service, or remove one wait"
    )


def test_a_long_chain_of_services_is_no_mistake() -> None:
    service = '[services.s{0}]\nkind = "nestjs"\npath = "x"\nport = {0}\ndepends_on = [{1}]\n'
    chain = "".join(service.format(n, f'"s{n - 1}"' if n > 1 else "") for n in range(1, 2001))

    assert len(parse_manifests({WORKSPACE: GOOD[WORKSPACE].encode(), CHAT: chain.encode()}).services) == 2000


def test_no_environment_at_all_knows_only_the_default() -> None:
    files = {WORKSPACE: GOOD[WORKSPACE], CHAT: f'{GOOD[CHAT]}\nenv.A = {{ production = "x" }}'}

    with pytest.raises(ConfigurationError) as error:
        parse_manifests({path: text.encode() for path, text in files.items()})

    assert str(error.value) == (
        f"{CHAT}: services.api.env.A.production: there is no environment 'production'\n  known: *"
    )


def test_no_workspace_file_is_a_mistake() -> None:
    with pytest.raises(ConfigurationError) as error:
        parse_manifests({CHAT: GOOD[CHAT].encode()})

    assert str(error.value) == f'{WORKSPACE}: is missing\n  write at least: name = "..."'


def test_all_mistakes_of_all_files_are_told_at_once_in_a_stable_order() -> None:
    told = mistakes_of(
        {
            WORKSPACE: "name = 1\nrot = 2",
            DEVELOPMENT: "proxy_port = 0",
            CHAT: '[services.api]\nkind = "nest"\npath = 1\nport = "x"\ndepends_on = ["nobody"]',
        }
    )

    assert told.splitlines() == [
        f"{DEVELOPMENT}: proxy_port: is 0, expected 1 to 65535",
        f"{CHAT}: services.api.depends_on[0]: there is no service 'nobody'",
        "  known: api",
        f"{CHAT}: services.api.kind: there is no kind of service 'nest'",
        "  did you mean nestjs or next or node?",
        f"{CHAT}: services.api.path: is an integer, expected text",
        '  write it in quotes: "1"',
        f"{CHAT}: services.api.port: is text, expected an integer",
        f"{WORKSPACE}: name: is an integer, expected text",
        '  write it in quotes: "1"',
        f"{WORKSPACE}: rot: there is no such key",
        "  did you mean root?",
    ]


def test_a_product_that_cannot_be_read_makes_no_other_mistakes() -> None:
    lines = 'depends_on = ["auth"]\nenv.URL = "{service:auth}"'

    told = mistakes_of({**service(lines), "manifests/products/auth.toml": "[services.auth"})

    assert told == (
        "manifests/products/auth.toml: is no TOML: "
        "Expected ']' at the end of a table declaration (at end of document)"
    )


def test_an_environment_that_cannot_be_read_is_known_all_the_same() -> None:
    told = mistakes_of({**service('env.A = { development = "x" }'), DEVELOPMENT: "x"})

    assert (
        told
        == f"{DEVELOPMENT}: is no TOML: Expected '=' after a key in a key/value pair (at end of document)"
    )
