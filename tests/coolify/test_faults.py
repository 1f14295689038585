"""What goes wrong on a Coolify server, and what is left after it: what ran before, or a clear word."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from buildgraph.errors import BuildgraphError, StepFailed
from buildgraph.image.engine import Engine
from buildgraph.manifests.model import Migration
from tests.coolify.borough import STATE, Borough, refused, upgraded
from tests.support.coolify import TOKEN
from tests.support.coolify_state import Fault

pytestmark = pytest.mark.thorough


def test_a_version_that_is_never_healthy_is_told_with_its_log_and_the_former_one_is_deployed(
    borough: Borough,
) -> None:
    """Pitfall 51: traffic never reaches it. Pitfall 60: a deployment that Coolify calls failed has failed."""
    upgraded(borough, env={"BROKEN": "health"})

    told = refused(borough)

    assert re.match(r"deploy:api: Coolify's deployment d\w+ failed\n", told)
    assert "New container is unhealthy." in told and "starting api 2" in told
    assert borough.answers("api") == "api 1"
    assert "BROKEN" not in borough.server.apps["api"].values()
    assert borough.deployed() == ["api", "api"]
    assert borough.pending() == {"api": "its fingerprint differs from what runs"}


def test_a_version_that_fails_its_smoke_tests_goes_back_with_all_that_this_run_has_deployed(
    borough: Borough,
) -> None:
    borough.service("api")
    borough.service("web", depends_on=("api",))
    borough.deploy()
    borough.service("api", "2")
    borough.service("web", "2", env={"BROKEN": "smoke"}, depends_on=("api",))

    told = refused(borough)

    assert told.startswith(
        f"smoke:web: it answers: GET http://web.localhost:{borough.server.door}/: expected status 200"
    )
    assert borough.deployed() == ["api", "web", "web", "api"]
    assert (borough.answers("api"), borough.answers("web")) == ("api 1", "web 1")
    assert [release.name for release in borough.platform.history()["town"]] == ["town-0001"]
    borough.service("api")
    borough.service("web", depends_on=("api",))
    assert borough.pending() == {}
    assert borough.platform.is_verified("town", borough.targets())


def test_a_first_version_that_fails_has_none_to_go_back_to(borough: Borough) -> None:
    borough.service("api", env={"BROKEN": "health"})

    refused(borough)

    assert "api: there was no version before it to go back to" in borough.told
    assert borough.deployed() == ["api"]
    assert borough.platform.history() == {}


def test_a_service_that_was_not_touched_yet_is_not_taken_back(borough: Borough) -> None:
    borough.service("api")
    borough.deploy()
    borough.service("api", "2", migration=Migration(("node", "migrate.mjs")))
    borough.coolify(migrations="here")
    borough.place_with(engine=Engine("unix:///nowhere/docker.sock"))

    with pytest.raises(BuildgraphError, match="nowhere"):
        borough.deploy()

    assert borough.deployed() == []
    assert borough.answers("api") == "api 1"


def test_an_image_that_the_registry_lacks_is_told_in_coolify_s_own_words(borough: Borough) -> None:
    upgraded(borough)
    targets = borough.targets()
    borough.shadows.images.discard(targets[0].image)
    borough.targets = lambda: targets  # type: ignore[method-assign]

    assert "manifest unknown" in refused(borough)
    assert borough.answers("api") == "api 1"


def test_a_deployment_called_failed_whose_new_version_serves_counts_by_its_log_and_health(
    borough: Borough,
) -> None:
    """Pitfall 60: status "failed" though healthy (coollabsio/coolify#7559)."""
    upgraded(borough)
    borough.server.way = "failed-though-healthy"

    assert borough.deploy() == "town-0002"

    assert any("failed, but by its log the new version serves" in line for line in borough.told)
    assert borough.answers("api") == "api 2"
    assert borough.pending() == {}


def test_a_deployment_called_finished_that_started_nothing_has_failed(borough: Borough) -> None:
    """Pitfall 60: the word of a platform is no proof (coollabsio/coolify#9161)."""
    upgraded(borough)
    borough.settings(health_within=1.0)
    borough.server.way = "finished-without"

    def mend() -> None:
        borough.server.way = ""
        borough.settings(health_within=60.0)

    borough.moments["going back"] = mend

    assert refused(borough).startswith("deploy:api: is exited:unhealthy after 1 s, not healthy")
    assert borough.answers("api") == "api 1"


@pytest.mark.parametrize("way", ["queued", "stuck"])
def test_a_deployment_that_does_not_end_is_cancelled_and_what_ran_is_deployed_again(
    borough: Borough, way: str
) -> None:
    """Pitfall 60: 2xx means queued; stuck in progress (coollabsio/coolify#1720)."""
    upgraded(borough)
    borough.coolify(within=0.4)
    borough.server.way = way
    borough.moments["going back"] = lambda: setattr(borough.server, "way", "")

    told = refused(borough)

    assert re.search(r"deployment d\w+ (was cancelled|is \w+ after 0.4 s)", told)
    assert borough.answers("api") == "api 1"
    assert borough.pending() == {"api": "its fingerprint differs from what runs"}


def test_a_deployment_that_cannot_be_cancelled_is_named_and_nothing_waits_behind_it(borough: Borough) -> None:
    upgraded(borough)
    borough.coolify(within=0.4)
    borough.server.way, borough.server.cancels = "stuck", False

    told = refused(borough)

    stuck = borough.server.deployments[-1].uuid
    assert (
        f"deployment {stuck} is in_progress after 0.4 s\n    cancel it in Coolify, then run this again"
        in told
    )
    assert borough.deployed() == ["api"]
    former = borough.platform.history()["town"][0].images["api"].partition("@sha256:")[2]
    assert borough.server.apps["api"].settings["docker_registry_image_tag"] == f"sha256-{former}"
    borough.server.way = ""
    assert borough.deploy() == "town-0002"
    assert any(f"waiting for deployment {stuck}" in line for line in borough.told)


def test_a_deployment_that_somebody_else_has_begun_is_waited_for(borough: Borough) -> None:
    upgraded(borough)
    borough.server.requests.clear()
    wire = borough.place.api
    theirs = wire.deploy("api")

    assert borough.deploy() == "town-0002"

    assert f"api: waiting for deployment {theirs}, which is queued" in borough.told
    assert borough.answers("api") == "api 2"


def test_what_a_container_is_given_is_in_no_error_and_no_log(borough: Borough) -> None:
    """Pitfall 62: secrets are masked, also in what containers print and in the audit log."""
    borough.secrets(TOKEN="s3cr3t-value")
    borough.service("api", secret=["TOKEN"])
    borough.deploy()
    borough.service("api", "2", env={"BROKEN": "health"}, secret=["TOKEN"])

    told = refused(borough)

    assert "the token is ***" in told and "s3cr3t-value" not in told
    assert "s3cr3t-value" not in "\n".join(borough.told)
    failed = borough.platform.events("town")[-1]
    assert failed.kind == "deploy-failed" and "the token is ***" in failed.detail
    assert all("s3cr3t-value" not in value and TOKEN not in value for value in borough.memory().values())
    assert "s3cr3t-value" not in repr(borough.place) and TOKEN not in repr(borough.place)


def test_a_deploy_killed_after_any_of_its_changes_is_completed_by_the_next_one(borough: Borough) -> None:
    """The server hears nothing more of the first deployer, as when that is killed: not even its lock is given back."""
    versions = iter(range(2, 100))
    borough.service("api")
    borough.service("web", "1", depends_on=("api",))
    borough.deploy()
    for survives in range(1, 100):
        version = str(next(versions))
        borough.service("api", version)
        borough.service("web", version, depends_on=("api",))
        if not was_killed(borough, survives):
            break
        borough.deploy()

        assert (borough.answers("api"), borough.answers("web")) == (f"api {version}", f"web {version}")
        assert borough.pending() == {}
        assert borough.platform.is_verified("town", borough.targets())
        assert borough.platform.history()["town"][-1].images["web"] == borough.image("web")
    assert survives > 12


@pytest.mark.parametrize("survives", [5, 6, 7, 8])
def test_what_a_killed_deploy_has_set_is_not_what_a_failed_one_goes_back_to(
    borough: Borough, survives: int
) -> None:
    """The killed one has set the bad version (5, 6), had it deployed (7), and found it healthy (8).

    What to go back to is the release; the last one leaves nothing to bring, and still goes back.
    """
    borough.secrets(TOKEN="s3cr3t-value")
    borough.service("api", env={"OLD": "1"}, secret=["TOKEN"])
    borough.deploy()
    borough.service("api", "2", env={"BROKEN": "smoke"}, secret=["TOKEN"])
    assert was_killed(borough, survives)
    assert borough.server.apps["api"].settings["docker_registry_image_tag"] in borough.image("api").replace(
        ":", "-"
    )

    assert refused(borough).startswith("smoke:api: it answers")

    assert borough.answers("api") == "api 1"
    assert borough.env_of("api").get("OLD") == "1" and "BROKEN" not in borough.env_of("api")
    borough.service("api", env={"OLD": "1"}, secret=["TOKEN"])
    assert borough.pending() == {}


def test_a_way_back_that_breaks_off_is_not_called_done_and_the_next_deploy_goes_it(borough: Borough) -> None:
    """Nobody can tell what runs: the bad version was started, and the server heard nothing of the way back."""
    upgraded(borough)

    def start_and_fall_silent() -> None:
        for _ in range(2):
            borough.server.move(borough.server.deployments[-1])
        borough.server.faults[:] = [Fault("", "", 401, times=10_000)]

    borough.moments["Coolify has queued"] = start_and_fall_silent
    refused(borough)
    borough.moments.clear()
    borough.server.faults.clear()
    unlock(borough)
    assert borough.answers("api") == "api 2"

    borough.service("api")
    assert borough.pending() == {"api": "its fingerprint differs from what runs"}
    assert not borough.platform.is_verified("town", borough.targets())
    assert borough.deploy() == "town-0001"

    assert borough.answers("api") == "api 1"
    assert borough.pending() == {}


def test_a_deployment_that_could_not_be_followed_ends_before_the_way_back_begins(borough: Borough) -> None:
    """Of two that are under way at once, nobody knows which one ends last."""
    upgraded(borough)
    borough.server.faults.append(Fault("GET", "/deployments/d", 401))

    refused(borough)

    assert borough.answers("api") == "api 1"
    assert [found.status for found in borough.server.deployments] == ["finished"] * 3
    borough.service("api")
    assert borough.pending() == {}


def was_killed(borough: Borough, survives: int) -> bool:
    """Whether a deploy of which only so many changes reach the server did not come to its end."""
    left = [survives]

    def count(method: str, path: str) -> None:
        left[0] -= method != "GET"
        if left[0] < 0:
            borough.server.faults[:] = [Fault("", "", 401, times=10_000)]

    borough.server.before = count
    try:
        borough.deploy()
    except BuildgraphError:
        return True
    finally:
        borough.server.before = lambda method, path: None
        borough.server.faults.clear()
        unlock(borough)
    return False


def unlock(borough: Borough) -> None:
    """Have the lock's holder be long dead."""
    for each in borough.server.apps[STATE].envs:
        if "LOCK" in each["key"]:
            each["updated_at"] = "2026-01-01T00:00:00.000000Z"


def test_a_lock_whose_holder_has_died_is_taken_over_and_one_that_lives_is_not(borough: Borough) -> None:
    """Pitfall 48: stale after a crash; the error names the owner."""
    borough.service("api")
    state = borough.server.apps[STATE]
    borough.server.behind = timedelta(seconds=300)
    borough.platform.keep_lock("town", "killed", borough.hear)
    left = next(each for each in state.envs if "LOCK" in each["key"] and not each["is_preview"])
    left["value"] = left["value"].replace('"is_kept": true', '"is_kept": false')
    borough.server.behind = timedelta()

    assert borough.platform.locks() == []
    assert borough.deploy() == "town-0001"

    borough.platform.keep_lock("town", "alive", borough.hear)
    left = next(each for each in state.envs if "LOCK" in each["key"] and not each["is_preview"])
    left["value"] = left["value"].replace('"is_kept": true', '"is_kept": false')
    with pytest.raises(StepFailed, match=r"is being deployed by .*alive"):
        borough.deploy()
