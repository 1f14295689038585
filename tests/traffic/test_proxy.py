"""What HAProxy is told and what it says, as text: no engine is needed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from buildgraph.place.names import Colour
from buildgraph.traffic.answers import parse_description, parse_old_workers, parse_servers, parse_times
from buildgraph.traffic.judging import Counts
from buildgraph.traffic.proxy import (
    enable_commands,
    render_proxy,
    server_weights,
    share_commands,
    structure_of,
    weights_of,
)
from buildgraph.traffic.routes import Route, Side, parse_routes, render_routes

BLUE, GREEN = Colour.BLUE, Colour.GREEN
API = Route(
    "api",
    3002,
    "api-chat.localhost",
    {BLUE: Side(2, 3000, "/api/health", 100), GREEN: Side(2, 3000, "/api/health", 0)},
)
LANDING = Route("landing", 3200, "chat.localhost", {BLUE: Side(1, 8080, "/health", 100)})
WORKER = Route("worker", sides={BLUE: Side(1, share=100)})

CONFIGURATION = """\
global
    default-path config
    description STRUCTURE
    log stdout format raw local0 info
    maxconn 4000
    hard-stop-after 1h
    stats socket ipv4@127.0.0.1:65081 level admin

resolvers engine
    nameserver engine 127.0.0.11:53
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 1s
    hold nx 1s
    hold obsolete 1s
    hold other 10s
    hold refused 10s
    hold timeout 10s

defaults
    mode http
    log global
    option httplog
    option dontlognull
    option redispatch
    option forwardfor if-none
    option idle-close-on-response
    retries 3
    retry-on conn-failure empty-response
    timeout connect 5s
    timeout queue 10s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    timeout http-request 10s
    timeout http-keep-alive 10s
    timeout check 5s
    default-server check inter 1s fastinter 500ms downinter 200ms fall 3 rise 1 resolvers engine

frontend public
    bind :65080
    acl is_near src 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8
    http-request disable-l7-retry unless METH_GET || { method HEAD }
    http-request del-header X-Forwarded-For unless is_near
    http-request set-header X-Forwarded-Proto http unless is_near { req.hdr(X-Forwarded-Proto) -m found }
    http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless is_near { req.hdr(X-Forwarded-Host) -m found }
    acl tells_use req.hdr(Sec-Fetch-Dest) -m found
    acl wants_page req.hdr(Sec-Fetch-Dest) -m str document
    acl wants_html req.hdr(Accept) -m sub text/html
    http-request set-var(txn.page) bool(true) if wants_page
    http-request set-var(txn.page) bool(true) if wants_html !tells_use
    http-request set-var(txn.held) req.cook(buildgraph-release)
    http-request set-var(txn.colour) var(txn.held),map(pages.map) if !{ var(txn.page) -m found }
    use_backend api if { req.hdr(Host),field(1,:),lower -m str api-chat.localhost }
    use_backend landing if { req.hdr(Host),field(1,:),lower -m str chat.localhost }
    default_backend nowhere

backend nowhere
    http-request return status 404 content-type text/plain lf-string "no service is at %[req.hdr(Host)]\\n"

frontend api.internal
    bind :3002
    acl is_near src 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8
    http-request disable-l7-retry unless METH_GET || { method HEAD }
    http-request del-header X-Forwarded-For unless is_near
    http-request set-header X-Forwarded-Proto http unless is_near { req.hdr(X-Forwarded-Proto) -m found }
    http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless is_near { req.hdr(X-Forwarded-Host) -m found }
    default_backend api

backend api
    balance roundrobin
    option httpchk
    http-check send meth GET uri /api/health ver HTTP/1.1 hdr Host api-chat.localhost
    http-check expect status 200
    use-server blue-1 if { var(txn.colour) -m str blue } { rand(2) eq 0 }
    use-server blue-2 if { var(txn.colour) -m str blue }
    use-server green-1 if { var(txn.colour) -m str green } { rand(2) eq 0 }
    use-server green-2 if { var(txn.colour) -m str green }
    acl is_page var(txn.page) -m found
    acl is_html res.hdr(Content-Type) -m beg text/html
    acl is_known var(txn.release) -m found
    acl is_held var(txn.release),strcmp(txn.held) eq 0
    acl is_new var(txn.cookie) -m found
    http-response set-var-fmt(txn.side) %[be_name]/%[srv_name,field(1,-)] if is_page
    http-response set-var(txn.release) var(txn.side),map(pages.map) if is_page
    http-response set-var-fmt(txn.cookie) buildgraph-release=%[var(txn.release)] if is_html is_known !is_held
    http-response add-header Set-Cookie "%[var(txn.cookie)]; Path=/; HttpOnly; SameSite=Lax" if is_new
    server blue-1 api-blue:3000 weight 100 init-addr last,libc,none
    server blue-2 api-blue-2:3000 weight 100 init-addr last,libc,none
    server green-1 api-green:3000 weight 0 init-addr none
    server green-2 api-green-2:3000 weight 0 init-addr none

