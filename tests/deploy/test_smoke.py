"""Smoke tests through the real public route, and what a failure tells."""

from __future__ import annotations

import pytest

from buildgraph.deploy import smoke
from buildgraph.deploy.smoke import mismatch, run_smoke
from buildgraph.errors import StepFailed
from buildgraph.manifests.model import SmokeTest
from buildgraph.traffic.door import Answer, Request, render_request
from tests.support.town import Town


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (Answer(200, "all ok"), ""),
        (Answer(503, "all ok"), "expected status 200, got 503"),
        (Answer(200, "<html>"), "expected 'ok' in the answer, which is another"),
        (Answer(0, "no answer: refused"), "expected status 200, got no answer: refused"),
    ],
    ids=["as expected", "another status", "another text", "no answer"],
)
def test_an_answer_is_judged_by_status_and_text(answer: Answer, wrong: str) -> None:
    assert mismatch(SmokeTest("up", contains="ok"), answer) == wrong


def test_a_request_from_inside_is_written_as_http() -> None:
    request = Request("POST", "/chat", {"Host": "api", "Connection": "close"}, '{"text":"ä"}'.encode())

    assert render_request(request) == (
        'POST /chat HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: 13\r\n\r\n{"text":"ä"}'
    )


@pytest.mark.engine
def test_smoke_tests_pass_through_the_public_route_and_tell_one_line_each(town: Town) -> None:
    town.service("api", smoke=(SmokeTest("root", contains="api 1"), SmokeTest("health", "/health")))
    town.service("inner", host="", smoke=(SmokeTest("from inside", contains="inner 1"),))
    town.deploy()
    town.told.clear()

    results = run_smoke(town.place, town.services.values(), town.told.append)

    assert [(result.service, result.test, result.attempts) for result in results] == [
        ("api", "root", 1),
        ("api", "health", 1),
        ("inner", "from inside", 1),
    ]
    assert [line.partition(" (")[0] for line in town.told] == [
        "api: root",
        "api: health",
        "inner: from inside",
    ]


class Clock:
    """A clock that nothing but waiting moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.engine
def test_a_failing_smoke_test_tells_what_was_expected_what_came_and_how_long_it_tried(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.service("api")
    town.deploy()
    monkeypatch.setattr(smoke, "time", Clock())
    town.service("api", smoke=(SmokeTest("root", "/", contains="api 2", within=1.2),))

    with pytest.raises(StepFailed) as failed:
        run_smoke(town.place, town.services.values(), town.told.append)

    assert failed.value.step == "smoke:api"
    assert failed.value.what == (
        "root: GET api.localhost/: expected 'api 2' in the answer, which is another (tried 3 times in 1.0 s)"
    )
    assert failed.value.detail == "api 1"


@pytest.mark.engine
def test_a_smoke_test_of_a_service_that_does_not_run_says_so(town: Town) -> None:
    town.service("api")
    town.deploy()
    town.service("web", smoke=(SmokeTest("root", within=0.1),))

    with pytest.raises(StepFailed, match="expected status 200, got 404"):
        run_smoke(town.place, town.services.values(), town.told.append)
