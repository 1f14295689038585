"""Results of checks shared in a real registry: a machine that has nothing gets all of them and runs nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from pathlib import Path

import pytest

from buildgraph.checks.sharing import SharedCache
from buildgraph.checks.store import Store
from buildgraph.image.registry_blobs import push_blob, push_manifest, read_manifest
from buildgraph.image.registry_content import Registry
from tests.support.monorepo import Monorepo
from tests.support.packages import BUILD, LINT, Packages
from tests.support.system import free_port

pytestmark = [pytest.mark.engine, pytest.mark.pnpm]


def made(folder: Path, cache: str) -> Packages:
    """`web` uses `core`, and results are shared in a repository of a registry."""
    repo = Monorepo(folder / "shop")
    repo.package("@acme/core", scripts={"build": BUILD, "lint": LINT})
    repo.package("@acme/web", uses=["@acme/core"], scripts={"build": BUILD})
    repo.write("manifests/workspace.toml", f'name = "shop"\n[checks]\ncache = "{cache}"\n')
    repo.lock()
    repo.commit()
    return Packages(repo, folder / "store")


@pytest.fixture
def shop(tmp_path: Path, registry: str) -> Packages:
    """A workspace that shares in a repository of its own."""
    return made(tmp_path, f"{registry}/checks-{uuid.uuid4().hex[:8]}")


def cache_of(shop: Packages) -> str:
    """The repository in which a workspace shares."""
    return (shop.repo.root / "manifests/workspace.toml").read_text().split('"')[3]


def keys_of(shop: Packages) -> list[str]:
    """The keys of all results in the local store."""
    return sorted(path.name for path in (shop.store / "results").rglob("*") if path.is_file())


def test_a_machine_that_has_nothing_gets_every_output_bit_by_bit_and_runs_nothing(shop: Packages) -> None:
    first = shop.run("check", "-n", "3")
    built = shop.outputs()
    clone = shop.clone("elsewhere")
    clone.store = shop.store.parent / "another"
    restored = clone.run("check")
    again = clone.run("check")

    assert first.scripts == ["@acme/core build", "@acme/core lint", "@acme/web build"]
    assert (restored.code, restored.scripts) == (0, [])
    assert restored.err.count("restored from the registry") == 3
    assert "== nothing to do; 3 fresh (3 restored)" in restored.err
    assert clone.outputs() == built
    assert len(built) == 6
    log = ".buildgraph/checks/packages/core/lint.log"
    assert (clone.repo.root / log).read_text().endswith("linted\n")
    assert keys_of(clone) == keys_of(shop)
    assert "3 fresh" in again.err
    assert "restored" not in again.err


def test_what_a_registry_says_is_compared_with_its_digests_and_passed_over_when_it_is_wrong(
    shop: Packages,
) -> None:
    """Pitfall 19: a result of another key, a pack that is not there, a manifest that is none."""
    shop.run("check")
    registry = Registry(cache_of(shop))
    place = registry.repository("")
    one, other, third = keys_of(shop)
    genuine = read_manifest(registry, place, other)
    assert genuine is not None
    push_manifest(registry, place, one, genuine)
    hostile = json.dumps({"config": {"digest": "sha256:../../etc/passwd"}}).encode()
    config = {"mediaType": "application/json", "digest": "", "size": len(hostile)}
    config["digest"] = f"sha256:{hashlib.sha256(hostile).hexdigest()}"
    push_blob(registry, place, str(config["digest"]), hostile)
    bare = {"schemaVersion": 2, "mediaType": json.loads(genuine)["mediaType"], "config": config, "layers": []}
    push_manifest(registry, place, third, json.dumps(bare).encode())
    told: list[str] = []
    cache = SharedCache(cache_of(shop), Store(shop.store.parent / "another"), told.append)

    found = {key: cache.fetch(key, lambda _: True) for key in (one, other, third, "0" * 64)}

    assert [key for key, result in found.items() if result] == [other]
    assert told == [f"a shared result is damaged and passed over: {key}" for key in (one, third)]


def test_a_registry_that_does_not_answer_is_told_once_and_costs_time_only(tmp_path: Path) -> None:
    shop = made(tmp_path, f"127.0.0.1:{free_port()}/checks")
    ran = shop.run("check:@acme/core")

    assert (ran.code, ran.scripts) == (0, ["@acme/core build", "@acme/core lint"])
    assert ran.err.count("shared results are not read: ") == ran.err.count("results are not shared: ") == 1
    shutil.rmtree(shop.repo.root / "packages/core/dist")
    assert shop.run("check:@acme/core").scripts == []
