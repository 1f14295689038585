"""Git as a tool: the repository's place and the plumbing commands that snapshots are read with."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from buildgraph.early import GIT, OF_HOOKS, OWN_NAME, PLACE, QUIET
from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.process import Command, Result, Runner, Started
from buildgraph.snapshot.loose import read_loose
from buildgraph.snapshot.snapshot import decoded, encoded
from buildgraph.wholeness import write_whole

OWN_FOLDER = ".buildgraph"
NOWHERE = Path(os.devnull, OWN_FOLDER)  # what is written below it cannot be, whoever may write anywhere
BARE = "safe.bareRepository"  # what git says of a bare one that nobody has named
NO_TREE = "go to a clone, or make one: `git worktree add`"
FETCH_IT = "fetch it: `git fetch --refetch`, or clone again without a filter"
MADE_ANEW = "run the same again: they are made anew"
REACH_IT = "reach the remote, or fetch all: `git fetch --refetch`"
NO_GIT = "buildgraph reads what git knows: run `git init` and commit, or go to a clone"


class Repository(NamedTuple):
    """A git work tree: `root` is its top folder, `folder` the project's folder, `prefix` the way between.

    `store` is a folder for the blobs of edited files, so that a snapshot of the working tree can be read
    later exactly as it was, without touching the user's object store.
    """

    root: Path
    folder: Path
    git_dir: Path
    prefix: str
    runner: Runner
    store: Path

    def git(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Result:
        """Run git in the project's folder; ToolError with git's words when it fails."""
        result = self.try_git(*arguments, stdin=stdin, env=env)
        if result.code != 0:
            raise ToolError(f"`git {' '.join(arguments)}` failed: {result.last_lines}")
        return result

    def try_git(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Result:
        """Run git and return its result whatever the exit code."""
        return self.runner.run(self._command(arguments, stdin, env))

    def begin_git(self, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None) -> Started:
        """Start git and go on; its result is asked for later."""
        return self.runner.start(self._command(arguments, stdin, env))

    def at(self, folder: Path) -> Repository:
        """The same repository for a project in another folder of it."""
        prefix = _prefix(folder, self.root)
        return self._replace(folder=folder, prefix=prefix)

    def _command(self, arguments: tuple[str, ...], stdin: bytes, env: dict[str, str] | None) -> Command:
        return Command((*GIT, *arguments), self.folder, {**QUIET, **(env or {})}, stdin, OF_HOOKS)

    def read_blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The contents of blobs by id, from the repository or from the store of edited files; ToolError for a lack."""
        asked = set(ids)
        found = read_loose((self.git_dir / "objects", self.store), asked)
        wanted = sorted(asked - found.keys())
        if not wanted:
            return found
        request = "".join(f"{blob}\n" for blob in wanted).encode()
        told = self.try_git("cat-file", "--batch", "--buffer", stdin=request, env=self.reading_store)
        if told.code != 0:
            raise self._damaged(wanted) or ToolError(
                f"git cannot read what it needs: {told.last_lines}", REACH_IT
            )
        found.update(_parse_batch(told.stdout, wanted))
        missing = [blob for blob in wanted if blob not in found]
        if missing:
            raise self._damaged(missing) or ToolError(f"git has no blob {missing[0]}", FETCH_IT)
        return found

    def _damaged(self, blobs: Iterable[str]) -> ToolError | None:
        """What is told where copies of edits are among blobs that git cannot read, as after a loss of power.

        They are removed, or git, which writes none that is there, would never make them anew.
        """
        there = [blob for blob in blobs if (self.store / blob[:2] / blob[2:]).exists()]
        whole = {blob for blob in there if read_loose((self.store,), [blob])}
        copies = [self.store / blob[:2] / blob[2:] for blob in there if blob not in whole]
        for copy in copies:
            with suppress(OSError):
                copy.unlink()
        return ToolError(f"copies of edits in {self.store} were damaged", MADE_ANEW) if copies else None

    @property
    def reading_store(self) -> dict[str, str]:
        """The environment in which git also finds the blobs of edited files."""
        return {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _joined(self.store, *_inherited_alternates())}

    @property
    def writing_store(self) -> dict[str, str]:
        """The environment in which git writes blobs to the store instead of the repository."""
        objects = self.git_dir / "objects"
        return {
            "GIT_OBJECT_DIRECTORY": str(self.store),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _joined(objects, *_inherited_alternates()),
        }


