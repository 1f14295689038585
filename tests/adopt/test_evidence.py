"""Where a project listens and tells its health, as its files say."""

from __future__ import annotations

import pytest

from buildgraph.adopt.evidence import found_health, found_port, hears_port
from tests.adopt.village import facts, project


@pytest.mark.parametrize(
    ("text", "port", "hears"),
    [
        ("app.listen(process.env.PORT ?? 4000)", 4000, True),
        ("const port = Number(process.env.PORT || '4100')", 4100, True),
        ("app.listen(4200, '0.0.0.0')", 4200, False),
        ("serve({ fetch: app.fetch, port: 4300 })", 4300, False),
        ("await app.listen({ port: 4400 })", 4400, False),
        ("server.listen(port)", 0, True),
        ("app.listen(process.env.API_PORT ?? 4500)", 4500, True),
        ("const db = process.env.DB_PORT || 5433", 0, True),
        ("connect({ host: 'db', port: 5432 })", 0, True),
        ("new Redis({ port: 6379 }); app.listen(4600)", 4600, False),
        ("const smtp = { port: 2525 }; serve({ fetch: app.fetch, port: 4700 })", 4700, False),
        ("const smtp = { port: 2525 }; app.listen({ host, port: 4800 })", 4800, False),
        ("app.listen(port, () => log(4900))", 0, True),
        ("const year = 2024", 0, True),
    ],
)
def test_the_port_is_read_from_the_sources(text: str, port: int, hears: bool) -> None:
    found = project({}, src__index_ts=text)

    assert (found_port(found), hears_port(found)) == (port, hears)


def test_the_port_may_stand_in_a_script() -> None:
    assert found_port(project({"scripts": {"dev": "next dev --turbo -p 3100"}})) == 3100
    assert found_port(project({"scripts": {"dev": "vite dev --port=5174"}})) == 5174
    assert (
        found_port(project({"scripts": {"start": "mkdir -p 2024"}})) == 2024
    )  # no great harm: a port is a port


def test_a_nest_service_tells_its_health_below_its_prefix() -> None:
    main = "app.setGlobalPrefix('api/v1')"

    assert found_health(project({}, a_ts=main, b_ts="@Controller('health')"), "nestjs") == "/api/v1/health"
    assert (
        found_health(project({}, a_ts=main, b_ts="@Controller({ path: 'healthz' })"), "nestjs")
        == "/api/v1/healthz"
    )
    assert found_health(project({}, b_ts="@Controller('app')\n@Get('health')"), "nestjs") == "/app/health"
    assert found_health(project({}, b_ts="@Controller()\nclass A {\n@Get()\n"), "nestjs") == "/"
    assert found_health(project({}, b_ts="@Controller('orders')"), "nestjs") == ""


def test_a_route_that_the_prefix_leaves_out_is_asked_without_it() -> None:
    for excluded in ("'health'", "'/metrics', { path: 'health', method: RequestMethod.GET }"):
        main = f"app.setGlobalPrefix('api', {{ exclude: [{excluded}] }})"

        assert found_health(project({}, a_ts=main, b_ts="@Controller('health')"), "nestjs") == "/health"
        assert found_health(project({}, a_ts=main, b_ts="@Controller('healthz')"), "nestjs") == "/api/healthz"


def test_routes_of_sveltekit_and_next_are_files() -> None:
    def at(path: str, kind: str) -> str:
        found = facts({"apps/it/package.json": {}, f"apps/it/{path}": ""}).projects["apps/it"]
        return found_health(found, kind)

    assert at("src/routes/api/health/+server.ts", "sveltekit") == "/api/health"
    assert at("src/routes/(internal)/healthz/+server.js", "sveltekit") == "/healthz"
    assert at("src/routes/(app)/+page.svelte", "sveltekit") == "/"
    assert at("src/lib/health.ts", "sveltekit") == ""
    assert at("app/(api)/api/health/route.ts", "next") == "/api/health"
    assert at("src/pages/api/healthcheck.ts", "next") == "/api/healthcheck"
    assert at("app/[tenant]/health/route.ts", "next") == at("app/page.tsx", "next") == "/"


def test_the_shortest_path_that_speaks_of_health_is_asked() -> None:
    text = "app.get('/ready'); app.get('/internal/health/db'); app.get('/health')"

    assert found_health(project({}, src__index_ts=text), "node") == "/health"
    assert found_health(project({}, src__index_ts="app.get('/orders')"), "node") == ""


def test_a_word_within_another_is_no_health_route() -> None:
    text = "app.get('/already'); app.get('/mail/already_sent'); app.get('/unhealthy'); app.get('/readymade')"

    assert found_health(project({}, src__index_ts=text), "node") == ""
    assert found_health(project({}, src__index_ts="app.get('/is-ready')"), "node") == "/is-ready"
    assert found_health(project({}, src__index_ts="app.get('/healthcheck')"), "node") == "/healthcheck"
