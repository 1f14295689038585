"""What a comparison starts from: every way that CI and laptops call for a base, on real repositories."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from buildgraph.process import Command, Result, SystemRunner
from buildgraph.since import Base, default_head, find_base
from buildgraph.snapshot import find_repository
from tests.support.monorepo import Monorepo, bare

ZEROS = "0" * 40
GONE = "1234567890" * 4


def base_of(repo: Monorepo, environ: dict[str, str] | None = None, *, asked: str | None = None) -> Base:
    """The base of HEAD in this environment."""
    return find_base(repo.repository, asked, repo.git("rev-parse", "HEAD"), environ or {})


def clone(origin: Monorepo, *options: str) -> Monorepo:
    """A clone as CI makes one; over file://, because git copies whole repositories otherwise."""
    folder = origin.root.parent / f"clone{len(list(origin.root.parent.iterdir()))}"
    origin.git("clone", "-q", "--template=", *options, f"file://{origin.root}", str(folder))
    return bare(folder)


@pytest.fixture
def history(made_once: Path, tmp_path: Path) -> Monorepo:
    """main has two commits; `feature` left at the first and has two of its own; main is checked out."""
    return bare(shutil.copytree(made_once, tmp_path / "history"))


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository that every test gets a copy of."""
    repo = Monorepo(tmp_path_factory.mktemp("made") / "once")
    repo.commit("first")
    repo.git("branch", "fork")
    repo.git("checkout", "-q", "-b", "feature")
    repo.commit("one of feature")
    repo.commit("two of feature")
    repo.git("checkout", "-q", "main")
    repo.commit("second")
    return repo.root


def at(repo: Monorepo, revision: str) -> str:
    return repo.git("rev-parse", revision)


# On a laptop -------------------------------------------------------------------------------------------


def test_a_branch_starts_where_it_left_the_default_branch(history: Monorepo) -> None:
    """Pitfall 25: what main got since does not count."""
    history.git("checkout", "-q", "feature")

    assert base_of(history) == Base("main", at(history, "fork"))


def test_on_the_default_branch_the_base_is_head_itself(history: Monorepo) -> None:
    assert base_of(history) == Base("main", at(history, "main"))


def test_commits_that_are_not_pushed_count_on_the_default_branch(history: Monorepo) -> None:
    """Pitfall 25: the remote's branch and the local one differ."""
    laptop = clone(history, "-c", "user.name=Test", "-c", "user.email=test@example.com")
    laptop.commit("not pushed")

    assert base_of(laptop) == Base("origin/HEAD", at(history, "main"))


def test_a_detached_head_starts_like_its_branch(history: Monorepo) -> None:
    """Pitfall 21."""
    history.git("checkout", "-q", "--detach", "feature")

    assert base_of(history) == Base("main", at(history, "fork"))


def test_a_worktree_starts_like_its_repository(history: Monorepo, tmp_path: Path) -> None:
    history.git("worktree", "add", "-q", str(tmp_path / "other"), "feature")

    assert base_of(bare(tmp_path / "other")) == Base("main", at(history, "fork"))


def test_an_orphan_branch_has_no_base(history: Monorepo) -> None:
    """Pitfall 21."""
    history.git("checkout", "-q", "--orphan", "lonely")
    history.commit("another beginning")

    found = base_of(history)

    assert found.commit is None
    assert found.problem == (
        "HEAD and main have no common commit (an orphan branch?); name the base with --base"
    )


def test_a_clone_without_a_known_default_branch_asks_for_a_base(repo: Monorepo) -> None:
    """Pitfall 21."""
    repo.commit()
    repo.git("branch", "-m", "trunk")

    assert base_of(repo) == Base("", None, "no default branch is known here; name the base with --base")


def test_before_the_first_commit_there_is_no_base(repo: Monorepo) -> None:
    assert find_base(repo.repository, None, None, {}).problem == "there is no commit here yet"


@pytest.mark.parametrize("packed", [False, True])
def test_the_only_remote_counts_whatever_it_is_called(history: Monorepo, packed: bool) -> None:
    """Pitfall 25: the local branch of that name may be an old one, or missing."""
    other = clone(history, "--origin", "upstream", "--branch", "feature")
    if packed:
        other.git("pack-refs", "--all")

    assert base_of(other) == Base("upstream/HEAD", at(history, "fork"))
    assert "did you mean upstream/fork?" in base_of(other, asked="fork").problem


