"""Bad input: one clear error with the way out, exit code 2, and the world as it was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo, bare


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """core, used by the service web."""
    repo.package("@acme/core")
    repo.service("web", uses=["@acme/core"])
    repo.lock()
    repo.commit()
    return repo


def told(repo: Monorepo, *arguments: str) -> str:
    """What a refused command line says; everything else is as it was."""
    before = repo.git("status", "--porcelain")
    ran = repo.run(*(arguments or ("affected",)))
    assert (ran.code, ran.out) == (2, ""), ran
    assert "Traceback" not in ran.err
    assert repo.git("status", "--porcelain") == before
    return ran.err


def test_no_git_repository(tmp_path: Path) -> None:
    ran = bare(tmp_path).run("affected")

    assert ran.code == 2
    assert "no git repository here or above" in ran.err
    assert "git init" in ran.err


def test_no_workspace(repo: Monorepo) -> None:
    (repo.root / "pnpm-workspace.yaml").unlink()

    assert "no pnpm-workspace.yaml here or above" in told(repo)


def test_unreadable_package_json_files_are_all_named(shop: Monorepo) -> None:
    shop.write("packages/core/package.json", "{ broken")
    shop.write("apps/web/package.json", "[]")

    text = told(shop)

    assert "packages/core/package.json" in text
    assert "apps/web/package.json" in text


def test_an_unreadable_lockfile_says_where(shop: Monorepo) -> None:
    shop.write("pnpm-lock.yaml", "lockfileVersion: '9.0'\nimporters:\n  a: [\n")

    assert "pnpm-lock.yaml:" in told(shop, "graph")


def test_a_missing_lockfile_says_what_to_run(shop: Monorepo) -> None:
    """Once, however many images need it."""
    shop.service("api")
    (shop.root / "pnpm-lock.yaml").unlink()

    assert told(shop).count("pnpm-lock.yaml: is missing, but an image needs it\n  run `pnpm install`") == 1


def test_every_mistake_of_the_manifests_is_told_at_once(shop: Monorepo) -> None:
    shop.write("manifests/products/web.toml", '[services.web]\npath = "apps/wb"\nprot = 1\nport = "80"\n')
    shop.write(
        "manifests/products/api.toml", '[services.api]\npath = "apps/web"\nport = 81\ndepends_on = ["wb"]\n'
    )

    text = told(shop)

    assert "manifests/products/web.toml: services.web.prot: there is no such key" in text
    assert "did you mean port" in text
    assert "manifests/products/web.toml: services.web.port" in text
    assert "manifests/products/api.toml: services.api" in text


def test_a_path_that_is_not_there_offers_the_close_ones(shop: Monorepo) -> None:
    shop.write(
        "manifests/products/web.toml",
        '[services.web]\npath = "apps/wbe"\nport = 80\nhealth = "/"\ndockerfile = "docker/Dockerfile.app"\n',
    )

    assert "did you mean apps/web?" in told(shop)


def test_a_port_used_twice_names_both(shop: Monorepo) -> None:
    shop.service("api", port=4000)
    shop.service("other", port=4000)
    shop.lock()

    text = told(shop)

    assert "4000" in text
    assert "services.api.port" in text and "services.other.port" in text


def test_a_cycle_among_services_is_told_as_its_path(shop: Monorepo) -> None:
    shop.service("a", depends_on=["b"])
    shop.service("b", depends_on=["a"])
    shop.lock()

    assert "a -> b -> a" in told(shop)


def test_images_that_build_on_one_another_are_told_as_a_path(repo: Monorepo) -> None:
    repo.plain_service("one", "FROM two\n", port=80)
    repo.plain_service("two", "FROM one\n", port=81)
    repo.commit()

    assert "image:one -> image:two -> image:one" in told(repo)


def test_a_misspelt_task_verb_or_node_offers_the_close_ones(shop: Monorepo) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    shop.commit()

    assert "there is no task or verb 'biuld:web'\n  did you mean build:web" in told(shop, "biuld:web")
    assert "did you mean affected?" in told(shop, "afected")
    assert "or image:web or" in told(shop, "why", "wbe")


@pytest.mark.parametrize(
    "arguments", [("-n", "2", "affected"), ("--trace", "t", "plan", "build"), ("build", "affected")]
)
def test_a_verb_that_does_not_stand_first_is_told_where_it_has_to(
    shop: Monorepo, arguments: tuple[str, ...]
) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    shop.commit()

    verb = next(argument for argument in arguments if argument in ("affected", "plan"))
    way_out = f"write it first, and its options after it: `buildgraph {verb} …`"
    assert f"{verb} is a verb, and stands behind what is for tasks\n  {way_out}" in told(shop, *arguments)


def test_whoever_asks_for_all_of_them_is_told_the_task_that_means_it_where_there_is_one(
    shop: Monorepo,
) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    shop.commit()

    way_out = "`deploy` alone means all of them\n"
    assert f"no task or verb 'deploy:all'\n  {way_out}" in told(shop, "deploy:all")
    assert f"no task to plan 'deploy:all'\n  {way_out}" in told(shop, "plan", "deploy:all")
    assert "no task or verb 'rollback:all'\n  did you mean rollback:" in told(shop, "rollback:all")


def test_a_misspelt_environment_offers_the_close_ones(shop: Monorepo) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    shop.commit()

    assert "there is no environment 'developmnt'\n  did you mean development?" in told(
        shop, "build", "env=developmnt"
    )


def test_a_name_that_nothing_looks_like_is_told_with_all_there_are_where_those_are_few(
    shop: Monorepo,
) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    shop.commit()

    another = "another one is a file manifests/environments/prod.toml"
    assert f"there is no environment 'prod'\n  known: development; {another}\n" in told(
        shop, "build", "env=prod"
    )
    known = "known: compose, env, helm, host, kubernetes, monitoring, tables, workflows"
    assert f"there is no rendering 'github'\n  {known}\n" in told(shop, "render", "github")


def test_of_many_names_none_is_told_that_looks_unlike(shop: Monorepo) -> None:
    for each in range(13):
        shop.write(f"manifests/environments/place-{each}.toml", f"proxy_port = {8480 + each}\n")
    shop.commit()

    another = "another one is a file manifests/environments/qqq.toml"
    assert f"there is no environment 'qqq'\n  {another}\n" in told(shop, "build", "env=qqq")


def test_a_push_without_a_registry_says_where_to_write_one(shop: Monorepo) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    shop.commit()

    assert "development has no registry" in told(shop, "plan", "push")


def test_an_unlocked_base_image_says_how_to_lock_it(shop: Monorepo) -> None:
    (shop.root / "manifests/bases.toml").unlink()
    shop.commit()

    assert shop.run("affected").code == 0, "reading needs no lock"
    rows = shop.run("bases").out
    assert "not locked" in rows


@pytest.mark.parametrize("image", ["base", "docker.io/library/base", "index.docker.io/base:latest"])
def test_a_stage_that_bears_the_name_of_an_image_is_refused_as_the_build_would_lose_its_lines(
    repo: Monorepo, image: str
) -> None:
    repo.plain_service("base", "FROM scratch\n", base_of=image, deployed=False)
    repo.plain_service(
        "app", f"FROM scratch\nFROM {image} AS BASE\nUSER 1\nFROM base AS web\n", deployed=False
    )

    assert told(repo).splitlines()[:2] == [
        f"error: services/app/Dockerfile: line 2: the stage base has the name of the image {image}, "
        "which the build would take for it",
        "  name the stage otherwise (`FROM … AS base-stage`), and so where it is copied from or built upon",
    ]


@pytest.mark.parametrize("image", ["base:1", "acme/base", "localhost/base", "base@sha256:" + "a" * 64])
def test_a_stage_that_bears_a_part_of_an_image_s_name_is_none_of_it(repo: Monorepo, image: str) -> None:
    repo.plain_service("lower", "FROM scratch\n", base_of=image, deployed=False)
    repo.plain_service("app", f"FROM {image} AS base\nFROM base\n", deployed=False)
    repo.commit()

    assert repo.affected() == []


def test_an_unknown_option_is_wrong_use(shop: Monorepo) -> None:
    ran = shop.run("affected", "--bsae", "main")

    assert ran.code == 2
    assert "--bsae" in ran.err
