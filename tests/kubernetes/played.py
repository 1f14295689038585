"""A cluster that is played: a Runner that keeps what kubectl is told to change, and where all settles at once."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from buildgraph.deploy.releases import released
from buildgraph.deploy.releasing import Shipment
from buildgraph.kubernetes import Cluster, Kubectl, KubernetesPlatform
from buildgraph.kubernetes.sweeping import KINDS
from buildgraph.manifests.model import Environment, Kubernetes, Service
from buildgraph.place.audit import Deed
from buildgraph.place.model import Scene, Target
from buildgraph.place.secrets import Secrets
from buildgraph.process import Command, OnLine, Result
from buildgraph.render.helm.merging import merged
from buildgraph.render.kubernetes import INSTANCE, VERSIONS
from tests.support.runners import AnsweringRunner

Told = dict[str, Any]
Answer = Callable[[tuple[str, ...], bytes], Result]
NOT_SO = Result(1, stderr=b"Error from server: not so")
WELL = Result(0)


@dataclass
class Cape(AnsweringRunner):
    """The cluster: its objects by kind and name, and what happens to be done by others at some line of a deploy."""

    objects: dict[tuple[str, str], Told] = field(default_factory=dict)
    moments: dict[str, Callable[[], object]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    turn: Any = field(default_factory=threading.RLock)  # a lock is renewed beside the deploy

    def hear(self, line: str) -> None:
        """Keep a line that a deploy tells, and do what shall be done at this moment."""
        self.told.append(line)
        for moment, action in self.moments.items():
            if moment in line:
                action()

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        with self.turn:
            self.commands.append(command)
            words = command.argv[command.argv.index("--namespace") + 2 :]
            answers: dict[str, Answer] = {
                "get": self.get,
                "create": self.create,
                "replace": self.replace,
                "patch": self.patch,
                "apply": self.apply,
                "delete": self.delete,
                "api-versions": lambda words, stdin: Result(0, "\n".join(VERSIONS.values()).encode()),
                "api-resources": lambda words, stdin: Result(0, "\n".join(KINDS.values()).encode()),
            }
            answer = answers.get(words[0])
            return answer(words[1:], command.stdin) if answer else WELL

    def get(self, words: tuple[str, ...], stdin: bytes) -> Result:
        if words[0] == "namespace":
            told = {"kind": "Namespace", "metadata": {"name": words[1]}}
            return Result(0, json.dumps(told).encode())
        found = self.chosen(words)
        if words[1].startswith("--"):
            return Result(0, json.dumps({"kind": "List", "items": found}).encode())
        return Result(0, json.dumps(found[0]).encode() if found else b"")

    def chosen(self, words: tuple[str, ...]) -> list[Told]:
        """The objects that some words mean: kinds, then a name or labels."""
        kinds = {singular(resource) for resource in words[0].split(",")}
        if not words[1].startswith("--"):
            return [each for key, each in self.objects.items() if key == (*kinds, words[1])]
        return [
            each
            for (kind, _), each in self.objects.items()
            if kind in kinds and fits(each["metadata"].get("labels", {}), words[1].partition("=")[2])
        ]

    def create(self, words: tuple[str, ...], stdin: bytes) -> Result:
        told = json.loads(stdin)
        return NOT_SO if named(told) in self.objects else self.put(told)

    def replace(self, words: tuple[str, ...], stdin: bytes) -> Result:
        told = json.loads(stdin)
        seen, found = told["metadata"].get("resourceVersion"), self.objects[named(told)]
        return self.put(told) if seen == found["metadata"]["resourceVersion"] else NOT_SO

    def put(self, told: Told) -> Result:
        """Have an object as it is told."""
        told["metadata"]["resourceVersion"] = str(len(self.commands))
        self.objects[named(told)] = told
        return WELL

    def patch(self, words: tuple[str, ...], stdin: bytes) -> Result:
        found = self.objects.get((words[0], words[1]))
        if found is None:
            return NOT_SO
        if words[2] == "--type=merge":
            return self.put({**found, "data": {**found["data"], **json.loads(stdin)["data"]}})
        for step in json.loads(words[3].removeprefix("--patch=")):
            key = step["path"].rpartition("/")[2]
            if step["op"] == "test" and found["spec"][key] != step["value"]:
                return NOT_SO
            found["spec"][key] = step["value"]
        return WELL

    def apply(self, words: tuple[str, ...], stdin: bytes) -> Result:
        folder = Path(words[0].removeprefix("--kustomize="))
        settings = yaml.safe_load((folder / "kustomization.yaml").read_text())
        base = folder / settings["resources"][0]
        patch = yaml.safe_load((folder / "patch.yaml").read_text())
        for file in [*base.glob("*.yaml"), *(folder / name for name in settings["resources"][1:])]:
            told: Any = yaml.safe_load(file.read_text())
            if told["kind"] == "Deployment":
                told = settled(merged(told, patch), settings["images"][0])
            if told["kind"] != "Kustomization":
                told["metadata"]["labels"] |= settings["labels"][0]["pairs"]
                self.put(told)
        return WELL

    def delete(self, words: tuple[str, ...], stdin: bytes) -> Result:
        for each in self.chosen(words):
            del self.objects[named(each)]
        return WELL

    def kinds_of(self, name: str) -> set[str]:
        """The kinds of which there is an object of this name."""
        return {kind for kind, other in self.objects if other == name}

    def releases(self) -> list[str]:
        """The names of the releases that are recorded."""
        names = [name for kind, name in self.objects if kind == "configmap"]
        return [name.removeprefix("buildgraph-release-") for name in names if "-release-" in name]


def named(told: Told) -> tuple[str, str]:
    return told["kind"].lower(), told["metadata"]["name"]


def singular(resource: str) -> str:
    """The kind that kubectl means by a resource's name."""
    name = resource.partition(".")[0]
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name[:-2] if name.endswith("sses") else name if name.endswith("ss") else name.removesuffix("s")