def test_of_several_remotes_origin_counts(history: Monorepo) -> None:
    other = clone(history)
    other.git("remote", "add", "upstream", "https://host/repo.git")
    assert base_of(other) == Base("origin/HEAD", at(history, "main"))

    other.git("remote", "rename", "origin", "fork")
    other.git("branch", "-q", "-m", "main", "mine")
    assert base_of(other).problem.startswith("no default branch is known here")


def test_a_tag_named_like_the_default_branch_is_not_taken_for_it(history: Monorepo) -> None:
    """Pitfall 25: git itself prefers the tag."""
    history.git("tag", "main", "feature~1")
    history.git("checkout", "-q", "feature")

    assert base_of(history) == Base("main", at(history, "fork"))


def test_finding_the_base_costs_two_processes_at_most(history: Monorepo) -> None:
    runner = CountingRunner()
    repository = find_repository(history.root, runner)
    fork, main, feature = (at(history, name) for name in ("fork", "main", "feature"))

    def cost(head: str) -> int:
        before = runner.started
        find_base(repository, None, head, {})
        return runner.started - before

    assert (cost(feature), cost(main)) == (2, 1)
    assert find_base(repository, None, feature, {}).commit == fork


class CountingRunner(SystemRunner):
    """The real runner, which counts."""

    def __init__(self) -> None:
        super().__init__()
        self.started = 0

    def run(self, command: Command, **options: Any) -> Result:
        """Count it and run it."""
        self.started += 1
        return super().run(command, **options)


# A base that is named ----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["feature", "refs/heads/feature", "feature~0", "v1", "refs/tags/v1"])
def test_a_base_can_be_named_in_every_way_that_git_knows(history: Monorepo, asked: str) -> None:
    """Pitfall 25. It is the commit itself, not the merge base with it."""
    history.git("tag", "-a", "v1", "-m", "annotated", "feature")

    assert base_of(history, asked=asked) == Base(asked, at(history, "feature"))


@pytest.mark.parametrize(
    "asked",
    ["--all", "-h", "--output=/tmp/x", "nowhere", ZEROS, GONE, "HEAD..main", "HEAD~9", "main\na", "a b", "'"],
)
def test_a_base_that_names_nothing_is_not_found_and_is_no_option(history: Monorepo, asked: str) -> None:
    """Pitfalls 21 and 25: argument injection in revisions."""
    found = base_of(history, asked=asked)

    assert found.commit is None
    assert found.problem.startswith(f"there is no commit {asked!r} here; ")


def test_a_name_of_a_branch_and_of_a_tag_must_be_written_in_full(history: Monorepo) -> None:
    """Pitfall 25."""
    history.git("tag", "feature", "main")

    assert base_of(history, asked="feature").commit is None
    assert base_of(history, asked="feature").problem == (
        "feature is a branch and a tag here; write refs/heads/feature or refs/tags/feature"
    )
    assert base_of(history, asked="refs/tags/feature").commit == at(history, "main")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("both", "both is a branch and a tag here; write refs/heads/both or refs/tags/both"),
        ("", "the commit that was given is empty\n  is a variable not set?"),
        (" ", "the commit that was given is empty\n  is a variable not set?"),
    ],
)
def test_a_head_that_may_mean_another_commit_is_refused(history: Monorepo, head: str, said: str) -> None:
    """Pitfall 25: git itself takes the tag; and an unset variable would mean the working tree."""
    history.git("tag", "both", "main")
    history.git("branch", "both", "feature")

    ran = history.run("affected", "--head", head)

    assert (ran.code, ran.out, ran.err) == (2, "", f"error: {said}\n")
    assert history.run("affected", "--head", "refs/heads/both").code == 0


def test_a_branch_that_only_the_remote_has_is_suggested(history: Monorepo) -> None:
    assert base_of(clone(history), asked="feature").problem.endswith("did you mean origin/feature?")


