"""What coverage-guided fuzzing has found to be different is read again, and the same for bytes made up on the spot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS, try_parser

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = int(os.environ.get("BUILDGRAPH_EXAMPLES", "15"))
# Signs that mean something to one parser or another, and what is hard to hold.
SIGNS = st.sampled_from(
    [
        *(
            b"\n",
            b"\t",
            b" ",
            b"  ",
            b'"',
            b"'",
            b"\\",
            b"\0",
            b"\r\n",
            b"\xff",
            b"\xed\xa0\x80",
            b"\xef\xbb\xbf",
        ),
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b"(",
            b")",
            b"<<",
            b"$",
            b"${",
            b"${{",
            b"#",
            b"##[",
            b"//",
            b"/*",
            b"*/",
            b"`",
        ),
        *(
            b":",
            b": ",
            b",",
            b"-",
            b"- ",
            b"*",
            b"**/",
            b"!",
            b"&a ",
            b"*a",
            b"|\n",
            b"?",
            b"@",
            b"=",
            b"../",
            b"%",
        ),
        *(b"9" * 5000, b"0x", b"1e999", b".nan", b"null", b"true", b"\\ud800", b"\\u0000", b"\xe2\x80\xa8"),
    ]
)


def seeds(name: str) -> list[bytes]:
    """The committed inputs of a parser."""
    return [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]


@pytest.mark.parametrize("name", PARSERS)
def test_what_was_found_once_is_read_or_refused_clearly(name: str) -> None:
    for content in seeds(name):
        try_parser(name, content)


@pytest.mark.parametrize("name", PARSERS)
def test_a_text_with_pieces_put_in_taken_out_and_doubled_is_read_or_refused_clearly(name: str) -> None:
    places = st.tuples(st.floats(0, 1), st.floats(0, 0.2), SIGNS, st.integers(0, 3))

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(seeds(name)), st.lists(places, max_size=6))
    def read(content: bytes, edits: list[tuple[float, float, bytes, int]]) -> None:
        for at, length, sign, times in edits:
            start = int(at * len(content))
            end = start + int(length * len(content))
            content = content[:start] + content[start:end] * times + sign + content[end:]
        try_parser(name, content)

    read()
