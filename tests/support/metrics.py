"""Metrics that are asked for by rules and dashboards, and metrics that are told: both as labels by name."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.support.system import fetch, free_port

Labels = dict[str, set[str]]
CONTAINER = "container_"  # what cadvisor's names begin with
WORDS = {"by", "without", "ignoring", "on", "and", "or", "unless", "bool", "group_left", "group_right"}


def queries(folder: Path) -> Iterator[str]:
    """Every query of Prometheus in the rules and dashboards of a folder."""
    for path in folder.rglob("alerts.yml"):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule["expr"] for rule in group["rules"])
    for path in folder.rglob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            yield from (target["expr"] for target in panel["targets"] if is_of_prometheus(target))


def is_of_prometheus(target: Mapping[str, Any]) -> bool:
    return bool(target["datasource"]["uid"] == "prometheus")


def asked(query: str) -> Labels:
    """The metrics that a query names, with the labels by which it selects."""
    selected = re.sub(r'"(\\.|[^"\\])*"', '""', query)
    selected = re.sub(r"\b(by|without|ignoring|on)\s*\([^)]*\)|\[[^\]]*\]", " ", selected)
    found: Labels = {}
    for name, after, labels in re.findall(
        r"\b([a-z_][a-z0-9_]*)\b\s*(\(?)(?:\{([^}]*)\})?", remove_loose(selected)
    ):
        if not after and name not in WORDS:
            found.setdefault(name, set()).update(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels))
    return found


def remove_loose(text: str) -> str:
    """Selectors close to their metric, so that no label is taken for one."""
    return re.sub(r"\s+\{", "{", text)


def told(page: str) -> Labels:
    """The metrics that a page of an exporter tells, with their labels."""
    found: Labels = {}
    for line in page.splitlines():
        if line and not line.startswith("#"):
            name, labels = re.match(r"(\w+)(?:\{(.*)\})?", line).groups()  # type: ignore[union-attr]
            found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels or ""))
    return found


@contextmanager
def exporter(program: str, *options: str, **env: str) -> Iterator[str]:
    """The page of an exporter that runs on loopback."""
    port = free_port()
    argv = (f"prometheus-{program}-exporter", f"--web.listen-address=127.0.0.1:{port}", *options)
    running = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    try:
        yield page_of(f"http://127.0.0.1:{port}/metrics", running)
    finally:
        running.kill()
        running.wait()


def page_of(address: str, running: subprocess.Popen[bytes]) -> str:
    """What an exporter tells as soon as it listens."""
    deadline = time.monotonic() + 60
    while running.poll() is None and time.monotonic() < deadline:
        try:
            return fetch(address)[1]
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{running.args!r} does not answer")
