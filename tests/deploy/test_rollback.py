"""A release deployed again on a real engine: gated by its health, without migrations, whatever stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from buildgraph.deploy.on_engine import EnginePlatform
from buildgraph.deploy.platform import HEALTHY, Running, versions_of
from buildgraph.deploy.releases import (
    Release,
    ReleasedService,
    choose_release,
    read_releases,
    released,
)
from buildgraph.deploy.releasing import Shipment
from buildgraph.deploy.rollback import (
    deployment_fingerprint,
    refuse_missing_images,
    released_scene,
    released_targets,
)
from buildgraph.errors import ConfigurationError, StepFailed
from buildgraph.graph.deployments import deployment_nodes
from buildgraph.graph.fingerprints import combine_parts, labelled_parts
from buildgraph.manifests.model import Environment, Migration, Service
from buildgraph.place.audit import Deed
from buildgraph.place.model import Scene
from buildgraph.refusals import Terms
from buildgraph.rollback import choose, confirm_choice
from tests.support.town import PATIENT, Town

MIGRATE = Migration(("node", "/app/migrate.mjs"), within=120)


def roll_back(town: Town, to: str = "") -> str:
    """Go back to a release as the task does."""
    platform = EnginePlatform(town.place)
    versions = versions_of(platform.running(), "town")
    chosen = choose_release(versions, "town", platform.history()["town"], to)
    there = released_scene(platform.scene, chosen)
    targets = released_targets(there, chosen)
    services = tuple(
        released(target, former.service) for target, former in zip(targets, chosen.services, strict=True)
    )
    shipment = Shipment(Deed("rollback", "town"), targets, services, chosen.name)
    return platform.at(there).release(shipment, town.told.append)


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_a_rollback_runs_no_migration_and_keeps_it_in_the_record(town: Town) -> None:
    town.service("api", port=3001, migration=MIGRATE)
    town.ship()
    town.service("api", "2", port=3001, migration=MIGRATE)
    town.ship()
    town.told.clear()

    assert roll_back(town) == "town-0003"

    assert town.fetch("api") == "api 1"
    assert [line for line in town.told if "applied" in line or "migrated" in line] == []
    assert read_releases(town.place, "town")[-1].services[0].service.migration == MIGRATE


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_a_release_that_is_not_healthy_any_more_is_not_gone_back_to(town: Town) -> None:
    """Pitfall 54: a rollback waits for health too; what runs goes on."""
    town.secrets(BROKEN="no")
    town.service("api", port=3001, secret=("BROKEN",))
    town.ship()
    town.service("api", "2", port=3001)
    town.ship()
    before = town.containers()

    town.settings(health_within=3.0)
    town.secrets(BROKEN="health")
    with pytest.raises(StepFailed, match="not healthy within 3 s"):
        roll_back(town)

    assert (town.fetch("api"), town.containers()) == ("api 2", before)
    assert [found.name for found in read_releases(town.place, "town")] == ["town-0001", "town-0002"]
    town.settings(health_within=PATIENT)
    town.secrets(BROKEN="no")
    roll_back(town)
    assert town.fetch("api") == "api 1"


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_a_release_without_its_images_is_refused_and_every_one_is_named(town: Town) -> None:
    """Pitfall 54: the image of the rollback's target was pruned."""
    gone = f"sha256:{'0' * 64}"
    town.service("api")
    town.service("web")
    town.ship()
    chosen = read_releases(town.place, "town")[0]
    pruned = replace(chosen, services=tuple(replace(part, image=gone) for part in chosen.services))

    has_image = EnginePlatform(town.place).has_image
    refuse_missing_images(chosen, has_image)
    with pytest.raises(ConfigurationError) as failed:
        refuse_missing_images(pruned, has_image)

    assert [mistake.what.partition(":")[0] for mistake in failed.value.mistakes] == [
        "the image of api is gone",
        "the image of web is gone",
    ]


@dataclass
class Passing:
    """Releases of one service, while somebody else deploys: `runs` is the number of the one that runs."""

    runs: int
    breaking: tuple[int, ...]

    def running(self) -> Mapping[str, Running]:
        return {"api": Running("api", "town", HEALTHY, f"version {self.runs}")}

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        return {"town": tuple(self.release(number) for number in range(1, len(self.breaking) + 1))}

    def release(self, number: int) -> Release:
        service = Service("api", "town", "dockerfile", "api", breaking=self.breaking[number - 1])
        part = ReleasedService(service, "image", "", f"version {number}")
        return Release(f"town-{number:04d}", "town", (part,))


def test_a_rollback_that_waited_for_a_deploy_goes_back_one_release_and_not_two() -> None:
    """Pitfall 54: it was asked for while the second ran, and the third was on its way."""
    here, terms = Passing(2, (0, 0)), Terms()
    chosen = choose(here, "town", terms)
    confirm_choice(here, chosen, terms)

    here.runs, here.breaking = 3, (0, 0, 0)

    assert chosen.name == "town-0001"
    with pytest.raises(ConfigurationError, match="town-0002 is: somebody has deployed"):
        confirm_choice(here, chosen, terms)
    confirm_choice(here, chosen, Terms(to="1"))


def test_what_was_released_meanwhile_and_is_marked_as_breaking_is_not_crossed() -> None:
    here, terms = Passing(2, (0, 0)), Terms(to="1")
    chosen = choose(here, "town", terms)

    here.runs, here.breaking = 3, (0, 0, 1)

    with pytest.raises(ConfigurationError, match="marked as breaking"):
        confirm_choice(here, chosen, terms)
    confirm_choice(here, chosen, replace(terms, force=True))


def test_the_fingerprint_of_what_is_brought_back_is_the_graph_s_own() -> None:
    """A rollback to what the working tree says leaves nothing for a deploy to do."""
    from buildgraph.manifests import parse_manifests

    manifests = parse_manifests(
        {
            "manifests/workspace.toml": b'name = "acme"\n',
            "manifests/environments/staging.toml": b'proxy_port = 80\nvalues = { A = "1" }\n',
            "manifests/products/shop.toml": b"""
                [services.api]
                path = "api"
                dockerfile = "api/Dockerfile"
                port = 3001
                health = "/"
                env = { URL = "{service:web}", KEY = { secret = true } }
                [services.web]
                path = "web"
                dockerfile = "web/Dockerfile"
                port = 3002
                health = "/"
            """,
        }
    )
    [environment] = manifests.environments
    nodes = {node.id: node for node in deployment_nodes(manifests)}
    node = nodes["deployment:staging/api"]

    found = deployment_fingerprint(Scene(environment, manifests.services), manifests.services[0], "f00d")

    assert found == combine_parts(labelled_parts(node, {"image:api": "f00d"}))


def test_a_release_s_scene_has_its_own_services_and_values_and_everybody_else_s() -> None:
    def service(name: str, path: str, product: str = "shop") -> Service:
        return Service(name, product, "dockerfile", path)

    now = (service("api", "as it is"), service("new", "new"), service("other", "other", "mail"))
    then = (service("api", "as it was"), service("gone", "gone"))
    release = Release("shop-0001", "shop", tuple(_part(found) for found in then), values={"LEVEL": "then"})
    environment = Environment("test", values={"LEVEL": "now"})

    there = released_scene(Scene(environment, now), release)

    assert there.environment == Environment("test", values={"LEVEL": "then"})
    assert [(found.name, found.path) for found in there.catalog] == [
        ("other", "other"),
        ("api", "as it was"),
        ("gone", "gone"),
    ]


def _part(service: Service) -> ReleasedService:
    return ReleasedService(service, "image", "image fingerprint", "fingerprint")
