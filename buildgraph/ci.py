"""What a CI job says about itself: whether it is one, and what its changes start from, before git is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from buildgraph.snapshot.history import DEFAULT_BRANCHES, LOCAL, REMOTE, TAG

Environ = Mapping[str, str]

COMMIT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
EVENT = "GITHUB_EVENT_PATH"
UNSHALLOW = "`git fetch --unshallow`"
GITHUB_DEPTH = "`fetch-depth: 0` for actions/checkout"
GITLAB_DEPTH = "GIT_DEPTH=0"


class Start(NamedTuple):
    """What a comparison is said to start from.

    The first of `names` that is here counts: its own commit, or with `forks` the merge base of head with it (and
    with `beside`, another state of the same branch). `merge_of` is the commit that head may be the provider's
    merge of. `deepen` is how old commits are had; `problem` says that there is no start at all.
    """

    names: tuple[str, ...] = ()
    forks: bool = True
    beside: str = ""
    merge_of: str = ""
    deepen: str = UNSHALLOW
    in_ci: bool = True
    problem: str = ""


def is_ci(environ: Environ) -> bool:
    """Whether this is a CI job: GitHub and GitLab set `CI` to true in each, and so do most others."""
    return any(_is_true(environ, name) for name in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"))


def read_start(environ: Environ) -> Start:
    """What the environment says, by the rule of its provider; outside CI the default branch."""
    if _is_true(environ, "GITHUB_ACTIONS"):
        return _github(environ)._replace(deepen=GITHUB_DEPTH)
    if _is_true(environ, "GITLAB_CI"):
        return _gitlab(environ)._replace(deepen=GITLAB_DEPTH)
    return Start(DEFAULT_BRANCHES, in_ci=is_ci(environ))


def _is_true(environ: Environ, name: str) -> bool:
    return environ.get(name, "").lower() not in ("", "0", "false", "no")


# GitHub Actions ----------------------------------------------------------------------------------------


def _github(environ: Environ) -> Start:
    """By the event that started the workflow; its payload is the JSON file at GITHUB_EVENT_PATH.

    GitHub: "Events that trigger workflows" and "Webhook events and payloads".
    """
    rule = GITHUB_RULES.get(environ.get("GITHUB_EVENT_NAME", ""), _github_other)
    try:
        return rule(environ)
    except ValueError as error:
        return Start(problem=str(error))


def _github_push(environ: Environ) -> Start:
    """GitHub's rule: `before` is where the reference stood before the push; all zeros when the push made it."""
    event = _read_event(environ)
    before = _commit_id(event, "before")
    if before.strip("0"):
        return Start((before,), forks=False)
    pushed, default = _text(event, "ref"), _default_branch(event)
    return _new_branch(pushed.removeprefix(LOCAL), default, pushed.startswith(TAG))


def _github_pull_request(environ: Environ) -> Start:
    """GitHub's rule: GITHUB_BASE_REF is the branch to merge into; what is checked out is a merge of both.

    The first parent of that merge is then the base: it holds all of the base branch that is in it. `base.sha`
    is the base branch as the event saw it, for clones that did not fetch the branch.
    """
    event = _read_event(environ)
    branch = environ.get("GITHUB_BASE_REF") or _text(event, "pull_request", "base", "ref")
    return Start(
        _branch(branch),
        beside=_commit_id(event, "pull_request", "base", "sha"),
        merge_of=_commit_id(event, "pull_request", "head", "sha"),
    )


def _github_merge_group(environ: Environ) -> Start:
    """GitHub's rule: `base_sha` is the merge group's parent: the branch, or the group before it in the queue."""
    return Start((_commit_id(_read_event(environ), "merge_group", "base_sha"),), forks=False)


def _github_other(environ: Environ) -> Start:
    """Every other event (schedule, workflow_dispatch, …) has no commit before it: the default branch is asked."""
    default = _default_branch(_read_event(environ)) if environ.get(EVENT) else ""
    return Start(_branch(default) if default else DEFAULT_BRANCHES)


