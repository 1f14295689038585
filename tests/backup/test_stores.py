"""Places of backups, a folder and an S3-compatible store alike: there whole, or not there."""

from __future__ import annotations

import builtins
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from buildgraph.backup.bucket import open_bucket
from buildgraph.backup.files import sha256_of
from buildgraph.backup.records import MANIFEST
from buildgraph.backup.stores import Store, open_store
from buildgraph.errors import ConfigurationError, StepFailed, ToolError
from buildgraph.manifests.model import Backups
from buildgraph.place.secrets import Secrets

PRODUCT = "acme/production/chat"
KEY = f"{PRODUCT}/20260131T030000Z"
SECRETS = Secrets({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-store"})


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that speaks S3, on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def backups(request: pytest.FixtureRequest, tmp_path: Path) -> Backups:
    if request.param == "folder":
        return Backups(to=str(tmp_path / "backups"))
    endpoint = request.getfixturevalue("server")
    found = Backups(to="s3://acme-backups/host-1", endpoint=endpoint, region="us-east-1")
    client = client_of(found)
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(Bucket="acme-backups")
    for listed in client.list_objects_v2(Bucket="acme-backups").get("Contents", ()):
        client.delete_object(Bucket="acme-backups", Key=listed["Key"])
    return found


@pytest.fixture
def store(backups: Backups, tmp_path: Path) -> Store:
    return open_store(backups, tmp_path, SECRETS)


def client_of(backups: Backups, secrets: Secrets = SECRETS) -> Any:
    """boto3's client as the store has it."""
    return open_store(backups, Path(), secrets).client  # type: ignore[attr-defined]


def keep(store: Store, key: str = KEY, content: bytes = b"data" * 1000) -> None:
    with store.drafting(key) as draft:
        (draft / "chat.dump").write_bytes(content)
        (draft / MANIFEST).write_bytes(b"{}")
        store.keep(key, draft, {"chat.dump": sha256_of(draft / "chat.dump")})


def test_what_is_kept_is_there_and_can_be_fetched_and_removed(store: Store) -> None:
    keep(store)
    keep(store, f"{PRODUCT}/20260201T030000Z")
    keep(store, "acme/production/chat-web/20260201T030000Z")

    assert store.keys(PRODUCT) == [KEY, f"{PRODUCT}/20260201T030000Z"]
    assert store.read_manifest(KEY) == b"{}"
    with store.fetching(KEY, ("chat.dump",)) as folder:
        assert (folder / "chat.dump").read_bytes() == b"data" * 1000

    store.remove(KEY)

    assert store.keys(PRODUCT) == [f"{PRODUCT}/20260201T030000Z"]
    with pytest.raises(KeyError):
        store.read_manifest(KEY)


def test_an_interrupted_draft_leaves_nothing(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store.drafting(KEY) as draft:
        (draft / "chat.dump").write_bytes(b"half")
        raise KeyboardInterrupt

    assert store.keys(PRODUCT) == []
    keep(store)
    assert store.keys(PRODUCT) == [KEY]


def test_what_cannot_be_kept_whole_is_not_kept_at_all(store: Store) -> None:
    with pytest.raises((ToolError, StepFailed)), store.drafting(KEY) as draft:
        (draft / "chat.dump").write_bytes(b"data")
        store.keep(KEY, draft, {"chat.dump": sha256_of(draft / "chat.dump")})  # without its manifest

    assert store.keys(PRODUCT) == []


def test_a_file_that_is_missing_is_told(store: Store) -> None:
    keep(store)

    with pytest.raises((StepFailed, ToolError)), store.fetching(KEY, ("redis.rdb",)):
        pass


def test_a_folder_of_a_killed_run_is_no_backup_and_goes_when_it_is_old(tmp_path: Path) -> None:
    store = open_store(Backups(to="backups"), tmp_path, SECRETS)
    left = tmp_path / "backups" / PRODUCT / ".20260131T030000Z.partial"
    left.mkdir(parents=True)
    (left / MANIFEST).write_bytes(b"{}")

    store.sweep(PRODUCT)
    assert (store.keys(PRODUCT), left.exists()) == ([], True)
    os.utime(left, (time.time() - 90_000, time.time() - 90_000))
    store.sweep(PRODUCT)
    assert not left.exists()


def test_objects_without_a_manifest_are_no_backup(server: str, tmp_path: Path) -> None:
    backups = Backups(to="s3://acme-left", endpoint=server, region="us-east-1")
    client = client_of(backups)
    client.create_bucket(Bucket="acme-left")
    client.put_object(Bucket="acme-left", Key=f"{KEY}/chat.dump", Body=b"half")
    store = open_store(backups, tmp_path, SECRETS)

    store.sweep(PRODUCT)

    assert store.keys(PRODUCT) == []
    assert client.list_objects_v2(Bucket="acme-left")["KeyCount"] == 1, "it may be another run's, under way"


class Keeping:
    """A store whose policy lets nobody delete a manifest: it answers 200, and lists what stays."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def delete_objects(self, **asked: Any) -> Mapping[str, Any]:
        names = [each["Key"] for each in asked["Delete"]["Objects"]]
        kept = [name for name in names if name.endswith(MANIFEST)]
        for name in set(names) - set(kept):
            self.client.delete_object(Bucket=asked["Bucket"], Key=name)
        return {"Errors": [{"Key": name, "Code": "AccessDenied", "Message": "by policy"} for name in kept]}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


def test_a_backup_whose_manifest_the_store_keeps_is_told_and_keeps_its_files(server: str) -> None:
    backups = Backups(to="s3://acme-kept", endpoint=server, region="us-east-1")
    client_of(backups).create_bucket(Bucket="acme-kept")
    store = open_bucket(backups, SECRETS)
    store = replace(store, client=Keeping(store.client))
    keep(store)

    with pytest.raises(ToolError, match=f"{MANIFEST} is not deleted: AccessDenied: by policy"):
        store.remove(KEY)

    assert store.keys(PRODUCT) == [KEY]
    with store.fetching(KEY, ("chat.dump",)) as folder:
        assert (folder / "chat.dump").read_bytes() == b"data" * 1000

    with pytest.raises(StepFailed, match="came back other"), store.drafting(f"{KEY}-2") as draft:
        (draft / "chat.dump").write_bytes(b"data")
        store.keep(f"{KEY}-2", draft, {"chat.dump": "0" * 64})


def test_a_file_that_changed_on_its_way_is_refused(server: str, tmp_path: Path) -> None:
    backups = Backups(to="s3://acme-way", endpoint=server, region="us-east-1")
    client = client_of(backups)
    client.create_bucket(Bucket="acme-way")
    store = open_store(backups, tmp_path, SECRETS)

    with pytest.raises(StepFailed, match="came back other than it was sent"), store.drafting(KEY) as draft:
        (draft / "chat.dump").write_bytes(b"data")
        (draft / MANIFEST).write_bytes(b"{}")
        store.keep(KEY, draft, {"chat.dump": "0" * 64})

    assert client.list_objects_v2(Bucket="acme-way")["KeyCount"] == 0


def test_a_folder_of_backups_is_private_and_never_reaches_git(tmp_path: Path) -> None:
    store = open_store(Backups(to="backups"), tmp_path, SECRETS)

    keep(store)

    assert (tmp_path / "backups").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "backups/.gitignore").read_text() == "*\n"


def test_a_bucket_that_is_not_there_is_told_without_a_secret(server: str, tmp_path: Path) -> None:
    store = open_store(
        Backups(to="s3://acme-nowhere", endpoint=server, region="us-east-1"), tmp_path, SECRETS
    )

    with pytest.raises(ToolError) as refused:
        store.keys(PRODUCT)

    assert "s3://acme-nowhere" in str(refused.value) and "bucket does not exist" in str(refused.value)
    assert "secret-of-the-store" not in str(refused.value)


def test_a_store_that_does_not_answer_is_told(tmp_path: Path) -> None:
    store = open_store(Backups(to="s3://acme", endpoint="http://127.0.0.1:9"), tmp_path, SECRETS)

    with pytest.raises(ToolError, match="Could not connect"):
        store.keys(PRODUCT)


def test_missing_credentials_are_all_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        open_store(Backups(to="s3://acme"), tmp_path, Secrets({}, "production.env"))

    assert [mistake.where for mistake in refused.value.mistakes] == [
        "secret AWS_ACCESS_KEY_ID",
        "secret AWS_SECRET_ACCESS_KEY",
    ]
    assert "write it to production.env" in str(refused.value)


def test_a_missing_library_is_told_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = builtins.__import__

    def without_boto(name: str, *rest: Any) -> Any:
        if name == "boto3":
            raise ModuleNotFoundError(name)
        return usual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_boto)

    with pytest.raises(ConfigurationError, match=r"pip install doit-buildgraph\[s3\]"):
        open_store(Backups(to="s3://acme"), tmp_path, SECRETS)
