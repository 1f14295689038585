"""The additive rule through the front door: what takes away from a version that runs is refused before it is run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hamlet import Hamlet

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1200)]
DROP = 'ALTER TABLE "messages" DROP COLUMN "author";\n'


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A shop that is deployed blue-green; its api has a migration."""
    made = Hamlet(tmp_path_factory.mktemp("rule") / "hamlet")
    made.settings(strategy="blue-green", rollback_window=0)
    declare(made)
    made.commit()
    made.must("deploy:shop")
    yield made
    made.raze()


def declare(shop: Hamlet, **fields: Any) -> None:
    migration = {"command": ["node", "-e", "console.log('migrating')"]}
    env = {"DATABASE_URL": "postgresql://elsewhere/shop"}
    shop.declare("shop", api={"port": 3001, "migration": migration, "env": env, **fields})


def test_a_migration_that_drops_a_column_is_refused_and_runs_when_it_is_marked_as_breaking(
    shop: Hamlet,
) -> None:
    before = shop.containers()
    shop.write("services/api/drizzle/0001_drop.sql", DROP)
    shop.says("api", "api 2")

    for task in ("deploy:shop", "migrate:shop"):
        ran = shop.run(task)
        assert ran.code == 2, ran.err
        assert "drops the column messages.author (services/api/drizzle/0001_drop.sql)" in ran.err
        assert "raise `breaking` of api" in ran.err and "migrated in" not in ran.err
    assert (shop.containers(), shop.fetch("api")) == (before, "api 1")

    declare(shop, breaking=1)
    ran = shop.must("migrate:shop")
    assert "its migration drops the column messages.author" in ran.err
    assert "api: migrating" in ran.err and "migrated in" in ran.err
    assert (shop.containers(), shop.fetch("api")) == (before, "api 1"), "nothing but the migration ran"

    shop.commit()
    shop.must("deploy:shop")
    assert shop.fetch("api") == "api 2"
    assert "drops" not in shop.must("migrate:shop").err, "what runs has it"
