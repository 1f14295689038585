"""Who watches, as containers: a compose file that is read after that of the server, and joins its networks.

Beside what `deploy` has started, another takes the place of the server's: it says which network theirs is.

Nobody publishes a port to others: Grafana's is this machine's alone, the rest answer each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from buildgraph.manifests.variables import POSTGRES_PASSWORD, REDIS_PASSWORD
from buildgraph.render.compose.containers import NO_NEW_RIGHTS
from buildgraph.render.compose.prod import DATA, LOGGING, SECRETS, SERVICES
from buildgraph.render.compose.words import image_variable, usually
from buildgraph.render.monitoring.health import DEPLOYED, TARGETS
from buildgraph.render.monitoring.provisioning import DASHBOARDS
from buildgraph.render.monitoring.routing import PAGERDUTY_KEY, SLACK_WEBHOOK
from buildgraph.render.monitoring.scraping import COMPOSE_SERVICE, OWNERS
from buildgraph.render.monitoring.watched import (
    ALERTMANAGER,
    ALLOY,
    BLACKBOX,
    CADVISOR,
    GRAFANA,
    LOKI,
    NODE_EXPORTER,
    PORTS,
    POSTGRES_EXPORTER,
    PROMETHEUS,
    REDIS_EXPORTER,
    Watched,
)
from buildgraph.render.yaml import Yaml, render_file
from buildgraph.servers import POSTGRES, REDIS

IMAGES: Final = {
    PROMETHEUS: "prom/prometheus:v2.55.1",
    ALERTMANAGER: "prom/alertmanager:v0.27.0",
    GRAFANA: "grafana/grafana:11.3.0",
    LOKI: "grafana/loki:3.2.1",
    ALLOY: "grafana/alloy:v1.11.0",
    CADVISOR: "gcr.io/cadvisor/cadvisor:v0.49.1",
    NODE_EXPORTER: "prom/node-exporter:v1.8.2",
    POSTGRES_EXPORTER: "prometheuscommunity/postgres-exporter:v0.15.0",
    REDIS_EXPORTER: "oliver006/redis_exporter:v1.66.0",
    BLACKBOX: "prom/blackbox-exporter:v0.25.0",
}
WATCHING: Final = "monitoring"  # the network on which watchers answer each other
HERE: Final = "./monitoring"  # seen from `docker`, the project's folder for compose
CONFIGURED: Final = "/etc/prometheus"  # where it finds its files
NETWORK_VARIABLE: Final = "ENVIRONMENT_NETWORK"  # another one to join than this environment's
KEPT: Final = "30d"  # how long metrics are kept
# The secrets of this file, by the variables that give them, and what each is.
GRAFANA_PASSWORD, KEY_VARIABLE, HOOK_VARIABLE = "GRAFANA_PASSWORD", "PAGERDUTY_SERVICE_KEY", "SLACK_WEBHOOK"
NEEDED: Final = {
    GRAFANA_PASSWORD: "the password of Grafana's user admin",
    KEY_VARIABLE: "PagerDuty's service key, by which Alertmanager wakes somebody",
    HOOK_VARIABLE: "the address of Slack's incoming webhook, where Alertmanager posts warnings",
}
SEALED: Final[dict[str, Yaml]] = {"read_only": True, "tmpfs": ["/tmp"], "cap_drop": ["ALL"], **NO_NEW_RIGHTS}


def render_containers(watched: Watched) -> str:
    """The file `compose.yml`."""
    names = (PROMETHEUS, ALERTMANAGER, GRAFANA, LOKI, ALLOY, *watched.exporters)
    services: dict[str, Yaml] = {name: _container(name, MAKE[name](watched)) for name in names}
    return render_file(
        {
            "services": services,
            "networks": {WATCHING: {}},
            "volumes": {name: {} for name in (PROMETHEUS, ALERTMANAGER, GRAFANA, LOKI, ALLOY)},
            "secrets": {
                PAGERDUTY_KEY: {"environment": KEY_VARIABLE},
                SLACK_WEBHOOK: {"environment": HOOK_VARIABLE},
            },
        }
    )


def render_joining(watched: Watched) -> str:
    """The file `deployed.yml`: read before the other, it has them join the network of what `deploy` has started.

    That is one for all; its servers and services bear the names on it that they have on compose's.
    """
    found: dict[str, Yaml] = {"external": True, "name": usually(NETWORK_VARIABLE, watched.network)}
    asked = f"{HERE}/prometheus/{DEPLOYED}:{CONFIGURED}/{TARGETS}:ro"
    return render_file(
        {
            "name": f"{watched.network}-{WATCHING}",
            "services": {PROMETHEUS: {"volumes": [asked]}},
            "networks": {SERVICES: found, DATA: found},
        }
    )


def _container(name: str, told: dict[str, Yaml]) -> dict[str, Yaml]:
    image = usually(image_variable(name), IMAGES[name])
    return {"image": image, "restart": "always", "networks": [WATCHING], **told, **LOGGING}


def _prometheus(watched: Watched) -> dict[str, Yaml]:
    del watched
    return {
        "command": [
            f"--config.file={CONFIGURED}/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            f"--storage.tsdb.retention.time={KEPT}",
        ],
        "volumes": [f"{HERE}/prometheus:{CONFIGURED}:ro", f"{PROMETHEUS}:/prometheus"],
        "networks": [WATCHING, SERVICES],
        **SEALED,
    }


def _alertmanager(watched: Watched) -> dict[str, Yaml]:
    """Compose writes secrets of variables into the container's own files, which therefore can be written."""
    del watched
    return {
        "command": ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
        "volumes": [
            f"{HERE}/alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro",
            f"{ALERTMANAGER}:/alertmanager",
        ],
        "secrets": [PAGERDUTY_KEY, SLACK_WEBHOOK],
        "cap_drop": ["ALL"],
        **NO_NEW_RIGHTS,
    }


