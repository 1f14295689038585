"""What git's status does not look at, and is not as git says: no snapshot of a working tree knows of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

from buildgraph.snapshot.git import Repository, as_lines
from buildgraph.snapshot.snapshot import Changes, decoded

LEFT_ALONE, SUBMODULE = b"S", b"160000"


def read_overlooked(repository: Repository) -> frozenset[str]:
    """The paths, seen from the project's folder, that are other than the index says though status tells nothing.

    They are files that git was told to leave alone (`--assume-unchanged`, `--skip-worktree`, a sparse checkout),
    and submodules that are not checked out, or were edited.
    """
    left_alone, submodules = _listed(repository)
    gone = (path for path in left_alone if not _is_file(repository, path))
    unlike = (path for path in submodules if is_unlike(repository, path))
    return frozenset((*gone, *_edited(repository, left_alone), *unlike))


def read_edited(repository: Repository) -> frozenset[str]:
    """The files that git was told to leave alone and that are there with another content.

    What a sparse checkout lacks is none of them.
    """
    left_alone, _ = _listed(repository)
    return frozenset(_edited(repository, left_alone))


def nested_repositories(changes: Changes) -> list[str]:
    """The untracked folders with a repository of their own among what git's status tells, which goes into none."""
    return sorted(path for path in changes if path.endswith("/"))


def _listed(repository: Repository) -> tuple[dict[str, str], list[str]]:
    """What git was told to leave alone, with the blob that the index has; and the submodules."""
    told = repository.git("ls-files", "-v", "--stage", "-z").stdout
    left_alone: dict[str, str] = {}
    submodules: list[str] = []
    for record in told.split(b"\0"):
        # a tag (git-ls-files: that of `--assume-unchanged` is in lower case), mode, id and stage; a tab; the path
        if record[2:8] == SUBMODULE:
            submodules.append(decoded(record.partition(b"\t")[2]))
        elif record[:1].islower() or record[:1] == LEFT_ALONE:
            facts, _, path = record.partition(b"\t")
            left_alone[decoded(path)] = facts.split(b" ")[2].decode()
    return left_alone, submodules


def _edited(repository: Repository, blobs: Mapping[str, str]) -> Iterator[str]:
    """Those of these files that are there and have another content; what git cannot read has, too."""
    files = [path for path in blobs if _is_file(repository, path)]
    if files:
        request = as_lines(repository.prefix + path for path in files)
        told = repository.try_git("hash-object", "--stdin-paths", stdin=request)
        found = told.text.split() if told.code == 0 else [""] * len(files)
        yield from (path for path, blob in zip(files, found, strict=True) if blobs[path] != blob)


def _is_file(repository: Repository, path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(f"{repository.folder}/{path}").st_mode)
    except OSError:
        return False


def is_unlike(repository: Repository, submodule: str) -> bool:
    """Whether a submodule is not checked out, or was edited; that another commit is, a snapshot knows."""
    # a path that is too long for this disk is not there; pathlib would raise
    if not os.path.exists(f"{repository.folder}/{submodule}/.git"):  # noqa: PTH110
        return True
    told = repository.try_git("-C", submodule, "status", "--porcelain", "--ignore-submodules=none")
    return told.code != 0 or bool(told.stdout.strip())
