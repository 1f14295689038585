"""The system of the example, 36 services: each is whole, and none is in another's way."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from buildgraph.image.archive import read_archive
from buildgraph.manifests.addresses import is_here
from buildgraph.manifests.model import Service, SmokeTest
from buildgraph.order import closure
from buildgraph.picture import Picture
from buildgraph.project import open_project

ROOT = Path(__file__).parents[2]
WORKSPACE = ROOT / "examples/manacore"
# In the order in which the architecture lists them: their ports follow from it.
PRODUCTS = (
    "chat",
    "maerchenzauber",
    "manadeck",
    "memoro",
    "manacore",
    "picture",
    "uload",
    "nutriphi",
    "news",
)
# A backend that the architecture gives no port has the first one of its product's range.
BACKENDS = dict(zip(PRODUCTS, (3002, 3003, 3004, 3030, 3040, 3005, 3006, 3007, 3008), strict=True))
WITHOUT_APP = {"uload"}
WITH_REDIS = {"mana-core-auth", "chat-backend", "picture-backend", "uload-backend"}
# The least processors and MB of memory that the architecture names, by kind; an app's updates are static pages, too.
LEAST = {"nestjs": (0.5, 512), "sveltekit": (0.25, 256), "astro": (0.1, 128), "expo": (0.1, 128)}
LEAST_OF_SERVERS = {"postgres": (1, 2048), "redis": (0.25, 256)}
SERVERS = ("nestjs", "sveltekit")
RECORDS = {
    "chat": "messages",
    "maerchenzauber": "tales",
    "manadeck": "decks",
    "memoro": "memos",
    "manacore": "notices",
    "picture": "images",
    "uload": "links",
    "nutriphi": "meals",
    "news": "articles",
}
SCRIPTS = {
    "nestjs": {"build", "dev", "start", "migration:run", "type-check", "lint", "test"},
    "sveltekit": {"build", "dev", "start", "type-check", "lint"},
    "astro": {"build", "dev", "lint"},
    "expo": {"build", "start", "type-check", "lint"},
}
UNIQUE: Mapping[str, Callable[[Service], Hashable]] = {
    "port": lambda service: service.port,
    "host": lambda service: service.host,
    "database": lambda service: service.database,
    "path": lambda service: service.path,
}


@cache
def picture() -> Picture:
    return open_project(ROOT).working_picture()


def services() -> dict[str, Service]:
    return {service.name: service for service in picture().manifests.services}


def packages_in(service: str) -> set[str]:
    """The packages that an image is built from, those of packages included."""
    graph = picture().graph
    uses = {name: list(node.uses) for name, node in graph.nodes.items()}
    seen = map(graph.public_id, closure(uses, [f"image:{service}"]))
    return {name.removeprefix("package:") for name in seen if name.startswith("package:")}


def package_of(service: Service) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WORKSPACE / service.path / "package.json").read_text())
    return found


def test_every_product_has_its_services_on_the_ports_of_the_architecture() -> None:
    expected = {"mana-core-auth": ("nestjs", 3001, "auth")}
    for index, name in enumerate(PRODUCTS):
        expected[f"{name}-backend"] = ("nestjs", BACKENDS[name], f"api-{name}")
        expected[f"{name}-web"] = ("sveltekit", 3100 + 10 * index, f"app-{name}")
        expected[f"{name}-landing"] = ("astro", 3200 + 10 * index, name)
        if name not in WITHOUT_APP:
            expected[f"{name}-mobile"] = ("expo", 3300 + 10 * index, f"updates-{name}")

    assert len(expected) == 36
    assert {
        name: (service.kind, service.port, service.host) for name, service in services().items()
    } == expected


@pytest.mark.parametrize("what", UNIQUE)
def test_no_two_services_share(what: str) -> None:
    taken = [value for service in services().values() if (value := UNIQUE[what](service))]

    assert len(taken) == len(set(taken))


def test_every_backend_has_a_database_that_it_migrates_and_redis_where_it_caches() -> None:
    backends = [service for service in services().values() if service.kind == "nestjs"]

    assert all(service.database and service.migration for service in backends)
    assert {service.name for service in backends if service.redis} == WITH_REDIS


def test_the_backends_and_nobody_else_tell_metrics() -> None:
    assert {service.kind: service.metrics for service in services().values() if service.metrics} == {
        "nestjs": "/metrics"
    }
    assert all(service.metrics for service in services().values() if service.kind == "nestjs")


def test_every_service_has_a_limit_a_health_check_and_a_smoke_test_by_its_public_route() -> None:
    for service in services().values():
        assert service.resources.cpus and service.resources.memory, service.name
        assert service.health and service.host and service.smoke, service.name


def test_no_limit_is_below_what_the_architecture_says_a_service_of_its_kind_needs() -> None:
    for service in services().values():
        cpus, memory = LEAST[service.kind]

        assert service.resources.cpus >= cpus, service.name
        assert service.resources.memory >= memory * 1024 * 1024, service.name


def test_servers_have_the_limits_of_the_architecture_and_redis_room_for_twice_what_it_holds() -> None:
    for environment in picture().manifests.environments:
        servers = {backing.kind: backing for backing in environment.backing}
        limits = {kind: backing.resources for kind, backing in servers.items()}

        assert limits.keys() == LEAST_OF_SERVERS.keys()
        for kind, (cpus, memory) in LEAST_OF_SERVERS.items():
            assert limits[kind].cpus >= cpus and limits[kind].memory >= memory * 2**20, environment.name
        held = int(servers["redis"].settings["maxmemory"].removesuffix("mb"))
        assert limits["redis"].memory >= 2 * held * 2**20, environment.name


def test_servers_grow_on_a_cluster_where_the_architecture_says_so() -> None:
    """Above 70 in 100 of their processors; pages and updates are files, of which one server serves plenty."""
    grows = {name: service.autoscale.cpu for name, service in services().items() if service.autoscale}

    assert grows == {name: 70 for name, service in services().items() if service.kind in SERVERS}


def test_staging_and_production_are_servers_of_their_own_that_take_the_same_images() -> None:
    """A fingerprint's tag is written once: with one registry, production runs the digests that staging has verified."""
    environments = {found.name: found for found in picture().manifests.environments}
    servers = [environments.pop(name) for name in ("staging", "production")]

    assert set(environments) == {"development"}
    assert len({server.engine for server in servers}) == 2
    assert {server.registry for server in servers} == {"ghcr.io/manacore"}
    for server in servers:
        assert server.engine.startswith("ssh://")
        assert not any(is_here(server.host_of(service)) for service in services().values())
        assert not server.secrets, "no file of the project holds a secret of a server"