frontend landing.internal
    bind :3200
    acl is_near src 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8
    http-request disable-l7-retry unless METH_GET || { method HEAD }
    http-request del-header X-Forwarded-For unless is_near
    http-request set-header X-Forwarded-Proto http unless is_near { req.hdr(X-Forwarded-Proto) -m found }
    http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless is_near { req.hdr(X-Forwarded-Host) -m found }
    default_backend landing

backend landing
    balance roundrobin
    option httpchk
    http-check send meth GET uri /health ver HTTP/1.1 hdr Host chat.localhost
    http-check expect status 200
    use-server blue-1 if { var(txn.colour) -m str blue }
    acl is_page var(txn.page) -m found
    acl is_html res.hdr(Content-Type) -m beg text/html
    acl is_known var(txn.release) -m found
    acl is_held var(txn.release),strcmp(txn.held) eq 0
    acl is_new var(txn.cookie) -m found
    http-response set-var-fmt(txn.side) %[be_name]/%[srv_name,field(1,-)] if is_page
    http-response set-var(txn.release) var(txn.side),map(pages.map) if is_page
    http-response set-var-fmt(txn.cookie) buildgraph-release=%[var(txn.release)] if is_html is_known !is_held
    http-response add-header Set-Cookie "%[var(txn.cookie)]; Path=/; HttpOnly; SameSite=Lax" if is_new
    server blue-1 landing-blue:8080 weight 100 init-addr last,libc,none
"""


def test_the_whole_configuration() -> None:
    routes = {"chat": (API, LANDING, WORKER)}

    assert render_proxy(routes) == CONFIGURATION.replace("STRUCTURE", structure_of(routes))


def test_a_worker_that_was_replaced_lives_as_long_as_a_websocket_may() -> None:
    """Pitfall 58: any product's deploy may reload the proxy; it ends nobody's connections."""
    told = dict(re.findall(r"(hard-stop-after|timeout tunnel) (\w+)", render_proxy({})))

    assert told["hard-stop-after"] == told["timeout tunnel"]


def test_products_come_in_the_same_order_whoever_was_first() -> None:
    assert render_proxy({"a": (API,), "b": (LANDING,)}) == render_proxy({"b": (LANDING,), "a": (API,)})


def test_colours_with_different_health_paths_are_each_checked_at_their_own() -> None:
    route = replace(API, sides={**API.sides, GREEN: Side(1, 3000, "/alive")})

    text = render_proxy({"chat": (route,)})

    assert "meth GET uri-lf %[srv_name,regsub(^blue-.*,/api/health),regsub(^green-.*,/alive)] ver" in text


def test_shares_change_without_a_reload_and_everything_else_with_one() -> None:
    before = structure_of({"chat": (API,)})
    turned = replace(
        API, sides={BLUE: Side(2, 3000, "/api/health", 0), GREEN: Side(2, 3000, "/api/health", 100)}
    )

    assert structure_of({"chat": (turned,)}) == before
    assert structure_of({"chat": (replace(API, host="api.localhost"),)}) != before
    assert structure_of({"chat": (replace(API, port=3003),)}) != before
    assert structure_of({"chat": (API, LANDING)}) != before


def test_those_that_shall_get_requests_come_first() -> None:
    turned = replace(API, sides={BLUE: Side(1, 3000, "/", 0), GREEN: Side(2, 3000, "/", 100)})

    assert share_commands({"chat": (turned, WORKER)}) == [
        "set server api/green-1 weight 100",
        "set server api/green-2 weight 100",
        "set server api/blue-1 weight 0",
    ]


@pytest.mark.parametrize(
    ("blue", "green", "weights"),
    [
        (Side(1, share=90), Side(1, share=10), (90, 10)),
        (Side(2, share=90), Side(3, share=10), (135, 10)),
        (Side(1, share=50), Side(100, share=50), (100, 1)),
        (Side(1, share=99), Side(1000, share=1), (256, 1)),
        (Side(3, share=100), Side(1, share=0), (100, 0)),
        (Side(3, share=0), Side(7, share=100), (0, 100)),
        (Side(3, share=90, serving=1), Side(2, share=10), (90, 5)),
    ],
)
def test_a_share_is_a_colours_however_many_containers_it_has(
    blue: Side, green: Side, weights: tuple[int, int]
) -> None:
    """Pitfall 57: the ratio; a share above 0 is never rounded to none, and HAProxy takes 256 at most."""
    assert tuple(weights_of(replace(API, sides={BLUE: blue, GREEN: green})).values()) == weights


def test_a_place_that_is_not_in_use_is_closed_to_requests_of_every_kind_and_needs_no_reload() -> None:
    """A page's assets are asked of a server by its name, so a weight of 0 would not keep them away."""
    route = replace(API, sides={BLUE: Side(3, 3000, "/", 100, serving=2), GREEN: Side(1, 3000, "/")})
    whole = replace(API, sides={**route.sides, BLUE: Side(3, 3000, "/", 100)})

    assert server_weights(route) == {"blue-1": 100, "blue-2": 100, "blue-3": 0, "green-1": 0}
    assert share_commands({"chat": (route,)})[-1] == "set server api/blue-3 state maint"
    assert "server blue-3 api-blue-3:3000 weight 0 init-addr last,libc,none disabled\n" in render_proxy(
        {"chat": (route,)}
    )
    assert structure_of({"chat": (route,)}) == structure_of({"chat": (whole,)})