def test_a_named_base_goes_before_all_that_ci_says(history: Monorepo, tmp_path: Path) -> None:
    environ = github(tmp_path, "push", {"before": GONE, "ref": "refs/heads/main"})

    assert base_of(history, environ, asked="fork") == Base("fork", at(history, "fork"))


# GitHub Actions ----------------------------------------------------------------------------------------


def github(folder: Path, event: str, payload: object, **more: str) -> dict[str, str]:
    """The environment of a job that this event started."""
    file = folder / "event.json"
    file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(file),
    } | more


def pull_request(repo: Monorepo, base: str) -> dict[str, Any]:
    request = {"base": {"sha": base, "ref": "main"}, "head": {"sha": at(repo, "feature")}}
    return {"pull_request": request, "repository": {"default_branch": "main"}}


def pushed(branch: str, before: str) -> dict[str, Any]:
    return {"ref": branch, "before": before, "repository": {"default_branch": "main"}}


def test_a_push_is_compared_with_what_was_there_before_it(history: Monorepo, tmp_path: Path) -> None:
    """All commits of the push count, not the last alone."""
    history.git("checkout", "-q", "feature")
    before = at(history, "fork")

    assert base_of(history, github(tmp_path, "push", pushed("refs/heads/feature", before))) == Base(
        before, before
    )


def test_a_forced_push_is_compared_with_the_commit_that_it_replaced(
    history: Monorepo, tmp_path: Path
) -> None:
    """Two dots: what stood there, not where both began."""
    replaced = at(history, "feature")

    assert base_of(history, github(tmp_path, "push", pushed("refs/heads/main", replaced))).commit == replaced


def test_a_forced_push_whose_old_commit_is_gone_has_no_base(history: Monorepo, tmp_path: Path) -> None:
    """Pitfall 21."""
    found = base_of(history, github(tmp_path, "push", pushed("refs/heads/main", GONE)))

    assert found == Base(
        GONE,
        None,
        f"{GONE} is not in this clone, and a forced push may have removed it; name the base with --base",
    )


def test_a_shallow_clone_says_how_to_get_what_it_lacks(history: Monorepo, tmp_path: Path) -> None:
    """Pitfall 21."""
    shallow = clone(history, "--depth", "1")

    found = base_of(shallow, github(tmp_path, "push", pushed("refs/heads/main", at(history, "fork"))))

    assert found.commit is None
    assert "shallow clone: `fetch-depth: 0` for actions/checkout fetches all" in found.problem


def test_a_new_branch_starts_where_it_left_the_default_branch(history: Monorepo, tmp_path: Path) -> None:
    """Pitfall 21: the sha before is all zeros."""
    runner = clone(history, "--branch", "feature")

    found = base_of(runner, github(tmp_path, "push", pushed("refs/heads/feature", ZEROS)))

    assert found == Base("origin/main", at(history, "fork"))


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("refs/heads/main", "nothing says where the default branch main stood before"),
        ("refs/tags/v1", "a tag has no commit before it"),
    ],
)
def test_a_new_default_branch_or_tag_has_no_base(
    history: Monorepo, tmp_path: Path, reference: str, problem: str
) -> None:
    """Pitfall 21: everything is affected then, never nothing."""
    found = base_of(history, github(tmp_path, "push", pushed(reference, ZEROS)))

    assert found == Base("", None, f"{problem}; name the base with --base")


def test_a_new_branch_without_commits_of_its_own_has_no_base(history: Monorepo, tmp_path: Path) -> None:
    """Comparing main with itself would find nothing, whatever the job is for."""
    found = base_of(clone(history), github(tmp_path, "push", pushed("refs/heads/copy", ZEROS)))

    assert found.commit is None
    assert found.problem == "HEAD holds nothing beyond origin/main; name the base with --base"


def test_the_merge_that_github_checks_out_is_compared_with_its_first_parent(
    history: Monorepo, tmp_path: Path
) -> None:
    """Pitfall 25: the base branch went on; what it got is in the merge and is not the request's."""
    history.git("checkout", "-q", "--detach", "main")
    history.git("merge", "-q", "--no-ff", "-m", "refs/pull/1/merge", "feature")
    merge = at(history, "HEAD")
    history.git("checkout", "-q", "main")
    history.commit("main went on after the merge was made")
    stale = at(history, "fork")
    runner = clone(history)
    runner.git("fetch", "-q", "origin", merge)
    runner.git("checkout", "-q", merge)

    environ = github(tmp_path, "pull_request", pull_request(history, stale), GITHUB_BASE_REF="main")

    assert base_of(runner, environ) == Base("origin/main", at(history, "main~1"))


