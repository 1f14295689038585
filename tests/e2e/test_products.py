"""Products beside one another: their locks, their order, and one that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hamlet import Hamlet
from tests.support.starting import Ran

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A shop whose api needs the mail."""
    made = Hamlet(tmp_path_factory.mktemp("products") / "hamlet")
    made.write(
        "services/desk/Dockerfile",
        (made.root / "services/mail/Dockerfile").read_text().replace("mail", "desk"),
    )
    made.says("desk", "desk 1")
    made.declare("desk", desk={"port": 3004, "depends_on": ["mail"]})
    made.commit()
    yield made
    made.raze()


@pytest.fixture
def town(hamlet: Hamlet) -> Iterator[Hamlet]:
    """Three products: shop, mail, and desk, which depends on mail."""
    with hamlet.taken_back():
        yield hamlet


def fates(ran: Ran) -> dict[str, str]:
    """What became of each deploy task: ok, fresh, failed or not run."""
    words = {"ok": "ok", "--": "fresh"}
    found = {}
    for line in ran.err.splitlines():
        mark, _, rest = line.partition(" ")
        name, _, told = rest.partition("  ")
        if name.startswith("deploy:") and mark in ("ok", "--", "!!"):
            found[name] = words.get(mark, told.partition(":")[0])
    return found


def test_a_product_comes_after_those_it_depends_on_and_all_at_once_where_it_may(town: Hamlet) -> None:
    for name in ("api", "mail", "desk"):
        town.says(name, f"{name} at once")

    ran = town.must("-n", "3", "deploy")

    assert fates(ran) == dict.fromkeys(("deploy:mail", "deploy:shop", "deploy:desk"), "ok")
    assert ran.err.index("ok deploy:mail") < ran.err.index(".  deploy:desk")
    assert [town.fetch(name) for name in ("api", "mail", "desk")] == [
        "api at once",
        "mail at once",
        "desk at once",
    ]
    assert "no smoke test is declared" in town.must("smoke:desk").err
    assert fates(town.must("-n", "3", "deploy")) == dict.fromkeys(fates(ran), "fresh")


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.long), "3"])
def test_a_product_that_fails_holds_back_what_needs_it_and_nothing_else(town: Hamlet, jobs: str) -> None:
    town.must("deploy")
    town.breaks("mail")
    for name in ("api", "desk"):
        town.says(name, f"{name} with {jobs}")

    ran = town.run("-n", jobs, "deploy")

    assert ran.code == 1
    assert fates(ran) == {"deploy:mail": "failed", "deploy:desk": "not run", "deploy:shop": "ok"}
    assert [town.fetch(n) for n in ("mail", "api")] == ["mail 1", f"api with {jobs}"]
    assert town.fetch("desk").startswith("desk")


def test_a_product_that_is_locked_by_a_person_waits_and_others_go_on(town: Hamlet) -> None:
    """Pitfall 48: who comes is told by whom, why, and how it ends."""
    town.must("deploy")
    town.must("lock", "shop", "--reason", "stocktaking")
    town.says("api", "api 2")
    town.says("mail", "mail 2")

    ran = town.run("deploy")

    assert ran.code == 1
    assert fates(ran)["deploy:shop"] == "failed"
    assert "(stocktaking)" in ran.err and "buildgraph lock" in ran.err
    assert (town.fetch("api"), town.fetch("mail")) == ("api 1", "mail 2")
    told = town.told("lock")["locks"]
    assert [(held["product"], held["reason"], held["is_kept"]) for held in told] == [
        ("shop", "stocktaking", True)
    ]
    assert "stocktaking" in town.must("lock", "shop").out

    town.must("lock", "shop", "--release")
    town.must("deploy:shop")
    assert town.fetch("api") == "api 2"
    assert town.must("lock").out == "nobody holds a lock\n"
    kinds = [event["kind"] for event in town.told("releases", "shop", "--events")["events"]]
    assert [kind for kind in kinds if kind.startswith("lock")][-2:] == ["lock-taken", "lock-released"]


def test_no_help_takes_a_lock(town: Hamlet) -> None:
    """Pitfall 54: `--help` must not acquire the lock; nor does any verb that only reads."""
    town.must("lock", "shop", "--reason", "somebody else")
    try:
        for arguments in (
            ["lock", "--help"],
            ["--help"],
            ["status"],
            ["releases"],
            ["plan", "deploy:shop"],
            ["list"],
        ):
            assert town.run(*arguments).code == 0, arguments
        assert [held["product"] for held in town.told("lock")["locks"]] == ["shop"]
    finally:
        town.must("lock", "shop", "--release")


def test_locks_are_of_known_products(town: Hamlet) -> None:
    for arguments in (["lock", "shopp"], ["lock", "shopp", "--release"], ["lock", "shopp", "--reason", "x"]):
        ran = town.run(*arguments)
        assert (ran.code, "did you mean shop?" in ran.err) == (2, True), ran.err
    assert town.run("lock", "--release").code == 2
    assert "nobody holds the lock of shop" in town.must("lock", "shop", "--release").err