GITHUB_RULES: Mapping[str, Callable[[Environ], Start]] = {
    "push": _github_push,
    "pull_request": _github_pull_request,
    "pull_request_target": _github_pull_request,
    "pull_request_review": _github_pull_request,
    "pull_request_review_comment": _github_pull_request,
    "merge_group": _github_merge_group,
}


def _read_event(environ: Environ) -> Mapping[str, Any]:
    """The event's payload; ValueError says what is wrong with it."""
    import json

    path = environ.get(EVENT, "")
    if not path:
        raise ValueError(f"{EVENT} is not set, so the event of this workflow is not known")
    try:
        event = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise ValueError(f"{EVENT}: {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{EVENT}: {path} holds no JSON: {error}") from error
    if not isinstance(event, dict):
        raise ValueError(f"{EVENT}: {path} holds no JSON object")
    return event


def _default_branch(event: Mapping[str, Any]) -> str:
    """The repository's default branch, which every event of GitHub tells; "" otherwise."""
    found = _below(event, "repository", "default_branch")
    return found if isinstance(found, str) else ""


def _commit_id(event: Mapping[str, Any], *keys: str) -> str:
    found = _text(event, *keys)
    if not COMMIT_ID.fullmatch(found):
        raise ValueError(f"{EVENT}: `{'.'.join(keys)}` of the event is no commit id: {found[:80]!r}")
    return found


def _text(event: Mapping[str, Any], *keys: str) -> str:
    found = _below(event, *keys)
    if not isinstance(found, str) or not found:
        raise ValueError(f"{EVENT}: the event has no `{'.'.join(keys)}`")
    return found


def _below(event: Mapping[str, Any], *keys: str) -> object:
    found: object = event
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


# GitLab CI/CD ------------------------------------------------------------------------------------------


def _gitlab(environ: Environ) -> Start:
    """By the kind of pipeline; GitLab: "Predefined CI/CD variables reference".

    CI_COMMIT_BEFORE_SHA is the commit the branch stood on before; it is all zeros for merge requests,
    schedules, pipelines started by hand and the first of a branch or tag.
    """
    if environ.get("CI_MERGE_REQUEST_IID") or environ.get("CI_PIPELINE_SOURCE") == "merge_request_event":
        return _gitlab_merge_request(environ)
    before = environ.get("CI_COMMIT_BEFORE_SHA", "")
    if before.strip("0"):
        return Start((before,), forks=False)
    branch, default = environ.get("CI_COMMIT_BRANCH", ""), environ.get("CI_DEFAULT_BRANCH", "")
    return _new_branch(branch, default, is_tag=bool(environ.get("CI_COMMIT_TAG")))


def _gitlab_merge_request(environ: Environ) -> Start:
    """GitLab's rule: CI_MERGE_REQUEST_TARGET_BRANCH_SHA is what a pipeline for merged results merges into (the
    request before it, in a merge train), and empty in others; CI_MERGE_REQUEST_DIFF_BASE_SHA begins the diff.
    """
    names = ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "CI_MERGE_REQUEST_DIFF_BASE_SHA")
    told = next((environ[name] for name in names if environ.get(name)), "")
    if told:
        return Start((told,))
    branch = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    return Start(_branch(branch)) if branch else Start(problem="the merge request's target is not known")


# Both --------------------------------------------------------------------------------------------------


def _new_branch(branch: str, default: str, is_tag: bool) -> Start:
    """A reference without a commit before it: a new branch began where it left the default branch."""
    if is_tag:
        return Start(problem="a tag has no commit before it")
    if branch and branch == default:
        return Start(problem=f"nothing says where the default branch {default} stood before")
    return Start(_branch(default) if default else DEFAULT_BRANCHES)


def _branch(name: str) -> tuple[str, ...]:
    """Where a branch can stand in a clone; CI keeps what it knows of the remote up to date, not local branches."""
    return (REMOTE + name, LOCAL + name)
