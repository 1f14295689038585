"""Indexes as buildx makes them, attestations and all, brought to a registry: the machine's own engine keeps none.

They are built by a second dockerd with containerd's image store. It runs in a network namespace of its own, so
that it can touch nothing of the machine's: a dockerd without bridge takes that of its neighbour away.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

READY_WITHIN = 60.0


class IndexEngine:
    """A dockerd of its own, in a folder and a network namespace of its own; it ends with `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "context").mkdir(parents=True)
        (folder / "daemon.json").write_text(json.dumps({"features": {"containerd-snapshotter": True}}))
        socket = f"unix://{folder}/docker.sock"
        self.env: Mapping[str, str] = {**os.environ, "DOCKER_HOST": socket}
        places = {"data-root": "data", "exec-root": "exec", "pidfile": "pid", "config-file": "daemon.json"}
        options = [f"--{name}={folder / path}" for name, path in places.items()]
        alone = ("--bridge=none", "--iptables=false")
        argv = ("unshare", "--net", "dockerd", f"--host={socket}", *options, *alone)
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, process_group=0)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        asked = ("docker", "version")
        while subprocess.run(asked, env=self.env, capture_output=True, check=False).returncode:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "the engine of indexes does not get ready"
            time.sleep(0.5)

    def push_index(self, reference: str, content: str, *platforms: str) -> None:
        """Build an image that holds `content` for platforms, with an attestation for each, and publish it."""
        context, layout = self.folder / "context", self.folder / "layout"
        (context / "content").write_text(content)
        (context / "Dockerfile").write_text("FROM scratch\nCOPY content /content\n")
        options = ("--builder=default", f"--platform={','.join(platforms)}", "--provenance=mode=max")
        output = f"--output=type=oci,dest={layout}.tar"
        argv = ("docker", "buildx", "build", *options, output, str(context))
        ran = subprocess.run(argv, env=self.env, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        shutil.rmtree(layout, ignore_errors=True)
        with tarfile.open(f"{layout}.tar") as archive:
            archive.extractall(layout, filter="data")
        publish(layout, reference)

    def stop(self) -> None:
        """End the engine and take away all that it kept."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)


def publish(layout: Path, reference: str) -> None:
    """Bring what an OCI image layout holds to a registry on loopback, the whole of it first and its name last."""
    host, _, name = reference.partition("/")
    repository, _, tag = name.rpartition(":")
    address = f"http://{host}/v2/{repository}"
    [top] = json.loads((layout / "index.json").read_text())["manifests"]
    _publish_manifest(layout, address, top, tag)


def _publish_manifest(layout: Path, address: str, descriptor: Mapping[str, Any], name: str) -> None:
    content = _blob(layout, descriptor)
    told = json.loads(content)
    for child in told.get("manifests", ()):
        _publish_manifest(layout, address, child, child["digest"])
    for part in (*told.get("layers", ()), *([told["config"]] if "config" in told else ())):
        _publish_blob(layout, address, part)
    kind = {"Content-Type": descriptor["mediaType"]}
    requests.put(f"{address}/manifests/{name}", content, headers=kind, timeout=30).raise_for_status()


def _publish_blob(layout: Path, address: str, descriptor: Mapping[str, Any]) -> None:
    place = requests.post(f"{address}/blobs/uploads/", timeout=30).headers["Location"]
    sign = "&" if "?" in place else "?"
    there = f"{place}{sign}digest={descriptor['digest']}"
    kind = {"Content-Type": "application/octet-stream"}
    requests.put(there, _blob(layout, descriptor), headers=kind, timeout=30).raise_for_status()


def _blob(layout: Path, descriptor: Mapping[str, Any]) -> bytes:
    digest = str(descriptor["digest"])
    return (layout / "blobs" / digest.replace(":", "/")).read_bytes()