def test_response_times_are_read_from_the_log_of_the_one_colour() -> None:
    log = """\
172.18.0.1:1 [24/Nov/2026:02:18:57.062] public api/green-1 0/0/0/702/703 200 105 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"
172.18.0.1:1 [24/Nov/2026:02:18:57.062] public api/green-2 0/0/1/8/+9 101 105 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"
172.18.0.1:1 [24/Nov/2026:02:18:57.062] public api/blue-1 0/0/0/1/1 200 105 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"
172.18.0.1:1 [24/Nov/2026:02:18:57.062] api.internal api/green-1 0/0/0/-1/2 502 9 - - SH-- 1/1/0/0/0 0/0 "GET /"
"""

    assert parse_times(log, "api", GREEN) == (702, 8)


def test_new_containers_are_checked_from_the_beginning_at_their_addresses() -> None:
    assert enable_commands("api", GREEN, {2: "172.18.0.6", 1: "172.18.0.5"}, 3000) == [
        "set server api/green-1 state maint",
        "set server api/green-1 addr 172.18.0.5 port 3000",
        "set server api/green-1 state ready",
        "set server api/green-2 state maint",
        "set server api/green-2 addr 172.18.0.6 port 3000",
        "set server api/green-2 state ready",
    ]


# Columns as HAProxy 2.6 wrote them, the empty ones left out.
COLUMNS = (
    "pxname,svname,qcur,scur,status,weight,check_status,check_code,last_chk,check_desc,addr,"
    "req_tot,hrsp_5xx,econ,eresp,wretr"
)
STATISTICS = f"""\
Name: HAProxy
description: 0123456789abcdef

# {COLUMNS}
public,FRONTEND,,3,OPEN,,,,,,,,,,,
api,blue-1,1,2,UP,100,L7OK,200,,Layer7 check passed,172.18.0.4:3000,40,2,1,3,6
api,green-1,0,0,UP 1/3,0,* L7OK,200,,Layer7 check passed,172.18.0.5:3000,0,0,0,0,0
api,green-3,0,0,DOWN,0,* L7STS,0,,Layer7 wrong status,172.18.0.7:3000,0,0,0,0,0
api,green-2,0,0,DOWN,0,L4CON,,Connection refused,Layer4 connection problem,172.18.0.6:3000,,,,,
api,BACKEND,0,2,UP,100,,,,,,,,,,

"""


def test_servers_are_read_from_the_statistics() -> None:
    blue, waiting, asked_again, down = parse_servers(STATISTICS)

    assert (blue.backend, blue.name, blue.share, blue.sessions, blue.is_up) == ("api", "blue-1", 100, 3, True)
    assert blue.address == "172.18.0.4:3000"
    assert (blue.counts, down.counts) == (Counts(40, 2, 10), Counts())
    assert (down.is_up, down.said) == (False, "L4CON Connection refused")
    assert (asked_again.check, asked_again.said) == ("L7STS", "L7STS Layer7 wrong status")
    assert not waiting.is_up, (
        "a check that passed before the container was replaced says nothing of the new one"
    )


def test_the_running_structure_is_read_from_the_description() -> None:
    assert parse_description(STATISTICS) == "0123456789abcdef"
    assert parse_description("") == ""


def test_old_workers_are_read_from_the_processes() -> None:
    processes = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
1               master          1 [failed: 0]   0d00h00m15s     2.6.12
# workers
332             worker          0               0d00h00m03s     2.6.12
# old workers
69              worker          1               0d00h00m14s     2.6.12
# programs

"""
    assert parse_old_workers(processes) == ("69",)


def test_routes_survive_being_kept_as_text() -> None:
    routes = (API, LANDING, WORKER)

    assert parse_routes(render_routes("chat", routes)) == routes
