"""Looking for a value wherever it may have come to: in files, streams, layers of images, and lists of processes."""

from __future__ import annotations

import base64
import gzip
import json
import os
import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import Request, urlopen

MANIFESTS = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
YOUNG = 10  # looks at a process: it may become another program after its birth


class Marked:
    """Values that all hold one mark, and what finds that in bytes as it is, in hexadecimal and in base64."""

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        ends = [base64.b64encode(b"x" * shift + self.mark.encode())[4:-4] for shift in range(3)]
        self.forms = (self.mark.encode(), self.mark.encode().hex().encode(), *ends)

    def value(self, name: str) -> str:
        """A value that looks as odd as some do."""
        return f'{name}/{self.mark}&"{name}" '.strip()

    def is_in(self, content: bytes) -> bool:
        """Whether any of the values is there."""
        return any(form in content for form in self.forms)

    def files(self, *folders: Path) -> list[str]:
        """The files below these folders that hold one."""
        found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return sorted(str(path) for path in found if self.is_in(_plain(path.read_bytes())))

    def layers(self, registry: str, repository: str, digest: str, base: int) -> list[str]:
        """Which of an image's manifest, configuration and layers above the first `base` hold one."""
        address = f"http://{registry}/v2/{repository}"
        manifest = _read(f"{address}/manifests/{digest}")
        told = json.loads(manifest)
        blobs = [told["config"], *told["layers"][base:]]
        contents = {blob["digest"]: _plain(_read(f"{address}/blobs/{blob['digest']}")) for blob in blobs}
        return [name for name, content in {"manifest": manifest, **contents}.items() if self.is_in(content)]


class ProcessWatch:
    """The command lines of all processes that begin on this machine, those in containers too, while it is open."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ProcessWatch:
        self._watching.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._watching.join()

    def _watch(self) -> None:
        looks = dict.fromkeys(_processes(), YOUNG)
        while not self._over.is_set():
            there = _processes()
            looks = {process: looks.get(process, 0) + 1 for process in there}
            self.seen.update(_lines(process for process, count in looks.items() if count <= YOUNG))
            time.sleep(0.004)


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208  # hundreds of times in a second


def _lines(processes: Iterable[str]) -> Iterator[bytes]:
    for process in processes:
        with suppress(OSError):
            yield Path(f"/proc/{process}/cmdline").read_bytes()


def _read(address: str) -> bytes:
    with urlopen(Request(address, headers={"Accept": MANIFESTS})) as answer:
        content: bytes = answer.read()
        return content


def _plain(content: bytes) -> bytes:
    """What is compressed, as layers and git's objects are, made readable."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    with suppress(zlib.error):
        return zlib.decompress(content) if content.startswith(b"x") else content
    return content
