"""A real cluster behind the usual verbs: deployed, deployed again, broken, brought back, killed, and side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.kubernetes.harbour import KUBECONFIG, MIGRATE, SMOKE, Harbour
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(900)]


MIGRATE_LONG = """
import { existsSync } from 'node:fs';
setInterval(() => existsSync('/tmp/enough') && process.exit(0), 100);
"""


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory, registry: str) -> Iterator[Harbour]:
    """A repository with two environments of its own on the cluster."""
    assert KUBECONFIG.is_file(), "no cluster: run script/kubernetes"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(KUBECONFIG))
        made = Harbour(tmp_path_factory.mktemp("kubernetes") / "harbour", registry)
        yield made
        made.raze()


@pytest.fixture
def shop(harbour: Harbour) -> Iterator[Harbour]:
    """The shop in its first version, released in alpha; edits are taken back at the end."""
    with harbour.taken_back("-e", "secrets.env"):
        harbour.write("secrets.env", "DATABASE_URL=postgres://first-secret\n")
        harbour.must("deploy:shop", "env=alpha", "force=yes")
        yield harbour


def test_what_is_deployed_runs_answers_and_is_not_touched_by_the_same_again(shop: Harbour) -> None:
    before = shop.pods()

    again = shop.deploy()

    assert (again.code, "== nothing to do" in again.err) == (0, True), again.err
    assert shop.pods() == before
    assert {name: len(pods) for name, pods in before.items()} == {"api": 1, "web": 1}
    assert shop.state() == {"api": ("healthy", True), "web": ("healthy", True)}
    assert shop.answer("api") == "api 1 alpha"
    assert shop.told("plan", "deploy:shop", "env=alpha")["steps"] == []
    assert shop.told("affected", "--base", "deployed:alpha", "--kind", "deployment")["nodes"][0]["id"] == (
        "deployment:alpha/mail"
    )


def test_one_change_replaces_exactly_this_and_makes_a_release(shop: Harbour) -> None:
    before = shop.pods()
    shop.says("api", "api 2")
    commit = shop.commit()

    ran = shop.must("deploy:shop", "env=alpha")

    after = shop.pods()
    assert after["web"] == before["web"]
    assert set(after["api"]).isdisjoint(before["api"])
    assert shop.answer("api") == "api 2 alpha"
    assert "api: the api answers" in ran.err
    last = shop.told("releases", "shop", "env=alpha")["releases"][-1]
    assert (last["commit"], last["running"]) == (commit, True)
    assert last["services"][0]["image"].startswith(f"{shop.registry}/{shop.name}/api@sha256:")
    assert shop.objects("deployments")["api"]["metadata"]["annotations"]["buildgraph/release"] == last["name"]


def test_a_version_that_is_never_well_goes_back_and_what_ran_goes_on(shop: Harbour) -> None:
    """Pitfall 51: its last lines are shown, and the old containers were never touched."""
    before, releases = shop.pods(), shop.releases(environment="alpha")
    shop.write("services/api/server.mjs", "console.log('out of ink'); process.exit(7)\n")

    with shop.start_deploy() as child:
        until(lambda: 7 in shop.exit_codes("api"))
        hurry = '{"spec": {"progressDeadlineSeconds": 1}}'  # what follows is the same after `health_within`
        shop.kubectl("patch", "deployment", "api", "--type=merge", f"--patch={hurry}")
        _, told = child.communicate()

    assert child.returncode == 1
    assert "deploy:api: its new version is not well after" in told
    assert "exit code 7" in told
    assert "| out of ink" in told
    assert "api: the version before runs" in told
    assert shop.pods() == before
    assert shop.answer("api") == "api 1 alpha"
    assert shop.state() == {"api": ("healthy", False), "web": ("healthy", True)}
    assert shop.releases(environment="alpha") == releases
    shop.says("api", "api 3")
    shop.must("deploy:shop", "env=alpha")
    assert shop.answer("api") == "api 3 alpha"


def test_a_version_that_fails_its_smoke_tests_goes_back(shop: Harbour) -> None:
    shop.says("api", "something else")

    ran = shop.deploy()

    assert ran.code == 1
    assert "smoke:api: the api answers" in ran.err
    assert shop.answer("api") == "api 1 alpha", ran.err
    events = shop.told("releases", "--events", "env=alpha")["events"]
    assert events[-1]["kind"] == "deploy-failed"


@pytest.mark.long
def test_a_version_that_the_cluster_has_dropped_is_gone_back_to_all_the_same(shop: Harbour) -> None:
    """A cluster keeps so many former versions, those that were made last, whatever has run since."""
    sets = shop.objects("replicasets")
    [before] = [name for name in sets if name.startswith("api-") and sets[name]["spec"]["replicas"]]
    shop.says("api", "something else")

    told = []
    with shop.start_deploy() as child:
        assert child.stderr is not None
        for line in child.stderr:
            told.append(line)
            if "api: 1 well after" in line:
                shop.kubectl("delete", "replicaset", before)

    assert (child.returncode, any("api: the version before runs" in line for line in told)) == (1, True), told
    assert shop.answer("api") == "api 1 alpha"


def test_a_rollback_returns_to_the_release_before_and_a_second_one_to_what_it_left(shop: Harbour) -> None:
    shop.says("api", "api 2")
    shop.declare_shop(env={"DATABASE_URL": {"secret": True}, "LEVEL": "changed"})
    shop.commit()
    shop.must("deploy:shop", "env=alpha")
    assert shop.answer("api") == "api 2 changed"

    shop.must("rollback:shop", "env=alpha")
    assert shop.answer("api") == "api 1 alpha"
    shop.must("rollback:shop", "env=alpha")

    assert shop.answer("api") == "api 2 changed"
    assert shop.told("releases", "shop", "env=alpha")["releases"][-1]["kind"] == "rollback"


def test_a_migration_runs_from_the_new_image_before_it_serves(shop: Harbour) -> None:
    shop.write("services/api/migrate.mjs", "console.log('adding a column');\n")

    ran = shop.must("deploy:shop", "env=alpha")

    assert "api: adding a column" in ran.err
    assert ran.err.index("api: migrated in") < ran.err.index("api: applied")
    assert shop.objects("jobs") == {}


def test_a_migration_that_fails_stops_the_deploy_and_shows_its_lines(shop: Harbour) -> None:
    """Pitfall 59: nothing of the new version has served."""
    before = shop.pods()
    shop.write("services/api/migrate.mjs", MIGRATE.format(code=3))

    ran = shop.deploy()

    assert ran.code == 1
    assert "migrate:api: the migration failed" in ran.err
    assert "| migrating as alpha" in ran.err
    assert shop.pods() == before
    assert shop.state()["api"] == ("healthy", False)


def test_a_rotated_secret_redeploys_exactly_its_service_and_is_told_nowhere(shop: Harbour) -> None:
    before = shop.pods()
    shop.write("secrets.env", "DATABASE_URL=postgres://second-secret\n")

    ran = shop.must("deploy:shop", "env=alpha")

    after = shop.pods()
    assert "api: its secrets have changed" in ran.err
    assert after["web"] == before["web"]
    assert set(after["api"]).isdisjoint(before["api"])
    told = shop.kubectl("get", "deployments,replicasets,configmaps,leases,events", "-o", "json")
    for text in (ran.err, ran.out, told):
        assert "second-secret" not in text
    sealed = [name for name in shop.objects("secrets") if name.startswith("api-secrets-")]
    assert len(sealed) == 2  # the version before has its own, for as long as the cluster can go back to it
    assert "last-applied-configuration" not in shop.kubectl("get", "secrets", "-o", "json")


def test_a_deploy_that_was_killed_is_completed_by_the_next_one(shop: Harbour) -> None:
    """Pitfall 48: the lock of the dead is taken over."""
    shop.says("api", "api 2")
    shop.kill_deploy_at("api: applied")

    ran = shop.must("deploy:shop", "env=alpha")

    assert "release shop-" in ran.err
    assert shop.answer("api") == "api 2 alpha"
    assert shop.told("lock", "env=alpha")["locks"] == []


@pytest.mark.long
def test_a_broken_version_that_a_killed_deploy_left_goes_back_to_the_last_release(shop: Harbour) -> None:
    shop.settings(health_within=8)
    shop.write("services/api/server.mjs", "process.exit(1)\n")
    shop.kill_deploy_at("api: applied")

    assert shop.deploy().code == 1

    assert shop.answer("api") == "api 1 alpha"
    assert shop.state()["api"] == ("healthy", False)


@pytest.mark.long
def test_a_healthy_version_that_a_killed_deploy_left_goes_back_when_its_smoke_tests_fail(
    shop: Harbour,
) -> None:
    """The second run finds nothing to bring: what it takes back is what the first one brought."""
    shop.says("api", "something else")
    shop.kill_deploy_at("api: 1 well after")

    ran = shop.deploy()

    assert (ran.code, "smoke:api: the api answers" in ran.err) == (1, True), ran.err
    assert shop.answer("api") == "api 1 alpha", ran.err


@pytest.mark.long
def test_what_a_failed_version_has_changed_around_its_pods_goes_with_the_next_deploy(shop: Harbour) -> None:
    """Going back takes pods back, and leaves the Service as the failed version had it."""
    shop.says("api", "something else")
    shop.declare_shop(port=3005)
    failed = shop.deploy()

    shop.says("api", "api 1")
    shop.declare_shop()
    ran = shop.must("deploy:shop", "env=alpha")

    assert failed.code == 1
    assert "api: a version was taken back" in ran.err, failed.err + ran.err
    assert shop.objects("services")["api"]["spec"]["ports"][0]["port"] == 3001
    assert shop.answer("api") == "api 1 alpha"
    assert "== nothing to do" in shop.deploy().err


@pytest.mark.long
def test_two_environments_stand_side_by_side_and_differ_by_their_data(shop: Harbour) -> None:
    before = shop.pods()
    shop.settings("beta", values={"LEVEL": "other"})
    shop.declare_shop(replicas={"*": 1, "beta": 2}, resources={"cpus": 0.5}, autoscale={"most": 3})

    ran = shop.must("deploy:shop", "env=beta")

    assert shop.answer("api", "beta") == "api 1 other"
    assert (len(shop.pods("beta")["api"]), shop.pods()) == (2, before)
    for kind, version in (
        ("PodDisruptionBudget", "policy/v1"),
        ("HorizontalPodAutoscaler", "autoscaling/v2"),
    ):
        assert f"api: without its {kind}, for this cluster does not know {version}" in ran.err
    shop.must("down", "env=beta")
    assert shop.objects("deployments,services,networkpolicies", "beta") == {}
    assert shop.releases(environment="beta") == ["shop-0001"]


@pytest.mark.long
def test_a_number_that_is_asked_for_outlives_deploys_and_health_tells_each(shop: Harbour) -> None:
    before = shop.pods()
    shop.must("scale:shop", "service=api", "to=2", "env=alpha")
    scaled = shop.pods()
    shop.says("api", "api 2")

    shop.must("deploy:shop", "env=alpha")

    assert (len(scaled["api"]), set(before["api"]) <= set(scaled["api"])) == (2, True)
    assert len(shop.pods()["api"]) == 2
    told = shop.run("health", "api", "env=alpha", "--format", "json")
    assert [found["is_well"] for found in json.loads(told.out)["containers"]] == [True, True]
    shop.must("scale:shop", "service=api", "to=manifest", "env=alpha")
    assert len(shop.pods()["api"]) == 1
    assert shop.pods()["web"] == before["web"]


@pytest.mark.long
def test_of_two_deploys_at_once_the_second_is_refused_by_the_first_one_s_name(shop: Harbour) -> None:
    """Pitfall 48: nothing interleaves; the first one's signs of life tell the second that it is alive."""
    shop.write("services/api/migrate.mjs", MIGRATE_LONG)
    shop.declare_shop(migration={"command": ["node", "/app/migrate.mjs"], "within": 300})
    first = shop.start_deploy()
    assert first.stderr is not None
    assert any("its fingerprint differs from what runs" in line for line in first.stderr)

    second = shop.deploy()
    until(lambda: shop.objects("jobs") != {})
    [migration] = shop.objects("jobs")
    shop.kubectl("exec", f"job/{migration}", "--pod-running-timeout=5m", "--", "touch", "/tmp/enough")
    first.communicate()

    assert second.code == 1
    assert "lock of shop: is held by" in second.err
    assert f"process {first.pid}" in second.err
    assert first.returncode == 0