def test_a_clone_of_depth_two_holds_all_that_a_pull_request_needs(history: Monorepo, tmp_path: Path) -> None:
    history.git("checkout", "-q", "--detach", "main")
    history.git("merge", "-q", "--no-ff", "-m", "refs/pull/1/merge", "feature")
    history.git("branch", "merged")
    environ = github(tmp_path, "pull_request", pull_request(history, at(history, "main")))

    found = base_of(clone(history, "--depth", "2", "--branch", "merged"), environ)
    lacking = base_of(clone(history, "--depth", "1", "--branch", "merged"), environ)

    assert found == Base("origin/main", at(history, "main"))
    assert lacking.commit is None
    assert "fetch-depth: 0" in lacking.problem


def test_the_head_of_a_pull_request_is_compared_with_where_it_left(history: Monorepo, tmp_path: Path) -> None:
    """Pitfall 25, three dots: some workflows check out the request's own head."""
    runner = clone(history, "--branch", "feature")
    environ = github(tmp_path, "pull_request", pull_request(history, at(history, "main")))

    assert base_of(runner, environ) == Base("origin/main", at(history, "fork"))


def test_a_merge_of_one_s_own_is_not_taken_for_the_merge_that_github_makes(
    history: Monorepo, tmp_path: Path
) -> None:
    """The branch took main in: HEAD^1 is one of its own commits, and what came before it counts."""
    history.git("checkout", "-q", "feature")
    history.git("merge", "-q", "--no-ff", "-m", "main into feature", "main")
    environ = github(tmp_path, "pull_request", pull_request(history, at(history, "fork")))

    assert base_of(clone(history, "--branch", "feature"), environ).commit == at(history, "main")


def test_the_base_that_the_event_names_serves_where_the_branch_was_not_fetched(
    history: Monorepo, tmp_path: Path
) -> None:
    runner = clone(history, "--single-branch", "--branch", "feature")
    environ = github(tmp_path, "pull_request", pull_request(history, at(history, "fork")))

    assert base_of(runner, environ).commit == at(history, "fork")


def test_a_pull_request_s_target_that_moved_on_has_no_say(history: Monorepo, tmp_path: Path) -> None:
    """`pull_request_target` checks out the base branch: comparing that with itself must not say "nothing"."""
    environ = github(tmp_path, "pull_request_target", pull_request(history, at(history, "main")))

    assert base_of(clone(history), environ).commit is None


def test_a_merge_queue_compares_with_the_group_before(history: Monorepo, tmp_path: Path) -> None:
    """Pitfall 21: neither the tip of main nor where the branch began."""
    history.git("checkout", "-q", "-b", "queue")
    ahead = history.commit("the group before")
    history.commit("this group")
    event = {"merge_group": {"base_sha": ahead, "head_sha": at(history, "queue")}}

    assert base_of(history, github(tmp_path, "merge_group", event)).commit == ahead


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch", "release", "an event of tomorrow"])
def test_other_events_know_a_base_on_branches_only(history: Monorepo, tmp_path: Path, event: str) -> None:
    """Pitfall 21: a job of the default branch has none, and compares nothing with nothing."""
    environ = github(tmp_path, event, {"repository": {"default_branch": "main"}})

    assert base_of(clone(history, "--branch", "feature"), environ).commit == at(history, "fork")
    assert base_of(clone(history), environ).commit is None


