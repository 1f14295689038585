"""Which backups have had their time: a rule over moments; it reads and deletes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from buildgraph.manifests.model import Backups

ANYWAY: Final = timedelta(days=1)  # several backups of one day: what preceded a mistake is among them
SKEW: Final = timedelta(hours=1)  # by which clocks of machines may differ
STALE: Final = 24 * 3600.0  # seconds after which what was never finished is nobody's work any more


def superseded(backups: Mapping[str, datetime], rule: Backups, now: datetime) -> tuple[str, ...]:
    """The names of backups that the rule does not keep, sorted; moments are in UTC.

    Kept are the newest one of all, all that are younger than a day, and the newest of each of the last
    days, weeks (ISO 8601) and months that have one, as many of them as the rule counts. Days without a
    backup do not count, so a schedule that stops deletes nothing. What is from a time yet to come stays, and takes no
    other's place.
    """
    ahead = {name for name, moment in backups.items() if is_ahead(moment, now)}
    newest_first = sorted(backups.keys() - ahead, key=lambda name: (backups[name], name), reverse=True)
    kept = ahead | {name for name in newest_first if backups[name] > now - ANYWAY} | set(newest_first[:1])
    for count, period in ((rule.daily, _day), (rule.weekly, _week), (rule.monthly, _month)):
        newest: dict[object, str] = {}
        for name in newest_first:
            newest.setdefault(period(backups[name]), name)
        kept |= set(list(newest.values())[:count])
    return tuple(sorted(backups.keys() - kept))


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether a moment is yet to come by more than clocks differ: a clock was wrong."""
    return moment > now + SKEW


def _day(moment: datetime) -> object:
    return moment.date()


def _week(moment: datetime) -> object:
    return moment.isocalendar()[:2]


def _month(moment: datetime) -> object:
    return moment.year, moment.month
