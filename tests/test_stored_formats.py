"""All that is stored bears a format: a newer one is refused or passed over, an older one is read, damage is told."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from buildgraph.backup.records import Record, parse_record, render_record
from buildgraph.checks.result import Content, Result, parse_result, render_result
from buildgraph.coolify.ledger import Deployed, parse_deployed, render_deployed
from buildgraph.deploy.releases import Release, parse_release, render_release
from buildgraph.errors import BuildgraphError
from buildgraph.manifests.model import Environment
from buildgraph.place.names import Colour
from buildgraph.place.scales import Scale, parse_scale, render_scale
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord
from buildgraph.runs.report import parse_took, render_report
from buildgraph.saved_plan import SavedPlan, parse_plan, render_plan
from buildgraph.traffic.routes import Route, Side, parse_routes, render_routes
from tests.support.monorepo import Monorepo

PACKAGE = Path(__file__).parents[1] / "buildgraph"
KEY, DIGEST = "ab" * 32, "cd" * 32
# Those whose formats are told in keys: another one is not found at all.
IN_KEYS: Final = {"checks/keys.py"}


class Stored(NamedTuple):
    """Something that is stored: its text as it is written now, and how it is read."""

    text: str | bytes
    read: Callable[[Any], Any]
    nothing: Any = "refused"  # what is read of a newer one, where it is passed over

    def of(self, **told: Any) -> Any:
        """What is read of it with something else in it."""
        table = json.loads(self.text) | told
        changed = json.dumps({name: value for name, value in table.items() if value is not ...})
        return self.read(changed.encode() if isinstance(self.text, bytes) else changed)


class Discreet:
    """Keeps no secret: there is none."""

    environment = Environment("production")

    def redact(self, text: str) -> str:
        return text


RECORD = Record("20260131T030000Z", "acme", "production", "shop", datetime(2026, 1, 31, tzinfo=UTC))
DEPLOYED = Deployed("api", "shop", "uuid", "image", "one", "two", "", "commit", "at")
RESULT = Result(KEY, 1.0, Content(DIGEST, 1), (), Content(DIGEST, 1))
RUN = RunRecord(
    ("build",), Ground("development"), 1.0, 2.0, 0, (TaskRecord("build:api", Outcome.DONE, "", 0.0, 2.0),)
)
ROUTE = Route("api", 1, "", {Colour.BLUE: Side(share=100)})
PLAN = SavedPlan("acme", "production", ("deploy:shop",), "commit", "at", "me", ())

STORED: Final = {
    "backup/records.py": Stored(render_record(RECORD), lambda text: parse_record(text, "backup")),
    "checks/result.py": Stored(render_result(RESULT), lambda text: parse_result(text, KEY, bool), None),
    "coolify/ledger.py": Stored(render_deployed(DEPLOYED), parse_deployed),
    "deploy/releases.py": Stored(
        render_release(Discreet(), Release("", "shop"), None),
        lambda text: parse_release("shop-0001", "shop", text.decode()).unreadable,
        "is in a format that this version does not know",
    ),
    "place/scales.py": Stored(render_scale(Scale(3, 1, "me", "at")), parse_scale),
    "runs/report.py": Stored(render_report(RUN, {}), parse_took, {}),
    "saved_plan.py": Stored(render_plan(PLAN), lambda text: parse_plan(json.loads(text), "x.plan")),
    "traffic/routes.py": Stored(render_routes("shop", [ROUTE]), parse_routes),
}
EACH = pytest.mark.parametrize("stored", STORED.values(), ids=STORED.keys())


@EACH
def test_what_is_written_now_is_read(stored: Stored) -> None:
    assert stored.of() not in (stored.nothing, None)


@EACH
def test_a_newer_format_is_refused_with_the_way_out_or_passed_over_where_it_is_a_cache(
    stored: Stored,
) -> None:
    if stored.nothing != "refused":
        assert stored.of(format=99) == stored.nothing
        return
    with pytest.raises(BuildgraphError, match=r"(?s)newer buildgraph.*install"):
        stored.of(format=99)


@EACH
@pytest.mark.parametrize("form", [..., None, "1", [], 0], ids=["no", "null", "text", "a list", "zero"])
def test_a_format_that_never_was_is_no_reason_to_fall_over(stored: Stored, form: object) -> None:
    try:
        stored.of(format=form)
    except BuildgraphError as error:
        assert "\n" in str(error), "the way out is told"


def test_every_format_stands_in_the_table_here() -> None:
    declared = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if "FORMAT" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if (
            isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "FORMAT" for name in node.targets)
        )
        or (isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "FORMAT")
    }

    assert declared == STORED.keys() | IN_KEYS


def test_routes_of_a_version_that_told_no_format_are_read() -> None:
    assert STORED["traffic/routes.py"].of(format=...) == (ROUTE,)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1, "routes": [{"new": 1}]}', b"\xff", "[" * 100_000]
)
def test_routes_that_are_damaged_or_hold_more_are_never_written_over(text: str | bytes) -> None:
    with pytest.raises(BuildgraphError, match=r"(?s)or are damaged.*install the newest"):
        parse_routes(text)


@pytest.mark.parametrize("text", ["5", "null", "[]", pytest.param("[" * 100_000, id="deep")])
def test_a_damaged_memory_of_what_runs_on_coolify_is_none(text: str) -> None:
    assert parse_deployed(text) is None


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"format": 1, "to": 3}'])
def test_a_damaged_scale_is_none_and_the_manifest_s_number_holds(text: bytes) -> None:
    assert parse_scale(text) is None


def test_another_version_of_fingerprints_affects_every_image_once_and_says_why(repo: Monorepo) -> None:
    repo.service("web")
    repo.service("api")
    repo.plain_service("mail", "FROM scratch\nCOPY . /\n", port=3003)
    repo.lock()
    repo.commit()
    repo.append("manifests/workspace.toml", "fingerprint_version = 2\n")
    images = ["image:api", "image:mail", "image:web"]
    before = repo.at("HEAD")

    assert repo.affected("--kind", "image", "--base", "HEAD") == images
    told = json.loads(repo.run("affected", "--kind", "image", "--base", "HEAD", "--format", "json").out)
    assert {reason["kind"] for node in told["nodes"] for reason in node["reasons"]} == {"tool"}
    assert "tool fingerprint changed" in repo.run("why", "web", "--base", "HEAD").out
    repo.commit()
    assert repo.affected("--kind", "image", "--base", "HEAD") == []
    assert repo.affected("--kind", "image", "--base", before.commit or "") == images
