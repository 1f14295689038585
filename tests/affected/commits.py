"""Worlds in git: a whole history written by one process, a working tree made to show a world."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.affected.worlds import EXECUTABLE, SYMLINK, File, World, tree
from tests.support.monorepo import Monorepo, bare

CACHES = (".buildgraph", ".git/buildgraph")
WHO = "committer Test <test@example.com> 1700000000 +0000"


def empty_repository(root: Path) -> Monorepo:
    """A repository that can be opened as a project, with no commit in it."""
    repo = Monorepo(root)
    (root / "package.json").unlink()
    (root / ".gitignore").unlink()
    return repo


def commit_worlds(repo: Monorepo, worlds: Iterable[World]) -> list[str]:
    """The ids of commits that hold these worlds, each the parent of the next; the working tree stays."""
    marks, parts = list[str](), [b"feature done\n"]
    for world in worlds:
        marks.append(f":{len(marks) + 1}")
        parts.append(_commit(marks, tree(world)))
    stream = b"".join([*parts, *(f"get-mark {mark}\n".encode() for mark in marks), b"done\n"])
    return _git(repo, "fast-import", "--quiet", "--force", stdin=stream).split()


def _commit(marks: list[str], files: dict[str, File]) -> bytes:
    parent = f"from {marks[-2]}\n" if len(marks) > 1 else ""
    head = f"commit refs/worlds/last\nmark {marks[-1]}\n{WHO}\ndata 0\n{parent}deleteall\n"
    return head.encode() + b"".join(_entry(path, file) for path, file in sorted(files.items()))


def _entry(path: str, file: File) -> bytes:
    content = file.content.encode()
    return f"M {file.mode:o} inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def _git(repo: Monorepo, *arguments: str, stdin: bytes) -> str:
    argv = ("git", *arguments)
    ran = subprocess.run(argv, cwd=repo.root, check=True, capture_output=True, input=stdin)
    return ran.stdout.decode()


def check_out(repo: Monorepo, world: World) -> str:
    """The id of a commit that holds this world, with the working tree on it and nothing else there."""
    commit = commit_worlds(repo, [world])[0]
    repo.git("reset", "-q", "--hard", commit)
    repo.git("clean", "-q", "-f", "-d")
    return commit


def show(repo: Monorepo, world: World, former: World | None = None) -> None:
    """Make the working tree that showed `former` show this world, touching only what differs."""
    before, after = tree(former) if former else {}, tree(world)
    for path in before.keys() - after.keys():
        _delete(repo.root, path)
    for path, file in after.items():
        if before.get(path) != file:
            write_file(repo, path, file)


def _delete(root: Path, path: str) -> None:
    """Remove a file and the folders that it leaves empty, as git does."""
    (root / path).unlink()
    folder = (root / path).parent
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def write_file(repo: Monorepo, path: str, file: File) -> None:
    """Write one file of a world, with its mode; what stood there gives way."""
    place = repo.root / path
    if place.is_symlink():
        place.unlink()
    if file.mode == SYMLINK:
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file.content)
        return
    repo.write(path, file.content).chmod(0o755 if file.mode == EXECUTABLE else 0o644)


def clone(repo: Monorepo, target: Path) -> Monorepo:
    """A fresh clone, which knows nothing but what git holds."""
    repo.git("clone", "-q", ".", str(target))
    return bare(target)


def forget_caches(repo: Monorepo) -> None:
    """Remove all that is kept to save time."""
    for place in CACHES:
        shutil.rmtree(repo.root / place, ignore_errors=True)


def spoil_caches(repo: Monorepo) -> None:
    """Cut short all that is kept to save time, as a full disk would."""
    for place in CACHES:
        for file in (repo.root / place).rglob("*"):
            if file.is_file() and file.name != ".gitignore" and "objects" not in file.parts:
                file.chmod(0o644)
                file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
