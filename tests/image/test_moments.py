"""Stamps of engines, registries and clusters as moments."""

from __future__ import annotations

import pytest

from buildgraph.image.moments import parse_moment


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("1970-01-01T00:00:10Z", 10.0),
        ("1970-01-01T00:00:10", 10.0),
        ("1970-01-01T00:00:10.5Z", 10.5),
        ("1970-01-01T01:00:10.250000000+01:00", 10.25),
    ],
)
def test_a_stamp_is_a_moment(stamp: str, seconds: float) -> None:
    assert parse_moment(stamp) == seconds
