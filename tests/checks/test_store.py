"""The local store: what stands in it came to stand there whole, whoever wrote at the same time."""

from __future__ import annotations

import io
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from buildgraph.checks.packing import write_pack
from buildgraph.checks.result import Content, Result
from buildgraph.checks.store import DAY, Store, store_folder
from buildgraph.checks.sweeping import sweep
from buildgraph.graph.nodes import digest_of

LOG = b"log" * 100_000
KEY = "ab" + "0" * 62


def result_of(key: str = KEY) -> Result:
    packed = write_pack(io.BytesIO(), "/nowhere", LOG, ())
    return Result(key, 1.0, Content(digest_of(LOG), len(LOG)), (), packed.pack)


def keep(folder: Path, key: str = KEY) -> Result:
    store = Store(folder)
    result = result_of(key)
    with store.writing() as file:
        write_pack(file, "/nowhere", LOG, ())
        store.keep_pack(file, result.pack)
    store.keep(result)
    return result


def nothing(_: str) -> bool:
    return False


def test_what_is_kept_is_there_and_nothing_else(tmp_path: Path) -> None:
    result = keep(tmp_path / "store")
    store = Store(tmp_path / "store")

    assert store.has(KEY)
    assert store.read(KEY, nothing) == result
    assert store.read("0" * 64, nothing) is None
    assert not store.has("0" * 64)
    assert [path.name for path in (tmp_path / "store").iterdir() if path.is_file()] == []


def test_what_is_begun_and_given_up_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(KeyboardInterrupt), store.writing() as file:
        file.write(b"half")
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_a_result_with_one_other_byte_is_none(tmp_path: Path) -> None:
    keep(tmp_path)
    place = tmp_path / "results/ab" / KEY
    content = place.read_bytes()

    for at in (0, 63, 64, len(content) - 1):
        place.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert Store(tmp_path).read(KEY, nothing) is None


def test_many_who_write_the_same_at_once_leave_it_whole(tmp_path: Path) -> None:
    """Pitfall 18."""
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        results = set(pool.map(keep, [tmp_path] * 24))

    assert results == {result_of()}
    assert Store(tmp_path).read(KEY, nothing) == result_of()
    assert Store(tmp_path).pack_place(result_of().pack).stat().st_size == result_of().pack.size


def test_a_result_that_is_asked_for_is_young_again(tmp_path: Path) -> None:
    keep(tmp_path)
    place = tmp_path / "results/ab" / KEY
    os.utime(place, (0, time.time() - 3 * DAY))

    assert Store(tmp_path).has(KEY)
    assert time.time() - place.stat().st_mtime < DAY


def test_what_nobody_asks_for_in_a_month_goes_and_what_it_shares_stays(tmp_path: Path) -> None:
    old, young = KEY, "cd" + "0" * 62
    keep(tmp_path, old)
    shared = keep(tmp_path, young).pack
    packs = tmp_path / "packs"
    for name in ("ee/" + "e" * 64, "ff/" + "f" * 64):
        (packs / name).parent.mkdir()
        (packs / name).touch()
    (tmp_path / "half-one").touch()
    for file in (tmp_path / "results/ab" / old, packs / "ee" / ("e" * 64), tmp_path / "half-one"):
        os.utime(file, (0, time.time() - 31 * DAY))

    sweep(tmp_path)

    assert not Store(tmp_path).has(old)
    assert Store(tmp_path).has(young)
    assert sorted(path.name for path in packs.glob("??/*")) == sorted([shared.digest, "f" * 64])
    assert not (tmp_path / "half-one").exists()


def test_it_is_swept_once_a_day(tmp_path: Path) -> None:
    sweep(tmp_path)
    keep(tmp_path)
    os.utime(tmp_path / "results/ab" / KEY, (0, time.time() - 31 * DAY))

    sweep(tmp_path)
    assert (tmp_path / "results/ab" / KEY).exists()
    os.utime(tmp_path / "swept", (0, time.time() - 2 * DAY))
    sweep(tmp_path)
    assert not (tmp_path / "results/ab" / KEY).exists()


def test_a_clock_that_was_ahead_stops_no_sweeping(tmp_path: Path) -> None:
    """What was marked or kept by it would otherwise stay until that moment comes."""
    kept = keep(tmp_path)
    sweep(tmp_path)
    for place in ("swept", f"results/ab/{KEY}", "half-one"):
        (tmp_path / place).touch()
        os.utime(tmp_path / place, (0, time.time() + 400 * DAY))
    assert Store(tmp_path).has(KEY)

    sweep(tmp_path)

    assert Store(tmp_path).read(KEY, nothing) == kept, "it counts as young"
    for place in ("swept", f"results/ab/{KEY}", "half-one"):
        assert abs((tmp_path / place).stat().st_mtime - time.time()) < DAY, "and from now on it ages"


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/var/caches"}, Path("/var/caches/buildgraph/checks")),
        ({}, Path.home() / ".cache/buildgraph/checks"),
        ({"BUILDGRAPH_CHECKS": "/elsewhere"}, Path("/elsewhere")),
        ({"BUILDGRAPH_CHECKS": "off"}, None),
    ],
)
def test_results_are_kept_where_the_user_says(environ: dict[str, str], folder: Path | None) -> None:
    assert store_folder(environ) == folder
