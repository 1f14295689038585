"""A real Prometheus on a network of containers, with a rendered configuration whose times are short."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support.system import docker, fetch
from tests.support.waiting import until

# Times of the architecture in seconds that a test can wait for; what is asked and compared stays.
HURRIED = (
    (r'"30s"', '"1s"'),
    (r'for: "\d+m"', 'for: "0s"'),
    (r'interval: "1m"', 'interval: "1s"'),
    (r"\[\dm\]", "[10s]"),
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
        alerts = self._told("alerts")["alerts"]
        labels = (alert["labels"] for alert in alerts if alert["state"] == "firing")
        return {(told["alertname"], told.get("service", "")) for told in labels}

    def _told(self, path: str) -> Any:
        return json.loads(fetch(f"{self.address}/api/v1/{path}")[1])["data"]


@contextmanager
def prometheus(network: str, folder: Path) -> Iterator[Prometheus]:
    """Prometheus with the configuration of a folder, where the engine's DNS tells it the network's names."""
    name, image = f"prometheus-{uuid.uuid4().hex[:8]}", make_image()
    options = ("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/data")
    try:
        docker("create", "--name", name, "--network", network, image, "/usr/bin/prometheus", *options)
        docker("cp", f"{folder}/.", f"{name}:/etc/prometheus")
        docker("start", name)
        address = docker(
            "inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name
        ).strip()
        found = Prometheus(f"http://{address}:9090")
        until(lambda: fetch(f"{found.address}/-/ready")[0] == 200)
        yield found
    finally:
        docker("rm", "-f", "-v", name)
        docker("rmi", "-f", image)


def hurry(folder: Path) -> None:
    """Shorten the times in a folder's rendered files."""
    for path in folder.glob("*.yml"):
        text = path.read_text()
        for pattern, short in HURRIED:
            text = re.sub(pattern, short, text)
        path.write_text(text)


def make_image() -> str:
    """An image of this machine's program and the libraries that it is linked to, and nothing else."""
    program = shutil.which("prometheus")
    assert program, "script/monitoring installs prometheus"
    linked = subprocess.run(("ldd", program), capture_output=True, text=True, check=False).stdout
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", dereference=True) as made:
        for path in (program, *re.findall(r"(/\S+) \(", linked)):
            made.add(path, arcname=path)
    ran = subprocess.run(("docker", "import", "-"), input=archive.getvalue(), capture_output=True, check=True)
    return ran.stdout.decode().strip()
