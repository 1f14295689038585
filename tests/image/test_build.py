"""A build as a command: the whole argv; and what BuildKit tells, read back."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.errors import StepFailed
from buildgraph.image.build import BuildRequest, build_command, build_image
from buildgraph.image.progress import BuildLog, BuildStep, short_step
from buildgraph.place.secrets import Secrets
from tests.support.runners import AnsweringRunner
from tests.support.system import ROOT

HEARD_WITHIN = 60.0  # seconds
REQUEST = BuildRequest(
    "web",
    "acme/web:0123",
    arguments={"PORT": "3000", "A": "b=c"},
    labels={"x": "y"},
    bases={"node:20": "node@sha256:1"},
    secrets={"ca": Path("/ca.pem")},
    platforms=("linux/amd64",),
)


def test_the_whole_command() -> None:
    command = build_command(REQUEST, b"tar")

    assert command.argv == (
        *("docker", "buildx", "build", "--progress=rawjson", "--provenance=false", "--load"),
        *("--file", "Dockerfile", "--tag", "acme/web:0123"),
        *("--platform", "linux/amd64"),
        *("--build-arg=A=b=c", "--build-arg=PORT=3000", "--label=x=y"),
        *("--build-context=node:20=docker-image://node@sha256:1", "--secret=id=ca,src=/ca.pem", "-"),
    )
    assert command.stdin == b"tar"


def test_secret_values_reach_the_build_by_its_environment_and_are_not_printed() -> None:
    """Under names of our own: no value may steer docker, whatever its name is."""
    request = replace(REQUEST, secrets={}, hidden={"NPM_TOKEN": "hunter2", "DOCKER_HOST": "hunter3"})

    command = build_command(request, b"tar")

    assert command.argv[-3:] == (
        "--secret=id=DOCKER_HOST,env=BUILDGRAPH_SECRET_DOCKER_HOST",
        "--secret=id=NPM_TOKEN,env=BUILDGRAPH_SECRET_NPM_TOKEN",
        "-",
    )
    assert command.env == {
        "BUILDGRAPH_SECRET_NPM_TOKEN": "hunter2",
        "BUILDGRAPH_SECRET_DOCKER_HOST": "hunter3",
    }
    assert "hunter" not in f"{request} {command!r}"


def test_what_a_failed_step_has_printed_is_shown_without_secrets() -> None:
    reading = BuildLog(lambda line: None, hide=lambda text: text.replace("no rule", "***"))

    for line in FAILING:
        reading.read_line(line)

    assert reading.detail == "compiling\nerror: ***\nexit code: 2"


def test_a_secret_that_is_cut_between_two_messages_is_hidden_all_the_same() -> None:
    """BuildKit hands on what a step writes as it comes: a line may end in another message, a letter even."""
    secrets = Secrets({"TOKEN": "hüntér2"})
    reading = BuildLog(lambda line: None, hide=lambda text: secrets.redact(text, ["TOKEN"]))
    printed = "compiling\ntoken hüntér2 is refused\ntoken hüntér2".encode()

    for at, byte in enumerate(printed):
        reading.read_line(message(logs=[chunk("2", bytes([byte]), stream=1)]))
        if at == 20:
            reading.read_line(message(logs=[chunk("2", b"warning\n", stream=2)]))
    reading.read_line(FAILING[-1])

    assert reading.detail == "compiling\nwarning\ntoken *** is refused\ntoken ***\nexit code: 2"


def test_what_is_to_be_attested_is_asked_of_the_builder() -> None:
    asked = replace(REQUEST, attestations=("provenance", "sbom"), scanner="scanner@sha256:1")

    assert build_command(asked, b"tar").argv[3:7] == (
        "--progress=rawjson",
        "--provenance=mode=min",
        "--attest=type=sbom,generator=scanner@sha256:1",
        "--load",
    )


def test_a_date_is_written_into_layers_where_a_builder_pushes_them_itself() -> None:
    """An engine's builder unpacks what it builds, and refuses to."""
    dated = replace(REQUEST, arguments={"SOURCE_DATE_EPOCH": "0"})

    def rewrites(request: BuildRequest) -> bool:
        return any("rewrite-timestamp=true" in word for word in build_command(request, b"tar").argv)

    assert rewrites(replace(dated, repository="registry/web"))
    assert not rewrites(replace(REQUEST, repository="registry/web"))
    assert not rewrites(dated)


def test_neither_date_nor_platform_of_whoever_builds_reaches_a_build() -> None:
    assert build_command(REQUEST, b"tar").without == ("SOURCE_DATE_EPOCH", "DOCKER_DEFAULT_PLATFORM")


def message(**parts: object) -> str:
    return json.dumps(parts)


def log(vertex: str, text: str) -> dict[str, object]:
    return chunk(vertex, text.encode(), stream=1)


def chunk(vertex: str, data: bytes, *, stream: int) -> dict[str, object]:
    return {"vertex": vertex, "stream": stream, "data": base64.b64encode(data).decode()}


FAILING = [
    message(vertexes=[{"digest": "1", "name": "[build 1/2] COPY a b", "started": "now", "cached": True}]),
    message(vertexes=[{"digest": "2", "name": "[build 2/2] RUN make", "started": "now"}]),
    message(logs=[log("2", "compiling\nerror: no rule\n")]),
    message(
        vertexes=[{"digest": "3", "name": "[other 1/1] RUN x", "started": "now", "error": "context canceled"}]
    ),
    message(
        vertexes=[{"digest": "2", "name": "[build 2/2] RUN make", "started": "now", "error": "exit code: 2"}]
    ),
]


