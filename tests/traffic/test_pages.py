"""Pages and their assets through a switch, long requests and open connections: a browser's view, real engine."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest

from buildgraph.place.names import Colour
from buildgraph.traffic.directing import count_sessions
from buildgraph.traffic.pages import page_commands, page_entries, page_lines, parse_pages
from buildgraph.traffic.routes import Route, Side, completed, given_back, shared
from tests.support.load import Load
from tests.support.town import Town
from tests.support.waiting import until

BLUE, GREEN = Colour.BLUE, Colour.GREEN
WEB = Route(
    "web",
    3001,
    "web.localhost",
    {BLUE: Side(2, 3001, "/", 100, "one"), GREEN: Side(1, 3001, "/", 0, "two")},
)


@dataclass
class Browser:
    """Keeps cookies, and tells what a request is for as browsers do."""

    town: Town
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, path: str, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.town.place.environment.proxy_port, timeout=60
        )
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        try:
            connection.request("GET", path, headers={"Host": "web.localhost", **cookie, **headers})
            response = connection.getresponse()
            if told := response.getheader("Set-Cookie"):
                name, _, value = told.partition(";")[0].partition("=")
                self.cookies[name] = value
            return response.status, response.read().decode()
        finally:
            connection.close()

    def open(self) -> str:
        """The version of a page."""
        return self.ask("/page", **{"Sec-Fetch-Dest": "document"})[1].removeprefix("<p>").removesuffix("</p>")

    def load(self, version: str) -> int:
        """The status of a page's asset."""
        return self.ask(f"/assets/{quote(version)}", **{"Sec-Fetch-Dest": "script"})[0]


def test_only_versions_that_may_answer_are_known_by_their_words() -> None:
    assert page_entries({"shop": (WEB,)}) == {"one": "blue", "web/blue": "one"}

    half = shared(WEB, GREEN, 50)
    assert page_entries({"shop": (half,)}) == {
        "one": "blue",
        "two": "green",
        "web/blue": "one",
        "web/green": "two",
    }
    assert page_entries({"shop": (given_back(half, BLUE),)}) == {"one": "blue", "web/blue": "one"}

    kept = completed(shared(WEB, GREEN, 100), GREEN, 1000.0, 60.0)
    assert "one" in page_entries({"shop": (kept,)})
    assert "one" not in page_entries({"shop": (completed(kept, GREEN),)})


def test_a_word_is_known_before_its_version_answers_and_forgotten_after() -> None:
    running = parse_pages("0x7f01 web/blue one\n0x7f02 one blue\n\n")

    assert running == {"web/blue": "one", "one": "blue"}
    assert page_commands(running, {"web/blue": "three", "three": "blue"}) == (
        ["add map pages.map three blue", "set map pages.map web/blue three"],
        ["del map pages.map one"],
    )


def test_a_page_reaches_each_container_of_its_version_as_often() -> None:
    assert page_lines(WEB)[:3] == [
        "    use-server blue-1 if { var(txn.colour) -m str blue } { rand(2) eq 0 }",
        "    use-server blue-2 if { var(txn.colour) -m str blue }",
        "    use-server green-1 if { var(txn.colour) -m str green }",
    ]


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_a_page_gets_its_assets_through_steps_and_switch_and_the_next_page_is_new(town: Town) -> None:
    """Pitfall 57: sticky, and unstuck when the version is gone."""
    town.switches(50, 100, window=600.0, hold=1.0, least_requests=0)
    town.service("web", port=3001)
    town.deploy()
    early = Browser(town)
    assert early.open() == "web 1"
    pages: list[tuple[str, Browser]] = []
    assets: list[int] = []

    def browse() -> None:
        for _ in range(20):
            browser = Browser(town)
            pages.append((browser.open(), browser))
        assets.extend(browser.load(version) for version, browser in pages for _ in range(5))
        assets.extend(early.load("web 1") for _ in range(20))

    town.moments = {"50 % of the requests": browse}
    town.service("web", "2", port=3001)
    town.deploy()

    assert {version for version, _ in pages} == {"web 1", "web 2"}
    assets += [browser.load(version) for version, browser in pages]
    assets += [early.load("web 1") for _ in range(20)]
    assert set(assets) == {200}
    assert early.open() == "web 2"
    assert {early.load("web 2"), Browser(town).load("web 2")} == {200}
    assert Browser(town).load("web 1") == 404

    town.service("web", "3", port=3001)
    town.moments = {}
    town.deploy()
    late = next(browser for version, browser in pages if version == "web 1")
    assert late.load("web 3") == 200, "the word of a version that is gone means nothing"


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_requests_without_cookies_are_told_of_none(town: Town) -> None:
    town.service("web", port=3001)
    town.deploy()
    program, browser = Browser(town), Browser(town)

    program.ask("/")
    program.ask("/page")
    browser.ask("/page", Accept="text/html,application/xhtml+xml")

    assert program.cookies == {}
    assert list(browser.cookies) == ["buildgraph-release"]


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_long_requests_end_in_peace_and_open_connections_hold_a_deployment_up_no_longer_than_they_may(
    town: Town,
) -> None:
    """Pitfall 58: ten seconds of a request fit into the time to drain; a websocket is cut after it."""
    town.settings(drain_within=12.0)
    town.service("web", port=3001)
    town.deploy()
    answers: list[tuple[int, str]] = []
    long = threading.Thread(target=lambda: answers.append(Browser(town).ask("/long")))
    long.start()
    opened = open_websocket(town)
    until(lambda: count_sessions(town.place, "web", Colour.BLUE) == 2)

    began = time.monotonic()
    with Load(town, "web", clients=4) as load:
        town.service("web", "2", port=3001)
        town.deploy()
    long.join()

    assert answers == [(200, "web 1")]
    assert load.wrong == []
    assert time.monotonic() - began < 300
    assert opened.recv(1) == b""
    opened.close()
    assert sorted(town.containers()) == ["proxy", "web-green"]


@pytest.mark.engine
@pytest.mark.timeout(1440)
def test_an_open_connection_goes_on_with_the_version_that_is_kept(town: Town) -> None:
    """Pitfall 58."""
    town.switches(window=600.0)
    town.service("web", port=3001)
    town.deploy()
    opened = open_websocket(town)

    town.service("web", "2", port=3001)
    town.deploy()

    opened.sendall(b"still there?")
    assert opened.recv(100) == b"web 1: still there?"
    opened.close()


def open_websocket(town: Town) -> socket.socket:
    """A connection that was upgraded and stays open."""
    opened = socket.create_connection(("127.0.0.1", town.place.environment.proxy_port), timeout=120)
    opened.sendall(
        b"GET /socket HTTP/1.1\r\nHost: web.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
    )
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += opened.recv(1)
    assert head.startswith(b"HTTP/1.1 101")
    return opened
