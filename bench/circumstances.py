"""What figures hold for, as every report begins with it: when, of which commit, on which machine, beside what."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.machine import describe_commit, describe_load, describe_machine


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What figures hold for. `loads` are those before and at the end; `versions` are by program."""

    date: str
    commit: str
    machine: str
    versions: Mapping[str, str]
    loads: tuple[str, str]
    minutes: float

    def __str__(self) -> str:
        before, after = self.loads
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return f"""\
- Date: {self.date}; commit {self.commit}
- Machine: {self.machine}; load (mean of one minute) {before} before, {after} at the end
- Versions: {versions}"""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What has to be asked before anything is measured."""

    moment: float = field(default_factory=time.monotonic)
    load: str = field(default_factory=describe_load)
    commit: str = field(default_factory=describe_commit)

    def ended(self, versions: Mapping[str, str]) -> Circumstances:
        """The circumstances of all that was measured since."""
        return Circumstances(
            date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            commit=self.commit,
            machine=describe_machine(),
            versions=versions,
            loads=(self.load, describe_load()),
            minutes=(time.monotonic() - self.moment) / 60,
        )