def fits(labels: Mapping[str, str], selector: str) -> bool:
    """Whether labels are those that a selector asks for, by `name=value` or `name in (one,other)`."""
    pairs = re.findall(r"([^,=]+)=([^,]+)", selector)
    sets = re.findall(r"([^, ]+) in \(([^)]*)\)", selector)
    return all(labels.get(name) == value for name, value in pairs) and all(
        labels.get(name) in among.split(",") for name, among in sets
    )


def settled(told: Any, image: Mapping[str, str]) -> Told:
    """A Deployment all of whose pods run."""
    [container] = told["spec"]["template"]["spec"]["containers"]
    container["image"] = f"{image['newName']}@{image['digest']}"
    told["metadata"] |= {"generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
    count = told["spec"].setdefault("replicas", 1)
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), count)
    return {**told, "status": {"observedGeneration": 1, **counts}}


def place_on(runner: AnsweringRunner, *services: Service) -> Cluster:
    """An environment on a cluster that is asked by this runner."""
    environment = Environment("test", registry="r", kubernetes=Kubernetes("c", "n"))
    return Cluster(Kubectl(runner, "c", "n"), "acme", Scene(environment, services), Secrets({}), bool)


def target(service: Service, version: str = "1") -> Target:
    """A version of a service."""
    digest = f"{int(version):064x}"
    return Target(
        service, f"r/{service.name}@sha256:{digest}", f"image {version}", f"version {version}", "c0"
    )


def deploy(cape: Cape, targets: Iterable[Target]) -> str:
    """Deploy a product; returns the release's name."""
    wanted = tuple(targets)
    services = tuple(each.service for each in wanted)
    shipped = Shipment(
        Deed("deploy", services[0].product, "c0", ""), wanted, tuple(released(t, t.service) for t in wanted)
    )
    return KubernetesPlatform(place_on(cape, *services)).release(shipped, cape.hear)


def taken_by(cape: Cape, holder: str) -> None:
    """Somebody else takes the lock of the product `shop`."""
    lease = cape.objects["lease", "buildgraph-lock-shop"]
    lease["spec"] |= {"holderIdentity": holder}


def with_host(cape: Cape, service: Service, host: str) -> None:
    """Somebody else has given a service a public host."""
    labels = cape.objects["service", service.name]["metadata"]["labels"]
    assert INSTANCE in labels
    meta = {"name": service.name, "labels": labels}
    cape.put({"kind": "Ingress", "metadata": meta, "spec": {"rules": [{"host": host}]}})
