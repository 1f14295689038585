"""Deploys to Coolify: what differs is deployed, and nothing else; the rhythm is do, do again, change one thing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from buildgraph.coolify.lock import LATEST, LEASE, Lock, held_lock
from buildgraph.errors import ConfigurationError, StepFailed, ToolError
from buildgraph.manifests.model import SmokeTest
from buildgraph.place.elapsed import Moment
from buildgraph.place.secrets import Secrets
from tests.coolify.borough import STATE, Borough, refused, upgraded
from tests.support.coolify import TOKEN
from tests.support.coolify_state import Fault
from tests.support.monorepo import Monorepo


def test_a_first_deploy_sets_image_variables_health_and_limits_and_waits_until_all_is_well(
    borough: Borough,
) -> None:
    """Pitfall 49: nothing ran before, and it is health-gated all the same. Pitfall 60: deploys are POST."""
    borough.service("api", env={"LEVEL": "info"})
    borough.service("web", depends_on=("api",))

    assert borough.deploy() == "town-0001"

    assert borough.deployed() == ["api", "web"]
    assert (borough.answers("api"), borough.answers("web")) == ("api 1", "web 1")
    assert borough.env_of("api") | {"HOST": ""} == {
        "ANSWER": "api 1",
        "LEVEL": "info",
        "NODE_ENV": "production",
        "PORT": "3001",
        "HEALTH_PATH": "/health",
        "HOST": "",
    }
    settings = borough.server.apps["api"].settings
    assert borough.server.apps["api"].image == borough.image("api")
    assert settings["domains"] == "http://api.localhost"
    assert (settings["health_check_path"], settings["health_check_port"]) == ("/health", "3001")


def test_the_same_again_only_reads(borough: Borough) -> None:
    borough.service("api")
    borough.service("web")
    borough.deploy()

    assert borough.pending() == {}
    assert borough.platform.is_verified("town", borough.targets())
    borough.server.requests.clear()
    assert {name: r.state for name, r in borough.platform.running().items()} == {
        "api": "healthy",
        "web": "healthy",
    }
    assert borough.server.writes() == []


def test_secrets_that_commands_may_tell_are_the_same_for_who_runs_none(borough: Borough) -> None:
    borough.service("api", secret=("TOKEN",))
    borough.secrets(TOKEN="hunter2")
    borough.deploy()

    borough.place_with(secrets=Secrets({}, unasked=lambda name: name == "TOKEN"))
    assert borough.pending() == {}

    borough.secrets(TOKEN="another")
    assert borough.pending() == {"api": "its secrets have changed"}


def test_a_change_deploys_exactly_its_service(borough: Borough) -> None:
    borough.service("api")
    borough.service("web")
    borough.deploy()

    borough.service("web", "2")

    assert borough.pending() == {"web": "its fingerprint differs from what runs"}
    assert borough.deploy() == "town-0002"
    assert borough.deployed() == ["web"]
    assert (borough.answers("api"), borough.answers("web")) == ("api 1", "web 2")


def test_an_edited_smoke_test_is_run_and_recorded_though_nothing_is_deployed(borough: Borough) -> None:
    """And while it fails, what has passed the former one is not verified: it must not be promoted."""
    borough.service("api")
    borough.deploy()
    former = borough.targets()
    borough.service("api", smoke=(SmokeTest("it sells", contains="Checkout", within=0.3),))

    assert borough.pending() == {}
    assert not borough.platform.is_verified("town", borough.targets())
    assert "expected 'Checkout' in the answer" in refused(borough)
    assert not borough.platform.is_verified("town", former)

    borough.service("api", smoke=(SmokeTest("it answers in full", contains="api 1", within=0.3),))
    assert borough.deploy() == "town-0002"
    assert borough.platform.is_verified("town", borough.targets())
    assert borough.deployed() == []


def test_a_rotated_secret_deploys_exactly_its_service_and_is_kept_nowhere_else(borough: Borough) -> None:
    borough.secrets(TOKEN="first-secret")
    borough.service("api", secret=["TOKEN"])
    borough.service("web")
    borough.deploy()

    borough.secrets(TOKEN="second-secret")

    assert borough.pending() == {"api": "its secrets have changed"}
    borough.deploy()
    assert borough.deployed() == ["api"]
    assert borough.env_of("api")["TOKEN"] == "second-secret"
    assert borough.pending() == {}
    remembered = json.dumps(borough.memory())
    assert "first-secret" not in remembered and "second-secret" not in remembered


def test_a_variable_that_left_the_manifest_goes_and_one_that_a_person_made_stays(borough: Borough) -> None:
    borough.service("api", env={"OLD": "1"})
    borough.deploy()
    borough.server.apps["api"].envs.append(
        {
            "id": 90,
            "uuid": "e90",
            "key": "BY_HAND",
            "value": "x",
            "is_preview": False,
            "updated_at": "2026-01-01T00:00:00Z",
        }
    )

    borough.service("api", env={"NEW": "1"})
    borough.deploy()

    assert borough.env_of("api").keys() >= {"NEW", "BY_HAND"}
    assert "OLD" not in borough.env_of("api")


def test_what_somebody_changed_in_coolify_is_told_and_set_right(borough: Borough) -> None:
    borough.service("api", env={"LEVEL": "info"})
    borough.deploy()

    borough.server.apps["api"].settings["limits_memory"] = "1"
    assert borough.pending() == {"api": "its settings in Coolify are others: limits_memory"}
    borough.deploy()
    next(e for e in borough.server.apps["api"].envs if e["key"] == "LEVEL")["value"] = "debug"
    assert borough.pending() == {"api": "its variables in Coolify are others: LEVEL"}
    borough.deploy()

    assert borough.pending() == {}
    assert borough.env_of("api")["LEVEL"] == "info"


def test_an_application_that_was_stopped_is_deployed_again(borough: Borough) -> None:
    borough.service("api")
    borough.deploy()

    borough.server.apps["api"].container = None

    assert borough.pending() == {"api": "it is exited:unhealthy"}
    borough.deploy()
    assert borough.answers("api") == "api 1"


def test_a_service_that_left_the_manifests_is_stopped_and_its_application_stays(borough: Borough) -> None:
    borough.service("api")
    borough.service("web")
    borough.deploy()

    borough.without("web")

    assert borough.pending() == {"web": "it left the manifests"}
    borough.deploy()
    assert borough.answers("web") == "nothing runs"
    assert "web" in borough.server.apps
    assert borough.pending() == {}


def test_releases_are_kept_for_going_back_and_the_oldest_are_forgotten(borough: Borough) -> None:
    borough.settings(releases=2)
    for version in ("1", "2", "3"):
        borough.service("api", version)
        borough.deploy()

    history = borough.platform.history()["town"]

    assert [release.name for release in history] == ["town-0002", "town-0003"]
    assert history[-1].images == {"api": borough.image("api")}
    assert history[-1].services[0].service == borough.services["api"]
    events = [(event.kind, event.release) for event in borough.platform.events("town")]
    assert events[-2:] == [("deploy-started", ""), ("deploy-finished", "town-0003")]


def test_the_memory_of_another_environment_is_not_touched(borough: Borough) -> None:
    borough.service("api")
    borough.deploy()

    borough.settings(name="staging")

    with pytest.raises(Exception, match="state0 is the memory of acme-test, not of acme-staging"):
        borough.deploy()
    assert borough.deployed() == []


def test_two_at_once_do_not_interleave_and_the_second_is_told_who_holds_the_lock(borough: Borough) -> None:
    borough.service("api")
    refused: list[str] = []

    def second() -> None:
        borough.moments.clear()
        with pytest.raises(StepFailed) as error:
            borough.platform.keep_lock("town", "me too", borough.hear)
        refused.append(str(error.value))

    borough.moments["Coolify has queued"] = second
    borough.deploy("a release")

    assert refused and "acme-test is being deployed by " in refused[0] and "(a release)" in refused[0]
    assert borough.platform.locks() == []


def test_what_was_looked_at_is_looked_at_again_while_the_lock_is_held(borough: Borough) -> None:
    """Somebody else may have deployed a later commit, or another plan, since it was looked at."""
    upgraded(borough)
    borough.server.requests.clear()

    def refuse() -> None:
        assert [held.product for held in borough.platform.locks()] == ["town"]
        raise ConfigurationError.of("deploy:api", "runs from a later commit", "`git pull`")

    with pytest.raises(ConfigurationError, match="a later commit"):
        borough.platform.release(replace(borough.shipment(), confirm=refuse), borough.hear)

    assert borough.deployed() == []
    assert borough.platform.locks() == []
    assert borough.answers("api") == "api 1"


def test_a_lock_that_a_person_holds_refuses_deploys_until_it_is_released(borough: Borough) -> None:
    borough.service("api")
    borough.platform.keep_lock("town", "we look at something", borough.hear)

    with pytest.raises(StepFailed, match="we look at something"):
        borough.deploy()
    (held,) = borough.platform.locks()
    assert (held.product, held.is_kept) == ("town", True)
    borough.platform.release_lock(held)

    assert borough.deploy() == "town-0001"


def test_a_holder_that_lost_its_lock_finds_out_before_it_changes_anything(borough: Borough) -> None:
    borough.service("api")
    with held_lock(borough.place, "town", "slept for long", borough.hear) as lock:
        lock.renew()
        lock.check()
        for held in borough.platform.locks():
            borough.platform.release_lock(held)
        borough.platform.keep_lock("town", "it was dead to us", borough.hear)

        lock.renew()

        with pytest.raises(StepFailed, match="it was dead to us"):
            lock.check()
    assert [held.reason for held in borough.platform.locks()] == ["it was dead to us"]


def test_a_sign_of_life_that_is_late_is_given_before_anything_is_changed(borough: Borough) -> None:
    """The thread that gives them may have died, or stood still."""
    with held_lock(borough.place, "town", "slept", borough.hear) as lock:
        aged(lock, LEASE / 2 + 1)
        lock.check()
        assert lock.claim.renewed == 1

        borough.server.faults.append(Fault("", "", 401, times=10_000))
        aged(lock, LEASE / 2 + 1)
        lock.check()
        aged(lock, LEASE / 2)
        with pytest.raises(StepFailed, match=r"could not be renewed for \d+ s; nothing more is changed"):
            lock.check()


def test_a_sign_of_life_that_was_refused_is_not_sent_again_over_the_lock_of_who_has_taken_it(
    borough: Borough,
) -> None:
    """Pitfall 48: Coolify sets a variable by its name, whosever it is by then."""
    with held_lock(borough.place, "town", "cut off", borough.hear) as lock:
        borough.server.faults.append(Fault("PATCH", "/envs/bulk", 503))
        taken_over_at_the_next_patch(borough)

        with pytest.raises(ToolError, match="503"):
            lock.renew()

        assert [held.reason for held in borough.platform.locks()] == ["it was dead to us"]
        lock.renew()
        with pytest.raises(StepFailed, match="it was dead to us"):
            lock.check()


def test_a_sign_of_life_that_went_over_another_s_lock_is_found_out_at_once(borough: Borough) -> None:
    with held_lock(borough.place, "town", "on its way for long", borough.hear) as lock:
        taken_over_at_the_next_patch(borough)

        lock.renew()

        with pytest.raises(StepFailed, match="is being deployed by somebody else"):
            lock.check()
    assert borough.platform.locks() == []


def test_a_lock_that_others_may_take_over_at_any_moment_is_not_renewed(borough: Borough) -> None:
    borough.server.behind = timedelta(seconds=LATEST + 5)
    with held_lock(borough.place, "town", "slept", borough.hear) as lock:
        borough.server.requests.clear()

        with pytest.raises(StepFailed, match=r"could not be renewed for \d+ s; nothing more is changed"):
            lock.renew()

        assert borough.server.writes() == []


def aged(lock: Lock, seconds: float) -> None:
    """Have a lock's last sign of life be longer ago."""
    lock.renewed = Moment(lock.renewed.steady - seconds, lock.renewed.of_day)


