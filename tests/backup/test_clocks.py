"""Backups bear the time of the machine that took them, whose clock may be wrong: none is taken for newer than it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from buildgraph.backup.backups import find_backup, free_key, id_of
from buildgraph.backup.folder import FolderStore
from buildgraph.backup.records import MANIFEST, Record, new_id, parse_id, render_record
from buildgraph.errors import ConfigurationError
from buildgraph.image.engine import Engine
from buildgraph.manifests.model import Environment
from buildgraph.place.model import Place
from buildgraph.place.secrets import Secrets

PLACE = Place(Engine(""), "acme", Environment("production"), {}, Secrets({}), ())
YEAR, MINUTE = timedelta(days=365), timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(str(tmp_path), tmp_path)


def taken(store: FolderStore, ahead: timedelta) -> str:
    """Keep a backup by a clock that is so much ahead of this one; its id."""
    moment = datetime.now(UTC) + ahead
    record = Record(new_id(moment), "acme", "production", "shop", moment)
    folder = store.root / "acme/production/shop" / record.id
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_bytes(render_record(record))
    return record.id


def test_a_backup_that_begins_now_is_the_newest_though_another_clock_is_a_little_ahead(
    store: FolderStore,
) -> None:
    other, told = taken(store, MINUTE), list[str]()

    key = free_key(PLACE, "shop", store, told.append)

    assert parse_id(id_of(key)) == parse_id(other) + timedelta(seconds=1)
    assert told == []
    assert find_backup(PLACE, "shop", store, "latest").id == other


def test_a_backup_from_a_time_to_come_is_told_and_is_the_latest_for_nobody(store: FolderStore) -> None:
    taken(store, -YEAR)
    good, wrong, told = taken(store, -MINUTE), taken(store, YEAR), list[str]()

    key = free_key(PLACE, "shop", store, told.append)

    assert good < id_of(key) < wrong, "what is wrong is not followed"
    assert [line for line in told if line.startswith(f"{wrong} is from a time that is yet to come")]
    with pytest.raises(ConfigurationError, match=f"(?s){wrong} .*clock was wrong.*from={good}"):
        find_backup(PLACE, "shop", store, "latest")
    assert find_backup(PLACE, "shop", store, wrong).id == wrong, "whoever names it gets it"
