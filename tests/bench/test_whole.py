"""The proof of the whole system reads what a run tells."""

from __future__ import annotations

from bench.whole import seconds_of


def test_the_seconds_of_a_build_are_read_from_its_line() -> None:
    told = "-- build:api  fresh\nok build:web  8.1 s\nok build:app  2 min 5 s\nok deploy:chat  6.0 s\n"

    assert seconds_of(told) == {"web": 8.1, "app": 125.0}
