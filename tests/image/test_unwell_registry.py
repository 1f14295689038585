"""Registries that are slow, fail, or are none: what is asked of them is answered rightly, or is one clear error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest

from buildgraph.checks.packing import write_pack
from buildgraph.checks.result import Content, Result
from buildgraph.checks.sharing import SharedCache
from buildgraph.checks.store import Store
from buildgraph.errors import ToolError
from buildgraph.graph.nodes import digest_of
from buildgraph.image.registry_blobs import push_blob, push_manifest
from buildgraph.image.registry_content import Registry
from buildgraph.image.registry_refusals import LOG_IN, NOT_REACHED
from buildgraph.image.registry_surplus import read_content
from buildgraph.image.surplus import Needs
from tests.support.unwell import ALL_ILLS, Ill, Unwell, answers, every, served, slow, well
from tests.support.unwell import digest_of as blob_name

pytestmark = pytest.mark.thorough

LOG = b"it was built"
KEY = "ab" + "0" * 62
DIGEST = "sha256:" + "0" * 64
FINGERPRINT = "0" * 32


@pytest.fixture(scope="module")
def server() -> Iterator[Unwell]:
    with served() as server:
        yield server


@pytest.fixture
def unwell(server: Unwell) -> Iterator[Unwell]:
    """A registry that holds nothing, and is well until somebody says otherwise."""
    server.held.clear()
    server.asked, server.ill = 0, well
    yield server


def asking(address: str) -> dict[str, Callable[[], object]]:
    """All that is asked of a registry and written to it, each of a new one."""
    registry = Registry(address)
    return {
        "tags": lambda: registry.tags("api"),
        "find": lambda: registry.find_manifest("api", "one"),
        "content": lambda: read_content(registry, "api", Needs({})),
        "blob": lambda: push_blob(registry, "api", DIGEST, b"blob"),
        "manifest": lambda: push_manifest(registry, "api", "one", b"{}"),
        "delete": lambda: registry.delete("api", DIGEST),
    }


@ALL_ILLS
def test_a_registry_that_is_unwell_is_named_in_one_error(unwell: Unwell, ill: Ill) -> None:
    unwell.ill = ill
    quietly_taken = []

    for name, ask in asking(unwell.address).items():
        try:
            ask()
        except ToolError as error:
            assert f"the registry {unwell.address}" in str(error)
            assert error.way_out in (LOG_IN.format(unwell.address), NOT_REACHED)
        else:
            quietly_taken.append(name)

    # a 200 is all that whoever writes is promised; reading what was written is what counts
    assert set(quietly_taken) <= {"blob", "manifest", "delete"}


def test_what_is_not_found_where_it_was_to_be_written_is_an_error(unwell: Unwell) -> None:
    """A proxy that knows GET alone answers so: nothing would be there afterwards."""
    unwell.ill = lambda asked: asked.command in ("PUT", "POST") and answers(404)(asked)
    questions = asking(unwell.address)

    for name in ("blob", "manifest"):
        with pytest.raises(ToolError, match=r"does not answer: (PUT|POST) .*404"):
            questions[name]()


def test_pages_that_lead_to_themselves_end(unwell: Unwell) -> None:
    page = json.dumps({"tags": ["one"]}).encode()
    unwell.ill = answers(200, page, Link='</v2/api/tags/list?n=1000>; rel="next"')

    with pytest.raises(ToolError, match="in circles"):
        Registry(unwell.address).tags("api")


@pytest.mark.parametrize("reference", ["one", DIGEST])
def test_content_of_another_digest_than_it_is_called_by_is_no_manifest(
    unwell: Unwell, reference: str
) -> None:
    """An index that seems to hold nothing would have what it holds removed."""
    content = json.dumps({"schemaVersion": 2, "manifests": []}).encode()
    unwell.ill = answers(200, content, Docker_Content_Digest=DIGEST)

    with pytest.raises(ToolError, match="its answer is none that a registry gives"):
        Registry(unwell.address).find_manifest("api", reference)


def test_a_repository_without_tags_has_none(unwell: Unwell) -> None:
    unwell.ill = answers(200, b'{"name": "api", "tags": null}')

    assert Registry(unwell.address).tags("api") == ()


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=12)), timezone(timedelta(hours=-12))])
def test_an_image_is_as_old_in_whichever_zone_its_date_is_written(unwell: Unwell, zone: tzinfo) -> None:
    made = (datetime.now(zone) - timedelta(days=3)).isoformat()
    config, place = f'{{"created": "{made}"}}'.encode(), f"/v2/api/manifests/{FINGERPRINT}"
    unwell.held[f"/v2/api/blobs/{blob_name(config)}"] = config
    unwell.held[place] = json.dumps(
        {"schemaVersion": 2, "config": {"digest": blob_name(config)}, "layers": []}
    ).encode()

    found = read_content(Registry(unwell.address), "api", Needs({}))

    assert [*found.ages.values()] == [pytest.approx(3, abs=0.1)]


class Machine:
    """A store with a result in it, or nothing, and what was told."""

    def __init__(self, folder: Path, unwell: Unwell) -> None:
        self.store = Store(folder)
        self.told: list[str] = []
        self.cache = SharedCache(f"{unwell.address}/checks", self.store, self.told.append)

    def keep(self, key: str = KEY) -> Result:
        """A result that is kept here."""
        with self.store.writing() as file:
            packed = write_pack(file, "/nowhere", LOG, ())
            self.store.keep_pack(file, packed.pack)
        result = Result(key, 1.0, Content(digest_of(LOG), len(LOG)), (), packed.pack)
        self.store.keep(result)
        return result

    def fetch(self, key: str = KEY) -> Result | None:
        """What the registry has."""
        return self.cache.fetch(key, lambda _: True)


@ALL_ILLS
def test_results_are_shared_with_a_registry_that_is_unwell_never_wrongly_and_it_is_told(
    unwell: Unwell, tmp_path: Path, ill: Ill
) -> None:
    """Pitfall 19: and when it is well again, what was not shared is."""
    one, other, later = (Machine(tmp_path / name, unwell) for name in ("one", "other", "later"))
    result = one.keep()
    unwell.ill = ill
    one.cache.publish(result)

    assert other.fetch() is None
    assert len(other.told) == 1
    assert not other.store.has(KEY)
    unwell.ill = well
    Machine(tmp_path / "one", unwell).cache.publish(result)
    assert later.fetch() == result
    assert later.told == []


@ALL_ILLS
def test_a_registry_that_is_unwell_now_and_then_gives_what_is_right_or_nothing(
    unwell: Unwell, tmp_path: Path, ill: Ill
) -> None:
    unwell.ill = every(3, ill)
    keys = [f"{number:064x}" for number in range(2)]
    for key in keys:
        one = Machine(tmp_path / "one", unwell)
        one.cache.publish(one.keep(key))

    for key in keys:
        other = Machine(tmp_path / "other", unwell)
        found = other.fetch(key)
        assert found is None or (found.key, found.pack) == (key, one.keep(key).pack)
        assert found is None or other.store.read(key, lambda _: True) == found
    assert list((tmp_path / "other").glob("half-*")) == []
    unwell.ill = well
    for key in keys:
        one = Machine(tmp_path / "one", unwell)
        one.cache.publish(one.keep(key))
        assert Machine(tmp_path / "last", unwell).fetch(key) == one.keep(key)


def test_a_slow_registry_is_waited_for(unwell: Unwell, tmp_path: Path) -> None:
    unwell.ill = slow(0.02)
    one, other = (Machine(tmp_path / name, unwell) for name in ("one", "other"))
    result = one.keep()
    one.cache.publish(result)

    assert other.fetch() == result
    assert one.told == other.told == []
    with other.store.open_pack(result.pack) as pack:
        assert pack.read() == packed()


def packed() -> bytes:
    file = io.BytesIO()
    write_pack(file, "/nowhere", LOG, ())
    return file.getvalue()
