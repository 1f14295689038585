"""Each port and each public name has one service that answers there, also while one takes the place of another."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from buildgraph.manifests.model import Environment, Service
from buildgraph.place.names import Colour
from buildgraph.traffic.claims import claims_of, is_contested
from buildgraph.traffic.proxy import render_proxy, structure_of
from buildgraph.traffic.routes import Route, completed, directed, shared, with_idle

HERE = Environment("test")
BLUE, GREEN = Colour.BLUE, Colour.GREEN


def service(name: str, port: int = 3001, host: str = "www") -> Service:
    return Service(name, "shop", "dockerfile", name, port=port, host=host, health="/")


def prepared(of: Service) -> Route:
    """A first version that gets no requests yet."""
    return with_idle(None, of, HERE, BLUE)


def live(of: Service) -> Route:
    return directed(prepared(of), of, HERE, BLUE)


def on_trial(of: Service) -> Route:
    """A first version that has all requests, and is not proven yet."""
    return replace(live(of), trial=BLUE)


def taken_over(before: Service, after: Service) -> Route:
    """A second version that has all requests, and is not proven yet."""
    step = shared(with_idle(live(before), after, HERE, GREEN), GREEN, 50)
    return directed(step, after, HERE, GREEN)


@pytest.mark.parametrize("new", ["app", "zoo"], ids=["sorted before", "sorted after"])
def test_a_service_that_got_another_name_answers_from_its_first_request_on_and_not_before(new: str) -> None:
    web, renamed = live(service("web")), service(new)

    before, after = claims_of([prepared(renamed), web]), claims_of([on_trial(renamed), web])

    assert (before.ports, before.hosts) == ({3001: "web"}, {"www.localhost": "web"})
    assert (after.ports, after.hosts) == ({3001: new}, {"www.localhost": new})


@pytest.mark.parametrize("routes", [(prepared, live), (on_trial, live), (live, live), (prepared, prepared)])
def test_the_proxy_is_told_each_port_and_each_name_once_and_the_same_whoever_comes_first(
    routes: tuple[Callable[[Service], Route], Callable[[Service], Route]],
) -> None:
    first, other = routes[0](service("app")), routes[1](service("web"))

    text = render_proxy({"shop": (first, other)})

    assert text == render_proxy({"shop": (other, first)})
    assert len(re.findall(r"bind :3001\b", text)) == 1
    assert len(re.findall(r"use_backend .* www.localhost", text)) == 1
    assert text.count("\nbackend app\n") == text.count("\nbackend web\n") == 1


def test_who_answers_is_part_of_what_a_reload_brings() -> None:
    web, app = live(service("web")), service("app")

    assert structure_of({"shop": (prepared(app), web)}) != structure_of({"shop": (on_trial(app), web)})


def test_a_host_that_moves_has_somebody_who_answers_all_the_way() -> None:
    """The giver keeps it until the receiver has its first request, and gets it back when the product is not well."""
    web, api = service("web"), service("api", 3002, "")
    giving, taking = replace(web, host=""), replace(api, host="www")

    given = taken_over(web, giving)
    assert claims_of([given, live(api)]).hosts == {"www.localhost": "web"}
    assert claims_of([given, taken_over(api, taking)]).hosts == {"www.localhost": "api"}
    assert claims_of([live(web), taken_over(api, taking)]).hosts == {"www.localhost": "api"}
    done = [completed(given, GREEN), completed(taken_over(api, taking), GREEN)]
    assert claims_of(done).hosts == {"www.localhost": "api"}


def test_a_former_port_belongs_to_whoever_has_it_now() -> None:
    moved, heir = (
        completed(taken_over(service("web"), service("web", 3009)), GREEN),
        service("app", 3001, "app"),
    )

    assert claims_of([moved, prepared(heir)]).ports == {3001: "web", 3009: "web"}
    assert claims_of([moved, live(heir)]).ports == {3001: "app", 3009: "web"}
    assert "bind :3001\n    bind :3009\n" in render_proxy({"shop": (moved,)})


def test_a_route_is_contested_by_who_answers_where_it_would() -> None:
    app = prepared(service("app"))

    assert is_contested(app, [app, live(service("web"))])
    assert is_contested(app, [live(service("web", 3005))]), "its host"
    assert not is_contested(app, [app, prepared(service("web")), live(service("api", 3002, "api"))])
    assert not is_contested(Route("worker"), [Route("other", sides={BLUE: app.side(BLUE)})])
