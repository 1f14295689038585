"""Verbs on a disk that is full, or closed: a right answer or one clear error, nothing half, and then what is right."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.support.disk import Disk
from tests.support.monorepo import Monorepo, bare
from tests.support.starting import Ran, run_script
from tests.support.system import ROOT

pytestmark = pytest.mark.pnpm  # real processes, and Linux, whose root may mount

Fault = Callable[[Disk], AbstractContextManager[None]]
# What is asked, and the exit code of a right answer.
ASKED = {
    ("affected", "--base", "before"): 0,
    ("affected", "--base", "before", "--head", "main", "--format", "json"): 0,
    ("why", "image:api", "--base", "before"): 0,
    ("graph", "--format", "json"): 0,
    ("bases",): 0,
    ("render", "--check"): 1,
    ("schema", "product"): 0,
    ("completion", "bash"): 0,
    ("backups", "--to", "/of-nobody"): 0,
}
# Of edits that cannot be read a shell is told no names, and no error.
ASKED_BY_SHELLS = {("completion", "--words", "plan "): 0}
# What is asked of an engine on which nothing of this runs.
ASKED_OF_ENGINE = {
    ("doctor",): 0,
    ("plan", "deploy:api"): 0,
    ("status",): 0,
    ("releases",): 0,
    ("releases", "--events"): 0,
    ("lock",): 0,
    ("health",): 1,
    ("logs", "api"): 2,
    ("prune", "--dry-run"): 0,
}
# What writes among the user's files, and what then stands there.
WRITING = (
    ("render",),
    ("init",),
    ("schema", "--write"),
    ("graph", "--format", "html", "-o", "graph.html"),
)
SAID = {"full": "No space left on device", "closed": "Read-only file system"}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """One for all: what is made there is small."""
    made = Disk(tmp_path_factory.mktemp("disk") / "small")
    yield made
    made.remove()


@pytest.fixture(scope="module")
def made(disk: Disk) -> Monorepo:
    """Two packages, a service and an app that no manifest declares; `before` is the commit before the last one."""
    repo = Monorepo(disk.folder / "made")
    repo.package("core")
    repo.package("web", folder="apps/web", uses=["core"], scripts={"start": "node server.js"})
    repo.plain_service("api", "FROM scratch\nCOPY services/api/ /\n", port=3001, host="api")
    name = f"t{uuid.uuid4().hex[:8]}"
    repo.write("manifests/workspace.toml", f'name = "{name}"\nrender = ["env", "compose", "tables"]\n')
    repo.write("manifests/bases.toml", f'[digests]\n"haproxy:2.9" = "sha256:{"0" * 64}"\n')
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.lock()
    repo.commit()
    repo.git("branch", "before")
    repo.append("packages/core/src/index.ts")
    repo.append("services/api/Dockerfile", "# edited\n")
    repo.commit()
    return repo


@contextmanager
def cloned(repo: Monorepo, name: str) -> Iterator[Monorepo]:
    """A clone beside a repository, until the block ends: the disk has no room for many."""
    place = repo.root.parent / name
    repo.git("clone", "-q", "--branch", "main", ".", str(place))
    try:
        yield bare(place)
    finally:
        subprocess.run(("rm", "-rf", str(place)), check=True)


@pytest.fixture
def shop(made: Monorepo, tmp_path: Path) -> Iterator[Monorepo]:
    """A clone of it, in which nobody has asked anything."""
    with cloned(made, f"shop-{tmp_path.name}") as shop:
        shop.git("branch", "before", "origin/before")
        yield shop


def ask(shop: Monorepo, disk: Disk, *arguments: str) -> Ran:
    """A command line whose user has everything on that disk."""
    ran = run_script(shop.root, arguments, {**os.environ, **disk.environment})
    assert "Traceback" not in ran.err
    assert "internal:" not in ran.err
    return ran


def texts(shop: Monorepo) -> dict[str, str]:
    """All that lies in the checkout and that git does not ignore."""
    listed = shop.git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    return {name: (shop.root / name).read_text() for name in listed}


@pytest.fixture(params=["full", "closed"])
def fault(
    request: pytest.FixtureRequest, disk: Disk
) -> tuple[str, Callable[[], AbstractContextManager[None]]]:
    """What is wrong with the disk, and what makes it so."""
    return request.param, getattr(disk, request.param)


def test_what_is_asked_of_a_commit_is_answered_whatever_the_disk(
    shop: Monorepo, disk: Disk, fault: tuple[str, Callable[[], AbstractContextManager[None]]]
) -> None:
    """Pitfall 17: nothing has to be written for it, whether or not anything was remembered before."""
    assert_answered(shop, disk, fault[1], ASKED | ASKED_BY_SHELLS)


@pytest.mark.engine
def test_what_is_asked_of_an_engine_is_answered_whatever_the_disk(
    shop: Monorepo, disk: Disk, fault: tuple[str, Callable[[], AbstractContextManager[None]]]
) -> None:
    assert_answered(shop, disk, fault[1], ASKED_OF_ENGINE)


def assert_answered(
    shop: Monorepo,
    disk: Disk,
    wrong: Callable[[], AbstractContextManager[None]],
    asked: Mapping[tuple[str, ...], int],
) -> None:
    """While something is wrong with the disk, all is answered as it is when nothing is."""
    with wrong():
        found = [ask(shop, disk, *arguments) for arguments in asked]
    right = [ask(shop, disk, *arguments) for arguments in asked]

    assert found == right
    assert [ran.code for ran in right] == [*asked.values()], right


def test_edits_are_answered_for_or_there_is_one_clear_error_and_then_the_right_answer(
    shop: Monorepo, disk: Disk, fault: tuple[str, Callable[[], AbstractContextManager[None]]]
) -> None:
    """Git keeps edits as they are now: on a disk that is closed, where temporary files go."""
    shop.append("packages/core/src/index.ts", "// and again\n")
    with fault[1]():
        found = [ask(shop, disk, *arguments) for arguments in (*ASKED, ("affected",))]
    right = [ask(shop, disk, *arguments) for arguments in (*ASKED, ("affected",))]

    for asked, told in zip(found, right, strict=True):
        is_told = asked.code == 3 and SAID["full"] in asked.err and "make room" in asked.err
        assert asked == told or (fault[0] == "full" and is_told), asked
    assert "package:core" in right[-1].out


@pytest.mark.parametrize("pages", [0, 3], ids=["no room", "room for a part"])
@pytest.mark.parametrize("arguments", WRITING, ids=[words[0] for words in WRITING])
def test_what_cannot_be_written_is_told_nothing_half_stands_there_and_the_next_run_makes_up_for_it(
    shop: Monorepo, disk: Disk, arguments: tuple[str, ...], pages: int
) -> None:
    """Pitfall 9: an empty file would be taken for one of the user's, which nobody writes over."""
    with cloned(shop, "other") as other:
        assert ask(other, disk, *arguments).code == 0
        right, before = texts(other), texts(shop)

    with disk.full(pages):
        refused = ask(shop, disk, *arguments)
    between = texts(shop)
    again = ask(shop, disk, *arguments)

    assert (refused.code, SAID["full"] in refused.err, "make room" in refused.err) == (3, True, True), refused
    assert all(text in (before.get(name), right.get(name)) for name, text in between.items()), between.keys()
    assert again.code == 0, again.err
    assert texts(shop) == right


