"""Builds and pushes on a disk that is full or closed, with damaged caches, or eight at once: right, or told once."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.disk import Disk
from tests.support.doomed import DEEDS, Deed, Doomed
from tests.support.engines import OwnEngine
from tests.support.packages import Ran
from tests.support.registries import wait_until_ready
from tests.support.system import docker, free_port, substitute

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
NO_ROOM = "No space left on device"
# By what gives something new to do: two deeds that give a file words need other ones, and a tag moves to and fro.
TURNS: defaultdict[Callable[[Doomed, int], None], Iterator[int]] = defaultdict(lambda: count(1))
BY_NAME = {deed.name: deed for deed in DEEDS}
PUSH = BY_NAME["push"]  # which builds
BASES = BY_NAME["bases --update"]


class OnDisk(Doomed):
    """All that is needed, on a disk of its own: the checkout, the user's home, and what is temporary."""

    def __init__(self, disk: Disk, registry: str) -> None:
        super().__init__(disk.folder / "doomed", registry)
        self.disk = disk
        self.runs = disk.folder.parent / "runs"

    @property
    def environment(self) -> dict[str, str]:
        """What command lines get here."""
        return super().environment | dict(self.disk.environment)

    def told(self, deed: Deed, **env: str) -> Ran:
        """A deed done, or refused clearly."""
        ran = self.run(*deed.arguments, **env)
        assert "Traceback" not in ran.err
        assert "internal:" not in ran.err
        return ran

    def kept(self) -> list[Path]:
        """The files of our folders, but for copies of edits, and where doit would keep a database."""
        ours = [
            place for top in (".buildgraph", ".git/buildgraph") for place in (self.repo.root / top).rglob("*")
        ]
        files = [place for place in ours if place.is_file() and "objects" not in place.parts]
        return [
            *files,
            *(self.repo.root / ".buildgraph" / name for name in ("doit", "doit.db", ".doit.db.dat")),
        ]

    def assert_right(self, deed: Deed) -> None:
        """The next run does what is left to do, rightly, and the one after it nothing."""
        again = self.told(deed)
        assert again.code == 0, again.err
        deed.judge(self)
        assert done(self.told(deed)) == []


def turn(shop: OnDisk, deed: Deed) -> None:
    """Give a deed something new to do, whatever others were given before: some of it goes to and fro."""
    deed.turn(shop, next(TURNS[deed.turn]))


def done(ran: Ran) -> list[str]:
    """The tasks that a run has carried out."""
    assert ran.code == 0, ran.err
    return sorted(line.split()[1] for line in ran.err.splitlines() if line.startswith("ok "))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, registry: str) -> Iterator[OnDisk]:
    disk = Disk(tmp_path_factory.mktemp("disturbed") / "disk")
    made = OnDisk(disk, registry)
    made.push_bases()
    yield made
    made.raze()
    disk.remove()


@pytest.mark.parametrize("deed", [PUSH, BASES], ids=str)
def test_where_there_is_no_room_edits_are_one_clear_error_and_the_next_run_is_right(
    shop: OnDisk, deed: Deed
) -> None:
    turn(shop, deed)
    with shop.disk.full():
        refused = shop.told(deed)

    assert (refused.code, refused.err.count(NO_ROOM)) == (3, 1), refused.err
    shop.assert_right(deed)


@pytest.mark.parametrize("fault", ["full", "closed"])
def test_a_commit_is_built_and_published_from_a_checkout_without_room(shop: OnDisk, fault: str) -> None:
    """Nothing has to be written there for it."""
    turn(shop, PUSH)
    shop.repo.commit()
    with getattr(shop.disk, fault)():
        ran = shop.told(PUSH, HOME=os.environ["HOME"])

    assert done(ran) == ["build:api", "push:api"]
    PUSH.judge(shop)
    assert done(shop.told(PUSH)) == []


def test_where_buildx_has_no_room_for_its_own_files_that_is_told_and_the_next_run_builds(
    shop: OnDisk,
) -> None:
    turn(shop, PUSH)
    shop.repo.commit()
    with shop.disk.full():
        refused = shop.told(PUSH)

    assert refused.code == 3, refused.err
    assert "no space left on device" in refused.err and "BUILDX_CONFIG" in refused.err
    shop.assert_right(PUSH)