def test_a_smoke_test_asks_for_what_its_name_says() -> None:
    for name in PRODUCTS:
        records = RECORDS[name]
        asked = {test.name: (test.path, test.contains) for test in smoke_tests(name)}

        assert asked["the app shows what the API holds"] == ("/", f"{records}:[")
        assert (f"/api/{records}", f'"{records}":') in asked.values()
        if name not in WITHOUT_APP:
            assert asked["there is an update for iOS"] == ("/metadata.json", '"ios":{')
            assert asked["there is an update for Android"] == ("/metadata.json", '"android":{')


def test_an_installed_app_asks_for_its_updates_where_they_are_and_finds_its_api_beside_them() -> None:
    """An app puts `api-` in the place of `updates-`, so the names of both must differ in that alone."""
    for service in (service for service in services().values() if service.kind == "expo"):
        app = json.loads((WORKSPACE / service.path / "app.json").read_text(encoding="utf-8"))["expo"]
        api = services()[service.depends_on[0]]

        assert app["updates"]["url"] == f"https://{service.host}.manacore.app/_expo/update"
        assert api.host == str(service.host).replace("updates-", "api-", 1)
        assert {"expo-updates", "@manacore/shared-mobile"} <= set(package_of(service)["dependencies"])
        assert package_of(service)["scripts"]["build"].endswith("/shared-mobile/update.mjs")


def smoke_tests(product: str) -> list[SmokeTest]:
    own = (service for name, service in services().items() if name.startswith(f"{product}-"))
    return [test for service in own for test in service.smoke]


def test_what_one_service_needs_of_another_comes_before_it() -> None:
    for name in PRODUCTS:
        assert services()[f"{name}-backend"].depends_on == ("mana-core-auth",)
        assert services()[f"{name}-web"].depends_on == (f"{name}-backend",)
        if name not in WITHOUT_APP:
            assert services()[f"{name}-mobile"].depends_on == (f"{name}-backend",)


def test_every_service_is_a_package_with_the_scripts_that_its_kind_needs() -> None:
    for service in services().values():
        assert set(package_of(service)["scripts"]) >= SCRIPTS[service.kind], service.name


def test_the_products_share_nineteen_packages() -> None:
    shared = [path.name for path in (WORKSPACE / "packages").iterdir() if path.name.startswith("shared-")]

    assert len(shared) == 19
    assert {f"@manacore/{name}" for name in shared} <= set().union(*map(packages_in, services()))


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_image_holds_its_own_product_and_shared_packages_alone(product: str) -> None:
    for service in (service for service in services().values() if service.name.startswith(f"{product}-")):
        built_from = packages_in(service.name)
        own = {package_of(service)["name"], f"@{product}/contract"}

        assert own <= built_from
        assert all(name.startswith("@manacore/shared-") for name in built_from - own), built_from


def test_what_apps_install_reaches_no_server_and_no_page() -> None:
    """React Native is most of the lockfile, and of no other image's."""
    for service in services().values():
        installed = lockfile_of(service.name)

        assert ("react-native@" in installed) == (service.kind == "expo"), service.name


def lockfile_of(service: str) -> str:
    """The lockfile as an image's build sees it."""
    archive = read_archive(picture().images[service].context, picture().snapshot.blobs)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        found = files.extractfile("manifests/pnpm-lock.yaml")
        assert found is not None
        return found.read().decode()
