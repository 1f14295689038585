"""Deployments on a real engine: do; do again: nothing; change one thing: exactly this."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from buildgraph.deploy import health
from buildgraph.deploy.live import read_live
from buildgraph.deploy.logs import read_logs
from buildgraph.deploy.pending import pending_targets
from buildgraph.deploy.rollout import deploy_product
from buildgraph.deploy.switching import SERVES_ON
from buildgraph.errors import ConfigurationError, StepFailed, ToolError
from buildgraph.manifests.model import Migration, Resources, SmokeTest
from buildgraph.place.containers import create_container
from buildgraph.place.holding import read_locks
from buildgraph.place.names import Colour
from buildgraph.traffic.directing import count_sessions, read_routes
from buildgraph.traffic.proxy_container import proxy_specification
from tests.deploy.killing import kill_deploy_when, start_deploy
from tests.support.load import Load
from tests.support.system import free_port
from tests.support.town import PATIENT, Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]
MIGRATE = Migration(("node", "/app/migrate.mjs"), within=120)


def test_a_first_deploy_serves_and_the_same_again_restarts_nothing(town: Town) -> None:
    town.service("api")
    town.service("web", depends_on=("api",), env={"PEER": "{service:api}/"})

    first = town.deploy()

    assert first.replaced == ("api", "web")
    assert (town.fetch("api"), town.fetch("web")) == ("api 1", "web 1")
    assert town.fetch("web", "/peer") == "api 1"
    # Whom the hop before names is the client at every one after it; where nobody does, the proxy says whom it sees.
    assert town.fetch("web", "/peer/client", X_Forwarded_For="198.51.100.1") == "198.51.100.1"
    assert town.fetch("web", "/peer/client") == town.fetch("web", "/client") != ""
    containers = town.containers()
    assert sorted(containers) == ["api-blue", "proxy", "web-blue"]

    again = town.deploy()

    assert (again.replaced, again.unchanged) == ((), ("api", "web"))
    assert town.containers() == containers


def test_a_change_of_one_service_replaces_that_one_only(town: Town) -> None:
    town.service("api", port=3001)
    town.service("web", port=3002, env={"PEER": "{service:api}/"})
    town.deploy()
    before = town.containers()

    town.service("api", "2", port=3001)
    rollout = town.deploy()

    assert (rollout.replaced, rollout.unchanged) == (("api",), ("web",))
    assert (town.fetch("api"), town.fetch("web", "/peer")) == ("api 2", "api 2")
    after = town.containers()
    assert sorted(after) == ["api-green", "proxy", "web-blue"]
    assert (after["web-blue"], after["proxy"]) == (before["web-blue"], before["proxy"])


def test_all_requests_during_a_replacement_succeed(town: Town) -> None:
    """Pitfall 52: who sends the requests is who finds a version healthy, so none goes where it does not look yet."""
    town.service("api", port=3001)
    town.deploy()

    with Load(town, "api", clients=4) as load:
        until(lambda: load.total > 20)
        town.service("api", "2", port=3001)
        town.deploy()
        town.service("new", port=3002)  # another listener and host: HAProxy is reloaded under load
        town.deploy()
        enough = load.total + 100
        until(lambda: load.total > enough)

    assert load.wrong == []
    assert set(load.answers) == {"api 1", "api 2"}


def test_a_request_in_progress_is_answered_by_the_version_that_began_it(town: Town) -> None:
    town.settings(drain_within=PATIENT)
    town.service("api", port=3001)
    town.deploy()
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(town.fetch("api", "/slow")))

    def ask() -> None:
        slow.start()
        until(lambda: count_sessions(town.place, "api", Colour.BLUE) > 0)

    town.moments["started green"] = ask
    town.service("api", "2", port=3001)
    town.deploy()
    slow.join()

    assert answers == ["api 1"]
    assert town.fetch("api") == "api 2"


@pytest.mark.alone
@pytest.mark.parametrize(
    ("broken", "within", "last_line", "said"),
    [
        (
            "health",
            4.0,
            "cannot reach the database",
            "GET /health on port 3001 is not answered with 200 (the proxy's check says: L7STS 503",
        ),
        ("crash", PATIENT, "no such table: users", "exit code 7"),
    ],
    ids=["its health check fails", "it ends at once"],
)
def test_an_unhealthy_version_is_taken_away_and_the_old_one_keeps_serving(
    town: Town, broken: str, within: float, last_line: str, said: str
) -> None:
    town.service("api", port=3001)
    town.deploy()
    before = town.containers()

    town.settings(health_within=within)
    town.moments["started green"] = lambda: until(lambda: town.has_said("api-green", last_line))
    town.service("api", "2", port=3001, env={"BROKEN": broken})
    with Load(town, "api", clients=2) as load, pytest.raises(StepFailed) as failed:
        town.deploy()

    assert last_line in failed.value.detail
    assert said in str(failed.value)
    assert failed.value.detail.endswith(f"\napi: {SERVES_ON}")
    assert (load.wrong, set(load.answers)) == ([], {"api 1"})
    assert town.containers() == before

    town.moments.clear()
    town.settings(health_within=PATIENT)
    town.service("api", "3", port=3001)
    assert town.deploy().replaced == ("api",)
    assert town.fetch("api") == "api 3"


def test_a_first_version_that_is_unhealthy_leaves_no_container_of_it(town: Town) -> None:
    """Pitfall 49: where nothing runs yet, health is waited for all the same."""
    town.settings(health_within=3.0)
    town.service("api", env={"BROKEN": "health"})

    with pytest.raises(StepFailed, match="not healthy within 3 s") as failed:
        town.deploy()

    assert sorted(town.containers()) == ["proxy"]
    assert SERVES_ON not in failed.value.detail
    (waited,) = (line for line in town.told if "not healthy yet" in line)
    assert "within 3 s (`health_within`): GET /health on port 3001 is not answered with 200" in waited


def test_a_version_that_fails_as_the_one_before_it_did_is_not_told_to_be_served_for(town: Town) -> None:
    """Nothing serves on where what runs is not well."""
    town.service("api", port=3001, env={"BROKEN": "later"})
    town.deploy()
    until(lambda: [town.request("api")[0] for _ in range(10)][-1] == 503)

    town.settings(health_within=3.0)
    town.service("api", "2", port=3001, env={"BROKEN": "health"})
    with pytest.raises(StepFailed, match="not healthy within 3 s") as failed:
        town.deploy()

    assert SERVES_ON not in failed.value.detail


def test_another_health_path_and_port_replace_without_a_gap(town: Town) -> None:
    """The port that others call may change, too: those that are still to be switched call the former one."""
    town.service("api", port=3001, listens=8001, health="/health")
    town.service("web", port=3002, env={"PEER": "http://proxy:3001/"})
    town.deploy()

    with Load(town, "api", clients=2) as load, Load(town, "web", clients=2, path="/peer") as inner:
        town.service("api", "2", port=3009, listens=8002, health="/alive")
        town.service("web", "2", port=3002, env={"PEER": "http://proxy:3009/"})
        town.deploy()

    assert (load.wrong, inner.wrong) == ([], [])
    assert town.fetch("api") == "api 2"


def test_a_failing_migration_stops_the_deploy_before_anything_new_runs(town: Town) -> None:
    town.service("api", port=3001, migration=MIGRATE)
    town.deploy()
    assert "api: applied 0001_first" in town.told
    before = town.containers()

    town.service("api", "2", port=3001, migration=MIGRATE, env={"MIGRATION": "fails"})
    with Load(town, "api", clients=2) as load, pytest.raises(StepFailed) as failed:
        town.deploy()

    assert failed.value.step == "migrate:api"
    assert "applied 0001_first" in failed.value.detail
    assert town.containers() == before
    assert (load.wrong, set(load.answers)) == ([], {"api 1"})

    town.service("api", "3", port=3001, migration=MIGRATE)
    assert town.deploy().replaced == ("api",)
    assert town.fetch("api") == "api 3"


def test_replicas_all_serve_and_one_more_joins_them(town: Town) -> None:
    town.service("api", port=3001, replicas={"*": 2})
    town.deploy()
    assert sorted(town.containers()) == ["api-blue", "api-blue-2", "proxy"]

    town.service("api", port=3001, replicas={"*": 3})
    assert town.deploy().reasons == {"api": "2 of 3 replicas are there"}

    assert sorted(town.containers()) == ["api-blue", "api-blue-2", "api-blue-3", "proxy"]
    assert town.deploy().settled == ()


def test_the_same_image_under_another_name_restarts_nothing(town: Town) -> None:
    """Pitfall 56: what counts is what runs, not what it is called."""
    names = [f"{town.place.workspace}/server:{number}" for number in (1, 2)]
    for name in names:
        town.place.engine.tag(town.server, name)
    town.service("api", port=3001)
    by_id = town.server
    try:
        town.server = names[0]
        town.deploy()
        before = town.containers()
        for town.server in (names[1], by_id):
            assert town.deploy().unchanged == ("api",)
        assert town.containers() == before
    finally:
        for name in names:
            town.place.engine.client.images.remove(name, force=True)


def test_a_service_that_left_the_manifests_is_removed(town: Town) -> None:
    town.service("api")
    town.service("web")
    town.deploy()

    town.without("web")
    rollout = town.deploy()

    assert (rollout.removed, rollout.unchanged) == (("web",), ("api",))
    assert sorted(town.containers()) == ["api-blue", "proxy"]
    assert town.request("web")[0] == 404
    assert town.deploy().removed == ()


def test_a_service_that_gets_another_name_takes_its_port_and_host_over_without_a_gap(town: Town) -> None:
    """Pitfall 51: and while its first version does not come, who had them before answers."""
    town.service("web", port=3001, host="www")
    town.service("shop", port=3002, env={"PEER": "http://proxy:3001/"})
    town.deploy()
    town.without("web")

    with Load(town, "www", clients=2) as load, Load(town, "shop", clients=2, path="/peer") as inner:
        town.service("app", port=3001, host="www", migration=MIGRATE, env={"MIGRATION": "fails"})
        with pytest.raises(StepFailed, match="migrate:app"):
            town.deploy()
        never = SmokeTest("never", contains="nobody", writes=True, within=0.3)
        town.service("app", port=3001, host="www", smoke=(never,))
        with pytest.raises(StepFailed, match="smoke:app"):
            town.deploy()
        gone_back = load.answers["web 1"]
        until(lambda: load.answers["web 1"] > gone_back)
        town.service("app", port=3001, host="www")
        assert town.deploy().removed == ("web",)
        until(lambda: load.answers["app 1"] > 0 and inner.answers["app 1"] > 0)

    assert (load.wrong, inner.wrong, set(load.answers)) == ([], [], {"web 1", "app 1"})
    assert sorted(town.containers()) == ["app-blue", "proxy", "shop-blue"]


def test_two_environments_and_two_products_leave_each_other_alone(make_town: Callable[..., Town]) -> None:
    one, other = make_town(), make_town()
    one.service("api", "of one")
    one.service("shop", product="mall")
    other.service("api", "of other")

    one.deploy()
    other.deploy()
    one.deploy("mall")

    assert (one.fetch("api"), other.fetch("api")) == ("api of one", "api of other")
    assert one.fetch("shop") == "shop 1"
    assert other.request("shop")[0] == 404
    assert one.deploy().unchanged == ("api",)


@pytest.mark.alone
def test_two_products_deployed_at_once_both_serve(town: Town) -> None:
    town.service("api")
    town.service("shop", product="mall")
    failures: list[BaseException] = []

    def deploy(product: str) -> None:
        try:
            deploy_product(town.place, product, town.targets(product), town.told.append)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=deploy, args=(product,)) for product in ("town", "mall")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert (town.fetch("api"), town.fetch("shop")) == ("api 1", "shop 1")


def test_a_container_that_died_is_replaced(town: Town) -> None:
    town.service("api")
    town.deploy()
    town.place.engine.client.api.remove_container(town.containers()["api-blue"], force=True)
    assert town.request("api")[0] == 503

    assert town.deploy().reasons == {"api": "it does not run"}
    assert town.fetch("api") == "api 1"


def test_a_restarted_proxy_comes_back_to_the_same_routing(town: Town) -> None:
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.deploy()

    town.place.engine.client.containers.get(town.containers()["proxy"]).restart()
    until(lambda: town.fetch("api") == "api 2")

    assert town.deploy().unchanged == ("api",)


def test_a_removed_proxy_comes_back_to_the_same_routing(town: Town) -> None:
    town.service("api")
    town.deploy()
    api = town.containers()["api-blue"]
    town.place.engine.client.api.remove_container(town.containers()["proxy"], force=True)

    town.deploy()

    assert town.fetch("api") == "api 1"
    assert town.containers()["api-blue"] == api


def test_a_proxy_configured_by_another_version_is_configured_anew(town: Town) -> None:
    town.service("api")
    town.deploy()
    older = (
        "cd /state/proxy && cp -r $(readlink current) revision-0 && ln -sfn revision-0 current"
        " && sed -i 's/description .*/description older/; s/api.localhost/old.localhost/' current/haproxy.cfg"
    )
    proxy = town.place.engine.client.containers.get(town.containers()["proxy"])
    assert proxy.exec_run(["sh", "-c", older], user="0:0").exit_code == 0
    proxy.restart()
    until(lambda: town.request("api")[0] == 404)

    rollout = town.deploy()

    assert (rollout.replaced, town.fetch("api")) == ((), "api 1")
    assert town.deploy().settled == ()


def test_another_proxy_port_moves_the_proxy_and_restarts_no_service(town: Town) -> None:
    town.service("api")
    town.deploy()
    api = town.containers()["api-blue"]

    town.settings(proxy_port=free_port())
    [(_, reason)] = pending_targets(town.place, read_live(town.place), town.targets())
    town.deploy()

    assert str(reason) == "the proxy runs otherwise than declared"
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()
    assert town.fetch("api") == "api 1"
    assert town.containers()["api-blue"] == api


def test_a_taken_port_is_told_with_its_holder_and_leaves_nothing(make_town: Callable[..., Town]) -> None:
    holder, late = make_town(), make_town()
    holder.service("api")
    holder.deploy()
    late.service("api")
    late.settings(proxy_port=holder.place.environment.proxy_port)

    with pytest.raises(ToolError) as failed:
        late.deploy()

    assert f"is taken by the container {holder.place.named('proxy')}" in str(failed.value)
    assert "proxy_port in manifests/environments/test.toml" in str(failed.value)
    assert [line for line in late.told if line.startswith("proxy: ")] == []
    assert (late.containers(), late.volumes()) == ({}, set())


def test_containers_are_confined(town: Town) -> None:
    town.service("api", resources=Resources(cpus=0.5, memory=128 * 2**20))
    town.deploy()

    told = town.place.engine.client.api.inspect_container(town.containers()["api-blue"])

    host = told["HostConfig"]
    assert told["Config"]["User"] == "1001:1001"
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["RestartPolicy"]["Name"] == "always"
    assert (host["NanoCpus"], host["Memory"]) == (500_000_000, 128 * 2**20)


def test_a_rotated_secret_replaces_who_uses_it_and_stands_in_no_label(town: Town) -> None:
    town.secrets(TOKEN="first-value")
    town.service("api", port=3001, secret=("TOKEN",))
    town.service("web", port=3002)
    town.deploy()
    assert town.env_of("api")["TOKEN"] == "first-value"
    assert town.deploy().replaced == ()

    town.secrets(TOKEN="second-value")
    rollout = town.deploy()

    assert rollout.reasons == {"api": "its secrets have changed"}
    assert town.env_of("api")["TOKEN"] == "second-value"
    labels = town.place.engine.client.api.inspect_container(town.containers()["api-green"])["Config"][
        "Labels"
    ]
    assert "second-value" not in str(labels)


def test_missing_secrets_are_all_named_and_nothing_is_made(town: Town) -> None:
    town.service("api", secret=("TOKEN", "KEY"))

    with pytest.raises(ConfigurationError) as failed:
        town.deploy()

    assert [mistake.where for mistake in failed.value.mistakes] == ["secret KEY", "secret TOKEN"]
    assert (town.containers(), town.volumes()) == ({}, set())


def test_a_worker_without_http_is_judged_by_its_command(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    worker: dict[str, Any] = {"port": 0, "host": ""}
    town.service("worker", **worker, health_command=("node", "-e", "process.exit(0)"))
    assert town.deploy().replaced == ("worker",)
    before = town.containers()
    assert town.deploy().unchanged == ("worker",)

    town.settings(health_within=0.5)
    monkeypatch.setattr(health, "SHORTEST", 60.0)  # what its command says is waited for
    town.service(
        "worker",
        "2",
        **worker,
        health_command=("node", "-e", "console.log('queue is gone'); process.exit(3)"),
    )
    with pytest.raises(StepFailed, match="queue is gone"):
        town.deploy()
    assert town.containers() == before


@pytest.mark.parametrize("moment", ["started green", "stopped blue"])
def test_after_a_killed_deploy_the_next_one_converges(town: Town, moment: str, tmp_path: Path) -> None:
    town.service("api", port=3001)
    town.deploy()

    town.service("api", "2", port=3001)
    kill_deploy_when(town, moment, tmp_path)
    assert town.fetch("api") in ("api 1", "api 2")

    town.deploy()

    assert town.fetch("api") == "api 2"
    assert sorted(town.containers()) in (["api-blue", "proxy"], ["api-green", "proxy"])
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def test_a_second_deploy_of_a_product_is_refused_with_the_name_of_the_first(
    town: Town, tmp_path: Path
) -> None:
    town.service("api")
    child = start_deploy(town, tmp_path)
    try:
        until(lambda: any(held.product for held in read_locks(town.place)))
        with pytest.raises(StepFailed, match=rf"is held by .*process {child.pid}"):
            town.deploy()
    finally:
        child.kill()
        child.communicate()
    until(lambda: "town-lock" not in town.containers())


def test_no_secret_is_shown_of_what_containers_say(town: Town) -> None:
    town.secrets(TOKEN="hunter2")
    town.service("api", port=3001, secret=("TOKEN",), migration=MIGRATE)
    town.deploy()
    assert "api: the token is ***" in town.told

    town.service("api", "2", port=3001, secret=("TOKEN",), env={"BROKEN": "crash"})
    with pytest.raises(StepFailed) as failed:
        town.deploy()

    assert "the token is ***" in failed.value.detail
    assert "hunter2" not in f"{failed.value} {failed.value.detail} {town.told} {read_logs(town.place, 'api')}"


def test_a_health_command_that_hangs_has_failed_and_is_told_of_before(town: Town) -> None:
    town.settings(health_within=2.0)
    town.service("worker", port=0, host="", health_command=("sleep", "600"))

    with pytest.raises(
        StepFailed, match=r"not healthy within 2 s .*; .* it has not ended within [12]\.?\d* s"
    ):
        town.deploy()

    (waited,) = (line for line in town.told if "not healthy yet" in line)
    assert waited.endswith("within 2 s (`health_within`): its health command has not ended")


def test_a_failing_health_command_shows_no_secret(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.settings(health_within=0.5)
    monkeypatch.setattr(health, "SHORTEST", 60.0)
    town.secrets(TOKEN="hunter2")
    tell = ("node", "-e", "console.log(process.env.TOKEN); process.exit(3)")
    town.service("worker", port=0, host="", secret=("TOKEN",), health_command=tell)

    with pytest.raises(StepFailed, match=r"\(exit code 3\): \*\*\*"):
        town.deploy()


@pytest.mark.parametrize(
    ("moment", "remaining"),
    [
        ("started green", ["api-blue", "api-green", "proxy"]),
        ("applied 0001_first", ["api-blue", "proxy"]),
        ("healthy", ["api-blue", "api-green", "proxy"]),
        ("api: greets", ["api-blue", "api-green", "proxy"]),
    ],
)
def test_who_loses_the_lock_touches_nothing_more(town: Town, moment: str, remaining: list[str]) -> None:
    town.switches(10, 100)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001, migration=MIGRATE, smoke=(SmokeTest("greets", contains="api"),))

    with pytest.raises(StepFailed, match="the lock was lost"):
        deploy_product(town.place, "town", town.targets(), losing_the_lock(town, moment))

    assert ("api: started green" in town.told) is ("api-green" in remaining)
    assert sorted(town.containers()) == remaining
    assert town.fetch("api") == "api 1"
    [route] = read_routes(town.place)["town"]
    assert (route.side(Colour.BLUE).share, route.trial) == (100, None), "no share without the lock"


@pytest.mark.parametrize(("first", "version"), [("town", "2"), ("mall", "1")])
def test_a_service_that_moves_to_another_product_serves_on(town: Town, first: str, version: str) -> None:
    town.service("api", port=3001)
    town.service("web", port=3002)
    town.deploy()
    town.service("web", version, port=3002, product="mall")

    removed = town.deploy(first).removed
    assert (removed, town.request("web")[0]) == ((), 200)
    for product in ("town", "mall", "town"):
        assert town.deploy(product).removed == ()

    assert town.fetch("web") == f"web {version}"
    assert (town.deploy("town").settled, town.deploy("mall").settled) == ((), ())
    town.without("web")
    assert town.deploy("mall").removed == ("web",)
    assert town.request("web")[0] == 404


def test_a_proxy_that_cannot_start_leaves_the_former_one_serving(town: Town) -> None:
    town.service("api")
    town.deploy()
    before, port = town.containers(), town.place.environment.proxy_port

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        town.settings(proxy_port=holder.getsockname()[1])
        with pytest.raises(ToolError, match="is taken by"):
            town.deploy()

    assert [line for line in town.told if line.startswith("proxy: made")] == [
        "proxy: made as it was, the new one does not start"
    ]
    town.settings(proxy_port=port)
    until(lambda: town.fetch("api") == "api 1")
    assert town.containers() == before
    assert town.deploy().unchanged == ("api",)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_proxy_whose_replacement_was_killed_comes_back(town: Town, is_stopped: bool) -> None:
    town.service("api")
    town.deploy()
    before = town.containers()
    proxy = town.place.engine.client.containers.get(before["proxy"])
    proxy.rename(town.place.named("proxy-former"))
    assert [route.service for route in read_routes(town.place)["town"]] == ["api"], "whoever asks meanwhile"
    if is_stopped:
        proxy.stop(timeout=1)
        create_container(town.place, proxy_specification(town.place))

    town.deploy()

    assert town.fetch("api") == "api 1"
    assert town.containers() == before


def test_names_that_two_environments_would_share_are_refused(make_town: Callable[..., Town]) -> None:
    one = make_town()
    other = make_town(f"{one.place.workspace}-eu")
    one.settings(name="eu-test")
    one.service("api")
    other.service("api")
    assert one.place.prefix == other.place.prefix
    one.deploy()

    with pytest.raises(ConfigurationError) as failed:
        other.deploy()

    prefix = one.place.prefix
    assert [mistake.where for mistake in failed.value.mistakes] == [
        f"network {prefix}",
        f"volume {prefix}-state",
    ]
    assert f"the environment eu-test of the workspace {one.place.workspace}" in str(failed.value)
    assert (other.containers(), other.volumes()) == ({}, set())
    assert one.deploy().unchanged == ("api",)


def losing_the_lock(town: Town, moment: str) -> Callable[[str], None]:
    """Take a deployment's lock away at the line it tells that contains `moment`."""

    def tell(line: str) -> None:
        town.told.append(line)
        lock = town.containers().get("town-lock")
        if moment in line and lock:
            town.place.engine.client.api.remove_container(lock, force=True)

    return tell
