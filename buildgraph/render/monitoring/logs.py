"""Logs: where they are kept, and how lines that containers write to their engine get there.

A collector reads them from the engine: a logging driver that sends them itself holds up its container, and the engine,
whenever Loki does not answer.
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.naming import BACKING, ENVIRONMENT, PRODUCT, ROLE, SERVICE, WORKSPACE
from buildgraph.render.monitoring.watched import LOKI, PORTS, Watched, address, as_seen
from buildgraph.render.yaml import Yaml, render_file

KEPT: Final = "720h"  # thirty days, as metrics
SINCE: Final = "2024-01-01"  # from when the index has this form: before the first line
ENGINE: Final = "unix:///var/run/docker.sock"
META: Final = "__meta_docker_container_label_"
# Labels of lines, each with the label of containers that gives it: few values, as Loki wants them. What `deploy` starts
# says its role, and most say more, which counts then.
OF_COMPOSE: Final = (("project", "coolify.project"), ("service", "com.docker.compose.service"))
OF_DEPLOY: Final = (("project", PRODUCT), ("service", ROLE), ("service", BACKING), ("service", SERVICE))


def render_loki(watched: Watched) -> str:
    """Loki's configuration: one process, which keeps all in one folder."""
    del watched
    index: dict[str, Yaml] = {"prefix": "index_", "period": "24h"}
    schema: dict[str, Yaml] = {
        "from": SINCE,
        "store": "tsdb",
        "object_store": "filesystem",
        "schema": "v13",
        "index": index,
    }
    return render_file(
        {
            "auth_enabled": False,
            "server": {"http_listen_port": PORTS[LOKI]},
            "common": {
                "path_prefix": "/loki",
                "replication_factor": 1,
                "ring": {"kvstore": {"store": "inmemory"}},
                "storage": {"filesystem": {"chunks_directory": "/loki/chunks"}},
            },
            "schema_config": {"configs": [schema]},
            "limits_config": {"retention_period": KEPT},
            "compactor": {
                "working_directory": "/loki/compactor",
                "retention_enabled": True,
                "delete_request_store": "filesystem",
            },
            "analytics": {"reporting_enabled": False},
        }
    )


def render_collecting(watched: Watched) -> str:
    """What is read and sent, in Promtail's words, which Grafana Alloy takes: of compose's containers, and of ours."""
    workspace, environment = watched.stack.workspace, watched.stack.environment.name
    client: dict[str, Yaml] = {
        "url": f"http://{address(LOKI)}/loki/api/v1/push",
        "external_labels": {"environment": environment},
    }
    started = (f"com.docker.compose.project={workspace}",)
    deployed = (f"{WORKSPACE}={workspace}", f"{ENVIRONMENT}={environment}")
    jobs: list[Yaml] = [_read("compose", started, OF_COMPOSE), _read("deployed", deployed, OF_DEPLOY)]
    return render_file({"clients": [client], "scrape_configs": jobs})


def _read(job: str, owned: tuple[str, ...], told: tuple[tuple[str, str], ...]) -> dict[str, Yaml]:
    """The containers that have all of these labels; of a line of JSON, its level becomes a label."""
    own: dict[str, Yaml] = {"name": "label", "values": list(owned)}
    relabels: list[Yaml] = [
        {"source_labels": [as_seen(META, found)], "regex": "(.+)", "target_label": label}
        for label, found in told
    ]
    return {
        "job_name": job,
        "docker_sd_configs": [{"host": ENGINE, "refresh_interval": "15s", "filters": [own]}],
        "relabel_configs": relabels,
        "pipeline_stages": [{"json": {"expressions": {"level": "level"}}}, {"labels": {"level": "level"}}],
    }