def taken_over_at_the_next_patch(borough: Borough) -> None:
    """Have somebody take the lock of the town while a request to set a variable is on its way."""

    def take(method: str, path: str) -> None:
        if method == "PATCH":
            borough.server.before = lambda method, path: None
            for held in borough.platform.locks():
                borough.platform.release_lock(held)
            borough.platform.keep_lock("town", "it was dead to us", borough.hear)

    borough.server.before = take


def test_a_lock_that_cannot_be_given_back_hides_nothing(borough: Borough) -> None:
    with (
        pytest.raises(StepFailed, match="what really happened"),
        held_lock(borough.place, "town", "", borough.hear),
    ):
        borough.server.faults.append(Fault("", "", 401, times=10_000))
        raise StepFailed("deploy:api", "what really happened", "")

    assert "the lock cannot be given back, it ends 90 s later: " in borough.told[-1]


def test_down_stops_applications_and_removes_nothing(borough: Borough) -> None:
    borough.service("api")
    borough.deploy()

    held: list[str] = []
    borough.moments["api: Coolify was asked to stop"] = lambda: held.extend(
        lock.product for lock in borough.platform.locks()
    )

    borough.platform.stop(volumes=False, tell=borough.hear)

    assert (held, borough.platform.locks()) == (["town"], []), "no deploy begins meanwhile"
    assert borough.answers("api") == "nothing runs"
    assert set(borough.server.apps) == {STATE, "api"}
    assert borough.platform.running()["api"].state == "stopped"
    with pytest.raises(Exception, match="data of a Coolify server is its own"):
        borough.platform.stop(volumes=True, tell=borough.hear)


