"""Backups of real databases, tried and brought back: do; do again; damage one byte: refused."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.backup.backups import apply_retention, find_backup, read_backups
from buildgraph.backup.beside import drop_former, former_databases, load_beside
from buildgraph.backup.folder import FolderStore
from buildgraph.backup.making import back_up
from buildgraph.backup.records import Record
from buildgraph.backup.request import Request
from buildgraph.backup.restores import Restored, restore
from buildgraph.backup.stores import open_store
from buildgraph.errors import ConfigurationError, StepFailed, UnknownName
from buildgraph.image.engine import Engine, open_engine
from buildgraph.manifests.model import Backups, Migration
from buildgraph.place.audit import read_events
from buildgraph.place.containers import run_in_container
from buildgraph.place.secrets import Secrets
from tests.backup.test_stores import client_of
from tests.support.hosts import ssh_host
from tests.support.town import Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]
KEYS = Secrets({"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-store"})
REDIS = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli "$@"'
MESSAGES = """
create table messages(id serial primary key, text text not null, at timestamptz default now());
insert into messages(text) select 'message ' || n from generate_series(1, 2000) n;
create table "Odd ""name"("a\tb" int, c text); insert into "Odd ""name" values (1, null), (2, E'\\\\ tab\\t');
create view latest as select * from messages order by id desc limit 3;
"""


@pytest.fixture(scope="module")
def standing(engine: Engine, images: dict[str, str], server: str) -> Iterator[Town]:
    """An environment with a database and a Redis: servers are dear to begin, and a backup changes none."""
    town = Town(engine, images, server)
    stand(town)
    yield town
    town.raze()


@pytest.fixture
def stocked(standing: Town, engine: Engine) -> Iterator[Town]:
    """That environment as it was declared first, with new data in both servers; a test may take another way to it."""
    declare(standing)
    stock(standing)
    yield standing
    standing.place = replace(standing.place, engine=engine)


@pytest.fixture
def of_its_own(town: Town) -> Town:
    """Such an environment that no other test has, so that it may be deployed and lost."""
    stand(town)
    stock(town)
    return town


def stand(town: Town) -> None:
    """Deploy a service with its database and Redis."""
    town.secrets(POSTGRES_USER="acme", POSTGRES_PASSWORD="it's p@ss", REDIS_PASSWORD='r"e\\d $is')
    town.has_backing(postgres="postgres:16-alpine", redis="redis:7-alpine")
    declare(town)
    town.deploy()


def declare(town: Town) -> None:
    """Have one service there, which uses both."""
    town.services.clear()
    town.told.clear()
    town.service("api", port=3001, database="chat", redis=True)


def stock(town: Town) -> None:
    """Bring new data in place of whatever is there."""
    for name in databases(town):
        town.query(f'drop database "{name}" with (force)', "postgres")
    town.query("drop role if exists reader", "postgres")
    town.query("create database chat", "postgres")
    town.query(MESSAGES)
    redis(town, "flushall")
    redis(town, "set", "session", "ada")
    redis(town, "setex", "token", "3600", "x")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(str(tmp_path / "backups"), tmp_path / "backups")


def redis(town: Town, *words: str) -> str:
    code, said = run_in_container(town.place, town.place.named("redis"), ["sh", "-c", REDIS, "redis", *words])
    assert code == 0, said
    return said.strip()


def backup(town: Town, store: FolderStore) -> Record:
    record = back_up(town.place, "town", store, town.told.append)
    assert record is not None
    return record


def bring_back(town: Town, store: FolderStore, name: str = "latest", **insisting: bool) -> Restored:
    found = find_backup(town.place, "town", store, name)
    return restore(town.place, Request("town", found, **insisting), store, store, town.told.append)


def ids(town: Town, store: FolderStore) -> list[str]:
    return [listed.id for listed in read_backups(store, f"{town.place.workspace}/test/town")]


def databases(town: Town) -> list[str]:
    text = "select datname from pg_database where datname not in ('postgres', 'template0', 'template1') order by 1"
    return town.query(text, "postgres").split()


def test_a_backup_holds_what_was_there_and_brings_it_back(stocked: Town, store: FolderStore) -> None:
    record = backup(stocked, store)

    assert [(dump.database, dump.contents.rows) for dump in record.databases] == [("chat", 2002)]
    assert record.redis and record.redis.keys == 2
    assert record.services["api"].commit == "c0ffee"
    assert ids(stocked, store) == [record.id]

    stocked.query("delete from messages where id > 10; drop view latest")
    redis(stocked, "flushall")
    redis(stocked, "set", "session", "bob")
    before = stocked.containers()
    restored = bring_back(stocked, store)

    assert stocked.query("select count(*), max(text) from messages") == "2000|message 999"
    assert stocked.query("select count(*) from latest") == "3"
    assert (redis(stocked, "get", "session"), int(redis(stocked, "ttl", "token")) > 0) == ("ada", True)
    assert stocked.query("insert into messages(text) values ('next') returning id").split()[0] == "2001"
    assert redis(stocked, "set", "more", "1") == "OK"
    assert stocked.fetch("api") == "api 1"
    assert stocked.containers() == before

    (former,) = restored.former
    assert stocked.query("select count(*) from messages", former) == "10"
    assert databases(stocked) == ["chat", former]
    manifest = store.root / stocked.place.workspace / "test/town" / record.id / "manifest.json"
    told = manifest.read_text() + "\n".join(stocked.told)
    assert "it's p@ss" not in told and 'r"e\\d $is' not in told, "no secret is told or kept"
    kinds = [event.kind for event in read_events(stocked.place, "town")]
    assert kinds[-4:] == ["restore-started", "backup-started", "backup-finished", "restore-finished"]


@pytest.mark.long
def test_what_a_restore_saved_first_takes_it_back(stocked: Town, store: FolderStore) -> None:
    record = backup(stocked, store)
    stocked.query("delete from messages")

    first = bring_back(stocked, store)

    latest = find_backup(stocked.place, "town", store, "latest")
    assert latest.id == record.id, "what a restore saves is never the latest"
    assert stocked.query("select count(*) from messages") == "2000"
    back = bring_back(stocked, store, first.safety)
    assert stocked.query("select count(*) from messages") == "0"

    names = former_databases(stocked.place, "town")
    assert sorted(names) == sorted([*first.former, *back.former])
    for name in names:
        drop_former(stocked.place, "town", name)
    assert databases(stocked) == ["chat"]
    with pytest.raises(UnknownName):
        drop_former(stocked.place, "town", "chat")
    assert databases(stocked) == ["chat"]


def messages(town: Town) -> int:
    """How many rows there are."""
    return int(town.query("select count(*) from messages"))


@contextmanager
def writing(town: Town) -> Iterator[None]:
    """Somebody writes two rows at a time, always together, as fast as the server takes them."""
    statement = "insert into messages(text) values ('a'), ('b')"
    script = f'while [ ! -e /tmp/enough ]; do psql -q -U acme -d chat -c "{statement}" || exit; done'
    argv = ["sh", "-c", script]
    writer = threading.Thread(target=lambda: run_in_container(town.place, town.place.named("postgres"), argv))
    writer.start()
    try:
        until(lambda: messages(town) > 2000)
        yield
    finally:
        run_in_container(town.place, town.place.named("postgres"), ["touch", "/tmp/enough"])
        writer.join()


def test_a_backup_under_writes_is_one_moment_and_no_failure(stocked: Town, store: FolderStore) -> None:
    stocked.query("create role reader; grant select on messages to reader")
    stocked.query('alter database chat set search_path to public, "Odd One"')
    stocked.query("alter database chat set work_mem = '8MB'")

    with writing(stocked):
        (dump,) = backup(stocked, store).databases
        count, _ = dump.contents.tables["public.messages"]
        until(lambda: messages(stocked) > count)

    assert count > 2000 and count % 2 == 0
    assert (dump.roles, len(dump.settings)) == (("reader",), 2)

    bring_back(stocked, store)

    assert stocked.query("select count(*) from messages") == str(count)
    assert stocked.query("show search_path") == 'public, "Odd One"'
    assert stocked.query("select has_table_privilege('reader', 'messages', 'select')") == "t"


def test_one_damaged_byte_is_refused_and_nothing_changes(stocked: Town, store: FolderStore) -> None:
    record = backup(stocked, store)
    file = store.root / stocked.place.workspace / "test/town" / record.id / "chat.dump"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    stocked.query("delete from messages")

    with pytest.raises(StepFailed, match=r"is damaged: chat\.dump"):
        bring_back(stocked, store)

    assert databases(stocked) == ["chat"]
    assert ids(stocked, store) == [record.id]


def test_a_backup_of_something_else_is_refused_with_all_that_is_wrong(
    stocked: Town, store: FolderStore
) -> None:
    record = backup(stocked, store)
    other = replace(record, workspace="shop", environment="production", product="web", databases=())
    listed = replace(find_backup(stocked.place, "town", store, record.id), record=other)

    with pytest.raises(ConfigurationError) as refused:
        restore(stocked.place, Request("town", listed), store, store, stocked.told.append)

    assert [mistake.what for mistake in refused.value.mistakes] == [
        "is of production, not test",
        "is of the product web, not town",
        f"is of the workspace shop, not {stocked.place.workspace}",
        "lacks the database chat",
    ]
    assert databases(stocked) == ["chat"]

    from_production = replace(listed, record=replace(record, environment="production"))
    with pytest.raises(ConfigurationError, match="force=yes"):
        restore(stocked.place, Request("town", from_production), store, store, stocked.told.append)
    restore(stocked.place, Request("town", from_production, force=True), store, store, stocked.told.append)
    assert stocked.query("select count(*) from messages") == "2000"


def test_a_backup_that_does_not_load_again_is_not_kept(stocked: Town, store: FolderStore) -> None:
    """A check that reads another table: PostgreSQL dumps it, and loads the rows before there is anything to read."""
    known = "select exists (select from messages where id = $1)"
    stocked.query(f"create function known(int) returns bool language sql as '{known}'")
    stocked.query("create table answers(message int check (known(message))); insert into answers values (1)")

    with pytest.raises(StepFailed, match="does not load into an empty server") as failed:
        backup(stocked, store)

    assert "messages" in failed.value.detail
    assert ids(stocked, store) == []
    assert list(store.root.rglob("*.dump")) == []
    assert "api-blue" in stocked.containers() and "town-scratch-postgres" not in stocked.containers()


@pytest.mark.parametrize("line", ["loaded again", "redis: 2 keys"])
def test_an_interrupted_backup_leaves_nothing_that_looks_good(
    stocked: Town, store: FolderStore, line: str
) -> None:
    def interrupt(told: str) -> None:
        if line in told:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(stocked.place, "town", store, interrupt)

    assert ids(stocked, store) == []
    assert not [name for name in stocked.containers() if "scratch" in name or "lock" in name]


def test_an_interrupted_restore_changes_nothing_and_the_next_one_does_it(
    of_its_own: Town, store: FolderStore
) -> None:
    of_its_own.service(
        "api", port=3001, database="chat", redis=True, migration=Migration(("node", "/app/migrate.mjs"))
    )
    of_its_own.deploy()
    backup(of_its_own, store)
    of_its_own.query("delete from messages")

    def interrupt(told: str) -> None:
        if "applied 0001_first" in told:
            raise KeyboardInterrupt

    found = find_backup(of_its_own.place, "town", store, "latest")
    with pytest.raises(KeyboardInterrupt):
        restore(of_its_own.place, Request("town", found), store, store, interrupt)

    assert databases(of_its_own) == ["chat"]
    assert of_its_own.query("select count(*) from messages") == "0"
    assert of_its_own.fetch("api") == "api 1"

    of_its_own.query("create database chat_restored_20260131030000", "postgres")  # as SIGKILL would leave it
    restored = bring_back(of_its_own, store)

    assert of_its_own.query("select count(*) from messages") == "2000"
    assert databases(of_its_own) == ["chat", *restored.former]


def test_a_host_that_is_lost_gets_its_data_back_before_anything_serves(
    of_its_own: Town, store: FolderStore
) -> None:
    of_its_own.query("create role reader; grant select on messages to reader")
    backup(of_its_own, store)
    of_its_own.raze()

    restored = bring_back(of_its_own, store)

    assert restored.safety == ""
    assert of_its_own.query("select count(*) from messages") == "2000"
    assert redis(of_its_own, "get", "session") == "ada"
    of_its_own.deploy()
    assert (of_its_own.fetch("api"), of_its_own.query("select count(*) from messages")) == ("api 1", "2000")


def test_rows_can_be_taken_from_a_backup_beside_what_serves(stocked: Town, store: FolderStore) -> None:
    backup(stocked, store)
    stocked.query("delete from messages where id = 7; insert into messages(text) values ('since then')")
    found = find_backup(stocked.place, "town", store, "latest")

    for _ in range(2):
        names = load_beside(stocked.place, Request("town", found), store, stocked.told.append)

    assert names == ("chat_beside",)
    assert stocked.query("select text from messages where id = 7", "chat_beside") == "message 7"
    assert stocked.query("select count(*) from messages") == "2000"
    drop_former(stocked.place, "town", "chat_beside")
    assert databases(stocked) == ["chat"]


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[Backups]:
    """A bucket of a server that speaks S3, on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    backups = Backups("s3://acme-backups/host-1", f"http://{host}:{port}", "us-east-1", daily=1)
    client_of(backups, KEYS).create_bucket(Bucket="acme-backups")
    yield backups
    server.stop()


