"""Reads snapshots: a commit from its tree; the working tree as its commit and what git's status tells of edits."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

from buildgraph.early import STATUS
from buildgraph.errors import MAKE_ROOM, ConfigurationError, ToolError
from buildgraph.process import Started
from buildgraph.snapshot.git import REACH_IT, Repository, as_lines
from buildgraph.snapshot.snapshot import (
    EXECUTABLE,
    REGULAR,
    SUBMODULE,
    SYMLINK,
    Changes,
    Entries,
    Entry,
    Snapshot,
    decoded,
    encoded,
)
from buildgraph.snapshot.status import Change, is_submodule, parse_status

NO_SUCH_TREE = "Not a valid object name"
MEND_IT = "mend what it names, or have git ignore that file, and run the same again"
UNCOMPRESSED = ("-c", "core.looseCompression=0")  # what is stored is read soon, and forgotten after a week
# An index of ours: git must neither share a part of it with its own one, nor fold what is sparse, nor run its hook.
OWN_INDEX = (
    *("-c", "core.splitIndex=false", "-c", "index.sparse=false"),
    *("-c", f"core.hooksPath={os.devnull}", "update-index", "-z"),
)
CHUNK = 1_000_000  # bytes
FETCH_IT = "fetch it first (a shallow clone lacks old commits: `git fetch --unshallow`)"


def read_commit(repository: Repository, revision: str) -> Snapshot:
    """The snapshot of a commit; ConfigurationError when `revision` names none here, or two."""
    # a working tree has no history to ask
    from buildgraph.snapshot.history import places_of, resolve_commits, two_meanings

    if not revision.strip():
        raise ConfigurationError.of("", "the commit that was given is empty", "is a variable not set?")
    known = resolve_commits(repository, [revision, *places_of(revision)])
    if problem := two_meanings(revision, known):
        raise ConfigurationError.of("", problem)
    if revision not in known:
        raise ConfigurationError.of("", f"there is no commit {revision!r} here", FETCH_IT)
    return commit_snapshot(repository, known[revision])


def commit_snapshot(repository: Repository, commit: str) -> Snapshot:
    """The snapshot of a commit that is known to be here, by its full id."""
    return Snapshot(partial(_list_commit, repository, commit), repository, commit)


def begin_status(repository: Repository) -> Started:
    """Ask git what differs in the working tree: it works on it while we go on."""
    return repository.begin_git(*STATUS)


def read_working_tree(repository: Repository, begun: Started | None = None) -> Snapshot:
    """The snapshot of the working tree: its commit, edits and untracked files that are not ignored.

    Edited and untracked files are copied into the repository's store of edited files, cleaned as git would
    on commit, so the snapshot stays what it is while the files are edited on. `begun` is the status asked
    for earlier.
    """
    found = begin_working_tree(repository, begun)
    found.changes  # noqa: B018  # read now
    return found


def begin_working_tree(repository: Repository, begun: Started | None = None) -> Snapshot:
    """The snapshot of the working tree, whose edits git copies while we go on, until somebody asks for them."""
    told = (begun or begin_status(repository)).result()
    if told.code != 0:
        raise ToolError(f"`git status` failed: {told.last_lines}")
    status = parse_status(told.stdout, repository.prefix)
    changes = _begin_changes(repository, status.changes)
    committed = partial(_list_commit, repository, status.commit)
    return Snapshot(committed, repository, status.commit, changes, dirty=bool(status.changes))


def read_difference(repository: Repository, base: str, head: str) -> dict[str, Entry | None]:
    """What differs in one commit from another: path -> its entry in `head`, None where it is gone."""
    listing = repository.git(
        *("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none"),
        *("--relative", "--end-of-options", base, head),
    )
    records = iter(decoded(listing.stdout).split("\0"))
    found: dict[str, Entry | None] = {}
    for facts in records:
        if facts:
            _, mode, _, blob, _ = facts.split(" ")
            found[next(records)] = Entry(int(mode, 8), blob) if int(mode, 8) else None
    return found


def _list_commit(repository: Repository, commit: str | None, folder: str) -> Entries:
    """A commit's entries below a folder of the project; none where there is no commit, or no such folder then."""
    if commit is None:
        return {}
    tree = f"{commit}:{repository.prefix.rstrip('/')}" if repository.prefix else commit
    below = ("--", folder) if folder else ()
    listing = repository.try_git("ls-tree", "-r", "-z", "--full-tree", tree, *below)
    if listing.code != 0 and not (repository.prefix and NO_SUCH_TREE in listing.last_lines):
        raise ToolError(f"git cannot read {commit}: {listing.last_lines}", REACH_IT)
    return dict(_parse_tree(decoded(listing.stdout))) if listing.code == 0 else {}


