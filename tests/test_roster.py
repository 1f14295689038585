"""Rosters: what a build has to know of the manifests, kept between runs as long as nothing of it can differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.project import open_project
from buildgraph.roster import Place, Roster, parse_roster, plain_roster, roster_of
from tests.support.monorepo import Monorepo

ROSTER = Roster(
    "acme",
    ("linux/amd64",),
    {"api": "shop", "mail": "mail", "web": "shop"},
    {"development": Place("", ""), "staging": Place("ghcr.io/acme", "ssh://deploy@staging")},
)


@pytest.fixture
def repo(tmp_path: Path) -> Monorepo:
    """The products `api` and `web`, each of one service by its name."""
    found = Monorepo(tmp_path / "repo")
    found.plain_service("api", "FROM scratch\n", port=3001)
    found.plain_service("web", "FROM scratch\n", port=3002)
    found.write("manifests/environments/staging.toml", 'proxy_port = 8480\nregistry = "ghcr.io/acme"\n')
    found.lock()
    found.commit()
    return found


def roster(repo: Monorepo) -> Roster:
    """As a new run finds it."""
    project = open_project(repo.root)
    return project.roster(project.working_picture())


@pytest.mark.parametrize(
    ("name", "services"),
    [
        ("", ["api", "mail", "web"]),
        ("web", ["web"]),
        ("shop", ["api", "web"]),
        ("mail", ["mail"]),
        ("no", []),
    ],
)
def test_a_name_means_a_service_or_those_of_a_product_and_none_means_all(
    name: str, services: list[str]
) -> None:
    assert ROSTER.meant_by(name) == services


def test_what_is_kept_is_read_back() -> None:
    assert parse_roster(plain_roster(ROSTER)) == ROSTER


def test_a_roster_is_that_of_the_manifests_whether_it_is_made_or_remembered(repo: Monorepo) -> None:
    made, remembered = roster(repo), roster(repo)

    assert made == remembered == roster_of(open_project(repo.root).working_picture().manifests)
    assert made.services == {"api": "api", "web": "web"}
    assert made.places["staging"] == Place("ghcr.io/acme", "")
    kept = list((repo.root / ".git/buildgraph").glob("*.roster"))
    assert len(kept) == 1
    kept[0].write_bytes(b"?")
    assert roster(repo) == made


def test_an_edit_of_a_manifest_is_seen_and_so_is_its_end(repo: Monorepo) -> None:
    before = roster(repo)
    repo.write("manifests/environments/staging.toml", 'proxy_port = 8480\nregistry = "quay.io/acme"\n')
    repo.plain_service("mail", "FROM scratch\n", port=3003)

    edited = roster(repo)
    assert (edited.places["staging"].registry, list(edited.services)) == (
        "quay.io/acme",
        ["api", "mail", "web"],
    )
    repo.git("stash", "-q", "--include-untracked")
    assert roster(repo) == before
