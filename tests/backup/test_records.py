"""The manifest of a backup: read as it was written, or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildgraph.backup.contents import differences, told_by
from buildgraph.backup.databases import kept_name
from buildgraph.backup.dumps import creation, setting_text
from buildgraph.backup.records import (
    Contents,
    DatabaseDump,
    Record,
    RedisSnapshot,
    Running,
    parse_record,
    render_record,
)
from buildgraph.errors import StepFailed

CONTENTS = Contents(
    {"public.messages": (2000, "-41965892"), 'public."Odd name"': (0, "0")}, ("extension plpgsql",)
)
RECORD = Record(
    id="20260131T030000Z",
    workspace="acme",
    environment="production",
    product="chat",
    time=datetime(2026, 1, 31, 3, tzinfo=UTC),
    made_by="buildgraph 1",
    services={"chat-backend": Running("sha256:1", "f00d", "c0ffee")},
    databases=(DatabaseDump("chat.dump", "chat", "16.4", 9, "ab", CONTENTS, ("reader",), ("work_mem=8MB",)),),
    redis=RedisSnapshot("redis.rdb", "7.2.1", 5, "cd", 3),
)


def test_a_table_whose_name_has_a_sign_that_ends_lines_for_python_is_one_table() -> None:
    """JSON leaves U+2028 and U+0085 as they are."""
    told = told_by('["table", "public.\u2028\x85", 1, "2"]\n["object", "relation r public.\u2029"]\nNOTICE\n')

    assert told.contents == Contents({"public.\u2028\x85": (1, "2")}, ("relation r public.\u2029",))
    assert told.messages == ["NOTICE"]


def changed(**told: Any) -> bytes:
    return json.dumps({**json.loads(render_record(RECORD)), **told}).encode()


def test_a_record_is_read_as_it_was_written() -> None:
    assert parse_record(render_record(RECORD), "backup") == RECORD


@given(st.data())
def test_any_byte_that_changed_is_seen_or_changes_nothing(data: st.DataObject) -> None:
    content = bytearray(render_record(RECORD))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    try:
        assert parse_record(bytes(content), "backup") == RECORD
    except StepFailed as error:
        assert "is damaged" in str(error) or "has format" in str(error)


def test_a_newer_format_is_refused_with_the_way_out() -> None:
    with pytest.raises(
        StepFailed, match=r"has format 2, of a newer buildgraph; this one knows 1\n +install the newest"
    ):
        parse_record(changed(format=2), "backup")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"{}", b'{"format": "1"}', b"\xff", pytest.param(b"[" * 100_000, id="deep")],
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(StepFailed, match="is damaged"):
        parse_record(content, "backup")


def test_a_file_elsewhere_is_refused_whoever_signed_it() -> None:
    from dataclasses import replace

    dump = replace(RECORD.databases[0], name="../../etc/passwd")

    with pytest.raises(StepFailed, match="is damaged"):
        parse_record(render_record(replace(RECORD, databases=(dump,))), "backup")


def test_databases_are_compared_table_by_table() -> None:
    other = Contents({"public.messages": (1999, "7"), "public.more": (1, "1")}, ("view latest",))

    assert differences(CONTENTS, CONTENTS, digests=True) == []
    assert differences(CONTENTS, other, digests=True) == [
        "extension plpgsql is missing",
        "view latest is new",
        'table public."Odd name" has no place, expected 0 rows',
        "table public.messages has 1999 rows, expected 2000 rows",
        "table public.more has 1 rows, expected no place",
    ]


def test_values_are_compared_only_where_their_digests_mean_the_same() -> None:
    other = Contents({**CONTENTS.tables, "public.messages": (2000, "7")}, CONTENTS.objects)

    assert differences(CONTENTS, other, digests=False) == []
    assert differences(CONTENTS, other, digests=True) == [
        "table public.messages has other values in its 2000 rows"
    ]


def test_a_database_is_made_with_its_roles_and_settings_and_every_name_quoted() -> None:
    odd = DatabaseDump("chat.dump", "chat", "16", 0, "", roles=('o"dd',), settings=("app.mode=it's",))

    role, database, setting = creation(odd, 'ch"at')

    assert 'CREATE ROLE "o""dd";' in role
    assert database == 'CREATE DATABASE "ch""at" TEMPLATE template0'
    assert setting == 'ALTER DATABASE "ch""at" SET "app"."mode" TO \'it\'\'s\''
    assert setting_text('search_path="$user", public') == '"search_path" TO "$user", public'


def test_names_of_what_is_kept_fit_postgresql() -> None:
    assert kept_name("chat", "before", "20260131030000") == "chat_before_20260131030000"
    assert len(kept_name("c" * 63, "restored", "20260131030000")) == 63