def _grafana(watched: Watched) -> dict[str, Yaml]:
    del watched
    return {
        "environment": {
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_SECURITY_ADMIN_PASSWORD": SECRETS.reference(GRAFANA_PASSWORD),
            "GF_USERS_ALLOW_SIGN_UP": "false",
        },
        "ports": [f"127.0.0.1:{usually('GRAFANA_PORT', '9300')}:{PORTS[GRAFANA]}"],
        "volumes": [
            f"{HERE}/grafana/provisioning:/etc/grafana/provisioning:ro",
            f"{HERE}/grafana/dashboards:{DASHBOARDS}:ro",
            f"{GRAFANA}:/var/lib/grafana",
        ],
        **SEALED,
    }


def _loki(watched: Watched) -> dict[str, Yaml]:
    del watched
    return {
        "command": ["-config.file=/etc/loki/loki.yml"],
        "volumes": [f"{HERE}/loki.yml:/etc/loki/loki.yml:ro", f"{LOKI}:/loki"],
        **SEALED,
    }


def _alloy(watched: Watched) -> dict[str, Yaml]:
    """It reads what containers write from the engine, whose socket gives whoever has it the machine."""
    del watched
    return {
        "command": [
            "run",
            "--config.format=promtail",
            "--storage.path=/var/lib/alloy/data",
            "/etc/alloy/promtail.yml",
        ],
        "volumes": [
            f"{HERE}/promtail.yml:/etc/alloy/promtail.yml:ro",
            "/var/run/docker.sock:/var/run/docker.sock:ro",
            f"{ALLOY}:/var/lib/alloy/data",
        ],
        **NO_NEW_RIGHTS,
    }


def _cadvisor(watched: Watched) -> dict[str, Yaml]:
    """Of all labels of containers, only those that tell whose they are."""
    del watched
    return {
        "command": [
            "--docker_only=true",
            "--store_container_labels=false",
            f"--whitelisted_container_labels={','.join((COMPOSE_SERVICE, *OWNERS))}",
        ],
        "volumes": [
            "/:/rootfs:ro",
            "/var/run:/var/run:ro",
            "/sys:/sys:ro",
            "/var/lib/docker:/var/lib/docker:ro",
        ],
        **NO_NEW_RIGHTS,
    }


def _blackbox(watched: Watched) -> dict[str, Yaml]:
    """It asks services for their health, where they answer each other."""
    del watched
    return {
        "command": ["--config.file=/etc/blackbox_exporter/config.yml"],
        "volumes": [f"{HERE}/blackbox.yml:/etc/blackbox_exporter/config.yml:ro"],
        "networks": [WATCHING, SERVICES],
        **SEALED,
    }


def _node_exporter(watched: Watched) -> dict[str, Yaml]:
    del watched
    return {"command": ["--path.rootfs=/host"], "pid": "host", "volumes": ["/:/host:ro,rslave"], **SEALED}


def _postgres_exporter(watched: Watched) -> dict[str, Yaml]:
    del watched
    return {
        "environment": {
            "DATA_SOURCE_URI": f"{POSTGRES}:5432/postgres?sslmode=disable",
            "DATA_SOURCE_USER": SECRETS.database_user(),
            "DATA_SOURCE_PASS": SECRETS.reference(POSTGRES_PASSWORD),
        },
        "networks": [WATCHING, DATA],
        **SEALED,
    }


def _redis_exporter(watched: Watched) -> dict[str, Yaml]:
    del watched
    return {
        "environment": {
            "REDIS_ADDR": f"redis://{REDIS}:6379",
            REDIS_PASSWORD: SECRETS.reference(REDIS_PASSWORD),
        },
        "networks": [WATCHING, DATA],
        **SEALED,
    }


MAKE: Final[dict[str, Callable[[Watched], dict[str, Yaml]]]] = {
    PROMETHEUS: _prometheus,
    ALERTMANAGER: _alertmanager,
    GRAFANA: _grafana,
    LOKI: _loki,
    ALLOY: _alloy,
    CADVISOR: _cadvisor,
    NODE_EXPORTER: _node_exporter,
    POSTGRES_EXPORTER: _postgres_exporter,
    REDIS_EXPORTER: _redis_exporter,
    BLACKBOX: _blackbox,
}
