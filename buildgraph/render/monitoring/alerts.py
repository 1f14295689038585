"""Alert rules: the architecture's thresholds, asked of metrics that are there.

What differs from its rules is listed in docs/RENDERING.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from buildgraph.render.monitoring.queries import (
    CPU_SHARE,
    FREE_CONNECTIONS,
    MEMORY_SHARE,
    PRESSED_POOLS,
    SCRAPED,
    error_share,
    query_time,
    response_time,
)
from buildgraph.render.monitoring.watched import BLACKBOX, Watched
from buildgraph.render.yaml import Yaml, render_file
from buildgraph.servers import POSTGRES, REDIS

CRITICAL, WARNING = "critical", "warning"
INTERVAL: Final = "1m"  # how often rules are asked, as the architecture has it
TOLD: Final = "{{ $labels.service }}"
SHARE, SECONDS, NUMBER = (
    "{{ $value | humanizePercentage }}",
    "{{ $value | humanizeDuration }}",
    "{{ $value }}",
)


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule: `when` holds for as long as `lasts`; `summary` says of what kind, `description` of whom and how much."""

    name: str
    severity: str
    when: str
    lasts: str
    summary: str
    description: str
    service: str = ""

    def as_rule(self) -> dict[str, Yaml]:
        """The rule in Prometheus's words."""
        return {
            "alert": self.name,
            "expr": self.when,
            "for": self.lasts,
            "labels": {"severity": self.severity, **({"service": self.service} if self.service else {})},
            "annotations": {"summary": self.summary, "description": self.description},
        }


def render_alerts(watched: Watched) -> str:
    """The file `alerts.yml`."""
    found = (*_requests(watched), *_databases(watched), *_containers(), *_absences(watched))
    groups: list[Yaml] = []
    for severity in (CRITICAL, WARNING):
        rules = [alert.as_rule() for alert in found if alert.severity == severity]
        groups.append({"name": f"{severity}_alerts", "interval": INTERVAL, "rules": rules})
    return render_file({"groups": groups})


def _requests(watched: Watched) -> Iterator[Alert]:
    if not watched.services:
        return
    quiet = watched.quiet_routes
    yield Alert(
        "HighErrorRate",
        CRITICAL,
        f"{error_share(quiet)} > 0.05",
        "5m",
        "More than 5% of requests fail",
        f"{TOLD} fails {SHARE} of its requests.",
    )
    yield Alert(
        "HighResponseTime",
        WARNING,
        f"{response_time(0.95, quiet)} > 0.5",
        "10m",
        "p95 of response times is above 500 ms",
        f"One in twenty requests to {TOLD} takes more than {SECONDS}.",
    )
    yield Alert(
        "ManyFailedLogins",
        WARNING,
        "sum by (service) (rate(failed_logins_total[2m])) * 60 > 100",
        "1m",
        "More than 100 logins a minute are refused",
        f"{TOLD} refuses {NUMBER} logins a minute: it may be an attack.",
    )


def _databases(watched: Watched) -> Iterator[Alert]:
    if any(service.database for service in watched.services):
        yield Alert(
            "DatabaseConnectionPoolExhausted",
            CRITICAL,
            f"{FREE_CONNECTIONS} < 2 and ignoring (state) {PRESSED_POOLS}",
            "2m",
            "A database connection pool is almost exhausted",
            f"{TOLD} ({{{{ $labels.instance }}}}) has {NUMBER} connections left.",
        )
        yield Alert(
            "SlowQueries",
            WARNING,
            f"{query_time(0.95)} > 0.2",
            "10m",
            "p95 of database queries is above 200 ms",
            f"One in twenty queries of {TOLD} takes more than {SECONDS}.",
        )
    for kind, metric, name in ((POSTGRES, "pg_up", "PostgresDown"), (REDIS, "redis_up", "RedisDown")):
        if watched.stack.backing(kind):
            yield _server_down(name, kind, metric)


def _server_down(name: str, kind: str, metric: str) -> Alert:
    return Alert(
        name,
        CRITICAL,
        f"{metric} == 0",
        "1m",
        f"{kind} does not answer",
        f"Its exporter cannot reach {kind}.",
    )


def _containers() -> Iterator[Alert]:
    yield Alert(
        "HighMemoryUsage",
        WARNING,
        f"{MEMORY_SHARE} > 0.8",
        "5m",
        "A container uses more than 80% of its memory",
        f"{{{{ $labels.name }}}} uses {SHARE} of its memory: give {TOLD} more, or look for a leak.",
    )
    yield Alert(
        "HighCpuUsage",
        WARNING,
        f"{CPU_SHARE} > 0.7",
        "10m",
        "A container uses more than 70% of its processors",
        f"{{{{ $labels.name }}}} uses {SHARE} of its processors: run more of {TOLD}.",
    )


def _absences(watched: Watched) -> Iterator[Alert]:
    """Whoever does not answer; health is asked by a service's name, so that one without any container is told of."""
    if watched.answering:
        yield from _ill()
    yield Alert(
        "TargetDown",
        WARNING,
        f"{SCRAPED} == 0",
        "5m",
        "Somebody does not tell metrics",
        "{{ $labels.instance }} of {{ $labels.job }} does not answer Prometheus.",
    )


def _ill() -> Iterator[Alert]:
    """The architecture takes a server for dead after ten failed checks, which are thirty seconds apart."""
    yield Alert(
        "ServiceDown",
        CRITICAL,
        "probe_success == 0",
        "5m",
        "A service does not say that it is well",
        f"{TOLD} does not answer {{{{ $labels.instance }}}} with 200.",
    )
    yield Alert(
        "HealthUnknown",
        CRITICAL,
        f'absent(up{{job="{BLACKBOX}"}} == 1)',
        "5m",
        "Nobody is asked whether it is well",
        f"{BLACKBOX} does not answer Prometheus: no service that is down would be told of.",
        service=BLACKBOX,
    )
