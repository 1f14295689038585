"""`backups`, and what `backup` and `restore` refuse before they ask an engine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from buildgraph.backup.records import (
    MANIFEST,
    Contents,
    DatabaseDump,
    Record,
    RedisSnapshot,
    Running,
    render_record,
)
from tests.support.monorepo import Monorepo

ENVIRONMENT = "manifests/environments/development.toml"


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """A product with a database and an environment that keeps backups in a folder."""
    repo.service("shop", database="shop", redis=True)
    repo.write(ENVIRONMENT, '[backing.postgres]\nimage = "postgres:16"\n\n[backups]\nto = "kept"\n')
    repo.lock()
    repo.commit()
    return repo


def put(repo: Monorepo, day: int) -> Path:
    """A backup as one was made on a day of January."""
    moment = datetime(2026, 1, day, 3, tzinfo=UTC)
    dump = DatabaseDump("shop.dump", "shop", "16.4", 1_500_000, "ab", Contents({"public.orders": (7, "1")}))
    record = Record(
        id=moment.strftime("%Y%m%dT%H%M%SZ"),
        workspace="acme",
        environment="development",
        product="shop",
        time=moment,
        services={"shop": Running("sha256:1", "f00d", "c0ffee" * 7)},
        databases=(dump,),
        redis=RedisSnapshot("redis.rdb", "7.2", 500, "cd", 3),
    )
    folder = repo.root / "kept/acme/development/shop" / record.id
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_bytes(render_record(record))
    return folder / MANIFEST


def test_what_was_backed_up_is_listed_and_damage_is_told(shop: Monorepo) -> None:
    assert shop.run("backups").out == "there is no backup yet\n"
    put(shop, 1)
    manifest = put(shop, 2)
    manifest.write_bytes(manifest.read_bytes().replace(b"f00d", b"f00e"))

    lines = [line.split("  ") for line in shop.run("backups", "shop").out.splitlines()]

    told = [[cell.strip() for cell in line if cell] for line in lines]
    assert told == [
        ["PRODUCT", "BACKUP", "MADE", "HOLDS", "SIZE", "COMMIT"],
        ["shop", "20260101T030000Z", "requested", "shop (7 rows), redis (3 keys)", "1.5 MB", "c0ffeec0ffee"],
        ["shop", "20260102T030000Z", "is damaged"],
    ]


def test_machines_read_it_as_json(shop: Monorepo) -> None:
    put(shop, 1)

    told = json.loads(shop.run("backups", "--format", "json", "env=development").out)

    (backup,) = told["backups"]
    assert (told["format"], told["environment"]) == (1, "development")
    assert (backup["id"], backup["time"]) == ("20260101T030000Z", "2026-01-01T03:00:00+00:00")
    assert backup["databases"] == [{"name": "shop", "rows": 7, "tables": 1}]


REFUSED = {
    "no backup is named": (("restore:shop",), "restore:shop: needs to know which backup\n  say from=latest"),
    "a place that is none": (("backup:shop", "to=gs://shop"), "to=: is 'gs://shop', expected a folder"),
    "an unknown product": (("backups", "ship"), "there is no product 'ship'\n  did you mean shop?"),
    "a variable for another task": (("backup:shop", "from=latest"), "from=: is for"),
    "neither yes nor no": (("restore:shop", "from=latest", "redis=perhaps"), "redis=perhaps: says neither"),
    "an S3 store without credentials": (
        ("backups", "--to", "s3://shop-backups"),
        "secret AWS_ACCESS_KEY_ID: has no value; the store of backups needs it",
    ),
    "nothing to say whose copies": (("backups", "--former"), "backups: needs the product"),
}


@pytest.mark.parametrize(("command", "message"), REFUSED.values(), ids=REFUSED)
def test_a_mistake_is_told_before_an_engine_is_asked(
    shop: Monorepo, command: tuple[str, ...], message: str
) -> None:
    ran = shop.run(*command)

    assert (ran.code, message in ran.err) == (2, True), ran.err


def test_an_environment_without_a_place_says_how_to_name_one(shop: Monorepo) -> None:
    shop.write(ENVIRONMENT, "")

    for command in (("backups",), ("backup:shop",), ("restore:shop", "from=latest")):
        ran = shop.run(*command)
        assert ran.code == 2, ran.err
        assert "development: says nowhere to keep backups" in ran.err
        assert "or say to=PLACE" in ran.err