def test_an_engine_over_ssh_and_a_bucket_do_as_well(
    stocked: Town, bucket: Backups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(bucket, tmp_path, KEYS)
    with ssh_host(tmp_path / "ssh") as host:
        monkeypatch.setenv("PATH", f"{host.folder}{os.pathsep}{os.environ['PATH']}")
        stocked.place = replace(stocked.place, engine=open_engine(host.address()))

        record = back_up(stocked.place, "town", store, stocked.told.append)
        stocked.query("delete from messages")
        redis(stocked, "del", "session")
        found = find_backup(stocked.place, "town", store, "latest")
        restored = restore(stocked.place, Request("town", found), store, store, stocked.told.append)

        assert record and restored.backup == record.id
        assert stocked.query("select count(*) from messages") == "2000"
        assert redis(stocked, "get", "session") == "ada"
        assert apply_retention(stocked.place, "town", store, bucket, stocked.told.append) == ()
        stocked.place.engine.client.close()


@pytest.mark.long
def test_redis_is_left_alone_where_others_use_it_unless_that_is_asked_for(
    stocked: Town, store: FolderStore
) -> None:
    stocked.service("other", product="shop", port=3002, redis=True)
    backup(stocked, store)
    redis(stocked, "set", "session", "bob")

    bring_back(stocked, store)
    assert redis(stocked, "get", "session") == "bob"
    assert any("redis: left as it is, for shop uses it too" in line for line in stocked.told)
    bring_back(stocked, store, redis=True)
    assert redis(stocked, "get", "session") == "ada"


def test_a_product_without_data_has_nothing_to_back_up(town: Town, store: FolderStore) -> None:
    town.service("web")

    assert back_up(town.place, "town", store, town.told.append) is None

    assert town.told == ["town has no database and no Redis in test: nothing to back up"]
    assert not store.root.exists()


def test_an_environment_that_does_not_run_is_told(town: Town, store: FolderStore) -> None:
    town.secrets(POSTGRES_PASSWORD="p")
    town.has_backing(postgres="postgres:16-alpine")
    town.service("api", database="chat")

    with pytest.raises(StepFailed, match="postgres: does not run in test"):
        backup(town, store)
    with pytest.raises(UnknownName, match=r"there is no backup of town in .* 'latest'"):
        bring_back(town, store)