def test_down_says_so_where_nothing_was_deployed(borough: Borough) -> None:
    borough.platform.stop(volumes=False, tell=borough.hear)

    assert borough.told == [f"nothing runs in {borough.place.environment.name}"]


def test_logs_are_those_of_the_containers_that_run(borough: Borough) -> None:
    borough.service("api")
    borough.service("web")
    borough.deploy()

    assert borough.platform.logs("api", 10) == [("api", "starting api 1")]
    assert borough.platform.logs("town", 10) == [("api", "starting api 1"), ("web", "starting web 1")]
    with pytest.raises(Exception, match="there is no running service or product 'apj'"):
        borough.platform.logs("apj", 10)
    with pytest.raises(Exception, match="does not follow them"):
        borough.platform.follow("api", 10)


def test_secrets_that_containers_print_are_left_out_of_the_logs(borough: Borough) -> None:
    borough.secrets(TOKEN="s3cr3t-value")
    borough.service("api", secret=["TOKEN"])
    borough.deploy()

    assert ("api", "the token is ***") in borough.platform.logs("api", 10)


def test_health_is_coolify_s_word_and_what_users_are_answered(borough: Borough) -> None:
    borough.service("api")
    borough.service("web")
    borough.deploy()
    borough.service("mail")
    borough.server.apps["web"].container = None

    api, mail, web = borough.platform.health()

    assert (api.state, api.is_well, api.answer) == ("running", True, "200")
    assert (mail.state, mail.is_well) == ("it does not run", False)
    assert (web.state, web.is_well, web.answer) == ("exited:unhealthy", False, "")
    assert [found.service for found in borough.platform.health("api")] == ["api"]