def find_repository(folder: Path, runner: Runner) -> Repository:
    """The repository around `folder`; ConfigurationError when there is none."""
    result = runner.run(Command(PLACE, folder, QUIET, without=OF_HOOKS))
    inside, _, places = result.stdout.partition(b"\n")
    if result.code != 0 or inside != b"true":
        raise _no_repository(folder, result)
    up, _, git_dir = places.partition(b"\n")
    here = folder.resolve()
    root = Path(os.path.normpath(here / os.fsdecode(up)))
    common = (here / os.fsdecode(git_dir.removesuffix(b"\n"))).resolve()
    return Repository(
        root=root,
        folder=folder,
        git_dir=common,
        prefix=_prefix(here, root),
        runner=runner,
        store=_store(common, root),
    )


def _store(git_dir: Path, root: Path) -> Path:
    """Where the blobs of edited files go: into git's own folder, where no pull request can put an object."""
    folder = git_dir / OWN_NAME
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
    if not os.access(
        folder, os.W_OK | os.X_OK
    ):  # a clone that is another user's, or on a disk that is closed
        with suppress(OSError):
            folder = _temporary_folder(root)
    return folder / "objects"


def _prefix(folder: Path, root: Path) -> str:
    """The way from the top folder to a folder, as git writes it."""
    way = folder.relative_to(root).as_posix()
    return "" if way == "." else decoded(os.fsencode(f"{way}/"))


def own_folder(project: Path) -> Path:
    """The folder of our own in a project, which hides itself from git: it must not show in a snapshot.

    Deleting it costs time, never truth. Where the project cannot be written to it is a temporary folder; where that
    cannot be made either, whoever writes there is told.
    """
    folder = project / OWN_FOLDER
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        marker = folder / ".gitignore"
        if not _leads_elsewhere(folder):
            if not marker.exists():
                write_whole(marker, b"*\n")
            return folder
    try:
        return _temporary_folder(project)
    except OSError:
        return NOWHERE


def _leads_elsewhere(folder: Path) -> bool:
    """Whether it is a link, or holds one that is not ours: a commit may hold them, and they lead anywhere."""
    with os.scandir(folder) as entries:
        return folder.is_symlink() or any(entry.is_symlink() for entry in entries)


def _temporary_folder(project: Path) -> Path:
    import hashlib
    import tempfile

    digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"buildgraph-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if (
        folder.is_symlink() or folder.stat().st_uid != os.getuid()
    ):  # others' links may lead to a folder of ours
        raise ToolError(f"{folder} is a link, or belongs to another user", "remove it, or set TMPDIR")
    return folder


def _no_repository(folder: Path, result: Result) -> ConfigurationError | ToolError:
    said = result.last_lines
    if "dubious ownership" in said:
        return ToolError(
            f"git refuses {folder}: another user owns it", "git config --global --add safe.directory …"
        )
    if result.code == 0 or BARE in said:
        return ConfigurationError.of(
            str(folder), "has no working tree (a bare repository, or inside .git)", NO_TREE
        )
    return ConfigurationError.of(str(folder), "no git repository here or above", NO_GIT)


def _parse_batch(reply: bytes, wanted: list[str]) -> Iterable[tuple[str, bytes]]:
    """Cut the answer of `git cat-file --batch` into the blobs that it has; the sizes in it are bytes."""
    position = 0
    for blob in wanted:
        end = reply.index(b"\n", position)
        header = reply[position:end].split(b" ")
        if header[-1] == b"missing":
            position = end + 1
            continue
        size = int(header[-1])
        yield blob, reply[end + 1 : end + 1 + size]
        position = end + 1 + size + 1


def _joined(*folders: Path | str) -> str:
    """Folders as git's list of alternates wants them: one that holds the separator stands in quotes."""
    return os.pathsep.join(_quoted(str(folder)) for folder in folders)


def _quoted(folder: str) -> str:
    return _in_quotes(folder) if os.pathsep in folder or folder.startswith('"') else folder


def as_lines(paths: Iterable[str]) -> bytes:
    """Paths as git takes them from lines: those that it would take for others stand in quotes."""
    return b"".join(encoded(f"{_line(path)}\n") for path in paths)


def _line(path: str) -> str:
    """A path as git has it from one line: it drops a CR at the end, and unquotes."""
    is_other = "\n" in path or path.startswith('"') or path.endswith("\r")
    return _in_quotes(path) if is_other else path


def _in_quotes(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _inherited_alternates() -> list[str]:
    return [part for part in os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(os.pathsep) if part]
