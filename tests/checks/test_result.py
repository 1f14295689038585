"""Results as JSON: read back as they were, and refused where they would write elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import FOLDER, LINK, Content, Output, Result, parse_result, render_result

DIGEST = "a" * 64
OUTPUTS = (
    Output("dist/index.js", mode=0o755, size=3, digest=DIGEST),
    Output("dist/l\udce4nk", LINK, 0o644, target="../../elsewhere"),
    Output("dist/empty", FOLDER, 0o755),
)
RESULT = Result("key", 1.5, Content(DIGEST, 4), OUTPUTS, Content(DIGEST, 9))
MATCHES = parse_patterns(("dist",)).matches


def parsed(result: Result = RESULT, key: str = "key") -> Result | None:
    return parse_result(render_result(result), key, MATCHES)


def test_what_is_written_is_read_and_always_the_same_bytes() -> None:
    """Pitfall 17: names that are no UTF-8, too."""
    own = RESULT._replace(only="checkout")

    assert parsed() == RESULT
    assert parsed(own) == own
    assert render_result(RESULT) == render_result(parsed() or RESULT)


def test_a_log_of_gigabytes_in_a_pack_of_kilobytes_is_none() -> None:
    """It is held whole, and compression makes a thousand bytes of one."""
    assert parsed(RESULT._replace(log=Content(DIGEST, 1 << 32))) is None


def test_the_result_of_another_key_is_none() -> None:
    assert parsed(key="other") is None


@pytest.mark.parametrize(
    "path",
    [
        "../escape",
        "dist/../../escape",
        "/etc/passwd",
        "dist//a",
        "dist/./a",
        "",
        "dist/\0",
        "src/index.ts",
        "package.json",
        "node_modules/.bin/tsc",
        "dist/index.js",  # twice
        "dist/index.js/below-a-file",
        "dist/l\udce4nk/below-a-link",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    hostile = RESULT._replace(outputs=(*OUTPUTS, Output(path, size=1, digest=DIGEST)))

    assert parsed(hostile) is None


@pytest.mark.parametrize(
    "edit",
    [
        {"format": 2},
        {"seconds": "soon"},
        {"log": [DIGEST, -1]},
        {"log": ["../../x", 1]},
        {"pack": ["A" * 64, 1]},
        {"pack": None},
        {"outputs": [["dist/a", "device", 420, 1, DIGEST, ""]]},
        {"outputs": [["dist/a", "file", "420", 1, DIGEST, ""]]},
        {"outputs": [["dist/a", "link", 420, 1, DIGEST, ""]]},
        {"outputs": [["dist/a"]]},
        {"outputs": 3},
    ],
)
def test_what_is_no_result_is_refused(edit: dict[str, Any]) -> None:
    told = json.loads(render_result(RESULT)) | edit

    assert parse_result(json.dumps(told).encode(), "key", MATCHES) is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{", b"[" * 100_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    assert parse_result(content, "key", MATCHES) is None


def test_a_mode_gives_permissions_and_no_more() -> None:
    found = parsed(RESULT._replace(outputs=(Output("dist/a", mode=0o106755, size=1, digest=DIGEST),)))

    assert found is not None
    assert found.outputs[0].mode == 0o755
