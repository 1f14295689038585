"""What rules and dashboards ask Prometheus, said once.

Names of metrics are those of the services' prom-client, of cadvisor and of the exporters; a test finds every one of
them in what these really tell.
"""

from __future__ import annotations

from typing import Final

from buildgraph.render.monitoring.watched import BLACKBOX

FREE_CONNECTIONS: Final = (
    'db_pool_connections{state="most"} - ignoring (state) db_pool_connections{state="active"}'
)
# A pool of one or two has fewer than two free whenever it is used: it is short only when somebody waits.
PRESSED_POOLS: Final = '(db_pool_connections{state="most"} > 2 or db_pool_connections{state="waiting"} > 0)'
# Who tells metrics; of those whose health is asked, `up` would say that the one who asks is there.
SCRAPED: Final = f'up{{job!="{BLACKBOX}"}}'
SLOW: Final = "0.1"  # seconds; the architecture's slow queries take longer, and a bucket ends there
FAILED: Final = 'status_code=~"5..",'
# What is in use and cannot be given back; a container without a limit has 0 there, of which there is no share.
MEMORY_SHARE: Final = (
    'container_memory_working_set_bytes{service!=""} / (container_spec_memory_limit_bytes{service!=""} > 0)'
)
CPU_SHARE: Final = (
    'sum by (service, name) (rate(container_cpu_usage_seconds_total{service!=""}[5m]))'
    ' / sum by (service, name) (container_spec_cpu_quota{service!=""} / container_spec_cpu_period{service!=""})'
)


def request_rate(quiet: str, also: str = "") -> str:
    """Requests of users per second, by service; `quiet` fits routes that are left out, `also` selects some."""
    return rate(f"http_requests_total{{{also}route!~{quiet}}}")


def error_share(quiet: str) -> str:
    """The share of users' requests that fail, by service."""
    return f"{request_rate(quiet, FAILED)} / {request_rate(quiet)}"


def response_time(quantile: float, quiet: str) -> str:
    """Seconds within which this share of users' requests is answered, by service."""
    return _quantile(quantile, f"http_request_duration_seconds_bucket{{route!~{quiet}}}")


def query_time(quantile: float) -> str:
    """Seconds within which this share of database queries is answered, by service."""
    return _quantile(quantile, "db_query_duration_seconds_bucket")


def _quantile(quantile: float, buckets: str) -> str:
    return f"histogram_quantile({quantile:g}, sum by (service, le) (rate({buckets}[5m])))"


def slow_queries() -> str:
    """Queries per second that are slow, by service."""
    all_of, quick = "db_query_duration_seconds_count", f'db_query_duration_seconds_bucket{{le="{SLOW}"}}'
    return f"{rate(all_of)} - {rate(quick)}"


def rate(counter: str, by: str = "service") -> str:
    """What a counter grows by in a second, summed."""
    return f"sum by ({by}) (rate({counter}[5m]))"
