"""Who is asked whether it is well, where, and how: every service with a path for it, as its users' requests reach it.

Beside a compose file that is the service's name, to which its containers answer in turn. What `deploy` has started is
asked through the proxy, which asks the version that serves: the former one may well be, and hide that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildgraph.manifests.addresses import internal_urls
from buildgraph.render.monitoring.watched import BLACKBOX, Watched, address, path_of
from buildgraph.render.yaml import Yaml, render_file

TARGETS: Final = "health.yml"  # beside Prometheus's configuration
DEPLOYED: Final = "health-deployed.yml"  # what takes its place beside what `deploy` starts
ASKING: Final = "health"  # how they are asked, in the words of the exporter's configuration


def render_targets(watched: Watched) -> str:
    """The file `health.yml`: the addresses of services beside a compose file, in Prometheus's words."""
    return render_file(_targets(watched, watched.stack.internal_urls))


def render_deployed_targets(watched: Watched) -> str:
    """The file `health-deployed.yml`: the same where `deploy` has started them."""
    found = internal_urls(watched.stack.environment, watched.stack.services)
    return render_file(_targets(watched, found))


def render_asking(watched: Watched) -> str:
    """The exporter's configuration; it has as much time as Prometheus gives it."""
    del watched
    http: dict[str, Yaml] = {
        "valid_status_codes": [200],
        "follow_redirects": False,
        "preferred_ip_protocol": "ip4",
    }
    return render_file({"modules": {ASKING: {"prober": "http", "http": http}}})


def health_job() -> dict[str, Yaml]:
    """The job of Prometheus that has the exporter ask: each service is a target, and who is asked is the exporter."""
    return {
        "job_name": BLACKBOX,
        "metrics_path": "/probe",
        "params": {"module": [ASKING]},
        "file_sd_configs": [{"files": [TARGETS]}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__address__"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": address(BLACKBOX)},
        ],
    }


def _targets(watched: Watched, urls: Mapping[str, str]) -> list[Yaml]:
    return [
        {
            "targets": [f"{urls[service.name]}{path_of(service)}"],
            "labels": {"service": service.name, "product": service.product},
        }
        for service in watched.answering
    ]
