"""Releases as records: written whole, read back equal, in order; what cannot be read is told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.deploy.releases import (
    PLACE,
    TAKEN,
    Release,
    ReleasedService,
    Source,
    breaks,
    choose_release,
    find_previous,
    parse_release,
    parse_service,
    read_history,
    read_releases,
    record_release,
    released,
)
from buildgraph.deploy.releasing import Shipment, release_product
from buildgraph.deploy.verified import is_verified
from buildgraph.errors import ConfigurationError, StepFailed, UnknownName
from buildgraph.manifests.model import EnvValue, Migration, Resources, Service, SmokeTest
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import (
    Deed,
    Event,
    parse_event,
    read_events,
    record_event,
    recorded,
)
from buildgraph.place.containers import stop_container
from buildgraph.place.holding import Holding, read_locks
from buildgraph.place.lock import held_product_lock
from buildgraph.place.state import render_archive, write_state
from tests.support.town import Town

FULL = Service(
    "api",
    "chat",
    "nestjs",
    "apps/api",
    port=3001,
    host="api",
    health_command=("true", "--now"),
    replicas={"*": 1, "production": 3},
    env={"LEVEL": EnvValue({"*": "info"}), "KEY": EnvValue(secret=True)},
    resources=Resources(0.5, 2**29),
    migration=Migration(("node", "migrate.js"), 30.0),
    smoke=(SmokeTest("it answers", contains="hello"),),
    depends_on=("auth",),
    breaking=2,
)


def release(name: str, **versions: str) -> Release:
    """A release of services with these fingerprints."""
    services = [Service(service, "chat", "dockerfile", service) for service in versions]
    parts = [ReleasedService(s, f"image of {versions[s.name]}", "", versions[s.name]) for s in services]
    return Release(name, "chat", tuple(parts))


# As values ---------------------------------------------------------------------------------------------


def test_a_service_is_the_same_after_a_way_through_json() -> None:
    from dataclasses import asdict

    assert parse_service(json.loads(json.dumps(asdict(FULL)))) == FULL
    bare = Service("web", "chat", "astro", "apps/web")
    assert parse_service(json.loads(json.dumps(asdict(bare)))) == bare


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 2}', "format that this version does not know"),
        (
            '{"format": 1, "services": [], "breaking": false, "new": 1}',
            "fields that this version does not know",
        ),
        (
            '{"format": 1, "services": [{"stand_ins": [], "service": {"canary": 1}}]}',
            "fields that this version",
        ),
        ("{", "damaged"),
        ("[]", "damaged"),
    ],
    ids=["a newer format", "a field more", "a field more of a service", "cut off", "no record"],
)
def test_a_record_that_cannot_be_read_says_why_and_is_never_gone_back_to(text: str, said: str) -> None:
    found = parse_release("chat-0001", "chat", text)

    assert said in found.unreadable
    with pytest.raises(ConfigurationError, match="install the newest buildgraph"):
        choose_release({"api": "2"}, "chat", (found,), "")


def test_the_previous_release_is_the_newest_one_that_does_not_run() -> None:
    """Pitfall 54: a rollback of a rollback returns to what it left."""
    one, two = release("chat-0001", api="1"), release("chat-0002", api="2")
    back = release("chat-0003", api="1")

    assert find_previous({"api": "2"}, (one, two)) == one
    assert find_previous({"api": "1"}, (one, two, back)) == two
    assert find_previous({"api": "2"}, (one, two, back, release("chat-0004", api="2"))) == back
    assert find_previous({"api": "never recorded"}, (one, two)) == two
    assert find_previous({"api": "2", "more": "1"}, (one, two)) == two
    assert find_previous({"api": "1"}, (one,)) is None


def test_a_release_is_named_in_full_or_by_its_number() -> None:
    one, two = release("chat-0001", api="1"), release("chat-0002", api="2")
    now = {"api": "2"}

    assert choose_release(now, "chat", (one, two), "chat-0002") == two
    assert choose_release(now, "chat", (one, two), "1") == one
    with pytest.raises(UnknownName, match=r"there is no release 'chat-0007'\n  did you mean chat-000[12]"):
        choose_release(now, "chat", (one, two), "chat-0007")
    with pytest.raises(ConfigurationError, match="chat has no release to go back to"):
        choose_release(now, "chat", (two,), "")


def test_a_release_breaks_with_an_older_one_where_a_service_is_marked_beyond_it() -> None:
    def marked(level: int) -> Release:
        return Release("r", "chat", (ReleasedService(replace(FULL, breaking=level), "", "", ""),))

    assert breaks(marked(1), marked(2))
    assert not breaks(marked(2), marked(2))
    assert not breaks(marked(2), marked(1))
    assert not breaks(Release("before the service", "chat"), marked(2))


def placed(folder: Path, record: str) -> int:
    """The exit code of placing a record as the release 0001."""
    argv = ["sh", "-c", PLACE, str(folder), record, "0001.json"]
    return subprocess.run(argv, check=False, capture_output=True).returncode


def test_a_number_is_taken_only_where_it_is(tmp_path: Path) -> None:
    """A disk that does not take the name for another reason is told, and not asked for ever."""
    for record in ("new-1", "new-2"):
        (tmp_path / record).write_text(record)

    assert placed(tmp_path, "new-lost") not in (0, TAKEN)
    assert placed(tmp_path, "new-1") == 0
    assert placed(tmp_path, "new-2") == TAKEN
    assert [found.name for found in tmp_path.iterdir()] == ["0001.json"]


def test_a_ci_job_is_told_with_its_address_and_a_person_with_the_machine() -> None:
    github = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "ada",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": "77",
    }
    gitlab = {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "ada", "CI_JOB_URL": "https://git.acme.org/-/jobs/7"}

    assert read_actor(github) == "ada, https://github.com/acme/shop/actions/runs/77"
    assert read_actor(gitlab) == "ada, https://git.acme.org/-/jobs/7"
    assert "@" in read_actor({})


def test_a_line_of_the_log_that_was_cut_off_hides_no_other() -> None:
    assert parse_event('{"at": "1", "who": "ada", "kind": "backup", "new": 1}') == Event("1", "ada", "backup")
    assert parse_event('{"at": "1", "wh') is None
    assert parse_event("[]") is None


# On an engine ------------------------------------------------------------------------------------------

engine = pytest.mark.engine


@pytest.fixture
def deployed(town: Town) -> Iterator[Town]:
    """An environment with one service and one release."""
    town.service("api", port=3001)
    assert town.ship("first") == "town-0001"
    yield town


@engine
def test_who_waits_is_told_what_the_lock_is_held_for_and_no_secret(town: Town) -> None:
    """Pitfall 48: the owner is shown, and what it does."""
    held: list[Holding] = []
    town.moments["healthy after"] = lambda: held.extend(read_locks(town.place))
    town.secrets(TOKEN="hunter2-secret")
    town.service("api", port=3001, secret=("TOKEN",))
    targets = town.targets()
    deed = Deed("deploy", "town", "c0ffee" * 7, "for hunter2-secret")

    release_product(
        town.place, Shipment(deed, targets, tuple(released(t, t.service) for t in targets)), town.hear
    )

    assert [lock.reason for lock in held if lock.product] == ["deploy from c0ffeec0ffee: for ***"]


@engine
def test_releases_are_read_back_as_they_were_made_and_the_same_again_makes_none(deployed: Town) -> None:
    deployed.service("api", "2", port=3001, env={"LEVEL": "{service:api}"}, breaking=1)

    assert [deployed.ship("second"), deployed.ship("third")] == ["town-0002", "town-0002"]

    first, second = read_releases(deployed.place, "town")
    assert [first.commit, second.commit] == ["first", "second"]
    assert [found.service for found in second.services] == [deployed.services["api"]]
    assert second.versions == {"api": deployed.targets()[0].fingerprint}
    assert second.images == {"api": deployed.server}
    assert (first.is_breaking, second.is_breaking) == (False, True)
    assert first.who and first.at < second.at
    assert read_history(deployed.place) == {"town": (first, second)}


@engine
def test_no_more_releases_are_kept_than_the_environment_says_and_numbers_go_on(deployed: Town) -> None:
    parts = read_releases(deployed.place, "town")[0].services

    def record(*versions: str) -> list[str]:
        for version in versions:
            changed = tuple(replace(part, fingerprint=version) for part in parts)
            record_release(deployed.place, "town", changed, Source(commit=version))
        return [found.name for found in read_releases(deployed.place, "town")]

    deployed.settings(releases=4)
    assert record("2", "3") == ["town-0001", "town-0002", "town-0003"]
    assert record("4") == ["town-0001", "town-0002", "town-0003", "town-0004"]
    assert record("5") == ["town-0002", "town-0003", "town-0004", "town-0005"]
    deployed.settings(releases=2)
    assert record("6") == ["town-0005", "town-0006"]


@engine
def test_what_was_looked_at_is_looked_at_again_while_the_lock_is_held(deployed: Town) -> None:
    """Somebody else may have deployed a later commit, or another plan, since it was looked at."""
    before = deployed.targets()
    deployed.service("api", "2", port=3001)
    targets = deployed.targets()

    def refuse() -> None:
        assert [held.product for held in read_locks(deployed.place)] == ["town"]
        raise ConfigurationError.of("deploy:api", "runs from a later commit", "`git pull`")

    shipment = Shipment(Deed("deploy", "town"), targets, (), confirm=refuse)
    with pytest.raises(ConfigurationError, match="a later commit"):
        release_product(deployed.place, shipment, deployed.hear)

    assert deployed.fetch("api") == "api 1"
    assert is_verified(deployed.place, "town", before)


@engine
def test_two_who_record_at_the_same_time_both_have_their_release(deployed: Town) -> None:
    from threading import Thread

    parts = read_releases(deployed.place, "town")[0].services
    names: list[str] = []

    def record(version: str) -> None:
        changed = tuple(replace(part, fingerprint=version) for part in parts)
        names.append(record_release(deployed.place, "town", changed, Source(commit=version)))

    threads = [Thread(target=record, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    kept = read_releases(deployed.place, "town")
    assert [found.name for found in kept] == [f"town-000{number}" for number in range(1, 6)]
    assert sorted(names) == [found.name for found in kept[1:]]
    assert {found.commit for found in kept[1:]} == {"0", "1", "2", "3"}


@engine
def test_a_record_of_a_newer_version_is_listed_and_its_number_is_taken(deployed: Town) -> None:
    newer = {"history/releases/town/0002.json": b'{"format": 2}'}
    write_state(deployed.place, deployed.place.named("proxy"), render_archive(newer))
    deployed.service("api", "2", port=3001)

    assert deployed.ship() == "town-0003"

    assert [bool(found.unreadable) for found in read_releases(deployed.place, "town")] == [False, True, False]


@engine
def test_what_was_done_stands_in_the_log_with_its_end_and_its_release(deployed: Town) -> None:
    deployed.service("api", "2", port=3001, env={"BROKEN": "crash"})
    with pytest.raises(StepFailed):
        deployed.ship("second")
    with pytest.raises(KeyboardInterrupt), recorded(deployed.place, Deed("rollback", "mail"), print):
        raise KeyboardInterrupt
    record_event(deployed.place, "backup", detail="db.dump")

    events = read_events(deployed.place)

    assert [(event.kind, event.release, event.commit) for event in events] == [
        ("deploy-started", "", "first"),
        ("deploy-finished", "town-0001", "first"),
        ("deploy-started", "", "second"),
        ("deploy-failed", "", "second"),
        ("rollback-started", "", ""),
        ("rollback-failed", "", ""),
        ("backup", "", ""),
    ]
    assert "no such table: users" in events[3].detail
    assert events[5].detail == "KeyboardInterrupt"
    assert {event.product for event in read_events(deployed.place, "town")} == {"town", ""}
    assert [found.name for found in read_releases(deployed.place, "town")] == ["town-0001"]


@engine
def test_a_deploy_that_is_refused_or_undone_leaves_what_runs_verified(deployed: Town) -> None:
    """Else what has passed its smoke tests could not be promoted any more."""
    first = deployed.targets()
    deployed.service("api", "2", port=3001, env={"BROKEN": "crash"})

    with held_product_lock(deployed.place, "town"), pytest.raises(StepFailed, match="is held by"):
        deployed.ship()
    assert is_verified(deployed.place, "town", first)
    with pytest.raises(StepFailed):
        deployed.ship()

    assert is_verified(deployed.place, "town", first)
    assert not is_verified(deployed.place, "town", deployed.targets())

    deployed.service("api", port=3001, smoke=(SmokeTest("it sells", contains="Checkout", within=0.5),))
    with pytest.raises(StepFailed, match="expected 'Checkout' in the answer"):
        deployed.ship()
    assert not is_verified(deployed.place, "town", first), "what runs has failed a test since"


@engine
def test_the_log_shows_no_secret_and_takes_events_while_the_proxy_is_down(deployed: Town) -> None:
    """Pitfall 62: what is told to the log is masked as what is told to people."""
    deployed.secrets(TOKEN="hunter22")
    deployed.service("api", port=3001, secret=("TOKEN",))
    before = read_events(deployed.place)

    assert record_event(deployed.place, "restore", detail="with hunter22\nand 'quotes' \"too\"")
    stop_container(deployed.place, deployed.place.named("proxy"), 1)
    assert record_event(deployed.place, "backup", detail="while it was down: hunter22")

    *early, restore, backup = read_events(deployed.place)
    assert tuple(early) == before
    assert restore.detail == "with ***\nand 'quotes' \"too\""
    assert backup.detail == "while it was down: ***"


@engine
def test_where_nothing_was_deployed_there_is_no_log_and_no_release(town: Town) -> None:
    assert record_event(town.place, "backup") is False
    assert (read_events(town.place), read_releases(town.place, "town")) == ((), ())