def test_a_service_cannot_be_scaled_there(borough: Borough) -> None:
    borough.service("api")
    (target,) = borough.targets()

    with pytest.raises(Exception, match="scale:town: Coolify runs one container of an application"):
        borough.platform.scale(target, 2, "", borough.hear)


def test_secrets_that_a_promotion_lacks_are_told_before_anything_is_asked_of_where_it_goes(
    borough: Borough, repo: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are those of the release, whatever the manifests say by now; its images would be copied and signed."""
    monkeypatch.setenv("COOLIFY_TOKEN", TOKEN)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    borough.secrets(FORMER="hunter2")
    borough.service("api", secret=["FORMER"])
    borough.deploy()
    table = (
        f'coolify = {{ url = "{borough.server.url}", state = "{STATE}", applications = {{ api = "api" }} }}'
    )
    repo.plain_service("api", "FROM scratch\n", port=3001)
    repo.append("manifests/products/api.toml", "env.NEWER = { secret = true }\n")
    (repo.root / "manifests/products/api.toml").rename(repo.root / "manifests/products/town.toml")
    repo.write("manifests/environments/test.toml", f'registry = "127.0.0.1:9/acme"\n{table}\n')
    repo.write("manifests/environments/live.toml", 'registry = "127.0.0.1:9/live"\nproxy_port = 8481\n')
    repo.commit()

    ran = repo.run("promote:town", "env=live", "from=test")

    assert (ran.code, ran.err.splitlines()[0]) == (
        2,
        "error: secret FORMER: has no value in live; needed by api",
    )
