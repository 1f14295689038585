"""Errors of the API: each is told with where, what and the way out; what may have been done is not done twice."""

from __future__ import annotations

import pytest

from buildgraph.coolify.api import Refusal
from buildgraph.errors import ConfigurationError
from tests.coolify.borough import Borough, refused, upgraded
from tests.support.coolify import TOKEN
from tests.support.coolify_state import Fault

pytestmark = pytest.mark.thorough

WORDS = {
    "another token": (401, '{"message": "Unauthenticated."}', "Unauthenticated.", "COOLIFY_TOKEN"),
    "a token that may not": (
        403,
        '{"message": "Missing required permissions: deploy"}',
        "Missing required permissions: deploy",
        "read, read:sensitive, write and deploy",
    ),
    "a field that it does not know": (
        422,
        '{"message": "Validation failed.", "errors": {"limits_cpus": ["This field is not allowed."]}}',
        "Validation failed.; limits_cpus: This field is not allowed.",
        "docs/COOLIFY.md",
    ),
    "a page instead of an answer": (
        500,
        "<h1>Server Error</h1>",
        "<h1>Server Error</h1>",
        "look at the server",
    ),
    "a way elsewhere": (302, "", "302", "write the address it answers at as `url`"),
}


@pytest.mark.parametrize(("status", "body", "said", "way_out"), WORDS.values(), ids=WORDS)
def test_an_error_says_where_what_and_the_way_out_and_the_former_version_stays(
    borough: Borough, status: int, body: str, said: str, way_out: str
) -> None:
    """Pitfall 60: the body of an error is shown (earthobservations/wetterdienst PR 1859)."""
    upgraded(borough)
    borough.server.faults.append(
        Fault("PATCH", "/applications/api", status, body, headers={"Location": "/login"})
    )

    told = refused(borough)

    assert told.startswith(f"PATCH {borough.server.url}/api/v1/applications/api: {status}")
    assert said in told and way_out in told
    assert TOKEN not in told
    assert borough.answers("api") == "api 1"


@pytest.mark.parametrize(("method", "status", "shown"), [("PATCH", 500, 500), ("GET", 200, 80)])
def test_a_token_in_an_answer_is_not_shown_in_part_where_that_is_cut(
    borough: Borough, method: str, status: int, shown: int
) -> None:
    upgraded(borough)
    page = "-" * (shown - 6) + TOKEN
    borough.server.faults.append(Fault(method, "/applications/api", status, page, 99))

    told = refused(borough)

    assert "-***" in told and TOKEN[:3] not in told


def test_a_wrong_token_changes_nothing_and_is_shown_nowhere(borough: Borough) -> None:
    borough.service("api")
    borough.token("2|wrongT0ken")

    told = refused(borough)

    assert "401: Unauthenticated." in told and "wrongT0ken" not in told
    assert borough.deployed() == []


def test_without_a_token_nobody_is_asked(borough: Borough) -> None:
    borough.service("api")
    borough.token("")

    assert refused(borough).startswith(
        "manifests/environments/test.toml: coolify: COOLIFY_TOKEN has no value\n"
    )
    assert borough.server.requests == []


def test_a_token_that_may_not_see_values_is_told_before_anything_changes(borough: Borough) -> None:
    borough.service("api")
    borough.deploy()
    borough.server.shows_values = False
    borough.service("api", "2")

    assert "hides the values of variables from this token" in refused(borough)
    assert borough.deployed() == []


def test_an_application_that_is_not_there_is_told_with_its_key(borough: Borough) -> None:
    borough.service("api")
    borough.coolify(applications={"api": "apj"})

    with pytest.raises(
        ConfigurationError, match=r"test\.toml: coolify\.applications\.api: there is no application apj"
    ):
        borough.deploy()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_gateway_that_fails_once_is_asked_again(borough: Borough, method: str) -> None:
    upgraded(borough)
    borough.server.faults.append(Fault(method, "/api/v1/", 502, "<h1>Bad gateway</h1>"))

    assert borough.deploy() == "town-0002"
    assert borough.answers("api") == "api 2"


def test_too_many_requests_are_repeated_when_the_server_says(borough: Borough) -> None:
    upgraded(borough)
    borough.server.faults.append(
        Fault("POST", "/deploy", 429, '{"message": "Too Many Attempts."}', 2, {"Retry-After": "0"})
    )

    assert borough.deploy() == "town-0002"
    assert borough.server.deployments[-1].app.image == borough.image("api")
    assert len([d for d in borough.server.deployments if d.app.uuid == "api"]) == 2


def test_an_answer_that_is_lost_starts_no_second_deployment(borough: Borough) -> None:
    """What may have been done is not done twice: the deployment that came is the one that was asked for."""
    upgraded(borough)
    borough.server.faults.append(Fault("POST", "/deploy", 502, "<h1>Bad gateway</h1>", is_carried_out=True))

    assert borough.deploy() == "town-0002"
    assert len([d for d in borough.server.deployments if d.app.uuid == "api"]) == 2


def test_a_deploy_that_was_not_carried_out_fails_and_leaves_the_former_version(borough: Borough) -> None:
    upgraded(borough)
    borough.server.faults.append(Fault("POST", "/deploy", 502, "<h1>Bad gateway</h1>"))

    assert "POST" in refused(borough)
    assert borough.answers("api") == "api 1"
    assert borough.deploy() == "town-0002"


def test_a_server_that_is_not_there_is_told(borough: Borough) -> None:
    borough.service("api")
    borough.coolify(url="http://127.0.0.1:9")

    with pytest.raises(
        Refusal, match=r"GET http://127\.0\.0\.1:9/api/v1/applications/\w+/envs: no answer: .*refused"
    ):
        borough.platform.history()


def test_a_refusal_whose_words_break_off_is_a_refusal(borough: Borough) -> None:
    borough.server.faults.append(Fault("GET", "/version", 403, "{", headers={"Content-Length": "1000"}))

    with pytest.raises(Refusal, match=r"403.*its answer broke off") as refused:
        borough.place.api.version()

    assert refused.value.status == 403
