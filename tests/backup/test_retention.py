"""Which backups are removed: by examples, then whatever days there are backups of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from buildgraph.backup.records import new_id
from buildgraph.backup.retention import superseded
from buildgraph.manifests.model import Backups

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
RULES = st.builds(Backups, daily=st.integers(1, 9), weekly=st.integers(0, 5), monthly=st.integers(0, 5))
AGES = st.lists(st.integers(0, 400 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes)), max_size=40)


def taken(ages: Iterable[timedelta]) -> dict[str, datetime]:
    return {new_id(moment): moment for moment in (NOW - age for age in ages)}


def kept(backups: dict[str, datetime], rule: Backups, now: datetime = NOW) -> dict[str, datetime]:
    gone = superseded(backups, rule, now)
    return {name: moment for name, moment in backups.items() if name not in gone}


def test_of_each_day_the_newest_stays_as_many_days_as_the_rule_counts() -> None:
    days = taken(timedelta(days=day, hours=hour) for day in range(2, 12) for hour in (1, 5))

    found = sorted(kept(days, Backups(daily=3)).values(), reverse=True)

    assert found == [NOW - timedelta(days=day, hours=1) for day in (2, 3, 4)]


def test_all_of_the_last_day_stay() -> None:
    hours = taken(timedelta(hours=hour) for hour in range(24))

    assert kept(hours, Backups(daily=1)) == hours


def test_what_a_wrong_clock_has_dated_stays_and_takes_no_other_s_place() -> None:
    days = taken(timedelta(days=day) for day in range(2, 6))
    ahead = taken([timedelta(days=-365), timedelta(days=-30)])

    assert kept(days | ahead, Backups(daily=2)) == kept(days, Backups(daily=2)) | ahead


def test_weeks_and_months_reach_further_than_days() -> None:
    days = taken(timedelta(days=day) for day in range(400))

    found = kept(days, Backups(daily=2, weekly=2, monthly=3))

    assert sorted(moment.date().isoformat() for moment in found.values()) == [
        "2025-11-30",
        "2025-12-31",
        "2026-01-25",
        "2026-01-30",
        "2026-01-31",
    ]


def test_a_schedule_that_has_stopped_deletes_nothing() -> None:
    old = taken(timedelta(days=day) for day in range(300, 330))

    assert kept(old, Backups()) == old


@given(AGES, RULES)
def test_the_newest_always_stays_and_nothing_is_removed_twice(ages: list[timedelta], rule: Backups) -> None:
    backups = taken(ages)

    found = kept(backups, rule)

    assert not backups or max(backups.values()) in found.values()
    assert kept(found, rule) == found


@given(AGES, RULES, st.integers(1, 30))
def test_removing_every_day_keeps_what_removing_once_would(
    ages: list[timedelta], rule: Backups, days: int
) -> None:
    backups = taken(ages)
    late = NOW + timedelta(days=days)

    daily = backups
    for day in range(days + 1):
        daily = kept(daily, rule, NOW + timedelta(days=day))

    assert daily == kept(backups, rule, late)


@given(AGES, RULES)
def test_a_rule_that_counts_more_keeps_no_less(ages: list[timedelta], rule: Backups) -> None:
    backups = taken(ages)
    more = Backups(daily=rule.daily + 1, weekly=rule.weekly + 1, monthly=rule.monthly + 1)

    assert kept(backups, rule).keys() <= kept(backups, more).keys()