def test_folders_of_ours_that_nobody_may_write_to_cost_time_only(shop: OnDisk) -> None:
    """Pitfall 17: a cache from another user, or an image's."""
    shop.told(PUSH)
    turn(shop, PUSH)
    with shop.disk.shut(shop.repo.root / ".buildgraph", shop.repo.root / ".git/buildgraph"):
        ran = shop.told(PUSH)

    assert done(ran) == ["build:api", "push:api"]
    shop.assert_right(PUSH)


def test_a_plan_that_there_is_no_room_for_leaves_the_one_before_it_and_prune_needs_no_room(
    shop: OnDisk,
) -> None:
    """Who approves what was saved must not find half of it."""
    turn(shop, BASES)
    shop.told(BASES)
    shop.repo.commit()
    saved = shop.disk.folder / "plan.json"
    plan = ("plan", "deploy:shop", "env=staging", "--save", str(saved))

    first = shop.run(*plan)
    assert first.code == 0, first.err
    before = saved.read_text()
    with shop.disk.full():
        refused, pruned = shop.run(*plan), shop.run("prune", "env=staging")
    kept = saved.read_text()
    again = shop.run(*plan)

    assert again.code == 0, again.err
    assert (refused.code, refused.err.count(NO_ROOM), kept) == (3, 1, before), refused.err
    assert pruned.code == 0 and "internal:" not in pruned.err, pruned.err


@pytest.mark.parametrize("deed", [PUSH, BY_NAME["render"], BASES], ids=str)
def test_eight_at_once_in_one_checkout_leave_what_is_meant(shop: OnDisk, deed: Deed) -> None:
    """Pitfall 18: all of them make the same under the same name, and none of them fails for the others."""
    turn(shop, deed)
    running = [shop.start(*deed.arguments) for _ in range(8)]
    heard = [process.communicate(timeout=600)[1] for process in running]

    assert [told for process, told in zip(running, heard, strict=True) if process.returncode] == []
    shop.assert_right(deed)
    assert shop.strays() == []


def test_damaged_and_foreign_caches_and_stores_of_doit_change_no_build_and_no_push(shop: OnDisk) -> None:
    """Whatever lies in our folders, and in doit's own databases where it would look for them."""
    shop.told(PUSH)
    turn(shop, PUSH)
    tasks = []
    for damage in (b"", b"\0" * 100, (shop.repo.root / "package.json").read_bytes()):
        for place in shop.kept():
            place.write_bytes(damage)
        tasks.append(done(shop.told(PUSH)))

    assert tasks == [["build:api", "push:api"], [], []]
    shop.assert_right(PUSH)


@pytest.mark.xdist_group("an engine of its own")
def test_an_engine_without_room_is_told_and_builds_when_there_is(shop: OnDisk, own_engine: OwnEngine) -> None:
    build = BY_NAME["build"]
    turn(shop, build)
    with own_engine.filled(0):
        refused = shop.told(build, DOCKER_HOST=own_engine.address)
    ran, again = (shop.told(build, DOCKER_HOST=own_engine.address) for _ in range(2))

    assert refused.code in (1, 3) and "no space left on device" in refused.err, refused.err
    assert (done(ran), done(again)) == (["build:api"], [])


@pytest.fixture
def registry_disk(tmp_path: Path) -> Iterator[tuple[Disk, str]]:
    """A small disk, and the address of a registry that keeps all on it."""
    disk, port = Disk(tmp_path / "registry", megabytes=4), free_port()
    held = ("-v", f"{disk.folder}:/var/lib/registry", "-p", f"127.0.0.1:{port}:5000")
    name = docker("run", "-d", "--rm", *held, substitute("registry:2")).strip()
    wait_until_ready(port)
    yield disk, f"127.0.0.1:{port}"
    docker("rm", "-f", "-v", name)
    disk.remove()


@pytest.mark.long  # an engine asks five times, and waits longer each time
def test_a_registry_without_room_is_one_clear_error_and_has_the_image_when_there_is(
    shop: OnDisk, registry_disk: tuple[Disk, str]
) -> None:
    """Its tag is the last that is written: half an image has none."""
    (disk, address), settings = registry_disk, "manifests/environments/staging.toml"
    before = (shop.repo.root / settings).read_text()
    shop.repo.write(settings, f'proxy_port = 8481\nregistry = "{address}/{shop.name}"\n')
    large = shop.repo.write("services/api/large", os.urandom(2**20))
    turn(shop, PUSH)
    with disk.full():
        refused = shop.told(PUSH)
    again = shop.told(PUSH)
    shop.repo.write(settings, before)
    large.unlink()

    assert (refused.code, refused.err.count("!! push:api")) == (3, 1), refused.err
    assert done(again) == ["push:api"]
