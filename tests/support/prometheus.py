"""Those who watch, started by their rendered compose files from this machine's programs, with times that are short."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.laptop import bare
from tests.support.system import docker, fetch
from tests.support.waiting import until

# Times of the architecture in seconds that a test can wait for; what is asked and compared stays.
HURRIED = (
    (r'"30s"', '"1s"'),
    (r'for: "\d+m"', 'for: "0s"'),
    (r'interval: "1m"', 'interval: "1s"'),
    (r'group_wait: "10s"', 'group_wait: "1s"'),
    (r"\[\dm\]", "[10s]"),
)
# Containers that are started, each with Debian's name of its program.
PROGRAMS = {
    "prometheus": "prometheus",
    "alertmanager": "prometheus-alertmanager",
    "blackbox-exporter": "prometheus-blackbox-exporter",
}
TEMPLATES = "/usr/share/prometheus/alertmanager"  # what Debian's reads beside its configuration
# A key that is none is told to nobody, and no folder is made for an engine that keeps its data elsewhere.
OVERRIDE = """
services:
  alertmanager: {extra_hosts: ["events.pagerduty.com:127.0.0.1"]}
  cadvisor: {volumes: ["${ENGINE_DATA}:/var/lib/docker:ro"]}
"""
SECRETS = (
    "GRAFANA_PASSWORD",
    "PAGERDUTY_SERVICE_KEY",
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "SLACK_WEBHOOK",
)


@dataclass(frozen=True)
class Prometheus:
    """One that runs, by its address."""

    address: str

    def ask(self, query: str) -> list[dict[str, Any]]:
        """What a query gives now: labels with a value each."""
        found: list[dict[str, Any]] = self._told(f"query?query={quote(query)}")["result"]
        return found

    def firing(self) -> set[tuple[str, str]]:
        """The alerts that fire, each with its service."""
        return {_named(alert) for alert in self._firing()}

    def words(self, alert: str, service: str) -> list[str]:
        """What an alert that fires tells people of a service, once for each of its series."""
        found = [each for each in self._firing() if _named(each) == (alert, service)]
        return [each["annotations"]["description"] for each in found]

    def _firing(self) -> list[dict[str, Any]]:
        return [alert for alert in self._told("alerts")["alerts"] if alert["state"] == "firing"]

    def _told(self, path: str) -> Any:
        return json.loads(fetch(f"{self.address}/api/v1/{path}")[1])["data"]


def _named(alert: dict[str, Any]) -> tuple[str, str]:
    return alert["labels"]["alertname"], alert["labels"].get("service", "")


@contextmanager
def watching(
    project: Path, network: str, programs: Mapping[str, str] = PROGRAMS, **secrets: str
) -> Iterator[Prometheus]:
    """Those who watch, from programs of this machine, as a project has rendered them beside what `deploy` started.

    `network` is that of the environment.
    """
    folder = project / "docker/monitoring"
    hurry(folder)
    (folder / "override.yml").write_text(OVERRIDE)
    images = {name: f"{network}-{name}" for name in programs}
    variables = {f"{name.upper().replace('-', '_')}_IMAGE": image for name, image in images.items()}
    env = {
        **bare(),
        **dict.fromkeys(SECRETS, "none"),
        **secrets,
        **variables,
        "ENVIRONMENT_NETWORK": network,
        "ENGINE_DATA": docker("info", "--format", "{{.DockerRootDir}}").strip(),
    }
    files = [word for name in ("deployed", "compose", "override") for word in ("-f", f"{folder}/{name}.yml")]

    def compose(*arguments: str) -> str:
        argv = ("docker", "compose", "--project-directory", str(folder.parent), *files, *arguments)
        ran = subprocess.run(argv, capture_output=True, text=True, check=False, env=env)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    try:
        for name, image in images.items():
            make_image(image, programs[name])
        compose("up", "--detach", "--no-deps", *programs)
        seen = f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}'
        address = docker("inspect", "-f", seen, compose("ps", "-q", "prometheus").strip()).strip()
        found = Prometheus(f"http://{address}:9090")
        until(lambda: fetch(f"{found.address}/-/ready")[0] == 200)
        yield found
    finally:
        compose("down", "--volumes", "--timeout", "0")
        docker("rmi", "-f", *images.values())


def hurry(folder: Path) -> None:
    """Shorten the times in a folder's rendered files."""
    for path in (*folder.glob("prometheus/*.yml"), folder / "alertmanager.yml"):
        text = path.read_text()
        for pattern, short in HURRIED:
            text = re.sub(pattern, short, text)
        path.write_text(text)


def make_image(name: str, program: str) -> None:
    """An image that starts a program of this machine: it holds what it is linked to and reads, and nothing else."""
    path = shutil.which(program)
    assert path, (
        f"{program} is not there: script/monitoring installs Debian's, script/kubernetes makes cadvisor"
    )
    linked = subprocess.run(("ldd", path), capture_output=True, text=True, check=False).stdout
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", dereference=True) as made:
        for each in (path, TEMPLATES, *re.findall(r"(/\S+) \(", linked)):
            made.add(each, arcname=each)
    change = f"ENTRYPOINT {json.dumps([path])}"
    argv = ("docker", "import", "--change", change, "-", name)
    subprocess.run(argv, input=archive.getvalue(), capture_output=True, check=True)
