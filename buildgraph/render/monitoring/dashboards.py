"""The architecture's three dashboards: how services are, how their databases are, and what all of it uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildgraph.render.monitoring.panels import (
    BYTES,
    BYTES_PER_SECOND,
    COUNT,
    PER_SECOND,
    SECONDS,
    SHARE,
    Dashboard,
    LogLines,
    Panel,
    render_dashboard,
)
from buildgraph.render.monitoring.queries import (
    CPU_SHARE,
    MEMORY_SHARE,
    SCRAPED,
    error_share,
    query_time,
    rate,
    request_rate,
    response_time,
    slow_queries,
)
from buildgraph.render.monitoring.watched import Watched
from buildgraph.servers import POSTGRES, REDIS

QUANTILES: Final = (0.5, 0.95, 0.99)
SERVICE, CONTAINER = "{{service}}", "{{name}}"
OF_CONTAINERS: Final = '{service!=""}'


def render_services(watched: Watched) -> str:
    """Dashboard 1, service health."""
    quiet = watched.quiet_routes
    times = ((response_time(share, quiet), f"p{share * 100:g} {SERVICE}") for share in QUANTILES)
    panels = (
        Panel("Requests", PER_SECOND, ((request_rate(quiet), SERVICE),)),
        Panel("Requests that fail", SHARE, ((error_share(quiet), SERVICE),)),
        Panel("Response time", SECONDS, tuple(times)),
        Panel("Requests being answered", COUNT, (("sum by (service) (http_requests_open)", SERVICE),)),
        Panel("Containers that answer", COUNT, ((f"sum by (service) ({SCRAPED})", SERVICE),)),
        Panel("Logins refused", PER_SECOND, ((rate("failed_logins_total"), SERVICE),)),
        LogLines("What went wrong", '{level="error"}'),
    )
    return render_dashboard(Dashboard("services", "Service health", panels))


def render_databases(watched: Watched) -> str:
    """Dashboard 2, database performance: as services see theirs, and as the servers see all."""
    panels = [*_seen_by_services()]
    if watched.stack.backing(POSTGRES):
        panels += _postgres()
    if watched.stack.backing(REDIS):
        panels += _redis()
    return render_dashboard(Dashboard("databases", "Database performance", tuple(panels)))


def render_resources(watched: Watched) -> str:
    """Dashboard 3, resource utilisation: of containers by what they may use, and of the machine."""
    del watched  # every server has containers
    return render_dashboard(Dashboard("resources", "Resources", (*_used_by_containers(), *_machine())))


def _seen_by_services() -> Iterator[Panel]:
    times = ((query_time(share), f"p{share * 100:g} {SERVICE}") for share in QUANTILES)
    yield Panel("Query time", SECONDS, tuple(times))
    yield Panel("Queries that take more than 100 ms", PER_SECOND, ((slow_queries(), SERVICE),))
    active, most = (_of_pools(state) for state in ("active", "most"))
    yield Panel("Connections of pools in use", SHARE, ((f"{active} / {most}", SERVICE),))
    yield Panel("Requests that wait for a connection", COUNT, ((_of_pools("waiting"), SERVICE),))


def _of_pools(state: str) -> str:
    return f'sum by (service) (db_pool_connections{{state="{state}"}})'


def _postgres() -> Iterator[Panel]:
    used = ("sum by (datname) (pg_stat_activity_count)", "{{datname}}")
    yield Panel("PostgreSQL: connections", COUNT, (used, ("pg_settings_max_connections", "most")))
    commits = rate("pg_stat_database_xact_commit", "datname")
    yield Panel("PostgreSQL: transactions", PER_SECOND, ((commits, "{{datname}}"),))
    yield Panel("PostgreSQL: size", BYTES, (("pg_database_size_bytes", "{{datname}}"),))
    hits, reads = rate("pg_stat_database_blks_hit", "datname"), rate("pg_stat_database_blks_read", "datname")
    yield Panel("PostgreSQL: found in memory", SHARE, ((f"{hits} / ({hits} + {reads})", "{{datname}}"),))


def _redis() -> Iterator[Panel]:
    memory = (("redis_memory_used_bytes", "used"), ("redis_memory_max_bytes", "most"))
    yield Panel("Redis: memory", BYTES, memory)
    hits, misses = rate("redis_keyspace_hits_total"), rate("redis_keyspace_misses_total")
    yield Panel("Redis: found", SHARE, ((f"{hits} / ({hits} + {misses})", "hits"),))
    yield Panel("Redis: clients", COUNT, (("redis_connected_clients", "clients"),))


def _used_by_containers() -> Iterator[Panel]:
    yield Panel("Processors, of the limit", SHARE, ((CPU_SHARE, CONTAINER),))
    yield Panel("Memory, of the limit", SHARE, ((MEMORY_SHARE, CONTAINER),))
    yield Panel("Processors", COUNT, ((rate(f"container_cpu_usage_seconds_total{OF_CONTAINERS}"), SERVICE),))
    used = f"sum by (service) (container_memory_working_set_bytes{OF_CONTAINERS})"
    yield Panel("Memory", BYTES, ((used, SERVICE),))
    yield Panel("Disk", BYTES_PER_SECOND, _both("container_fs", "reads", "writes"))
    yield Panel("Network", BYTES_PER_SECOND, _both("container_network", "receive", "transmit"))


def _both(of: str, *ways: str) -> tuple[tuple[str, str], ...]:
    return tuple((rate(f"{of}_{way}_bytes_total{OF_CONTAINERS}"), f"{way} {SERVICE}") for way in ways)


def _machine() -> Iterator[Panel]:
    root = '{mountpoint="/"}'
    busy = '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[5m]))'
    yield Panel("Machine: processors", SHARE, ((busy, "busy"),))
    memory = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
    yield Panel("Machine: memory", SHARE, ((memory, "used"),))
    disk = f"1 - node_filesystem_avail_bytes{root} / node_filesystem_size_bytes{root}"
    yield Panel("Machine: disk", SHARE, ((disk, "used"),))