def test_a_failed_build_tells_the_step_and_its_last_lines() -> None:
    told: list[str] = []
    runner = AnsweringRunner(code=1, lines=FAILING)

    try:
        build_image(runner, REQUEST, b"", BuildLog(told.append))
    except Exception as error:
        text = str(error)

    assert text == (
        "build:web: the build failed in step [build 2/2] RUN make\n    compiling\n    error: no rule\n    exit code: 2"
    )
    assert told == ["[build 2/2] RUN make", "[other 1/1] RUN x"]


def test_a_step_that_trusts_nobody_is_told_how_it_gets_the_company_s_ca() -> None:
    npm = message(logs=[chunk("2", b"npm error code SELF_SIGNED_CERT_IN_CHAIN\n", stream=2)])
    runner = AnsweringRunner(code=1, lines=[*FAILING[:-1], npm, FAILING[-1]])

    with pytest.raises(StepFailed, match="type=secret,id=ca"):
        build_image(runner, REQUEST, b"", BuildLog(lambda line: None))


def test_messages_on_several_lines_are_read_too() -> None:
    """buildx 0.13 prints each message indented, later ones on one line."""
    told: list[str] = []
    reading = BuildLog(told.append)

    for line in json.dumps(json.loads(FAILING[1]), indent=2).splitlines():
        reading.read_line(line)

    assert told == ["[build 2/2] RUN make"]


def test_a_client_without_buildx_is_told_as_what_it_is() -> None:
    runner = AnsweringRunner(code=125, lines=["unknown flag: --progress"])

    try:
        build_image(runner, REQUEST, b"", BuildLog(lambda line: None))
    except Exception as error:
        assert (type(error).__name__, getattr(error, "exit_code", 0)) == ("ToolError", 3)
        assert "buildx" in str(error)


def test_a_long_step_is_shown_short_and_without_its_flags() -> None:
    assert short_step("[b 1/1] RUN --mount=type=secret,id=ca     make") == "[b 1/1] RUN make"
    assert len(short_step("[b 1/1] RUN " + "x" * 500)) == 100


def test_a_step_is_named_by_what_it_does_and_not_by_the_certificates_that_it_does_it_with() -> None:
    install = ROOT / "docker/templates/Dockerfile.node"
    written = " ".join(install.read_text().partition(" AS install")[2].partition("FROM ")[0].split())
    run = "RUN " + written.partition("RUN ")[2].replace("\\ ", "")

    assert "NODE_EXTRA_CA_CERTS" in run
    shown = short_step(f"[install 3/3] {run}")
    assert shown.startswith(
        "[install 3/3] RUN node /install.mjs /manifests /app && pnpm install --frozen-lockfile"
    )


def test_conditions_of_other_steps_are_shown() -> None:
    step = "[2/2] RUN if [ -e setup.sh ]; then ./setup.sh; fi && make"
    assert short_step(step) == step


def timed(digest: str, name: str, began: str, ended: str, *, cached: bool = False) -> str:
    vertex = {"digest": digest, "name": name, "started": began, "completed": ended, "cached": cached}
    return message(vertexes=[vertex])


INSTALL = {"digest": "sha256:1", "name": "[2/3] RUN pnpm install", "started": "2026-01-31T10:00:00Z"}


def test_a_step_that_goes_on_for_minutes_is_told_of_until_it_ends() -> None:
    told: list[str] = []
    now = 100.0
    log = BuildLog(told.append, clock=lambda: now)
    context = {"digest": "sha256:2", "name": "[internal] load context", "started": INSTALL["started"]}
    log.read_line(json.dumps({"vertexes": [INSTALL, context]}))

    now += 28
    log.tell_running()
    now += 102
    log.tell_running()
    log.read_line(json.dumps({"vertexes": [INSTALL | {"completed": "2026-01-31T10:02:15Z"}]}))
    log.tell_running()

    step = "[2/3] RUN pnpm install"
    assert told == [step, f"{step} goes on after 28 s", f"{step} goes on after 2 min 10 s"]


def test_whoever_waits_for_a_build_hears_of_it_meanwhile() -> None:
    heard = threading.Event()
    log = BuildLog(lambda line: heard.set() if "goes on" in line else None, every=0.01)

    runner = AnsweringRunner(
        lines=[json.dumps({"vertexes": [INSTALL]})], meanwhile=lambda: heard.wait(HEARD_WITHIN)
    )

    build_image(runner, REQUEST, b"tar", log)

    assert heard.is_set()


def test_steps_are_timed_by_our_clock_whatever_the_engine_s_says() -> None:
    """An engine may run on another machine; nine digits and other zones are BuildKit's own forms."""
    reading = BuildLog(lambda line: None, clock=lambda: 100.0)

    reading.read_line(
        timed(
            "1",
            "[build 1/2] COPY a b",
            "2026-11-26T05:00:00.500000000Z",
            "2026-11-26T05:00:00.6Z",
            cached=True,
        )
    )
    reading.read_line(timed("2", "[build 2/2] RUN make", "2026-11-26T07:00:01.5+02:00", ""))
    reading.read_line(
        timed("2", "[build 2/2] RUN make", "2026-11-26T07:00:02.5+02:00", "2026-11-26T05:00:03.75Z")
    )

    told = [
        (step.name, round(step.began, 3), round(step.ended or 0, 3), step.is_cached) for step in reading.steps
    ]
    assert told == [
        ("[build 1/2] COPY a b", 100.0, 100.1, True),
        ("[build 2/2] RUN make", 101.0, 103.25, False),
    ]
    assert [step.is_own for step in reading.steps] == [True, True]
    assert not BuildStep("[internal] load build context", 0.0).is_own
