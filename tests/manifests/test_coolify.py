"""Environments on a Coolify server, as they are declared."""

from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests import Manifests, parse_manifests
from buildgraph.manifests.addresses import public_values
from buildgraph.manifests.model import Coolify

FILE = "manifests/environments/production.toml"
CHAT = "manifests/products/chat.toml"
API = '[services.api]\nkind = "nestjs"\npath = "api"\nport = 3002\nhost = "api"\n'
WEB = '[services.web]\nkind = "sveltekit"\npath = "web"\nport = 3003\nhost = "app"\n'
REGISTRY = 'registry = "ghcr.io/acme"\n'
TABLE = '[coolify]\nurl = "https://coolify.acme.org"\nstate = "s0"\n'.replace('"s0"', '"state0"')
USES = 'applications = { api = "api0", web = "web0" }\n'
GOOD = REGISTRY + TABLE + USES


def parse(environment: str = GOOD, services: str = API + WEB) -> Manifests:
    files = {"manifests/workspace.toml": 'name = "acme"', FILE: environment, CHAT: services}
    return parse_manifests({path: text.encode() for path, text in files.items()})


def mistake(environment: str = GOOD, services: str = API + WEB) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse(environment, services)
    return str(error.value)


def test_an_environment_names_a_server_and_an_application_for_each_service() -> None:
    (environment,) = parse(GOOD + 'within = 90\nmigrations = "here"').environments

    applications = {"api": "api0", "web": "web0"}
    assert environment.coolify == Coolify("https://coolify.acme.org", "state0", applications, 90, "here")
    assert environment.health_within == 180


def test_an_environment_on_an_engine_has_none() -> None:
    (environment,) = parse("").environments

    assert (environment.coolify, environment.health_within) == (None, 60)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80", "https://c.org/"]
)
def test_a_server_is_reached_by_https_or_on_this_very_machine(url: str) -> None:
    (environment,) = parse(GOOD.replace("https://coolify.acme.org", url)).environments

    assert environment.coolify and environment.coolify.url == url.rstrip("/")


def test_services_call_each_other_by_public_names_there() -> None:
    manifests = parse(f'{GOOD}[values]\nAPI = "x"', API + WEB + 'env.API_URL = "{service:api}/v1"')

    api, web = manifests.services
    (environment,) = manifests.environments
    assert public_values(web, environment, (api, web))["API_URL"] == "http://api.localhost:8080/v1"


MISTAKES = {
    "an engine beside it": (
        f'engine = "ssh://deploy@acme.org"\n{GOOD}',
        f"{FILE}: engine: cannot stand beside [coolify]\n"
        "  leave one of them out: a Coolify server runs the services, or something else does",
    ),
    "a cluster beside it": (
        f'{GOOD}[kubernetes]\ncontext = "x"\nnamespace = "y"',
        f"{FILE}: kubernetes: cannot stand beside [coolify]\n"
        "  leave one of them out: a Coolify server runs the services, or something else does",
    ),
    "databases beside it": (
        f'{GOOD}[backing.redis]\nimage = "redis:7"',
        f"{FILE}: backing: cannot stand beside [coolify]\n"
        "  run databases as resources of Coolify, and give services their addresses as secrets",
    ),
    "backups beside it": (
        f'{GOOD}[backups]\nto = "backups"',
        f"{FILE}: backups: cannot stand beside [coolify]\n  Coolify backs up its own databases",
    ),
    "a strategy of ours": (
        f'strategy = "blue-green"\n{GOOD}',
        f"{FILE}: strategy: cannot stand beside [coolify]\n  leave it out: Coolify switches versions by itself",
    ),
    "no registry": (
        TABLE + USES,
        f"{FILE}: registry: is missing\n  write where images are pushed to: Coolify pulls them from there",
    ),
    "no server": (GOOD.replace('url = "https://coolify.acme.org"\n', ""), f"{FILE}: coolify.url: is missing"),
    "no memory": (GOOD.replace('state = "state0"\n', ""), f"{FILE}: coolify.state: is missing"),
    "a server that hears the token in the clear": (
        GOOD.replace("https://", "http://"),
        f"{FILE}: coolify.url: is 'http://coolify.acme.org', which would send the token in the clear\n  write https://",
    ),
    "a token in the address": (
        GOOD.replace("https://", "https://me:1|secret@"),
        f"{FILE}: coolify.url: is 'https://me:1|secret@coolify.acme.org', expected the address of a Coolify server\n"
        '  write for example "https://coolify.example.org", without path; '
        "the token is COOLIFY_TOKEN in the environment",
    ),
    "a service without application": (
        GOOD.replace(', web = "web0"', ""),
        f"{FILE}: coolify.applications.web: is missing\n  write the uuid of the service's application: "
        "Coolify shows it in the address of the application's page",
    ),
    "an application of nobody": (
        GOOD.replace(" }", ', wep = "wep0" }'),
        f"{FILE}: coolify.applications.wep: there is no deployed service 'wep'\n  did you mean web?",
    ),
    "one application for two": (
        GOOD.replace('"web0"', '"api0"'),
        f"{FILE}: coolify.applications.web: api0 is taken by {FILE}: coolify.applications.api\n"
        "  make an application of its own in Coolify",
    ),
    "an application that is the memory": (
        GOOD.replace('"web0"', '"state0"'),
        f"{FILE}: coolify.applications.web: state0 is taken by {FILE}: coolify.state\n"
        "  make an application of its own in Coolify",
    ),
    "an uuid that is none": (
        GOOD.replace('"web0"', '"a/b"'),
        f"{FILE}: coolify.applications.web: is 'a/b', expected the uuid of an application\n"
        "  Coolify shows it in the address of the application's page",
    ),
    "migrations elsewhere": (
        f'{GOOD}migrations = "there"',
        f"{FILE}: coolify.migrations: there is no place for migrations 'there'\n  did you mean here?",
    ),
}


@pytest.mark.parametrize(("environment", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_the_way_out(environment: str, message: str) -> None:
    told = mistake(environment)

    assert message in told


def test_more_than_one_container_of_a_service_is_a_mistake_there_only() -> None:
    services = API + WEB + 'replicas = { "*" = 1, production = 2 }'

    assert mistake(services=services) == (
        f"{CHAT}: services.web.replicas: Coolify runs one container of an application, in production too\n"
        "  write replicas = { production = 1, … }"
    )
    assert parse("", services)


def test_a_service_that_nobody_can_reach_there_is_told_where_it_is_named() -> None:
    services = API.replace('host = "api"\n', "") + WEB + 'env.API_URL = "{service:api}"'

    assert mistake(services=services) == (
        f"{CHAT}: services.web.env.API_URL: api has no host, and on Coolify (production) services call each other by "
        "public names\n  give api a `host`, or write the address as text"
    )


def test_all_mistakes_are_told_at_once() -> None:
    told = mistake(f'engine = "ssh://a@b.org"\n{TABLE}{USES}'.replace("https", "http"))

    assert [line for line in told.splitlines() if line.startswith(FILE)] == [
        f"{FILE}: coolify.url: is 'http://coolify.acme.org', which would send the token in the clear",
        f"{FILE}: engine: cannot stand beside [coolify]",
        f"{FILE}: registry: is missing",
    ]
