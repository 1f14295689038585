"""The local store of results, shared by all clones of a user: results by key, packs by digest.

What stands there came to stand there whole: it is written beside and renamed. A result is sealed with its own
digest, and what is taken from a pack is compared with the digests in its result.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from buildgraph.checks.result import Content, Result


VARIABLE: Final = "BUILDGRAPH_CHECKS"  # another folder, or `off`
OFF: Final = "off"
RESULTS, PACKS = "results", "packs"
SEAL: Final = 64  # hex digits of sha256 before the result
DAY: Final = 86400  # seconds
KEPT: Final = 30 * DAY  # how long what nobody asks for stays


def store_folder(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Where results are kept on this machine; None where the user wants none to be kept."""
    said = environ.get(VARIABLE, "")
    if said.lower() == OFF:
        return None
    if said:
        return Path(said).expanduser().absolute()
    home = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "buildgraph/checks"


class Store:
    """A folder of results and packs; who writes there meets OSError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._results = f"{folder}/{RESULTS}/"
        self._now = time.time()

    def has(self, key: str) -> bool:
        """Whether a result of this key is there; one that is asked for stays."""
        place = f"{self._results}{key[:2]}/{key}"
        try:
            found = os.stat(place)  # noqa: PTH116  # asked thousands of times
        except OSError:
            return False
        if self._now - found.st_mtime > DAY:
            with suppress(OSError):
                os.utime(place)
        return True

    def read(self, key: str, is_output: Callable[[str], bool]) -> Result | None:
        """The result of a key; None when there is none, or a damaged one."""
        from buildgraph.checks.result import parse_result

        try:
            content = self._result(key).read_bytes()
        except OSError:
            return None
        seal, body = content[:SEAL], content[SEAL:]
        if hashlib.sha256(body).hexdigest().encode() != seal:
            return None
        return parse_result(body, key, is_output)

    def open_pack(self, pack: Content) -> IO[bytes]:
        """A pack, open to be read; OSError when it is not there."""
        return self.pack_place(pack).open("rb")

    def pack_place(self, pack: Content) -> Path:
        """Where a pack stands."""
        return self.folder / PACKS / pack.digest[:2] / pack.digest

    @contextmanager
    def writing(self) -> Iterator[IO[bytes]]:
        """An open file that is nothing yet: `keep_pack` makes a pack of it, or it goes."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = self.folder / f"half-{os.urandom(8).hex()}"
        try:
            with half.open("xb") as file:
                yield file
        finally:
            half.unlink(missing_ok=True)

    def keep_pack(self, file: IO[bytes], pack: Content) -> None:
        """Let what was written to a file stand as a pack."""
        file.flush()
        place = self.pack_place(pack)
        place.parent.mkdir(parents=True, exist_ok=True)
        Path(file.name).replace(place)

    def keep(self, result: Result) -> None:
        """Let a result stand; its pack must stand already."""
        from buildgraph.checks.result import render_result

        body = render_result(result)
        with self.writing() as file:
            file.write(hashlib.sha256(body).hexdigest().encode() + body)
            file.flush()
            place = self._result(result.key)
            place.parent.mkdir(parents=True, exist_ok=True)
            Path(file.name).replace(place)

    def forget(self, key: str) -> None:
        """Remove a result whose pack turned out to be damaged or gone."""
        self._result(key).unlink(missing_ok=True)

    def _result(self, key: str) -> Path:
        return self.folder / RESULTS / key[:2] / key
