"""How a new version is judged, on values: what its counters and times say, and what they do not say yet."""

from __future__ import annotations

import pytest

from buildgraph.manifests.canary import Canary
from buildgraph.traffic.judging import Counts, Watch, slow_time, verdict

RULES = Canary((10, 100), least_requests=20, errors=0.05, response_time=500.0)


@pytest.mark.parametrize(
    ("seen", "times", "against"),
    [
        (Counts(100, 5, 0), [20] * 100, ""),
        (Counts(100, 6, 0), [20] * 94, "6.0% of 100 requests failed, more than 5.0%"),
        (Counts(90, 0, 10), [20] * 90, "10.0% of 100 requests failed, more than 5.0%"),
        (Counts(19, 19, 0), [900] * 19, ""),
        (Counts(20, 0, 0), [20] * 19 + [900], ""),
        (
            Counts(20, 0, 0),
            [20] * 18 + [900] * 2,
            "one in twenty answers took 900 ms or more, the limit is 500 ms",
        ),
        (Counts(20, 0, 0), [], ""),
    ],
    ids=["as many as may", "one too many", "tries without answer", "too few", "slow", "too slow", "no times"],
)
def test_a_version_is_judged_by_failures_and_times(seen: Counts, times: list[int], against: str) -> None:
    assert verdict(seen, times, RULES) == against


def test_where_nobody_has_to_ask_a_single_failure_is_judged() -> None:
    nobody = Canary((10, 100), least_requests=0)

    assert verdict(Counts(), [], nobody) == ""
    assert verdict(Counts(1, 1, 0), [5], nobody) == "100.0% of 1 requests failed, more than 5.0%"


def test_only_what_came_since_the_step_began_counts() -> None:
    begun = Watch().after({"green-1": Counts(1000, 900, 50)})

    watch = begun.after({"green-1": Counts(1010, 901, 50)})

    assert (begun.seen, watch.seen) == (Counts(), Counts(10, 1, 0))
    assert watch.after({"green-1": Counts(1030, 901, 52)}).seen == Counts(30, 1, 2)


def test_counters_that_a_reload_has_begun_anew_go_on_from_what_was_seen() -> None:
    watch = Watch({"green-1": Counts(1000, 0, 0)}).after({"green-1": Counts(1040, 4, 0)})

    assert watch.after({"green-1": Counts(7, 1, 0)}).seen == Counts(47, 5, 0)


def test_all_containers_of_a_colour_count_together() -> None:
    begun = Watch().after({"green-1": Counts(), "green-2": Counts()})

    watch = begun.after({"green-1": Counts(10, 1, 0), "green-2": Counts(20, 2, 3)})

    assert (watch.seen.tries, watch.seen.failed_share) == (33, 6 / 33)


def test_the_slow_time_is_what_95_in_100_answers_keep_to() -> None:
    assert slow_time(range(1, 101)) == 95
    assert slow_time([7]) == 7
    assert slow_time([]) == 0
