"""Looking for a value wherever it may have come to: in files and their names, streams, layers, lists of processes."""

from __future__ import annotations

import base64
import gzip
import os
import re
import stat
import threading
import uuid
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.request import Request, urlopen

MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.oci.image.index.v1+json"
)
BLOB = re.compile(rb'"digest":\s*"(sha256:[0-9a-f]{64})"')  # annotations name what is packed in one
YOUNG = 10  # looks at a process: it may become another program after its birth


class Marked:
    """Values that all hold one mark, and what finds that in bytes as it is, in hexadecimal and in base64.

    Half of it is found, too: whoever cuts a text before hiding what is secret in it leaves a part.
    """

    def __init__(self) -> None:
        self.mark = uuid.uuid4().hex
        halves = (self.mark[:16].encode(), self.mark[16:].encode())
        ends = [base64.b64encode(b"x" * shift + self.mark.encode())[4:-4] for shift in range(3)]
        self.forms = (*halves, *(half.hex().encode() for half in halves), *ends)

    def value(self, name: str) -> str:
        """A value that looks as odd as some do."""
        return f'{name}/{self.mark}&"{name}" '.strip()

    def is_in(self, content: bytes) -> bool:
        """Whether any of the values is there."""
        return any(form in content for form in self.forms)

    def files(self, *folders: Path) -> list[str]:
        """The files below these folders that hold one, or are called so."""
        found = (path for folder in folders for path in folder.rglob("*") if path.is_file())
        return sorted(str(path) for path in found if self.is_in_file(path))

    def is_in_file(self, path: Path) -> bool:
        """Whether any of the values is in a file, or in its name."""
        return self.is_in(os.fsencode(path)) or self.is_in(_plain(path.read_bytes()))

    def published(self, image: str, base: str = "") -> list[str]:
        """Which of a manifest in a registry, and of the blobs that it names and its base does not, hold one."""
        address, manifest = _manifest(image)
        known = _named(_manifest(base)[1]) if base else frozenset()
        blobs = _named(manifest) - known
        contents = {digest: _plain(_read(f"{address}/blobs/{digest}")) for digest in blobs}
        return [name for name, content in {image: manifest, **contents}.items() if self.is_in(content)]


class Watch(ABC):
    """Looks again and again while it is open, and keeps what it has seen."""

    pause = 0.004  # seconds between two looks

    def __init__(self) -> None:
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._watching.join()

    @abstractmethod
    def look(self) -> None:
        """Look once."""

    def _watch(self) -> None:
        while not self._over.wait(self.pause):
            self.look()


class ProcessWatch(Watch):
    """The command lines of all processes that begin on this machine, those in containers too, while it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[bytes] = set()
        self._looks = dict.fromkeys(_processes(), YOUNG)

    def look(self) -> None:
        """Read those that began lately."""
        self._looks = {process: self._looks.get(process, 0) + 1 for process in _processes()}
        self.seen.update(_lines(process for process, count in self._looks.items() if count <= YOUNG))


class FileWatch(Watch):
    """The files below some folders that hold one of the values at any moment while it is open."""

    pause = 0.02

    def __init__(self, marked: Marked, *folders: Path) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.count = 0
        self._marked = marked
        self._folders = folders
        self._seen: set[tuple[str, int, int]] = set()

    def look(self) -> None:
        """Read what is new or was written to since."""
        for path in (path for folder in self._folders for path in _files(folder)):
            with suppress(OSError):  # it is gone already
                if stat.S_ISREG((told := path.lstat()).st_mode):
                    self._read(path, (str(path), told.st_mtime_ns, told.st_size))

    def _read(self, path: Path, state: tuple[str, int, int]) -> None:
        if state not in self._seen:
            self._seen.add(state)
            self.count += 1
            if self._marked.is_in_file(path):
                self.found.add(str(path))


def _files(folder: Path) -> Iterator[Path]:
    """All that is no folder below one; a folder that goes meanwhile is passed over, which `rglob` may raise for."""
    return (Path(place, name) for place, _, names in os.walk(folder) for name in names)


def _processes() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208  # hundreds of times in a second


def _lines(processes: Iterable[str]) -> Iterator[bytes]:
    for process in processes:
        with suppress(OSError):
            yield Path(f"/proc/{process}/cmdline").read_bytes()


def _manifest(image: str) -> tuple[str, bytes]:
    """Where what is named `REGISTRY/NAME@DIGEST` or `REGISTRY/NAME:TAG` lies, and its manifest."""
    registry, _, rest = image.partition("/")
    name, _, reference = rest.partition("@") if "@" in rest else rest.rpartition(":")
    address = f"http://{registry}/v2/{name}"
    return address, _read(f"{address}/manifests/{reference}")


def _named(manifest: bytes) -> frozenset[str]:
    """The blobs that a manifest names."""
    return frozenset(digest.decode() for digest in BLOB.findall(manifest))


def _read(address: str) -> bytes:
    with urlopen(Request(address, headers={"Accept": MANIFESTS})) as answer:
        content: bytes = answer.read()
        return content


def _plain(content: bytes) -> bytes:
    """What is compressed, as layers and git's objects are, made readable, but for what is not all there yet."""
    with suppress(OSError, EOFError, zlib.error):
        if content.startswith(b"\x1f\x8b"):
            return gzip.decompress(content)
        return zlib.decompress(content) if content.startswith(b"x") else content
    return content
