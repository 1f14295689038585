"""Which migrations are new since the version that runs, and what is refused: a real repository, no engine."""

from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Migration, Service
from buildgraph.migrations import Move, Sources, check_migrations, new_files
from tests.support.monorepo import Monorepo

API = Service("api", "shop", "nestjs", "apps/api", migration=Migration(("migrate",)))
FOLDER = "web/apps/api"


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """A workspace below the repository's root, with one migration that has run."""
    repo.write(f"{FOLDER}/drizzle/0000_first.sql", "CREATE TABLE m (a int);")
    repo.commit()
    return repo


def sources(shop: Monorepo) -> Sources:
    return Sources(shop.working_tree(), shop.repository, "web")


def checked(shop: Monorepo, move: Move, strategy: str = "blue-green", *, force: bool = False) -> list[str]:
    """What a check tells; it raises for what is refused."""
    told: list[str] = []
    check_migrations(sources(shop), [move], strategy, force=force, tell=told.append)
    return told


def test_only_what_a_migration_brings_that_did_not_run_yet_is_looked_at(shop: Monorepo) -> None:
    base = shop.at("HEAD")
    assert new_files(sources(shop), API, base) == {}
    shop.git("mv", f"{FOLDER}/drizzle/0000_first.sql", f"{FOLDER}/drizzle/0000_renamed.sql")
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "SELECT 1;")
    shop.write(f"{FOLDER}/migrations/2026/deep.sql", "SELECT 2;")
    shop.write(f"{FOLDER}/src/query.sql", "DROP TABLE m;")
    shop.write("web/apps/web/drizzle/0001_other.sql", "DROP TABLE m;")

    assert new_files(sources(shop), API, base) == {
        f"{FOLDER}/drizzle/0001_next.sql": "SELECT 1;",
        f"{FOLDER}/migrations/2026/deep.sql": "SELECT 2;",
    }


def test_an_edited_migration_is_a_new_one(shop: Monorepo) -> None:
    base = shop.at("HEAD")
    shop.write(f"{FOLDER}/drizzle/0000_first.sql", "CREATE TABLE m (b int);")

    assert list(new_files(sources(shop), API, base)) == [f"{FOLDER}/drizzle/0000_first.sql"]


def test_a_manifest_can_name_the_files_wherever_they_are(shop: Monorepo) -> None:
    named = Migration(("migrate",), files=("../../packages/database/sql/*.sql",))
    service = Service("api", "shop", "nestjs", "apps/api", migration=named)
    base = shop.at("HEAD")
    shop.write("web/packages/database/sql/1.sql", "DROP TABLE m;")
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "DROP TABLE m;")

    assert list(new_files(sources(shop), service, base)) == ["web/packages/database/sql/1.sql"]


def test_a_pattern_that_would_take_ages_is_told_with_its_place(shop: Monorepo) -> None:
    service = Service(
        "api", "shop", "nestjs", "apps/api", migration=Migration(("migrate",), files=("a!(b)" * 30,))
    )

    with pytest.raises(
        ConfigurationError, match=r"^manifests/products/shop\.toml: services\.api\.migration\.files: "
    ):
        new_files(sources(shop), service, shop.at("HEAD"))


def test_what_takes_away_is_refused_where_versions_run_side_by_side_with_all_of_it_and_the_way_out(
    shop: Monorepo,
) -> None:
    running = shop.git("rev-parse", "HEAD")
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "ALTER TABLE m DROP COLUMN a; DROP TABLE n;")

    with pytest.raises(ConfigurationError) as refused:
        checked(shop, Move(API, running))

    [one, other] = refused.value.mistakes
    assert one.where == "migration of api"
    assert one.what == f"drops the column m.a ({FOLDER}/drizzle/0001_next.sql)"
    assert "raise `breaking` of api" in one.way_out and "force=yes" in one.way_out
    assert other.what.startswith("drops the table n")


@pytest.mark.parametrize("case", ["replace", "force", "marked", "dirty"])
def test_what_is_said_or_meets_nobody_or_may_have_run_already_is_told_and_done(
    shop: Monorepo, case: str
) -> None:
    running = shop.git("rev-parse", "HEAD")
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "DROP TABLE m;")
    marked = Service("api", "shop", "nestjs", "apps/api", migration=API.migration, breaking=2)
    label = f"{running}-dirty" if case == "dirty" else running
    move = Move(marked if case == "marked" else API, label, lambda: 1)

    told = checked(shop, move, "replace" if case == "replace" else "blue-green", force=case == "force")

    assert told == [
        f"api: its migration drops the table m ({FOLDER}/drizzle/0001_next.sql);"
        " code that is older cannot live with that"
    ]


def test_a_mark_that_the_running_version_bears_too_says_nothing_new(shop: Monorepo) -> None:
    running = shop.git("rev-parse", "HEAD")
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "DROP TABLE m;")
    marked = Service("api", "shop", "nestjs", "apps/api", migration=API.migration, breaking=1)

    with pytest.raises(ConfigurationError):
        checked(shop, Move(marked, running, lambda: 1))


def test_what_does_not_run_yet_or_migrates_nothing_is_not_judged(shop: Monorepo) -> None:
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "DROP TABLE m;")
    running = shop.git("rev-parse", "HEAD")

    assert checked(shop, Move(API, "")) == []
    assert checked(shop, Move(Service("api", "shop", "nestjs", "apps/api"), running)) == []


def test_a_running_commit_that_is_not_here_and_a_file_that_is_no_sql_are_told(shop: Monorepo) -> None:
    running = shop.git("rev-parse", "HEAD")
    shop.write(f"{FOLDER}/drizzle/0001_next.sql", "SELECT 'without an end")

    [unread] = checked(shop, Move(API, running))
    [unknown] = checked(shop, Move(API, "0123456789" * 4))

    assert unread.startswith(f"api: {FOLDER}/drizzle/0001_next.sql is not checked: ")
    assert unknown.startswith("api: its migrations are not checked, ")
