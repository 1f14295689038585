"""One of everything that is stored, with no field left at its default, and the files that hold it as it was written.

`python -m tests.support.stored` writes `NAME-1.json` of what has no file yet, and touches no other. What was released
is never written anew: it gets a next file, and its value here goes to FORMER.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from buildgraph.backup.records import (
    Contents,
    DatabaseDump,
    Record,
    RedisSnapshot,
    Running,
    parse_record,
    render_record,
)
from buildgraph.checks.result import FOLDER, LINK, Content, Output, Result, parse_result, render_result
from buildgraph.coolify.ledger import Deployed, parse_deployed, render_deployed
from buildgraph.deploy.releases import Release, ReleasedService, parse_release, render_release
from buildgraph.ignored import MARK, Ignored
from buildgraph.manifests.model import (
    Autoscale,
    Environment,
    EnvValue,
    Migration,
    Resources,
    Service,
    SmokeTest,
)
from buildgraph.place.audit import Event, parse_event, render_event
from buildgraph.place.holding import KEPT, SPARE
from buildgraph.place.names import (
    BACKING,
    COLOUR,
    HOLDER,
    REASON,
    SECRETS,
    Colour,
    Role,
    environment_labels,
    service_labels,
)
from buildgraph.place.scales import Scale, parse_scale, render_scale
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord
from buildgraph.runs.report import parse_took, render_report
from buildgraph.saved_plan import PlannedService, SavedPlan, parse_plan, render_plan
from buildgraph.traffic.routes import Route, Side, parse_routes, render_routes

FILES: Final = Path(__file__).parents[1] / "stored"
KEY, DIGEST, AT = "ab" * 32, "cd" * 32, "2026-01-31T03:00:00.000+00:00"


class Stored(NamedTuple):
    """A value that is stored: how it is written now, and how what was written is read."""

    value: Any
    write: Callable[[], str | bytes]
    read: Callable[[bytes], Any]


class Discreet:
    """Keeps no secret: there is none."""

    environment = Environment("production", values={"PUBLIC_API": "https://api.example"})

    def redact(self, text: str) -> str:
        return text


SERVICE: Final = Service(
    name="api",
    product="shop",
    kind="nestjs",
    path="apps/api",
    package="@acme/api",
    dockerfile="docker/Dockerfile.api",
    context="apps",
    target="runtime",
    port=3001,
    listens=3000,
    host="api",
    health="/health",
    health_command=("test", "-e", "/up"),
    alive="/alive",
    metrics="/metrics",
    replicas={"*": 1, "production": 3},
    inputs=("assets/**",),
    build_args={"LEVEL": "2"},
    build_secrets=("NPM_TOKEN",),
    env={"MODE": EnvValue({"*": "fast"}), "TOKEN": EnvValue(secret=True)},
    resources=Resources(0.5, 256 << 20),
    database="shop",
    redis=True,
    migration=Migration(("migrate", "up"), 60.0, ("migrations/*.sql",)),
    smoke=(SmokeTest("orders", "/orders", "POST", 201, "ok", "{}", 5.0, True),),
    depends_on=("auth",),
    base_of="acme/api:1",
    deployed=False,
    breaking=2,
    autoscale=Autoscale(5, 70),
)
RELEASED: Final = ReleasedService(SERVICE, f"sha256:{DIGEST}", "one", "two", ("node:20-alpine",))
RELEASE: Final = Release(
    name="shop-0007",
    product="shop",
    services=(RELEASED,),
    commit="abcdef0123456789",
    who="me@laptop",
    at=AT,
    kind="promote",
    origin="staging/shop-0003",
    is_breaking=True,
    values=Discreet.environment.values,
)
LAST: Final = replace(RELEASE, services=(replace(RELEASED, service=replace(SERVICE, breaking=1)),))
RECORD: Final = Record(
    id="20260131T030000Z",
    workspace="acme",
    environment="production",
    product="shop",
    time=datetime(2026, 1, 31, 3, tzinfo=UTC),
    purpose="before a restore",
    made_by="1.0",
    services={"api": Running(f"sha256:{DIGEST}", "one", "abcdef")},
    databases=(
        DatabaseDump(
            "shop.dump",
            "shop",
            "16.1",
            2048,
            DIGEST,
            Contents({"t": (3, "x")}, ("view v",)),
            ("app",),
            ("a=b",),
        ),
    ),
    redis=RedisSnapshot("redis.rdb", "7.2.4", 512, DIGEST, 9),
)
DEPLOYED: Final = Deployed(
    "api", "shop", "uuid", "shop/api@sha256:1", "one", "two", "three", "abcdef", AT, ("MODE", "TOKEN")
)
RESULT: Final = Result(
    KEY,
    1.5,
    Content(DIGEST, 7),
    (
        Output("dist/a.js", mode=0o755, size=3, digest=DIGEST),
        Output("dist/b", LINK, target="a.js"),
        Output("dist/c", FOLDER, 0o755),
    ),
    Content(KEY, 99),
    "checkout",
)
TOOK: Final = {"production": {"deploy:shop": 9.5}}
MADE: Final = {"development": {"build:api": 2.0}}
RUN: Final = RunRecord(
    ("build",),
    Ground("development", "abcdef", is_edited=True),
    1769828400.0,
    2.5,
    1,
    (
        TaskRecord("build:api", Outcome.DONE, "missing", 0.5, 2.0, 1, pushed=4096),
        TaskRecord("build:web", Outcome.FAILED, "the build failed", 0.0, 1.0),
    ),
)
ROUTES: Final = (
    Route(
        "api",
        3001,
        "api.example",
        {
            Colour.BLUE: Side(2, 3000, "/health", 90, "old", serving=1, port=3000, host="old.example"),
            Colour.GREEN: Side(1, 3000, "/health", 10, "new", 1769828400.5, 60.0, 1, 3001, "api.example"),
        },
        Colour.GREEN,
    ),
)
PLAN: Final = SavedPlan(
    "acme",
    "production",
    ("deploy:shop",),
    "abcdef",
    AT,
    "me",
    (PlannedService("api", "shop", "one", "two", f"sha256:{DIGEST}", "before", "fedcba"),),
    ({"phase": "build", "node": "image:api", "fingerprint": "one", "reason": "missing"},),
)
SCALE: Final = Scale(3, 1, "me@laptop", AT)
EVENT: Final = Event(AT, "me@laptop", "deploy-finished", "shop", "shop-0007", "abcdef", "said “so”")
NAMES: Final = (SECRETS, COLOUR, HOLDER, REASON, BACKING, KEPT, SPARE)
LABELS: Final = sorted(
    {
        *environment_labels("acme", "production", Role.SERVICE),
        *service_labels(SERVICE, image="one", fingerprint="two", commit="abcdef"),
        *NAMES,
    }
)


def written_marks() -> bytes:
    """What is written of a task that doit shall leave alone."""
    with TemporaryDirectory() as folder:
        marks = Ignored(f"{folder}/marks", object())
        marks.set("build:api", MARK, "1")
        marks.dump()
        return Path(marks.name).read_bytes()


def read_marks(content: bytes) -> bool:
    """Whether a file tells that `build:api` shall be left alone."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "marks"
        file.write_bytes(content)
        return bool(Ignored(str(file), object()).get("build:api", MARK))


