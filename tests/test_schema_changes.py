"""What migrations take away, read by a parser: each form that hurts, and those beside it that do not."""

from __future__ import annotations

import pytest

from buildgraph.schema_changes import Reading, read_losses


def losses(text: str) -> list[str]:
    """What one file takes away."""
    return [loss.what for loss in read_losses({"0001.sql": text}).losses]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('DROP TABLE "Messages" CASCADE', "drops the table messages"),
        ("DROP TABLE IF EXISTS a, b", "drops the table a; drops the table b"),
        ("DROP VIEW v", "drops the view v"),
        ("DROP MATERIALIZED VIEW v", "drops the view v"),
        ("DROP TYPE mood", "drops the type mood"),
        ("DROP SCHEMA s CASCADE", "drops the schema s"),
        ("DROP FUNCTION f(int)", "drops the function f"),
        ("TRUNCATE a", "empties the table a"),
        ('ALTER TABLE "m" DROP COLUMN "b"', "drops the column m.b"),
        ("ALTER TABLE IF EXISTS ONLY m DROP b", "drops the column m.b"),
        ("ALTER TABLE auth.m DROP COLUMN b", "drops the column auth.m.b"),
        ("ALTER TABLE public.m DROP COLUMN b", "drops the column m.b"),
        ("ALTER TABLE m ADD x int, DROP COLUMN b", "drops the column m.b"),
        ("ALTER TABLE m RENAME COLUMN b TO c", "renames the column m.b"),
        ("ALTER TABLE m RENAME TO z", "renames the table m"),
        ("ALTER VIEW v RENAME TO w", "renames the view v"),
        ("ALTER TYPE t RENAME VALUE 'a' TO 'b'", "renames something of the type t"),
        ("ALTER TABLE m SET SCHEMA s", "moves the table m to another schema"),
        ("ALTER TABLE m ALTER COLUMN b SET NOT NULL", "makes the column m.b NOT NULL"),
        ("ALTER TABLE m ALTER b DROP DEFAULT", "drops the default of the column m.b"),
        ("ALTER TABLE m ALTER COLUMN b SET DATA TYPE bigint", "changes the type of the column m.b"),
        ("ALTER TABLE m ALTER COLUMN b TYPE text USING b::text", "changes the type of the column m.b"),
        ("CREATE TABLE IF NOT EXISTS m (b int); ALTER TABLE m DROP COLUMN b", "drops the column m.b"),
        ("CREATE TABLE IF NOT EXISTS m (b int); DROP TABLE m", "drops the table m"),
        ("DROP TABLE m; CREATE TABLE m (b int); ALTER TABLE m DROP COLUMN b", "drops the table m"),
        (
            "ALTER TABLE m ADD COLUMN c text NOT NULL",
            "adds the column m.c, which is NOT NULL and has no default",
        ),
    ],
)
def test_what_older_code_may_need_and_does_not_find_any_more_is_told(text: str, told: str) -> None:
    assert "; ".join(losses(text)) == told


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE n (id uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL)",
        "CREATE UNIQUE INDEX CONCURRENTLY i ON m USING btree (b DESC NULLS FIRST)",
        "DROP INDEX i; DROP TRIGGER t ON m; ALTER INDEX i RENAME TO j",
        "ALTER TABLE m DROP CONSTRAINT c; ALTER TABLE m ADD CONSTRAINT c CHECK (b > 0)",
        "ALTER TABLE m ADD COLUMN c text",
        "ALTER TABLE m ADD COLUMN c text DEFAULT 'x' NOT NULL",
        "ALTER TABLE m ADD COLUMN c bigserial NOT NULL",
        "ALTER TABLE m ADD COLUMN c int GENERATED ALWAYS AS IDENTITY NOT NULL",
        "ALTER TABLE m ADD COLUMN c int GENERATED ALWAYS AS (b + 1) STORED NOT NULL",
        "ALTER TABLE m ALTER COLUMN b DROP NOT NULL",
        "ALTER TABLE m ALTER COLUMN b SET DEFAULT 1; ALTER TABLE m ALTER COLUMN b SET NOT NULL",
        "ALTER TYPE t ADD VALUE 'c'; ALTER TABLE m ENABLE ROW LEVEL SECURITY",
        "CREATE TABLE n (a int); --> statement-breakpoint\nALTER TABLE n ADD COLUMN b int NOT NULL; DROP TABLE n",
        "DROP VIEW v; CREATE VIEW v AS SELECT 1",
        "DROP FUNCTION f(int); CREATE FUNCTION f(int) RETURNS trigger AS $$ BEGIN RETURN NEW; END $$ LANGUAGE plpgsql",
        "INSERT INTO m SELECT * FROM n; UPDATE m SET b = 1; DELETE FROM m WHERE b = 2",
        "-- DROP TABLE m\nSELECT 'DROP TABLE m;'",
        "",
    ],
)
def test_what_older_code_can_live_with_is_free(text: str) -> None:
    assert losses(text) == []


def test_files_are_read_together_in_the_order_of_their_names() -> None:
    files = {"2.sql": "ALTER TABLE n DROP COLUMN a; DROP TABLE m", "1.sql": "CREATE TABLE n (a int)"}

    assert [tuple(loss) for loss in read_losses(files).losses] == [("2.sql", "drops the table m")]


def test_a_file_that_is_no_sql_is_told_and_the_others_are_read() -> None:
    reading = read_losses({"1.sql": "SELECT 'without an end", "2.sql": "DROP TABLE m"})

    assert [loss.what for loss in reading.losses] == ["drops the table m"]
    assert [(unread.file, bool(unread.why)) for unread in reading.unread] == [("1.sql", True)]
    assert read_losses({}) == Reading()
