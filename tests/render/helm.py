"""Helm as a program of its own: what it makes of a chart, and brings to a cluster; its library is helm's own code.

It takes one of the words render, lint, install, upgrade and rollback, the folder of a chart, a release's name, its
namespace, and values as JSON. It prints JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SECONDS = 120  # within which a release has to be ready


def told_by_helm(what: str, chart: Path, release: str, namespace: str, values: Mapping[str, Any]) -> Any:
    """What helm answers, in a process of its own: its runtime is Go's, with threads and signals of its own."""
    argv = (sys.executable, __file__, what, str(chart), release, namespace, json.dumps(values))
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def values_in(chart: Path, environment: str) -> dict[str, Any]:
    """The values of an environment's file, as `helm --values` takes them."""
    found: dict[str, Any] = yaml.safe_load((chart / f"values-{environment}.yaml").read_text())
    return found


def laid_over(told: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Values with others over them, as helm lays one file over another."""

    def one(name: str) -> Any:
        both = isinstance(told.get(name), dict) and isinstance(more[name], dict)
        return laid_over(told[name], more[name]) if both else more[name]

    return {**told, **{name: one(name) for name in more}}


def objects_of(chart: Path, release: str, namespace: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The objects that helm makes of a chart, by kind and name."""
    texts = told_by_helm("render", chart, release, namespace, values)
    return by_name(told for text in texts.values() for told in yaml.load_all(text, yaml.CSafeLoader))


def by_name(objects: Any) -> dict[str, Any]:
    """Objects by kind and name."""
    return {f"{told['kind']}/{told['metadata']['name']}": told for told in objects if told}


# What an environment may be without: a chart says it emptily, an overlay not at all, and to a cluster both are one.
OPTIONAL = frozenset({"annotations", "imagePullSecrets", "ingressClassName", "resources", "tls"})


def comparable(told: Any) -> Any:
    """An object as a cluster would understand it, whoever has made it: helm or a deploy."""
    if isinstance(told, dict):
        kept = {key: value for key, value in told.items() if value or key not in OPTIONAL}
        return {key: comparable(value) for key, value in kept.items()}
    if isinstance(told, list):
        return [comparable(value) for value in told]
    return "buildgraph" if told == "Helm" else told


def _answer(what: str, chart: str, release: str, namespace: str, values: str) -> object:
    import helm_python

    told = json.loads(values)
    if what == "lint":
        return helm_python.lint(chart, told, strict=True, namespace=namespace)
    if what == "render":
        with helm_python.Chart.load(chart) as loaded:
            loaded.validate_schema(told)
            return loaded.render(told, name=release, namespace=namespace)
    # Whom it asks stands in KUBECONFIG.
    with helm_python.Config(namespace=namespace) as config:
        if what == "rollback":
            config.rollback(release, timeout=SECONDS, wait="watcher")
            return None
        change = config.install if what == "install" else config.upgrade
        return change(chart, release, told, namespace=namespace, timeout=SECONDS, wait="watcher")


if __name__ == "__main__":
    json.dump(_answer(*sys.argv[1:]), sys.stdout)
