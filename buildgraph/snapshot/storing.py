"""Brings the contents of edited files to the store, cleaned as `git add` would do it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from buildgraph.errors import MAKE_ROOM, ToolError
from buildgraph.snapshot.git import Repository, as_lines
from buildgraph.snapshot.snapshot import SYMLINK, Entry, decoded, encoded

MEND_IT = "mend what it names, or have git ignore that file, and run the same again"
UNCOMPRESSED = ("-c", "core.looseCompression=0")  # what is stored is read soon, and forgotten after a week
# An index of ours: git must neither share a part of it with its own one, nor fold what is sparse, nor run its hook.
OWN_INDEX = (
    *("-c", "core.splitIndex=false", "-c", "index.sparse=false"),
    *("-c", f"core.hooksPath={os.devnull}", "update-index", "-z"),
)
CHUNK = 1_000_000  # bytes


def begin_storing(
    repository: Repository, modes: dict[str, int], indexed: Mapping[str, Entry]
) -> Callable[[], dict[str, Entry]]:
    """The entries of edited files by path, on their way to the store, by their modes and what the index has of them.

    ToolError when they cannot be kept or cleaned.
    """
    if not modes:
        return dict
    with _keeping(repository):
        repository.store.mkdir(parents=True, exist_ok=True)
    links = [path for path, mode in modes.items() if mode == SYMLINK]
    regular = [path for path, mode in modes.items() if mode != SYMLINK]
    by_index = {
        path: indexed[path]
        for path in regular
        if path in indexed and _has_cr(on_disk(repository.folder, path))
    }
    files = [path for path in regular if path not in by_index]
    # git takes the paths from the top of the work tree, wherever it was started
    hashed = _begin_hashing(repository, [repository.prefix + path for path in files])

    def read() -> dict[str, Entry]:
        ids = dict(zip(files, hashed(), strict=True))
        ids |= _stored_links(repository, links)
        ids |= _stored_by_index(repository, by_index)
        return {path: Entry(modes[path], blob) for path, blob in ids.items()}

    return read


@contextmanager
def _keeping(repository: Repository) -> Iterator[None]:
    """What is written to the store meanwhile; ToolError where it cannot be."""
    try:
        yield
    except OSError as error:
        raise _not_kept(repository, str(error.strerror)) from error


def _not_kept(repository: Repository, why: str) -> ToolError:
    return ToolError(
        f"git cannot keep edits in {repository.store}: {why}", MAKE_ROOM if _is_full(why) else ""
    )


def _not_copied(repository: Repository, why: str) -> ToolError:
    """What is told where git has not copied an edit: the store's disk is to blame, or a file, or a filter of it."""
    return (
        _not_kept(repository, why) if _is_full(why) else ToolError(f"git cannot copy an edit: {why}", MEND_IT)
    )


def _is_full(why: str) -> bool:
    return any(os.strerror(number) in why for number in (errno.ENOSPC, errno.EROFS))


def _target(link: bytes) -> bytes:
    """Where a symbolic link leads; with core.symlinks off git has that on the disk as the content of a file."""
    if os.path.islink(link):  # noqa: PTH114  # paths are bytes here
        return os.readlink(link)  # noqa: PTH115
    with open(link, "rb") as file:  # noqa: PTH123
        return file.read()


def _stored_links(repository: Repository, links: list[str]) -> dict[str, str]:
    """The ids of symbolic links, stored by one process for all: git, which would follow them, gets files."""
    from tempfile import TemporaryDirectory

    targets = {path: _target(on_disk(repository.folder, path)) for path in links}
    distinct = list(set(targets.values()))
    if not distinct:
        return {}
    with _keeping(repository), TemporaryDirectory(dir=repository.store) as folder:
        files = [Path(folder, str(number)) for number in range(len(distinct))]
        for file, target in zip(files, distinct, strict=True):
            file.write_bytes(target)
        paths = [decoded(os.fsencode(file)) for file in files]
        ids = dict(zip(distinct, _begin_hashing(repository, paths, "--no-filters")(), strict=True))
    return {path: ids[target] for path, target in targets.items()}


def _has_cr(file: bytes) -> bool:
    """Whether a file holds a carriage return; git tells of one that cannot be read when it is stored."""
    try:
        with open(file, "rb") as content:  # noqa: PTH123  # paths are bytes here
            return any(b"\r" in chunk for chunk in iter(partial(content.read, CHUNK), b""))
    except OSError:
        return False


def _stored_by_index(repository: Repository, indexed: Mapping[str, Entry]) -> dict[str, str]:
    """The ids of files with carriage returns, stored as `git add` does it, by what the index has of each.

    Where git guesses what is text (`text=auto`, `core.autocrlf`) CRLF stay CRLF in what has them in the index, and
    `git hash-object` knows of no index. Git's own one is left alone: these files get one that is thrown away.
    """
    from tempfile import TemporaryDirectory

    if not indexed:
        return {}
    known = "".join(
        f"{entry.mode:o} {entry.blob}\t{repository.prefix}{path}\0" for path, entry in indexed.items()
    )
    with _keeping(repository), TemporaryDirectory(dir=repository.store) as folder:
        env = {**repository.writing_store, "GIT_INDEX_FILE": str(Path(folder, "index"))}
        for told, option in ((known, "--index-info"), ("".join(f"{path}\0" for path in indexed), "--stdin")):
            wrote = repository.try_git(*UNCOMPRESSED, *OWN_INDEX, option, stdin=encoded(told), env=env)
            if wrote.code != 0:
                raise _not_copied(repository, wrote.last_lines)
        listing = repository.git("ls-files", "--stage", "-z", env=env)
    return dict(_parse_index(decoded(listing.stdout)))


def _parse_index(listing: str) -> Iterator[tuple[str, str]]:
    """The paths and ids in the records of `git ls-files --stage -z`: mode, id and stage, a tab and the path."""
    for record in listing.split("\0"):
        facts, tab, path = record.partition("\t")
        if tab:
            yield path, facts.split(" ")[1]


def _begin_hashing(repository: Repository, paths: list[str], *options: str) -> Callable[[], list[str]]:
    """The ids of files, whose contents one process brings to the store, each cleaned as its path says."""
    if not paths:
        return list
    begun = repository.begin_git(
        *(*UNCOMPRESSED, "hash-object", "-w", "--stdin-paths", *options),
        stdin=as_lines(paths),
        env=repository.writing_store,
    )
    result = cache(begun.result)  # a process has one end, and who met a mistake may ask again

    def read() -> list[str]:
        told = result()
        if told.code != 0:
            raise _not_copied(repository, told.last_lines)
        return told.text.split()

    return read


def on_disk(folder: Path, path: str) -> bytes:
    """A path on disk, as bytes: the locale says nothing of git's paths."""
    return os.fsencode(folder) + b"/" + encoded(path)