def test_the_default_branch_is_what_the_event_says(history: Monorepo, tmp_path: Path) -> None:
    history.git("branch", "trunk", "feature~1")
    runner = clone(history, "--branch", "feature")
    environ = github(tmp_path, "schedule", {"repository": {"default_branch": "trunk"}})

    assert base_of(runner, environ) == Base("origin/trunk", at(history, "feature~1"))


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("", "holds no JSON"),
        ("{", "holds no JSON"),
        ("[" * 100_000, "holds no JSON"),
        ("[]", "holds no JSON object"),
        ({}, "the event has no `before`"),
        ({"before": None}, "the event has no `before`"),
        ({"before": ["x"]}, "the event has no `before`"),
        ({"before": "--all"}, "`before` of the event is no commit id: '--all'"),
        ({"before": "main"}, "`before` of the event is no commit id: 'main'"),
        ({"before": ZEROS}, "the event has no `ref`"),
    ],
)
def test_an_event_that_makes_no_sense_is_told_and_gives_no_base(
    history: Monorepo, tmp_path: Path, payload: object, said: str
) -> None:
    found = base_of(history, github(tmp_path, "push", payload))

    assert found.commit is None
    assert said in found.problem


@pytest.mark.parametrize("event", ["push", "pull_request", "merge_group", "schedule"])
def test_an_event_file_that_is_not_there_is_told(history: Monorepo, tmp_path: Path, event: str) -> None:
    environ = github(tmp_path, event, {}) | {"GITHUB_EVENT_PATH": str(tmp_path / "nowhere.json")}

    assert "nowhere.json cannot be read: No such file" in base_of(history, environ).problem


# GitLab CI/CD ------------------------------------------------------------------------------------------


