"""`buildgraph render`: do; do again: nothing; change one thing: exactly this."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo

ASKED = 'name = "acme"\nrender = ["compose", "tables"]\n'


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """One service in two environments, and two things that are rendered."""
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80, host="web")
    repo.write("manifests/workspace.toml", ASKED)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.write("manifests/environments/production.toml", 'registry = "ghcr.io/acme"\n')
    return repo


def wrote(shop: Monorepo, *arguments: str) -> list[str]:
    """The files that `render` wrote or removed."""
    ran = shop.run("render", *arguments)
    assert ran.code == 0, ran.err
    return [line.split()[1] for line in ran.err.splitlines() if line.startswith(("wrote", "removed"))]


def test_all_that_is_asked_for_is_written_once_and_a_change_writes_what_it_reaches(shop: Monorepo) -> None:
    assert wrote(shop) == ["docker/compose.dev.yml", "docker/compose.prod.yml", "docs/RENDERED.md"]
    assert wrote(shop) == []
    assert shop.run("render", "--check").out == "nothing differs\n"

    shop.write("manifests/environments/development.toml", "proxy_port = 8490\n")
    assert wrote(shop) == ["docker/compose.dev.yml", "docs/RENDERED.md"]


def test_a_name_renders_only_that_whether_the_workspace_asks_for_it_or_not(shop: Monorepo) -> None:
    assert wrote(shop, "tables") == ["docs/RENDERED.md"]
    assert wrote(shop, "env") == ["docker/env/development.env.example", "docker/env/production.env.example"]


def test_a_check_tells_what_differs_and_how_to_write_it_and_writes_nothing(shop: Monorepo) -> None:
    wrote(shop)
    (shop.root / "docs/RENDERED.md").unlink()
    shop.append("docker/compose.dev.yml", "edited: by hand\n")

    ran = shop.run("render", "--check")
    assert ran.code == 1
    assert ran.out.splitlines()[:2] == [
        "docker/compose.dev.yml  differs",
        "docs/RENDERED.md        is missing",
    ]
    assert "-edited: by hand" in ran.out
    assert "`buildgraph render`" in ran.err
    assert not (shop.root / "docs/RENDERED.md").exists()
    told = json.loads(shop.run("render", "tables", "--check", "--format", "json").out)
    assert told == {"format": 1, "files": [{"path": "docs/RENDERED.md", "state": "is missing"}]}


def test_what_is_made_no_more_is_removed_and_what_people_wrote_beside_it_stays(shop: Monorepo) -> None:
    wrote(shop)
    shop.write("docker/compose.mine.yml", "services: {}\n")
    (shop.root / "manifests/environments/production.toml").unlink()

    assert "docker/compose.prod.yml  is made no more" in shop.run("render", "compose", "--check").out
    assert wrote(shop, "compose") == ["docker/compose.prod.yml"]
    assert not (shop.root / "docker/compose.prod.yml").exists()
    assert (shop.root / "docker/compose.mine.yml").exists()


def test_the_images_of_the_working_tree_are_told_as_variables(shop: Monorepo) -> None:
    shop.lock()
    shop.write("services/web/page", "hello")
    fingerprint = shop.fingerprints()["image:web"]

    assert shop.run("render", "--images").out == f"WEB_IMAGE=acme/web:{fingerprint}\n"
    assert (
        shop.run("render", "--images", "env=production").out == f"WEB_IMAGE=ghcr.io/acme/web:{fingerprint}\n"
    )


def test_stand_ins_of_servers_are_told_too_where_a_machine_has_them(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.lock()
    recipe = "docker/substitutes/postgres.Dockerfile"
    shop.write("docker/substitutes/debian.sh", "")
    shop.write(recipe, "FROM debian\n")
    shop.write("manifests/workspace.toml", f'{ASKED}[substitutes]\n"postgres:16-alpine" = "{recipe}"\n')
    server = '[backing.postgres]\nimage = "postgres:16-alpine"\n[backing.redis]\nimage = "redis@sha256:{}"\n'
    development = f"proxy_port = 8480\n{server.format('0' * 64)}"
    shop.write("manifests/environments/development.toml", development)
    shop.write("manifests/environments/development.env", "")

    def told() -> list[str]:
        lines = shop.run("render", "--images").out.splitlines()
        return [line.partition(":")[0] for line in lines]

    assert told() == ["WEB_IMAGE=acme/web"]
    (tmp_path / "buildgraph").mkdir()
    (tmp_path / "buildgraph/site.toml").write_text('bases = "substitute"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert told() == ["WEB_IMAGE=acme/web", "POSTGRES_IMAGE=buildgraph.local/postgres"]


def test_a_name_that_stands_nowhere_is_told_with_what_was_perhaps_meant(shop: Monorepo) -> None:
    ran = shop.run("render", "composed")

    assert (ran.code, ran.err) == (2, "error: there is no rendering 'composed'\n  did you mean compose?\n")


def test_a_workspace_that_asks_for_nothing_is_told_how(shop: Monorepo) -> None:
    shop.write("manifests/workspace.toml", 'name = "acme"\n')

    ran = shop.run("render")
    assert ran.code == 2
    assert 'render = ["compose"]' in ran.err


def test_what_cannot_be_rendered_is_a_mistake_of_the_manifest(shop: Monorepo) -> None:
    shop.write("manifests/workspace.toml", 'name = "acme"\nrender = ["helmet"]\n')

    ran = shop.run("render")
    assert ran.code == 2
    assert "manifests/workspace.toml: render[0]: there is no rendering 'helmet'" in ran.err


def test_a_folder_in_the_place_of_a_file_is_told(shop: Monorepo) -> None:
    (shop.root / "docs/RENDERED.md").mkdir(parents=True)

    ran = shop.run("render", "tables")
    assert ran.code == 2
    assert "docs/RENDERED.md: cannot be read: Is a directory" in ran.err
