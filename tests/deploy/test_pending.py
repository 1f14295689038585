"""What a deployment has to change, decided on values: each reason, and nothing when all is as it shall be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from buildgraph.deploy.backing import backing_specification, told_differences
from buildgraph.deploy.live import Live, LiveService
from buildgraph.deploy.pending import departed_services, in_order, pending_targets, runs_as
from buildgraph.image.engine import Engine
from buildgraph.manifests.model import Backing, Environment, EnvValue, Resources, Service
from buildgraph.place.containers import Found
from buildgraph.place.model import Place, Target
from buildgraph.place.names import Colour
from buildgraph.place.scales import Scale
from buildgraph.place.secrets import Secrets, secrets_digest
from buildgraph.traffic.answers import Server
from buildgraph.traffic.directing import Traffic
from buildgraph.traffic.proxy import structure_of
from buildgraph.traffic.proxy_container import proxy_specification
from buildgraph.traffic.routes import Route, Side

API = Service("api", "chat", "nestjs", "api", port=3002, host="api", env={"TOKEN": EnvValue(secret=True)})
HERE = Environment("test")
PLACE = Place(cast(Engine, None), "acme", HERE, {}, Secrets({"TOKEN": "t"}), (API,))
TARGET = Target(API, "sha256:cafe", "", "beef")
KEY = b"key"
ROUTE = Route("api", 3002, "api.localhost", {Colour.BLUE: Side(1, 3002, "/health", 100)})
PROXY = proxy_specification(PLACE).labels["buildgraph.fingerprint"]
TRAFFIC = Traffic("running", PROXY, {"chat": (ROUTE,)}, structure_of({"chat": (ROUTE,)}), (), KEY)
SERVER = Server("api", "blue-1", "172.18.0.4:3002", "UP", 100, 0, "L7OK", "L7OK 200")


def container(name: str = "acme-test-api-blue", state: str = "running", **labels: str) -> Found:
    usual = {"fingerprint": "beef", "secrets": secrets_digest(KEY, API, HERE, PLACE.secrets)}
    usual |= {"image": TARGET.image}
    return Found("1", name, state, {f"buildgraph.{k}": v for k, v in {**usual, **labels}.items()}, 0)


RUNNING = LiveService("api", "chat", Colour.BLUE, (container(),), (), ROUTE, (SERVER,))


def live(service: LiveService | None = RUNNING, **traffic: Any) -> Live:
    return Live({"api": service} if service else {}, replace(TRAFFIC, **traffic))


def reasons(found: Live) -> list[tuple[str, bool]]:
    return [(reason.text, reason.replaces) for _, reason in pending_targets(PLACE, found, [TARGET])]


def test_what_is_live_and_healthy_needs_nothing() -> None:
    assert reasons(live()) == []


def test_a_former_version_in_its_window_is_left_alone() -> None:
    assert reasons(live(replace(RUNNING, kept=(container("green"),), window=5.0))) == []


@pytest.mark.parametrize(
    ("found", "text", "replaces"),
    [
        (live(None), "it does not run yet", True),
        (live(replace(RUNNING, colour=None, containers=())), "it does not run", True),
        (
            live(replace(RUNNING, containers=(container(fingerprint="dead"),))),
            "its fingerprint differs",
            True,
        ),
        (live(replace(RUNNING, containers=(container(secrets="dead"),))), "its secrets have changed", True),
        (
            live(replace(RUNNING, containers=(container(image="sha256:babe"),))),
            "it runs from another image",
            True,
        ),
        (
            live(
                replace(
                    RUNNING, containers=(container(), container("acme-test-api-blue-2", image="sha256:babe"))
                )
            ),
            "it runs from another image",
            True,
        ),
        (
            live(replace(RUNNING, containers=(container(), container("acme-test-api-blue-2")))),
            "2 of 1 replicas are there",
            False,
        ),
        (
            live(replace(RUNNING, containers=(container("acme-test-api-blue-2"),))),
            "one of its containers is gone",
            True,
        ),
        (live(replace(RUNNING, containers=(container(state="exited"),))), "a container is exited", True),
        (live(replace(RUNNING, servers=(replace(SERVER, status="DOWN"),))), "it is not healthy", True),
        (live(structure="", state="exited"), "the proxy does not run", False),
        (live(structure="older"), "the proxy does not send requests to it as it shall", False),
        (live(replace(RUNNING, servers=(replace(SERVER, share=0),))), "the proxy does not send", False),
        (
            live(replace(RUNNING, route=replace(ROUTE, host="old.localhost"))),
            "its public host differs",
            False,
        ),
        (
            live(
                replace(RUNNING, route=replace(ROUTE, port=3009)),
                routes={"chat": (replace(ROUTE, port=3009),)},
                structure=structure_of({"chat": (replace(ROUTE, port=3009),)}),
            ),
            "its port differs",
            False,
        ),
        (live(replace(RUNNING, product="mail")), "it has moved from the product mail", False),
        (live(replace(RUNNING, leftovers=(container("green"),))), "an interrupted deployment left", False),
        (
            live(replace(RUNNING, route=replace(ROUTE, trial=Colour.BLUE))),
            "an interrupted deployment has not completed its takeover",
            False,
        ),
        (live(replace(RUNNING, kept=(container("green"),))), "the rollback window of its former", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_difference_has_its_reason(found: Live, text: str, replaces: bool) -> None:
    [(told, needs_containers)] = reasons(found)

    assert told.startswith(text)
    assert needs_containers is replaces


def test_a_colour_of_another_build_is_not_what_a_target_asks_for() -> None:
    """A kept colour of the same fingerprint was made from an image that is not the one to be recorded."""
    assert runs_as(PLACE, KEY, TARGET, [container()])
    assert not runs_as(PLACE, KEY, TARGET, [container(image="sha256:babe")])


def test_containers_whose_image_nobody_recorded_are_left_alone() -> None:
    assert reasons(live(replace(RUNNING, containers=(container(image=""),)))) == []


def scaled(to: int, declared: int) -> Live:
    return live(scales={"api": Scale(to, declared)})


def test_a_service_that_was_scaled_shall_have_what_was_asked_for_while_its_manifest_says_what_it_said() -> (
    None
):
    [(target, reason)] = pending_targets(PLACE, scaled(3, declared=1), [TARGET])

    assert (str(reason), reason.replaces) == ("1 of 3 replicas are there", False)
    assert (target.service.replicas_in("test"), target.fingerprint) == (3, TARGET.fingerprint)
    assert reasons(scaled(3, declared=2)) == []


def test_a_container_that_gets_no_requests_yet_is_a_reason() -> None:
    route = replace(ROUTE, sides={Colour.BLUE: Side(2, 3002, "/health", 100, serving=1)})
    both = (container(), container("acme-test-api-blue-2"))
    found = live(replace(RUNNING, containers=both, route=route), scales={"api": Scale(2, 1)})

    assert reasons(found) == [("1 of 2 replicas get requests", False)]


def test_services_that_left_the_manifests_are_named_for_their_product_only() -> None:
    services = {
        name: LiveService(name, product, Colour.BLUE)
        for name, product in (("api", "chat"), ("old", "chat"), ("x", "y"))
    }

    assert departed_services(PLACE, Live(services), "chat") == ("old",)


def test_a_service_that_another_product_has_now_has_not_left() -> None:
    moved = replace(PLACE, catalog=(API, Service("old", "mail", "nestjs", "old")))
    services = {"old": LiveService("old", "chat", Colour.BLUE)}

    assert departed_services(moved, Live(services), "chat") == ()
    assert departed_services(PLACE, Live(services), "chat") == ("old",)


def test_services_come_after_those_they_depend_on() -> None:
    web = replace(TARGET, service=Service("a-web", "chat", "nestjs", "web", depends_on=("api", "elsewhere")))

    assert [target.service.name for target in in_order([web, TARGET])] == ["api", "a-web"]


def test_a_circle_of_services_is_kept_in_the_order_of_names() -> None:
    one = replace(TARGET, service=Service("b", "chat", "nestjs", "b", depends_on=("a",)))
    other = replace(TARGET, service=Service("a", "chat", "nestjs", "a", depends_on=("b",)))

    assert [target.service.name for target in in_order([one, other])] == ["a", "b"]


def test_secrets_that_commands_may_tell_are_the_same_for_who_runs_none() -> None:
    place = replace(PLACE, secrets=Secrets({}, unasked=lambda name: name == "TOKEN"))

    assert pending_targets(place, live(), [TARGET]) == ()


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, environment=replace(HERE, proxy_port=8090)),
        replace(PLACE, environment=replace(HERE, proxy_image="haproxy:3.0")),
        replace(PLACE, images={"haproxy:2.9": f"haproxy@sha256:{'ab' * 32}"}),
    ],
    ids=["port", "image", "digest"],
)
def test_a_proxy_that_is_declared_otherwise_is_a_reason_to_deploy(place: Place) -> None:
    [(_, reason)] = pending_targets(place, live(), [TARGET])

    assert (reason.text, reason.replaces) == ("the proxy runs otherwise than declared", False)


def test_a_database_that_is_declared_otherwise_is_told_and_one_that_does_not_tell_is_not() -> None:
    environment = replace(HERE, backing=(Backing("postgres", "postgres:16", {"max_connections": "20"}),))
    place = replace(PLACE, environment=environment, secrets=Secrets({"POSTGRES_PASSWORD": "p"}))
    [declared] = environment.backing
    labels = backing_specification(place, declared).labels
    as_declared = Found("1", place.named("postgres"), "running", labels, 0)
    bigger = replace(declared, resources=Resources(memory=2**30))
    others = [replace(declared, image="postgres:17"), replace(declared, settings={}), bigger]

    assert told_differences(place, [as_declared]) == ()
    assert told_differences(place, [replace(as_declared, labels={})]) == ()
    for other in others:
        there = replace(place, environment=replace(environment, backing=(other,)))
        [line] = told_differences(there, [as_declared])
        assert line.startswith("postgres: runs otherwise than declared")
        assert "remove acme-test-postgres (or all: `buildgraph down env=test`), and deploy" in line


def test_secrets_are_not_asked_for_to_tell_how_a_database_is_declared() -> None:
    environment = replace(HERE, backing=(Backing("redis", "redis:7"),))
    place = replace(PLACE, environment=environment, secrets=Secrets({}))
    older = Found("1", place.named("redis"), "running", {"buildgraph.fingerprint": "older"}, 0)

    [line] = told_differences(place, [older])

    assert line.startswith("redis: runs otherwise than declared")


def test_a_service_whose_database_is_down_is_kept_and_its_database_is_started() -> None:
    environment = replace(HERE, backing=(Backing("postgres", "postgres:16"), Backing("redis", "redis:7")))
    place = replace(PLACE, environment=environment, secrets=Secrets({"TOKEN": "t", "POSTGRES_PASSWORD": "p"}))
    target = replace(TARGET, service=replace(API, database="chat"))
    labels = {"secrets": secrets_digest(KEY, target.service, environment, place.secrets)}
    found = live(replace(RUNNING, containers=(container(**labels),)))
    postgres = container("acme-test-postgres", backing="postgres")

    [(_, reason)] = pending_targets(place, found, [target])

    assert (reason.text, reason.replaces) == ("its postgres does not run", False)
    assert pending_targets(place, replace(found, backing=(postgres,)), [target]) == ()
