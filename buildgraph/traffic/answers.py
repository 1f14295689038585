"""HAProxy's answers as values: servers, their counters, processes, and lines of its log; it asks nothing."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from buildgraph.place.names import Colour
from buildgraph.traffic.judging import NOTHING, Counts


@dataclass(frozen=True, slots=True)
class Server:
    """A container as the proxy sees it: its `status` (UP, DOWN, MAINT …) and the last `check` (`L7OK` …)."""

    backend: str
    name: str
    address: str
    status: str
    share: int
    sessions: int
    check: str
    said: str
    counts: Counts = NOTHING

    @property
    def serves(self) -> bool:
        """Whether it is sent requests, were its share above 0: it is up, or nothing has said yet that it is not."""
        return self.status.startswith(("UP", "DRAIN", "no check"))

    @property
    def is_up(self) -> bool:
        """Whether checks pass since it was last enabled (`UP 1/3` is a guess that no check has confirmed)."""
        return self.status in ("UP", "DRAIN") and self.check in ("L7OK", "L4OK")

    @property
    def is_closed(self) -> bool:
        """Whether somebody has closed it to requests; one whose name nobody knows is told with the reason behind."""
        return self.status == "MAINT"

    @property
    def number(self) -> int:
        """Its container's number among those of its colour."""
        return int(self.name.rpartition("-")[2])

    def is_of(self, service: str, colour: Colour) -> bool:
        """Whether it is a container of this colour of a service."""
        return self.backend == service and self.name.startswith(f"{colour.value}-")


def parse_servers(stat: str) -> tuple[Server, ...]:
    """The servers in an answer that ends with that of `show stat` (CSV, HAProxy's management guide, 9.1)."""
    _, heading, table = stat.partition("# pxname,")
    rows = csv.DictReader(line for line in io.StringIO(f"pxname,{table}" if heading else "") if line.strip())
    return tuple(_server(row) for row in rows if row["svname"] not in ("FRONTEND", "BACKEND"))


def parse_description(info: str) -> str:
    """The description in an answer to `show info`, which is the structure that runs; "" without one."""
    lines = (line.partition(":") for line in info.splitlines())
    return next((value.strip() for name, _, value in lines if name == "description"), "")


def parse_old_workers(processes: str) -> tuple[str, ...]:
    """The process ids of workers that only finish what they have begun, in an answer to the master's `show proc`."""
    _, _, old = processes.partition("# old workers")
    lines = (line.split() for line in old.partition("# programs")[0].splitlines())
    return tuple(words[0] for words in lines if words and words[0].isdigit())


def parse_times(log: str, service: str, colour: Colour) -> tuple[int, ...]:
    """Milliseconds until a colour began each of its answers, in lines of `option httplog`.

    The third from the end of the five times is meant (Tr: from the connection to the answer's headers); it
    is -1 where no answer came, which the counters tell.
    """
    line = re.compile(rf" {re.escape(service)}/{colour.value}-\d+ -?\d+/-?\d+/-?\d+/(\d+)/\+?\d+ \d")
    return tuple(int(time) for time in line.findall(log))


def _server(row: dict[str, str]) -> Server:
    # A star stands there while the next check is under way, which has code 0 so far.
    check = row["check_status"].removeprefix("* ")
    code = row["check_code"] if row["check_code"] != "0" else ""
    said = row["last_chk"] or row["check_desc"]
    return Server(
        backend=row["pxname"],
        name=row["svname"],
        address=row["addr"],
        status=row["status"],
        share=int(row["weight"] or 0),
        sessions=int(row["scur"] or 0) + int(row["qcur"] or 0),
        check=check,
        said=" ".join(part for part in (check, code, said) if part),
        counts=_counts(row),
    )


def _counts(row: Mapping[str, str]) -> Counts:
    """Counters as HAProxy 2.6 was seen to keep them: its own 502 and 504 count as `eresp`, not as answers."""
    answers, errors, *broken = (
        int(row.get(name) or 0) for name in ("req_tot", "hrsp_5xx", "econ", "eresp", "wretr")
    )
    return Counts(answers, errors, sum(broken))