def _parse_tree(listing: str) -> Iterator[tuple[str, Entry]]:
    """The records of `git ls-tree -z`: mode, type and id, parted by blanks, then a tab and the path."""
    modes = {"100644": REGULAR, "100755": EXECUTABLE, "120000": SYMLINK, "160000": SUBMODULE}
    for record in listing.split("\0"):
        facts, tab, path = record.partition("\t")
        if tab:
            mode = facts[:6]
            yield path, Entry(modes.get(mode) or int(mode, 8), facts[facts.rindex(" ") + 1 :])


def _begin_changes(repository: Repository, changes: Iterable[Change]) -> Callable[[], Changes]:
    """The entries of all that differs from the commit, on their way; what turns out to be as there is left out."""
    told = tuple(changes)
    edited = [change for change in told if change.edited]
    indexed = {change.path: change.indexed for change in edited if change.indexed}
    stored = _begin_storing(repository, _modes(repository, edited), indexed)

    def read() -> Changes:
        found = {change.path: None if change.edited else change.indexed for change in told}
        found.update(
            {change.path: _checked_out(repository, change.path) for change in edited if is_submodule(change)}
        )
        found.update(stored())
        committed = {change.path: change.committed for change in told if change.committed}
        return {path: entry for path, entry in found.items() if entry is None or entry != committed.get(path)}

    return read


def _checked_out(repository: Repository, path: str) -> Entry:
    """The commit that a submodule really has checked out."""
    return Entry(SUBMODULE, repository.git("-C", path, "rev-parse", "HEAD").text.strip())


def _modes(repository: Repository, changes: Iterable[Change]) -> dict[str, int]:
    """The git modes of edited files that are there: status tells those of tracked ones."""
    found: dict[str, int] = {}
    for change in changes:
        on_disk = _mode(repository.folder, change.path)
        if on_disk is not None:
            found[change.path] = change.mode or on_disk
    untracked = [c.path for c in changes if not c.mode and found.get(c.path) == EXECUTABLE]
    if untracked and not _trusts_modes(repository):
        found.update(dict.fromkeys(untracked, REGULAR))
    return found


def _mode(folder: Path, path: str) -> int | None:
    """The git mode of a path on disk, or None when it is gone or is a folder (a nested repository)."""
    try:
        found = os.lstat(_on_disk(folder, path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from error
    if stat.S_ISLNK(found.st_mode):
        return SYMLINK
    if stat.S_ISREG(found.st_mode):
        return EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR
    return None


def _on_disk(folder: Path, path: str) -> bytes:
    return os.fsencode(folder) + b"/" + encoded(path)


def _trusts_modes(repository: Repository) -> bool:
    """Where core.fileMode is off the disk's executable bit says nothing."""
    told = repository.try_git("config", "--type=bool", "core.fileMode").text.strip()
    return told != "false"


def _begin_storing(
    repository: Repository, modes: dict[str, int], indexed: Mapping[str, Entry]
) -> Callable[[], dict[str, Entry]]:
    """The entries of edited files, whose contents are on their way to the store."""
    if not modes:
        return dict
    with _keeping(repository):
        repository.store.mkdir(parents=True, exist_ok=True)
    links = [path for path, mode in modes.items() if mode == SYMLINK]
    regular = [path for path, mode in modes.items() if mode != SYMLINK]
    by_index = {
        path: indexed[path]
        for path in regular
        if path in indexed and _has_cr(_on_disk(repository.folder, path))
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

    targets = {path: _target(_on_disk(repository.folder, path)) for path in links}
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