def test_a_kept_lock_refuses_deploys_by_its_holder_s_name(shop: Harbour) -> None:
    shop.must("lock", "shop", "--reason", "inventory", "env=alpha")
    shop.says("api", "api 2")

    refused, down = shop.deploy(), shop.run("down", "env=alpha")

    assert (refused.code, down.code) == (1, 1)
    for ran in (refused, down):
        assert "(inventory)" in ran.err
    assert shop.answer("api") == "api 1 alpha"
    shop.must("lock", "shop", "--release", "env=alpha")
    assert shop.told("lock", "env=alpha")["locks"] == []
    assert shop.told("releases", "--events", "env=alpha")["events"][-1]["kind"] == "lock-released"


def test_a_service_that_left_the_manifests_is_removed_with_all_that_it_was_made_of(shop: Harbour) -> None:
    shop.declare("shop", api={"port": 3001, "host": "api", "smoke": SMOKE})

    ran = shop.must("deploy:shop", "env=alpha")

    assert "web: removed, for it left the manifests" in ran.err
    kinds = "deployments,services,ingresses,networkpolicies"
    assert set(shop.objects(kinds)) == {"api"}


def test_what_a_service_prints_is_told_by_its_pods(shop: Harbour) -> None:
    shop.write("services/web/server.mjs", "console.log('good morning');\n" + _server(shop, "web"))
    shop.must("deploy:shop", "env=alpha")
    shop.the_old_have_ended()

    ran = shop.must("logs", "web", "env=alpha")

    assert ran.out.startswith("web-")
    assert ran.out.endswith("| good morning\n")
    assert shop.run("logs", "wep", "env=alpha").code == 2


def test_a_cluster_that_does_not_answer_is_a_tool_that_failed(shop: Harbour) -> None:
    shop.write(
        "manifests/environments/alpha.toml",
        'registry = "127.0.0.1:1/x"\n[kubernetes]\ncontext = "nobody"\nnamespace = "x"\n',
    )

    ran = shop.run("status", "env=alpha")

    assert ran.code == 3
    assert 'context "nobody" does not exist' in ran.err
    assert "`kubectl --context nobody get nodes` must work on this machine" in ran.err


def _server(shop: Harbour, service: str) -> str:
    return (shop.root / f"services/{service}/server.mjs").read_text()
