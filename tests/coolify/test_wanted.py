"""What an application is set to, and what Coolify could not carry."""

from __future__ import annotations

import pytest

from buildgraph.coolify.answers import Application, Setting, parse_deployment, parse_variables
from buildgraph.coolify.api import NewVariable, once, said
from buildgraph.coolify.wanted import wanted_settings, wanted_variables
from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Migration, Resources
from tests.coolify.borough import Borough


def test_an_image_is_named_by_its_digest(borough: Borough) -> None:
    borough.service("api", resources=Resources(0.5, 512 * 2**20))
    (target,) = borough.targets()

    digest = target.image.partition("@sha256:")[2]
    assert wanted_settings(borough.place, target, Application("api", "api", "")) == {
        "docker_registry_image_name": "registry.test/acme/api",
        "docker_registry_image_tag": f"sha256-{digest}",
        "ports_exposes": "3001",
        "domains": "http://api.localhost",
        "health_check_enabled": True,
        "health_check_interval": 5,
        "health_check_timeout": 5,
        "health_check_retries": 12,
        "health_check_start_period": 1,
        "health_check_path": "/health",
        "health_check_port": "3001",
        "health_check_host": "127.0.0.1",
        "health_check_method": "GET",
        "health_check_scheme": "http",
        "health_check_return_code": 200,
        "limits_cpus": "0.5",
        "limits_memory": "536870912",
    }


def test_a_worker_is_asked_by_its_command_and_has_no_address(borough: Borough) -> None:
    borough.service(
        "worker", port=0, host="", health="", health_command=("worker", "--alive", "a b"), smoke=()
    )
    (target,) = borough.targets()

    settings = wanted_settings(borough.place, target, Application("api", "api", ""))

    assert (settings["health_check_type"], settings["health_check_command"]) == (
        "cmd",
        "worker --alive 'a b'",
    )
    assert {"domains", "ports_exposes", "health_check_path"} & settings.keys() == set()


def test_a_service_that_was_a_worker_is_asked_by_its_path_again(borough: Borough) -> None:
    """Older versions of Coolify refuse a field that they do not tell."""
    borough.service("api")
    (target,) = borough.targets()

    newer = Application("api", "api", "", {"health_check_type": "cmd"})
    assert newer.differs(wanted_settings(borough.place, target, newer))["health_check_type"] == "http"
    older = Application("api", "api", "")
    assert "health_check_type" not in wanted_settings(borough.place, target, older)


VALUES = {
    "a space at its end": ("a ", "begins or ends with a space, which Coolify takes away"),
    "a shared variable": ("{{team.X}}", "is taken for a shared variable by Coolify"),
    "a quote": ("it's", "has a single quote, which Coolify cannot write"),
    "JSON with a price": (
        '{"price": "$5"}',
        "looks like JSON, which Coolify writes without quotes, and has a $, a # or a new line",
    ),
}


@pytest.mark.parametrize(("value", "wrong"), VALUES.values(), ids=VALUES)
def test_a_value_that_coolify_cannot_carry_is_refused_and_not_shown(
    borough: Borough, value: str, wrong: str
) -> None:
    borough.service("api", env={"ODD": value})

    with pytest.raises(ConfigurationError) as error:
        borough.deploy()

    assert str(error.value) == f"service api: env.ODD: {wrong}\n  write or encode the value otherwise"
    assert borough.server.writes() == []


@pytest.mark.parametrize("value", ["a$b", 'say "a"', "two\nlines", "", '{"a": 1}', "a\\b"])
def test_other_values_arrive_as_they_are(borough: Borough, value: str) -> None:
    borough.service("api", env={"ODD": value})
    found = {variable.key: variable for variable in wanted_variables(borough.place, borough.services["api"])}

    assert found["ODD"].body == {
        "key": "ODD",
        "value": value,
        "is_preview": False,
        "is_literal": True,
        "is_multiline": "\n" in value,
    }
    borough.deploy()
    assert borough.env_of("api")["ODD"] == value
    assert borough.pending() == {}


def test_a_migration_is_refused_unless_this_machine_may_run_it(borough: Borough) -> None:
    """Pitfall 59: what would run in the old version's container is no migration of the new one."""
    borough.service("api", migration=Migration(("node", "migrate.mjs")))

    with pytest.raises(ConfigurationError) as error:
        borough.deploy()

    assert str(error.value).startswith(
        "service api: migration: Coolify runs no command of a new image before that serves\n"
        '  write migrations = "here" below [coolify]'
    )
    assert borough.server.writes() == []


@pytest.mark.parametrize(
    ("status", "is_healthy"),
    [("running", True), ("running:healthy", True), ("running:unhealthy", False), ("running:unknown", False),
     ("exited", False), ("exited:unhealthy", False), ("restarting:unknown", False), ("", False)],
)  # fmt: skip
def test_an_application_is_well_when_its_container_runs_and_its_check_passes(
    status: str, is_healthy: bool
) -> None:
    assert Application("a", "a", status).is_healthy is is_healthy


def test_settings_differ_by_what_they_mean_not_by_how_json_writes_them() -> None:
    found = Application(
        "a", "a", "", {"limits_cpus": "0", "health_check_port": 3001, "health_check_enabled": 1}
    )

    wanted: dict[str, Setting] = {
        "limits_cpus": "0",
        "health_check_port": "3001",
        "health_check_enabled": True,
        "limits_memory": "5",
    }
    assert found.differs(wanted) == {"limits_memory": "5"}


def test_variables_of_previews_are_none_and_printing_one_shows_no_value() -> None:
    told = [
        {"id": 2, "uuid": "b", "key": "B", "value": "s3cr3t", "is_preview": True, "updated_at": None},
        {"id": 1, "uuid": "a", "key": "A", "value": "s3cr3t", "updated_at": "2026-01-31T12:00:00.000000Z"},
    ]

    (found,) = parse_variables(told)

    assert (found.key, found.value) == ("A", "s3cr3t")
    assert "s3cr3t" not in repr(found) + repr(NewVariable("A", "s3cr3t"))


LOGS = {
    "took over": ('[{"output": "Rolling update completed."}]', True),
    "was taken back": (
        '[{"output": "Rolling update completed."}, '
        '{"output": "Deployment failed. Removing the new version of your application."}]',
        False,
    ),
    "hidden lines": ('[{"output": "Rolling update completed.", "hidden": true}]', False),
    "plain text": ("Rolling update completed.", True),
    "none": (None, False),
}


@pytest.mark.parametrize(("logs", "took_over"), LOGS.values(), ids=LOGS)
def test_whether_a_deployment_has_taken_over_stands_in_its_log(logs: str | None, took_over: bool) -> None:
    assert parse_deployment({"status": "failed", "logs": logs}).has_taken_over is took_over


def test_a_status_that_is_not_known_is_not_over() -> None:
    assert not parse_deployment({"status": "paused"}).stage.is_over


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"message": "No", "errors": {"a": ["x", "y"], "b": "z"}}', "No; a: x y; b: z"),
        ('{"error": "No such"}', "No such"),
        ("<p>\n gone </p>", "<p> gone </p>"),
        ("[1]", "[1]"),
        ("", ""),
    ],
)
def test_the_words_of_an_error_are_shown(text: str, words: str) -> None:
    assert said(text) == words


def test_a_log_that_is_given_twice_is_read_once() -> None:
    coloured = "\x1b[32mok\x1b[0m"

    assert once([coloured, "done", "ok", "done"]) == ["ok", "done"]
    assert once(["a", "b", "c"]) == ["a", "b", "c"]
    assert once([]) == []
