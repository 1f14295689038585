"""Which edits concern which tasks: the digest moves exactly with what a task brings up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.chain import open_chain
from buildgraph.checker import open_checker
from buildgraph.concern import concern_of, concern_of_checks
from buildgraph.errors import UnknownName
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo


@pytest.fixture
def repo(tmp_path: Path) -> Monorepo:
    """The products `api` and `web`, each of one service by its name; `web` uses the package `ui`."""
    found = Monorepo(tmp_path / "repo")
    found.package("@acme/ui")
    found.service("web", uses=["@acme/ui"])
    found.plain_service("api", "FROM scratch\n", port=3001)
    found.write("manifests/environments/development.toml", 'proxy_port = 8480\nsecrets = "dev.env"\n')
    found.write("dev.env", "TOKEN=1\n")
    found.lock()
    found.commit()
    return found


def concern(repo: Monorepo, *names: str) -> str:
    return concern_of(open_chain(open_project(repo.root), "development"), names)


@pytest.mark.parametrize("task", ["build:web", "push:web", "deploy:web"])
def test_an_edit_in_its_closure_concerns_a_task_and_no_other_does(repo: Monorepo, task: str) -> None:
    before = concern(repo, task)
    repo.append("services/api/Dockerfile", "# edited\n")
    repo.write("README.md", "edited")
    unmoved = concern(repo, task)
    repo.append("packages/ui/src/index.ts")

    assert before == unmoved != concern(repo, task)


def test_a_scan_concerns_what_its_image_does(repo: Monorepo) -> None:
    repo.append("manifests/workspace.toml", '[scan]\ncommand = ["true", "{image}"]\n')
    before = concern(repo, "push:web")
    unmoved = concern(repo, "push:web")
    repo.append("packages/ui/src/index.ts")

    assert "" != before == unmoved != concern(repo, "push:web")


def test_a_revert_is_what_was_before(repo: Monorepo) -> None:
    before = concern(repo, "build")
    repo.append("packages/ui/src/index.ts")
    repo.git("checkout", "-q", ".")

    assert concern(repo, "build") == before


def test_an_environment_s_settings_and_secrets_concern_its_deploys_alone(repo: Monorepo) -> None:
    built, deployed = concern(repo, "build:web"), concern(repo, "deploy:web")
    repo.write("dev.env", "TOKEN=2\n")

    assert concern(repo, "build:web") == built
    assert concern(repo, "deploy:web") != deployed


def test_an_edited_smoke_test_concerns_the_deploys_of_its_product_alone(repo: Monorepo) -> None:
    """It changes nothing that runs, and has to pass before a deploy is done."""
    tasks = ("deploy:api", "deploy:web", "build:api")
    repo.append("manifests/products/api.toml", 'host = "api"\n')
    before = [concern(repo, task) for task in tasks]
    repo.append("manifests/products/api.toml", '\n[[services.api.smoke]]\nname = "it answers"\n')
    after = [concern(repo, task) for task in tasks]

    assert [was != now for was, now in zip(before, after, strict=True)] == [True, False, False]


def test_a_pattern_and_a_group_are_all_that_they_mean(repo: Monorepo) -> None:
    assert concern(repo, "build:*") == concern(repo, "build") == concern(repo, "build:api", "build:web")


@pytest.mark.parametrize(
    ("task", "moved"),
    [
        ("check", True),
        ("check:@acme/app", True),
        ("check:@acme/app:lint", True),
        ("check:@acme/other", False),
    ],
)
def test_an_edit_concerns_the_checks_of_all_that_use_what_was_edited(
    tmp_path: Path, task: str, moved: bool
) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.package("@acme/ui")
    for name, uses in (("app", ["@acme/ui"]), ("other", [])):
        repo.package(f"@acme/{name}", uses=uses, scripts={"lint": "true"})
    repo.lock()
    repo.commit()
    before = concern_of_checks(open_checker(open_project(repo.root)), [task])
    repo.append("packages/ui/src/index.ts")

    assert (concern_of_checks(open_checker(open_project(repo.root)), [task]) != before) is moved


def test_where_more_than_fingerprints_counts_nothing_is_said(repo: Monorepo) -> None:
    assert concern(repo, "smoke:web") == ""


def test_a_task_that_is_not_there_is_told_with_the_ones_like_it(repo: Monorepo) -> None:
    with pytest.raises(UnknownName, match="did you mean build:web"):
        concern(repo, "build:wep")