# By the names of their files; where there are several, `-2` follows `-1`.
STORED: Final[Mapping[str, Stored]] = {
    "backup": Stored(RECORD, lambda: render_record(RECORD), lambda text: parse_record(text, "backup")),
    "coolify": Stored(
        DEPLOYED, lambda: render_deployed(DEPLOYED), lambda text: parse_deployed(text.decode())
    ),
    "event": Stored(EVENT, lambda: render_event(Discreet(), EVENT), lambda text: parse_event(text.decode())),
    "labels": Stored(LABELS, lambda: json.dumps(LABELS), json.loads),
    "marks": Stored(True, written_marks, read_marks),
    "plan": Stored(PLAN, lambda: render_plan(PLAN), lambda text: parse_plan(json.loads(text), "x.plan")),
    "release": Stored(
        RELEASE,
        lambda: render_release(Discreet(), RELEASE, LAST),
        lambda text: parse_release("shop-0007", "shop", text.decode()),
    ),
    "report": Stored(TOOK | MADE, lambda: render_report(RUN, TOOK), parse_took),
    "result": Stored(
        RESULT, lambda: render_result(RESULT), lambda text: parse_result(text, KEY, lambda path: True)
    ),
    "routes": Stored(ROUTES, lambda: render_routes("shop", ROUTES), parse_routes),
    "scale": Stored(SCALE, lambda: render_scale(SCALE), parse_scale),
}
# What files tell that are not the newest of their kind.
FORMER: Final[Mapping[str, Any]] = {
    "routes-0": (Route("api", 3001, "", {Colour.BLUE: Side(share=100, port=3001)}),),
    # Before format 2 a colour had no address of its own: it is where the service is.
    "routes-1": (
        replace(
            ROUTES[0],
            sides={
                colour: replace(side, port=3001, host="api.example")
                for colour, side in ROUTES[0].sides.items()
            },
        ),
    ),
}


if __name__ == "__main__":
    for kind, stored in STORED.items():
        if not list(FILES.glob(f"{kind}-*.json")):
            written = stored.write()
            (FILES / f"{kind}-1.json").write_bytes(
                written if isinstance(written, bytes) else written.encode()
            )
