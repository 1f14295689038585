"""What GitHub Actions reads of a run: groups, annotations, the summary; what programs print commands nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from buildgraph.console import Plain, shown_on, tell_begun, tell_ended, teller, write
from buildgraph.errors import BuildgraphError, ConfigurationError, Mistake, StepFailed, ToolError
from buildgraph.runs.actions import Annotator, Groups, Spot, render_summary
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord


def obeyed(lines: Iterable[str]) -> Iterator[str]:
    """The lines that GitHub takes for commands."""
    token = ""
    for line in lines:
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.rpartition("::")[2]
        elif line.lstrip().startswith("::") or "##[" in line:
            yield line


def test_lines_of_tasks_that_run_beside_one_another_are_kept_together() -> None:
    written: list[str] = []
    screen = Groups(written.append)

    screen.begin("build:api")
    screen.begin("build:web")
    screen.say("build:api", "[1/2] COPY")
    screen.say("build:web", "[1/1] RUN")
    screen.tell("between")
    screen.say("build:api", "[2/2] RUN")
    screen.end("build:web", "!! build:web  failed\nit failed\n    because")
    screen.end("build:api", "ok build:api  0.1 s")
    screen.end("build:mail", "-- build:mail  fresh")

    assert "".join(written) == (
        ".  build:api\n.  build:web\nbetween\n"
        "::group::!! build:web  failed\n   build:web | [1/1] RUN\n::endgroup::\nit failed\n    because\n"
        "::group::ok build:api  0.1 s\n   build:api | [1/2] COPY\n   build:api | [2/2] RUN\n::endgroup::\n"
        "-- build:mail  fresh\n"
    )


def test_what_a_task_has_said_is_not_lost_when_the_run_is_interrupted() -> None:
    written: list[str] = []
    screen = Groups(written.append)
    screen.begin("build:api")
    screen.say("build:api", "[1/2] COPY")

    screen.close()
    screen.say("build:api", "late")

    assert written[1:] == [
        "::group::!! build:api  interrupted\n   build:api | [1/2] COPY\n::endgroup::\n",
        "   build:api | late\n",
    ]


@pytest.mark.parametrize("name", ["x\n::add-mask::y", "##[error]x", "a\r\n::set-env name=A::b"])
@pytest.mark.parametrize("make", [Groups, lambda _: Plain()], ids=["groups", "plain"])
def test_no_package_gives_commands_by_its_name(
    name: str,
    make: Callable[[Callable[[str], None]], Groups | Plain],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    task = f"check:{name}:test"
    for outcome in ("ok", "!!"):
        with shown_on(make(write)):
            tell_begun(task)
            teller(task)("it says")
            tell_ended(task, f"{outcome} {task}  0.1 s")

    lines = "".join(capfd.readouterr()).splitlines()

    assert [
        line for line in obeyed(lines) if "##[" in line or not line.startswith(("::group::", "::endgroup::"))
    ] == []
    assert len([line for line in lines if "it says" in line]) == 2


@pytest.mark.parametrize(
    "said", ["::add-mask::x", "  ::error::x", "see ##[error]x"], ids=["new", "moved", "old"]
)
def test_no_program_gives_commands_by_what_it_prints(said: str) -> None:
    written: list[str] = []

    Groups(written.append).end("build:api", f"!! build:api  failed\n{said}")

    assert re.fullmatch(
        rf"!! build:api  failed\n::stop-commands::(\w{{32}})\n{re.escape(said)}\n::\1::\n", "".join(written)
    )


def test_a_mistake_points_to_its_file_and_line_from_the_top_of_the_checkout(tmp_path: Path) -> None:
    project = tmp_path / "shop"
    (project / "manifests").mkdir(parents=True)
    (project / "manifests/a,b.toml").touch()
    (tmp_path.parent / "outside.toml").touch()
    error = ConfigurationError(
        [
            Mistake("manifests/a,b.toml:7", "is 100 % wrong", "mend it"),
            Mistake("manifests/a,b.toml: line 8", "is wrong"),
            Mistake("manifests/a,b.toml: services.web", "is wrong"),
            Mistake("env=", "is wrong"),
            Mistake("outside.toml", "is wrong"),
        ]
    )

    told = list(Annotator({"GITHUB_WORKSPACE": str(tmp_path)}, project / "manifests").annotations(error))

    file = "file=shop/manifests/a%2Cb.toml"
    assert told == [
        "::error::env=: is wrong\n",
        f"::error {file},line=8::manifests/a,b.toml: line 8: is wrong\n",
        f"::error {file}::manifests/a,b.toml: services.web: is wrong\n",
        f"::error {file},line=7::manifests/a,b.toml:7: is 100 %25 wrong%0A  mend it\n",
        "::error::outside.toml: is wrong\n",
    ]


@pytest.mark.parametrize(
    ("error", "path", "told"),
    [
        (
            StepFailed("build:web", "the build failed", "no rule"),
            "Dockerfile",
            "::error file=Dockerfile,title=build%3Aweb::build:web: the build failed%0A    no rule\n",
        ),
        (ToolError("no engine"), "gone", "::error title=build%3Aweb::no engine\n"),
        (ToolError("x" * 9000), "", f"::error title=build%3Aweb::{'x' * 4000}\n"),
    ],
    ids=["a file", "a file that is not there", "a long one"],
)
def test_a_failed_task_points_to_what_it_is_made_by(
    tmp_path: Path, error: BuildgraphError, path: str, told: str
) -> None:
    (tmp_path / "Dockerfile").touch()

    assert list(Annotator({}, tmp_path).annotations(error, "build:web", Spot(path))) == [told]


def test_an_annotation_hides_nothing_of_what_follows(tmp_path: Path) -> None:
    error = ConfigurationError.of("a", "\x1b[8m is no name")

    assert list(Annotator({}, tmp_path).annotations(error)) == ["::error::a: \\x1b[8m is no name\n"]


def test_the_summary_is_a_table_and_names_what_was_fresh() -> None:
    tasks = (
        TaskRecord("build:api", Outcome.FRESH, "the engine holds it"),
        TaskRecord("build:web", Outcome.DONE, "the engine does not hold it", 0.5, 8.1),
        TaskRecord("deploy:shop", Outcome.NOT_RUN, "a|b <c>\nfailed"),
    )
    record = RunRecord(("deploy:shop", "env=staging"), Ground("staging"), 0.0, 65.0, 1, tasks)

    assert render_summary(record) == (
        "### buildgraph deploy:shop env=staging\n\n"
        "| task | result | time | why |\n|---|---|---|---|\n"
        "| build:web | done | 8.1 s | the engine does not hold it |\n"
        "| deploy:shop | not run |  | a\\|b \\<c\\> failed |\n\n"
        "Fresh, so nothing to do: build:api\n\nexit code 1 in 1 min 5 s\n\n"
    )


def test_a_run_that_did_nothing_has_no_table() -> None:
    tasks = (TaskRecord("build:api", Outcome.FRESH), TaskRecord("build:web", Outcome.FRESH))

    assert render_summary(RunRecord(("build",), Ground("staging"), 0.0, 0.5, 0, tasks)) == (
        "### buildgraph build\n\nFresh, so nothing to do: build:api, build:web\n\ndone in 0.5 s\n\n"
    )
