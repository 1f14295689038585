"""The proof of the whole system reads what a run tells."""

from __future__ import annotations

from bench.whole import seconds_of, told_seconds


def test_the_seconds_of_a_build_are_read_from_its_line() -> None:
    told = "-- build:api  fresh\nok build:web  8.1 s\nok build:app  2 min 5 s\nok deploy:chat  6.0 s\n"

    assert seconds_of(told) == {"web": 8.1, "app": 125.0}


def test_an_image_that_was_there_already_is_told_as_found_and_not_as_built_at_once() -> None:
    seconds = seconds_of("-- build:api  fresh\nok build:web  8.1 s\nok build:app  0.2 s\n")

    assert [told_seconds(seconds.get(name)) for name in ("api", "web", "app")] == ["found", "8", "0"]