def gitlab(**more: str) -> dict[str, str]:
    return {"CI": "true", "GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "main"} | more


def merge_request(**more: str) -> dict[str, str]:
    return gitlab(CI_MERGE_REQUEST_IID="1", CI_COMMIT_BEFORE_SHA=ZEROS, **more)


def test_a_branch_pipeline_is_compared_with_the_commit_before_the_push(history: Monorepo) -> None:
    history.git("checkout", "-q", "feature")
    before = at(history, "fork")
    environ = gitlab(CI_COMMIT_BEFORE_SHA=before, CI_COMMIT_BRANCH="feature")

    assert base_of(history, environ).commit == before


@pytest.mark.parametrize("before", [ZEROS, ""])
def test_the_first_pipeline_of_a_branch_starts_at_the_default_branch(history: Monorepo, before: str) -> None:
    """Pitfall 21: the sha before is all zeros for new branches, schedules and pipelines started by hand."""
    runner = clone(history, "--branch", "feature")
    environ = gitlab(CI_COMMIT_BEFORE_SHA=before, CI_COMMIT_BRANCH="feature")

    assert base_of(runner, environ) == Base("origin/main", at(history, "fork"))


@pytest.mark.parametrize("more", [{"CI_COMMIT_BRANCH": "main"}, {"CI_COMMIT_TAG": "v1"}])
def test_a_scheduled_pipeline_of_the_default_branch_or_a_tag_has_no_base(
    history: Monorepo, more: dict[str, str]
) -> None:
    assert base_of(history, gitlab(CI_COMMIT_BEFORE_SHA=ZEROS, **more)).commit is None


def test_a_pipeline_whose_commit_before_is_its_own_has_no_base(history: Monorepo) -> None:
    """Some versions tell the same commit for a pipeline that is started by hand."""
    environ = gitlab(CI_COMMIT_BEFORE_SHA=at(history, "main"), CI_COMMIT_BRANCH="main")

    assert base_of(history, environ).commit is None


def test_a_merge_request_starts_where_its_diff_does(history: Monorepo) -> None:
    history.git("checkout", "-q", "feature")

    assert base_of(history, merge_request(CI_MERGE_REQUEST_DIFF_BASE_SHA=at(history, "fork"))).commit == (
        at(history, "fork")
    )


def test_a_merged_results_pipeline_is_compared_with_what_it_merges_into(history: Monorepo) -> None:
    """Pitfalls 21 and 25: from the diff's base, what the target got since would count as the request's."""
    history.git("checkout", "-q", "--detach", "main")
    history.git("merge", "-q", "--no-ff", "-m", "merged results", "feature")
    environ = merge_request(
        CI_MERGE_REQUEST_DIFF_BASE_SHA=at(history, "fork"),
        CI_MERGE_REQUEST_TARGET_BRANCH_SHA=at(history, "main"),
    )

    assert base_of(history, environ).commit == at(history, "main")


def test_a_merge_train_is_compared_with_the_car_before(history: Monorepo) -> None:
    """Pitfall 21."""
    history.git("checkout", "-q", "--detach", "main")
    before = history.commit("the car before")
    history.git("merge", "-q", "--no-ff", "-m", "this car", "feature")
    environ = merge_request(
        CI_MERGE_REQUEST_DIFF_BASE_SHA=at(history, "fork"),
        CI_MERGE_REQUEST_TARGET_BRANCH_SHA=before,
        CI_MERGE_REQUEST_EVENT_TYPE="merge_train",
    )

    assert base_of(history, environ).commit == before


def test_a_target_that_a_shallow_clone_lacks_is_not_replaced_by_another_base(history: Monorepo) -> None:
    """Pitfall 21."""
    history.git("checkout", "-q", "--detach", "main")
    history.git("merge", "-q", "--no-ff", "-m", "merged results", "feature")
    history.git("branch", "merged")
    environ = merge_request(
        CI_MERGE_REQUEST_DIFF_BASE_SHA=at(history, "merged"),
        CI_MERGE_REQUEST_TARGET_BRANCH_SHA=at(history, "main"),
    )

    found = base_of(clone(history, "--depth", "1", "--branch", "merged"), environ)

    assert found.commit is None
    assert "shallow clone: GIT_DEPTH=0 fetches all" in found.problem


@pytest.mark.parametrize("value", ["--all", "-h", "fork\na", "HEAD..main", "\x00", "☃", "\udcff"])
def test_what_the_environment_says_is_never_an_option(history: Monorepo, value: str) -> None:
    """Pitfall 25."""
    history.git("checkout", "-q", "feature")

    for environ in (
        gitlab(CI_COMMIT_BEFORE_SHA=value),
        merge_request(CI_MERGE_REQUEST_TARGET_BRANCH_SHA=value),
        merge_request(CI_MERGE_REQUEST_TARGET_BRANCH_NAME=value),
    ):
        assert base_of(history, environ).commit is None


# Any CI ------------------------------------------------------------------------------------------------


def test_any_other_ci_starts_at_the_default_branch_and_not_on_it(history: Monorepo) -> None:
    """Pitfall 21: the same job on a laptop compares the working tree with HEAD."""
    runner = clone(history)

    assert base_of(clone(history, "--branch", "feature"), {"CI": "1"}).commit == at(history, "fork")
    assert base_of(runner, {"CI": "1"}).commit is None
    assert base_of(runner, {"CI": "false"}).commit == at(history, "main")


def test_a_repository_of_a_single_commit_has_no_base_in_ci(repo: Monorepo) -> None:
    """Pitfall 21."""
    only = repo.commit()

    assert base_of(repo).commit == only
    assert base_of(repo, {"CI": "true"}).commit is None
    assert base_of(repo, asked="HEAD~1").commit is None


def test_a_shallow_clone_without_the_branches_names_the_way_out(history: Monorepo) -> None:
    """Pitfall 21."""
    shallow = clone(history, "--depth", "1", "--branch", "feature")

    assert base_of(shallow, {"CI": "true"}).problem == (
        "the default branch is not in this shallow clone: `git fetch --unshallow` fetches all, "
        "or name the base with --base"
    )


def test_an_older_base_is_not_taken_where_history_that_is_cut_off_has_the_right_one(
    history: Monorepo,
) -> None:
    """Pitfall 21. The branch began at main's second commit, and took main's first in once more at the end."""
    history.git("checkout", "-q", "-b", "long", "main")
    for _ in range(3):
        history.commit()
    tree = at(history, "HEAD^{tree}")
    tip = history.git("commit-tree", tree, "-p", "HEAD", "-p", "fork", "-m", "fork once more")
    history.git("reset", "-q", "--hard", tip)
    history.git("checkout", "-q", "main")
    shallow = clone(history, "--depth", "3", "--no-single-branch", "--branch", "long")
    assert shallow.git("merge-base", "HEAD", "origin/main") == at(history, "fork")

    found = base_of(shallow)
    shallow.git("fetch", "-q", "--unshallow")

    assert found.commit is None
    assert "where HEAD left origin/HEAD is cut off from this shallow clone: `git fetch --uns" in found.problem
    assert base_of(shallow) == Base("origin/HEAD", at(history, "main"))


def test_a_shallow_clone_that_holds_enough_is_no_obstacle(history: Monorepo) -> None:
    history.git("checkout", "-q", "-b", "late", "main")
    history.commit("late")
    history.git("checkout", "-q", "main")
    history.commit("main went on")
    shallow = clone(history, "--depth", "2", "--no-single-branch", "--branch", "late")

    assert (shallow.root / ".git/shallow").exists()
    assert base_of(shallow) == Base("origin/HEAD", at(history, "main~1"))


def test_ci_compares_commits_and_laptops_the_working_tree() -> None:
    """Pitfall 24: files that earlier steps of a job made are no change."""
    assert default_head({"CI": "true"}) == default_head({"GITHUB_ACTIONS": "true"}) == "HEAD"
    assert default_head({"GITLAB_CI": "true"}) == "HEAD"
    assert default_head({}) is default_head({"CI": ""}) is default_head({"CI": "false"}) is None


# Through the front door --------------------------------------------------------------------------------


def set_all(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def test_a_ci_job_compares_what_was_pushed_and_not_what_it_made(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfalls 21 and 24: two commits were pushed, and an earlier step wrote files."""
    before = at(shop, "HEAD")
    shop.write("services/web/index.html", "one")
    shop.commit()
    shop.write("README.md", "two")
    shop.commit()
    shop.plain_service("made", "FROM scratch\n", port=81)
    set_all(monkeypatch, github(tmp_path, "push", pushed("refs/heads/main", before)))

    told = json.loads(shop.run("affected", "--format", "json", "--kind", "image").out)

    assert told["base"] == {"ref": before, "commit": before}
    assert told["head"] == {"ref": "HEAD", "commit": at(shop, "HEAD")}
    assert [node["id"] for node in told["nodes"]] == ["image:web"]


def test_an_event_that_makes_no_sense_affects_everything_and_is_told_in_one_line(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 21."""
    set_all(monkeypatch, github(tmp_path, "push", "{"))

    ran = shop.run("affected", "--format", "names", "--kind", "image")

    assert (ran.code, ran.out) == (0, "image:web\n")
    assert ran.err.startswith("the base is not known, so everything counts as affected: GITHUB_EVENT_PATH: ")
    assert len(ran.err.splitlines()) == 1


# What is deployed --------------------------------------------------------------------------------------


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """One service and one environment."""
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    repo.write("manifests/environments/production.toml", "proxy_port = 8480\n")
    repo.commit()
    return repo


@pytest.mark.parametrize("verb", [["affected"], ["why", "web"]])
def test_an_environment_that_is_not_declared_is_told_with_the_close_ones(
    shop: Monorepo, verb: list[str]
) -> None:
    ran = shop.run(*verb, "--base", "deployed:productoin")

    assert ran.code == 2
    assert ran.err == "error: there is no environment 'productoin'\n  did you mean production?\n"


def test_what_runs_is_not_known_without_its_engine(shop: Monorepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")

    ran = shop.run("affected", "--base", "deployed:production")

    assert (ran.code, ran.out) == (3, "")
    assert "no Docker engine answers at tcp://" in ran.err


def test_what_runs_is_looked_for_where_the_compared_side_would_deploy(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 33: an environment that moves to another engine runs nothing there yet."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    shop.write("manifests/environments/production.toml", 'proxy_port = 8480\nengine = "tcp://127.0.0.1:2"\n')
    shop.commit()

    now = shop.run("affected", "--base", "deployed:production")
    before = shop.run("affected", "--base", "deployed:production", "--head", "HEAD~1")

    assert (now.code, before.code) == (3, 3)
    assert "127.0.0.1:2" in now.err
    assert "tcp://127.0.0.1:1" in before.err


def test_packages_are_not_deployed(shop: Monorepo) -> None:
    ran = shop.run("affected", "--base", "deployed:production", "--kind", "package")

    assert ran.code == 2
    assert "--base deployed:production: packages are not deployed\n  ask for images" in ran.err
