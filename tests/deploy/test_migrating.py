"""Migrations by themselves, with a real container: they run under the lock, and nothing that serves is touched."""

from __future__ import annotations

import pytest

from buildgraph.deploy.migrating import migrate_product
from buildgraph.errors import ConfigurationError, StepFailed
from buildgraph.manifests.model import Migration
from buildgraph.place.lock import held_product_lock
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(720)]
MIGRATION = Migration(("node", "/app/migrate.mjs"), within=120)


def migrate(town: Town) -> tuple[str, ...]:
    return migrate_product(town.place, "town", town.targets(), town.hear)


def test_only_the_migrations_run_each_in_its_order_and_what_serves_is_as_it_was(town: Town) -> None:
    """Pitfall 55: a container that has ended well is not one that failed, and nobody waits for it to get healthy."""
    town.service("api", port=3001, migration=MIGRATION)
    town.service("web", port=3002)
    town.deploy()
    before = town.containers()
    town.service("api", "2", port=3001, migration=MIGRATION, depends_on=("web", "books"))
    town.service("books", port=3003, migration=MIGRATION)
    town.told.clear()

    assert migrate(town) == ("books", "api")

    said = [line for line in town.told if "migrated in" in line or "applied" in line]
    assert [line.partition(" in ")[0] for line in said] == [
        "books: applied 0001_first",
        "books: migrated",
        "api: applied 0001_first",
        "api: migrated",
    ]
    assert town.containers() == before
    assert town.fetch("api") == "api 1"


def test_what_a_first_migration_needs_is_made_and_no_service_is_started(town: Town) -> None:
    town.service("api", port=3001, migration=MIGRATION)

    assert migrate(town) == ("api",)
    assert sorted(town.containers()) == ["proxy"]
    assert town.request("api")[0] == 404


def test_a_failing_migration_is_told_and_those_after_it_do_not_run(town: Town) -> None:
    """Pitfall 59: what it said is shown, and nothing is switched."""
    town.service("api", port=3001, migration=MIGRATION, env={"MIGRATION": "fails"})
    town.service("web", port=3002, migration=MIGRATION, depends_on=("api",))

    with pytest.raises(StepFailed, match="migrate:api") as failed:
        migrate(town)

    assert "applied 0001_first" in failed.value.detail
    assert not [line for line in town.told if line.startswith("web")]


def test_a_product_without_migrations_needs_nothing_and_makes_nothing(town: Town) -> None:
    town.service("api", port=3001)

    assert migrate(town) == ()
    assert town.containers() == {}


def test_migrations_wait_for_the_lock_and_for_all_secrets(town: Town) -> None:
    """Pitfall 59: two deployments with migrations never mix."""
    town.service("api", port=3001, migration=MIGRATION)
    migrate(town)

    with held_product_lock(town.place, "town"), pytest.raises(StepFailed, match="is held by"):
        migrate(town)
    town.service("api", port=3001, migration=MIGRATION, secret=("TOKEN",))
    with pytest.raises(ConfigurationError, match="TOKEN"):
        migrate(town)
