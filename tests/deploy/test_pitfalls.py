"""Ways in which others' deployments went wrong, tried on a real engine; most of them have their tests elsewhere."""

from __future__ import annotations

import threading

import pytest

from buildgraph.deploy.live import read_live
from buildgraph.deploy.pending import pending_targets
from buildgraph.errors import StepFailed
from buildgraph.manifests.model import Migration
from tests.support.load import Load
from tests.support.town import Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]
MIGRATE = Migration(("node", "/app/migrate.mjs"), within=120)


def test_a_version_that_crashes_all_the_time_does_not_stand_in_the_way_of_the_next(town: Town) -> None:
    """Pitfall 50: it is started again and again at this moment."""
    town.service("api", port=3001, env={"BROKEN": "dies"})
    town.deploy()

    with Load(town, "api", clients=4):
        until(lambda: town.restarts("api-blue") >= 2)
        town.service("api", "2", port=3001)
        town.deploy()

    assert town.fetch("api") == "api 2"
    assert sorted(town.containers()) == ["api-green", "proxy"]
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def test_a_version_that_has_ended_does_not_stand_in_the_way_of_the_next(far_town: Town) -> None:
    """Pitfall 50: also where no name server answers what became of its name, as on this engine."""
    town = far_town
    town.service("api", port=3001)
    town.deploy()
    town.place.engine.client.api.kill(town.containers()["api-blue"])

    town.service("api", "2", port=3001)
    town.deploy()

    assert town.fetch("api") == "api 2"
    assert sorted(town.containers()) == ["api-green", "proxy"]


def test_a_version_that_is_well_by_its_own_word_only_gets_no_request(town: Town) -> None:
    """Pitfall 52: who sends the requests is who must find it healthy, so there is no moment between the two."""
    town.service("api", port=3001)
    town.deploy()
    assert [town.fetch("api") for _ in range(50)] == ["api 1"] * 50, "from the first moment on"

    town.settings(health_within=3.0)
    well = ("node", "-e", "process.exit(0)")
    town.service("api", "2", port=3001, health_command=well, env={"BROKEN": "health"})
    with Load(town, "api", clients=2) as load, pytest.raises(StepFailed, match="not healthy within 3 s"):
        town.deploy()

    assert (load.wrong, set(load.answers)) == ([], {"api 1"})


def test_a_migration_that_has_ended_is_no_unhealthy_service(town: Town) -> None:
    """Pitfall 55: what runs once is waited for by its end, and what serves by its health; neither by the other."""
    town.service("api", port=3001, migration=MIGRATE)
    town.service("worker", port=0, host="", health_command=("true",), migration=MIGRATE)

    town.deploy()

    assert [line for line in town.told if "applied" in line] == [
        "api: applied 0001_first",
        "worker: applied 0001_first",
    ]
    assert sorted(town.containers()) == ["api-blue", "proxy", "worker-blue"]
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def test_a_version_that_fails_after_its_migration_goes_back_and_the_schema_is_told_to_stay(
    town: Town,
) -> None:
    """Pitfall 59: the code goes back, the schema does not, and nobody shall have to guess that."""
    town.service("api", port=3001)
    town.deploy()

    town.settings(health_within=3.0)
    town.service("api", "2", port=3001, migration=MIGRATE, env={"BROKEN": "health"})
    with pytest.raises(StepFailed, match="not healthy within 3 s"):
        town.deploy()

    assert town.fetch("api") == "api 1"
    stays = "api: its database stays migrated, the schema is not taken back"
    assert town.told.index("api: applied 0001_first") < town.told.index(stays)


def test_a_deploy_that_comes_while_another_migrates_is_refused_and_migrates_nothing(town: Town) -> None:
    """Pitfall 59: two deploys with a long migration come one after the other."""
    town.service("api", port=3001, migration=MIGRATE, env={"MIGRATION": "slow"})
    first = threading.Thread(target=town.deploy)
    first.start()
    until(lambda: "api-migration" in town.containers() and town.has_said("api-migration", "applied"))
    migration = town.containers()["api-migration"]
    town.place.engine.client.api.pause(migration)  # for as long as the other needs to come

    with pytest.raises(StepFailed, match="is held by"):
        town.deploy()
    town.place.engine.client.api.unpause(migration)
    first.join()

    assert town.told.count("api: applied 0001_first") == 1
    assert town.fetch("api") == "api 1"
