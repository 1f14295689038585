"""A few small services in a real repository, deployed to a real cluster (script/kubernetes) through the front door."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.hamlet import NODE, Hamlet, as_toml
from tests.support.starting import Ran
from tests.support.system import CACHE, free_port
from tests.support.waiting import until

CONTEXT = "buildgraph-test"
KUBECONFIG = CACHE / "kubernetes/kubeconfig"
MIGRATE = "console.log('migrating as ' + (process.env.LEVEL ?? 'nobody')); process.exit({code});\n"
SMOKE = [{"name": "the api answers", "path": "/", "contains": "api", "within": 5}]


class Harbour(Hamlet):
    """The product `shop` (api, which has a secret and a migration, and web) in environments of a cluster."""

    def __init__(
        self, root: Path, registry: str, environments: tuple[str, ...] = ("alpha", "beta"), base: str = NODE
    ) -> None:
        self.registry = registry
        super().__init__(root, environments, base)
        self.write("services/api/migrate.mjs", MIGRATE.format(code=0))
        self.declare_shop()
        self.write("secrets.env", "DATABASE_URL=postgres://first-secret\n")
        self.write(".gitignore", (self.root / ".gitignore").read_text() + "secrets.env\n")
        self.commit()

    def settings(self, environment: str = "alpha", **fields: Any) -> None:
        """Write an environment on the cluster, in a namespace of this test's own."""
        usual = {
            "registry": f"{self.registry}/{self.name}",
            "secrets": "secrets.env",
            "health_within": 90,
            "drain_within": 1,
            "values": {"LEVEL": environment},
        }
        lines = [f"{key} = {as_toml(value)}" for key, value in (usual | fields).items()]
        cluster = f'[kubernetes]\ncontext = "{CONTEXT}"\nnamespace = "{self.namespace(environment)}"\n'
        self.write(f"manifests/environments/{environment}.toml", "\n".join([*lines, cluster]))

    def settings_on_engine(self, environment: str) -> None:
        """Write an environment on this machine's engine, with the same registry, secrets and values."""
        self.ports[environment] = free_port()
        registry, values = f"{self.registry}/{self.name}", {"LEVEL": environment}
        super().settings(environment, registry=registry, secrets="secrets.env", values=values)

    def declare_shop(self, **api: Any) -> None:
        """Write the shop's manifest; `api` are further fields of that service."""
        usual = {
            "port": 3001,
            "env": {"DATABASE_URL": {"secret": True}},
            "migration": {"command": ["node", "/app/migrate.mjs"], "within": 60},
            "smoke": SMOKE,
        }
        self.declare("shop", api=usual | api, web={"port": 3002, "depends_on": ["api"]})

    def namespace(self, environment: str = "alpha") -> str:
        """The namespace of an environment."""
        return f"{self.name}-{environment}"

    def kubectl(self, *words: str, environment: str = "alpha") -> str:
        """What kubectl prints in an environment's namespace."""
        ran = kubectl("-n", self.namespace(environment), *words)
        ran.check_returncode()
        return ran.stdout

    def objects(self, kinds: str, environment: str = "alpha") -> dict[str, Any]:
        """Objects of the environment, by name."""
        told = json.loads(self.kubectl("get", kinds, "-o", "json", environment=environment))
        return {found["metadata"]["name"]: found for found in told["items"]}

    def pods(self, environment: str = "alpha") -> dict[str, list[str]]:
        """Service -> the names of its pods that are not on their way out."""
        found: dict[str, list[str]] = {}
        for name, pod in self.objects("pods", environment).items():
            if "deletionTimestamp" not in pod["metadata"]:
                found.setdefault(pod["metadata"]["labels"]["app.kubernetes.io/name"], []).append(name)
        return found

    def exit_codes(self, service: str) -> set[int]:
        """The codes with which containers of a service have ended, of those that the cluster still tells."""
        pods = self.objects("pods").values()
        of_it = [pod for pod in pods if pod["metadata"]["labels"]["app.kubernetes.io/name"] == service]
        found = [status for pod in of_it for status in pod["status"].get("containerStatuses", ())]
        states = [status.get(which, {}) for status in found for which in ("state", "lastState")]
        return {state["terminated"]["exitCode"] for state in states if "terminated" in state}

    def answer(self, service: str, environment: str = "alpha") -> str:
        """What a service answers by its Service's own address, as the cluster's API leads there.

        Pods on their way out may still answer until the cluster has told everybody; they are waited for.
        """
        self.the_old_have_ended(environment)
        path = f"/api/v1/namespaces/{self.namespace(environment)}/services/{service}:http/proxy/"
        return self.kubectl("get", "--raw", path)

    def the_old_have_ended(self, environment: str = "alpha") -> None:
        """Wait until no pod that is on its way out still runs; its object may stay for another minute."""
        until(lambda: not any(_is_ending(pod) for pod in self.objects("pods", environment).values()))

    def state(self, environment: str = "alpha") -> dict[str, tuple[str, bool]]:
        """Service -> its state, and whether it is in date."""
        told = self.told("status", f"env={environment}")["services"]
        return {row["service"]: (row["state"], row["in_date"]) for row in told if row["product"] == "shop"}

    def deploy(self, environment: str = "alpha") -> Ran:
        """Deploy the shop."""
        return self.run("deploy:shop", f"env={environment}")

    def start_deploy(self) -> subprocess.Popen[str]:
        """Begin a deploy of the shop, in a process of its own."""
        return subprocess.Popen(
            (sys.executable, "-m", "buildgraph.main", "deploy:shop", "env=alpha"),
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill_deploy_at(self, moment: str) -> None:
        """Deploy, and kill the deployer without warning at the line that contains `moment`."""
        told: list[str] = []
        with self.start_deploy() as child:
            assert child.stderr is not None
            for line in child.stderr:
                told.append(line)
                if moment in line:
                    child.kill()
                    return
        raise AssertionError(f"{moment!r} is not told in {told}")


def kubectl(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run kubectl on the cluster, whatever comes of it."""
    argv = ("kubectl", "--kubeconfig", str(KUBECONFIG), "--context", CONTEXT, *words)
    return subprocess.run(argv, input=given, capture_output=True, text=True, check=False)


def _is_ending(pod: Any) -> bool:
    states = [container["state"] for container in pod["status"].get("containerStatuses", ())]
    return "deletionTimestamp" in pod["metadata"] and any("running" in state for state in states)
