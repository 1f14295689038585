"""A route through a replacement: idle side beside the live one, then all requests to it."""

from __future__ import annotations

from dataclasses import replace

from buildgraph.deploy.names import Colour
from buildgraph.deploy.routes import Route, directed, each_once, with_idle, with_route, without
from buildgraph.manifests.model import Environment, Service

HERE = Environment("test")
API = Service("api", "chat", "nestjs", "api", port=3002, listens=3000, host="api", health="/health")


def first_route() -> Route:
    return directed(with_idle(None, API, HERE, Colour.BLUE), API, HERE, Colour.BLUE)


def test_a_new_route_serves_nobody_until_it_is_directed() -> None:
    idle = with_idle(None, API, HERE, Colour.BLUE)

    assert (idle.live, idle.host, idle.port) == (None, "api.localhost", 3002)
    assert directed(idle, API, HERE, Colour.BLUE).live is Colour.BLUE


def test_an_idle_side_leaves_all_that_users_see_as_it_is() -> None:
    changed = replace(API, host="service", port=3999, listens=4000, health="/alive")
    live = first_route()

    beside = with_idle(live, changed, HERE, Colour.GREEN)

    assert (beside.live, beside.host, beside.port) == (Colour.BLUE, "api.localhost", 3002)
    assert beside.side(Colour.BLUE) == live.side(Colour.BLUE)
    assert beside.side(Colour.GREEN).listens == 4000


def test_directing_moves_every_request_and_the_public_name() -> None:
    changed = replace(API, host="service")
    beside = with_idle(first_route(), changed, HERE, Colour.GREEN)

    turned = directed(beside, changed, HERE, Colour.GREEN)

    assert (turned.live, turned.host) == (Colour.GREEN, "service.localhost")
    assert {colour: side.share for colour, side in turned.sides.items()} == {
        Colour.BLUE: 0,
        Colour.GREEN: 100,
    }


def test_directing_again_changes_nothing() -> None:
    route = first_route()

    assert directed(route, API, HERE, Colour.BLUE) == route


def test_a_table_holds_one_route_per_service() -> None:
    old, new = Route("api", 1), Route("api", 2)
    web = Route("web", 3)

    assert with_route((old, web), new) == (new, web)
    assert without((old, web), "api") == (web,)


def test_a_service_in_two_tables_stays_in_its_owners_only() -> None:
    api, web = Route("api", 1), Route("web", 2)
    tables = {"chat": (api, web), "mail": (web,)}

    assert each_once(tables, {"web": "mail"}) == {"chat": (api,), "mail": (web,)}
    assert each_once(tables, {"web": "chat"}) == {"chat": (api, web), "mail": ()}
    assert each_once({"chat": (api, web)}, {"web": "mail"}) == {"chat": (api, web)}
