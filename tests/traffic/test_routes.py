"""A route through a replacement: idle side beside the live one, then all requests to it."""

from __future__ import annotations

from dataclasses import replace

from buildgraph.manifests.model import Environment, Service
from buildgraph.place.names import Colour
from buildgraph.traffic.routes import (
    Route,
    completed,
    counted,
    directed,
    each_once,
    given_back,
    parse_routes,
    render_routes,
    shared,
    with_idle,
    with_route,
    withdrawn,
    without,
)

HERE = Environment("test")
API = Service("api", "chat", "nestjs", "api", port=3002, listens=3000, host="api", health="/health")


def first_route() -> Route:
    return directed(with_idle(None, API, HERE, Colour.BLUE), API, HERE, Colour.BLUE)


def test_a_new_route_serves_nobody_until_it_is_directed() -> None:
    idle = with_idle(None, API, HERE, Colour.BLUE)

    assert (idle.live, idle.host, idle.port) == (None, "api.localhost", 3002)
    assert directed(idle, API, HERE, Colour.BLUE).live is Colour.BLUE


def test_a_count_adds_places_and_never_takes_one_away_for_that_would_need_a_reload() -> None:
    three = counted(first_route(), Colour.BLUE, 3)
    one = counted(three, Colour.BLUE, 1)

    assert (three.side(Colour.BLUE).slots, three.side(Colour.BLUE).count) == (3, 3)
    assert (one.side(Colour.BLUE).slots, one.side(Colour.BLUE).count) == (3, 1)
    assert counted(one, Colour.BLUE, 3) == three
    assert parse_routes(render_routes("chat", [one])) == (one,)


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


def shares(route: Route) -> tuple[int, int]:
    """What blue and green get."""
    return route.side(Colour.BLUE).share, route.side(Colour.GREEN).share


def test_the_shares_of_a_step_sum_to_all_and_the_former_colour_stays_the_live_one() -> None:
    """Pitfall 57: whatever the share, it is no question where requests go back to."""
    beside = with_idle(first_route(), API, HERE, Colour.GREEN, "two")

    for share in (1, 10, 50, 90, 99):
        step = shared(beside, Colour.GREEN, share)
        assert (shares(step), step.live, step.trial) == ((100 - share, share), Colour.BLUE, Colour.GREEN)


def test_a_takeover_is_on_trial_until_it_is_completed() -> None:
    step = shared(with_idle(first_route(), API, HERE, Colour.GREEN, "two"), Colour.GREEN, 50)

    whole = directed(step, API, HERE, Colour.GREEN)

    assert (shares(whole), whole.live, whole.trial) == ((0, 100), Colour.GREEN, Colour.GREEN)
    done = completed(whole, Colour.GREEN)
    assert (shares(done), done.live, done.trial) == ((0, 100), Colour.GREEN, None)
    assert not done.side(Colour.BLUE).may_answer


def test_what_is_given_back_is_reached_by_nobody() -> None:
    beside = with_idle(first_route(), API, HERE, Colour.GREEN, "two")

    back = given_back(shared(beside, Colour.GREEN, 50), Colour.BLUE)

    assert (shares(back), back.live, back.trial) == ((100, 0), Colour.BLUE, None)
    assert not back.side(Colour.GREEN).may_answer
    assert back.side(Colour.GREEN).release == ""


def test_a_former_version_is_kept_from_a_moment_for_its_window_and_known_by_its_word() -> None:
    old = directed(with_idle(None, API, HERE, Colour.BLUE, "one"), API, HERE, Colour.BLUE)
    whole = directed(with_idle(old, API, HERE, Colour.GREEN, "two"), API, HERE, Colour.GREEN)

    kept = completed(whole, Colour.GREEN, retired=1000.0, window=60.0).side(Colour.BLUE)

    assert (kept.share, kept.release, kept.retired, kept.window) == (0, "one", 1000.0, 60.0)
    assert kept.may_answer
    again = directed(completed(whole, Colour.GREEN, 1000.0, 60.0), API, HERE, Colour.BLUE)
    assert not again.side(Colour.BLUE).is_kept, "what serves again is no former version"


def test_a_takeover_and_a_window_survive_being_kept_as_text_and_older_text_is_read() -> None:
    step = shared(with_idle(first_route(), API, HERE, Colour.GREEN, "two"), Colour.GREEN, 10)
    kept = completed(directed(step, API, HERE, Colour.GREEN), Colour.GREEN, 1000.5, 60.0)

    for route in (step, kept):
        assert parse_routes(render_routes("chat", (route,))) == (route,)
    older = '{"routes": [{"service": "api", "port": 1, "host": "", "sides": {"blue": {"share": 100}}}]}'
    assert parse_routes(older)[0].live is Colour.BLUE


MOVED = replace(API, port=3009, host="service")


def test_who_goes_back_gets_its_own_port_and_host_back() -> None:
    """Those who run beside the former version call it there, however far the takeover had come."""
    before = first_route()
    whole = directed(
        shared(with_idle(before, MOVED, HERE, Colour.GREEN), Colour.GREEN, 50), MOVED, HERE, Colour.GREEN
    )

    for taken in (whole, parse_routes(render_routes("chat", [whole]))[0]):
        back = given_back(taken, Colour.BLUE)
        assert (taken.port, taken.host) == (3009, "service.localhost")
        assert (back.port, back.host, back.live) == (3002, "api.localhost", Colour.BLUE)


def test_a_changed_port_is_listened_at_beside_the_former_one_until_the_next_version_is_prepared() -> None:
    whole = directed(with_idle(first_route(), MOVED, HERE, Colour.GREEN), MOVED, HERE, Colour.GREEN)

    assert whole.ports == (3009, 3002)
    done = completed(whole, Colour.GREEN)
    assert done.ports == (3009, 3002), "callers in other products come later"
    assert with_idle(done, MOVED, HERE, Colour.BLUE).ports == (3009,)


def test_a_changed_host_answers_beside_the_former_one_while_it_is_on_trial() -> None:
    step = shared(with_idle(first_route(), MOVED, HERE, Colour.GREEN), Colour.GREEN, 50)
    whole = directed(step, MOVED, HERE, Colour.GREEN)

    assert (step.hosts, whole.hosts) == (("api.localhost",), ("service.localhost", "api.localhost"))
    assert completed(whole, Colour.GREEN).hosts == ("service.localhost",)


def test_routes_that_told_port_and_host_once_give_them_back_too() -> None:
    older = (
        """{"routes": [{"service": "api", "port": 1, "host": "old", "sides": {"blue": {"share": 100}}}]}"""
    )
    [route] = parse_routes(older)

    back = given_back(
        directed(with_idle(route, API, HERE, Colour.GREEN), API, HERE, Colour.GREEN), Colour.BLUE
    )

    assert (back.port, back.host) == (1, "old")


def test_a_route_that_is_withdrawn_answers_nobody() -> None:
    route = withdrawn(replace(first_route(), trial=Colour.BLUE))

    assert (route.live, route.trial, route.port) == (None, None, 3002)