@pytest.mark.parametrize("arguments", WRITING, ids=[words[0] for words in WRITING])
def test_who_may_not_write_is_told_once(shop: Monorepo, disk: Disk, arguments: tuple[str, ...]) -> None:
    before = texts(shop)
    with disk.closed():
        refused = ask(shop, disk, *arguments)

    assert (refused.code, refused.err.count(SAID["closed"])) == (2, 1), refused
    assert texts(shop) == before


def test_folders_of_ours_that_nobody_may_write_to_keep_nothing_from_being_written(
    shop: Monorepo, disk: Disk
) -> None:
    """Pitfall 17: a cache that another user has made, or an image."""
    ask(shop, disk, "affected", "--base", "before")
    (shop.root / ".buildgraph").mkdir(exist_ok=True)
    shop.append("packages/core/src/index.ts", "// and again\n")
    with disk.shut(shop.root / ".buildgraph", shop.root / ".git/buildgraph"):
        found = [ask(shop, disk, *arguments) for arguments in (("affected",), ("render",))]

    assert [ran.code for ran in found] == [0, 0], found
    assert "package:core" in found[0].out
    assert ask(shop, disk, "render", "--check").code == 0


# Every disk that this process sees.
EACH = "cut -d' ' -f2 /proc/mounts | while read place"
READ_ONLY = f'{EACH}; do mount -o remount,bind,ro "$place" 2>&-; done; exec "$@"'


def test_where_nothing_at_all_may_be_written_a_commit_is_answered_for_and_edits_are_one_clear_error(
    shop: Monorepo,
) -> None:
    """As in a container with a read-only root and no folder for temporary files."""

    def asked(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = (sys.executable, "-m", "buildgraph.main", *arguments)
        argv = ("unshare", "-m", "sh", "-c", READ_ONLY, "sh", *words)
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(argv, cwd=shop.root, env=env, capture_output=True, text=True, check=False)

    clean = asked("affected", "--base", "before", "--kind", "image", "--format", "names")
    shop.append("packages/core/src/index.ts", "// and again\n")
    edited = asked("affected", "--base", "before")

    assert (clean.returncode, clean.stdout) == (0, "image:api\n"), clean
    assert (edited.returncode, edited.stderr.count(f"{SAID['closed']}\n")) == (3, 1), edited
    assert "TMPDIR" in edited.stderr
