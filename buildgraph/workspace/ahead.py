"""The lockfile of the working tree, read by a process of its own where nothing is remembered of a workspace yet.

It is what a first call takes longest over: another core parses and digests it while git is asked and the rest of the
program is loaded. What comes of it counts for exactly the bytes that it was made from.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import marshal
import os
import select
import sys
from typing import Any

from buildgraph.early import AHEAD, LARGEST, taken
from buildgraph.workspace.lockfile import Importer, Lockfile, Patch
from buildgraph.workspace.lockfile_parsing import parse_lockfile
from buildgraph.workspace.projects import LOCKFILE

SEAL = hashlib.sha256().digest_size


def read_lockfile(content: bytes, where: str) -> Lockfile:
    """What `parse_lockfile` makes of `content`: the other process's work, if it had these bytes, or our own."""
    answer = taken(os.getcwd(), AHEAD)  # noqa: PTH109  # by the name that it was asked under
    if not answer or answer[:SEAL] != hashlib.sha256(content).digest():
        return parse_lockfile(content, where)
    return _loaded(answer[SEAL:])


def seal(content: bytes) -> bytes:
    """What the other process answers: the digest of what it read, and what it made of it."""
    return hashlib.sha256(content).digest() + _dumped(parse_lockfile(content))


def _dumped(lockfile: Lockfile) -> bytes:
    importers = {folder: tuple(importer) for folder, importer in lockfile.importers.items()}
    patches = {selector: tuple(patch) for selector, patch in lockfile.patches.items()}
    parsed: Any = tuple(lockfile._replace(importers=importers, patches=patches))  # type: ignore[arg-type]
    plain: Any = (parsed, lockfile.edges, lockfile.facts, lockfile.digests)
    return marshal.dumps(plain)


def _loaded(body: bytes) -> Lockfile:
    plain, edges, facts, digests = marshal.loads(body)
    found = Lockfile._make(plain)
    importers = {folder: Importer(*fields) for folder, fields in found.importers.items()}
    patches = {selector: Patch(*fields) for selector, fields in found.patches.items()}
    found = found._replace(importers=importers, patches=patches)
    vars(found).update(edges=edges, facts=facts, digests=digests)  # as if they had been asked for here
    return found


def _read_own() -> bytes:
    """The lockfile in this folder, through no link: it may have become one since it was looked at."""
    with open(os.open(LOCKFILE, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:  # noqa: PTH123  # a descriptor
        return file.read(LARGEST)


def _sealed_while_wanted() -> bytes:
    """What is answered; this process ends as soon as nobody is left to take it, as who asked may refuse or be ended.

    The system tells that the other end was closed by SIGIO, which ends us even within a parser that lets nothing else
    run. It tells of reading, too: the answer is written without it.
    """
    out = sys.stdout.fileno()
    plain = fcntl.fcntl(out, fcntl.F_GETFL)
    fcntl.fcntl(out, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(out, fcntl.F_SETFL, plain | os.O_ASYNC)
    if _is_closed(out):
        sys.exit()
    found = seal(_read_own())
    fcntl.fcntl(out, fcntl.F_SETFL, plain)
    return found


def _is_closed(out: int) -> bool:
    ends = select.poll()
    ends.register(out, 0)  # what is told unasked: that nobody reads any more
    return bool(ends.poll(0))


if __name__ == "__main__":
    gc.disable()  # as where commands are run: there is no garbage to look for
    sys.stdout.buffer.write(_sealed_while_wanted())
