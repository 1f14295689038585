"""Commands of kubectl as values: the whole line, and what a failure tells."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.kubernetes import Cluster, Kubectl
from buildgraph.kubernetes.said import read_logs
from buildgraph.kubernetes.sealed import ensure_sealed
from buildgraph.manifests.model import Environment, EnvValue, Kubernetes, Service
from buildgraph.place.model import Scene
from buildgraph.place.secrets import Secrets
from buildgraph.process import Command, OnLine, Result
from buildgraph.render.kubernetes import NAME, PART_OF
from tests.support.runners import AnsweringRunner


@dataclass
class SayingRunner(AnsweringRunner):
    """Says the same on standard output to whoever asks for what pods have said; there is one pod."""

    said: str = ""

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        if "logs" in command.argv:
            return Result(0, self.said.encode())
        labels = {NAME: "api", PART_OF: "shop"}
        return Result(
            0, json.dumps({"kind": "Pod", "metadata": {"name": "api-1", "labels": labels}}).encode()
        )


API = Service("api", "shop", "dockerfile", "api", env={"KEY": EnvValue(secret=True)})


def test_every_command_names_its_cluster_and_its_namespace() -> None:
    plain = Kubectl(AnsweringRunner(), "shop-europe", "shop")
    keyed = Kubectl(AnsweringRunner(), "shop-europe", "shop", Path("/keys/europe.yaml"))

    assert plain.command("get", "pods").argv == (
        "kubectl", "--context", "shop-europe", "--namespace", "shop", "get", "pods",
    )  # fmt: skip
    assert keyed.command("get", "pods").argv[:3] == ("kubectl", "--kubeconfig", "/keys/europe.yaml")


def test_what_kubectl_refuses_is_told_in_its_own_words_with_the_way_out() -> None:
    runner = AnsweringRunner(1, ["Unable to connect to the server: dial tcp: no such host"])

    with pytest.raises(ToolError) as error:
        Kubectl(runner, "shop-europe", "shop").read("deployments")

    assert str(error.value) == (
        "kubectl get failed in shop-europe: Unable to connect to the server: dial tcp: no such host\n"
        "  `kubectl --context shop-europe get nodes` must work on this machine"
    )
    assert error.value.exit_code == 3


def test_secrets_that_containers_print_are_left_out_of_the_logs() -> None:
    runner = SayingRunner(said="my key is swordfish\nready\n")
    environment = Environment("production", registry="r", kubernetes=Kubernetes("c", "n"))
    secrets = Secrets({"KEY": "swordfish"})
    cluster = Cluster(Kubectl(runner, "c", "n"), "acme", Scene(environment, (API,)), secrets, bool)

    assert read_logs(cluster, "shop", 10) == [("api-1", "my key is ***"), ("api-1", "ready")]


def test_a_secret_value_is_in_no_argument_and_in_no_annotation() -> None:
    """Whoever lists processes sees arguments; `apply` would write the values down a second time."""
    runner = AnsweringRunner()
    environment = Environment("production", registry="r", kubernetes=Kubernetes("c", "n"))
    cluster = Cluster(
        Kubectl(runner, "c", "n"), "acme", Scene(environment, (API,)), Secrets({"KEY": "swordfish"}), bool
    )

    ensure_sealed(cluster, API, "d" * 32)

    (command,) = runner.commands
    assert "create" in command.argv
    assert "swordfish" not in " ".join(command.argv)
    assert b"c3dvcmRmaXNo" in command.stdin  # base64, as the API wants it
    assert "swordfish" not in repr(cluster)
