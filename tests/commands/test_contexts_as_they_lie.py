"""Images built by Dockerfiles that were there before: they see the workspace as it lies, and only what they copy."""

from __future__ import annotations

import shutil

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo

BASES = f'[digests]\n"node:20" = "sha256:{"0" * 64}"\n'
DOCKERFILE = """FROM node:20
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY packages/core packages/core
COPY apps/api apps/api
RUN pnpm install --filter api...
"""


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """api and web, each with a Dockerfile of its own; api's copies core, too."""
    repo.package("@acme/core")
    repo.package("@acme/other")
    for name in ("api", "web"):
        repo.package(f"@acme/{name}", folder=f"apps/{name}", uses=["@acme/core"])
    repo.write("apps/api/Dockerfile", DOCKERFILE)
    repo.write("apps/web/Dockerfile", "FROM node:20\nCOPY . .\n")
    repo.write("manifests/workspace.toml", 'name = "acme"\n')
    repo.write("manifests/bases.toml", BASES)
    declare(repo)
    repo.lock()
    repo.commit()
    return repo


def declare(repo: Monorepo, web: str = "apps/web") -> None:
    tables = [
        f'[services.{name}]\npath = "apps/{name}"\ndockerfile = "apps/{name}/Dockerfile"\n'
        f'context = "{context}"\ndeployed = false\n'
        for name, context in (("api", "."), ("web", web))
    ]
    repo.write("manifests/products/shop.toml", "\n".join(tables))


def images(repo: Monorepo) -> list[str]:
    return repo.affected("--kind", "image")


def context_of(repo: Monorepo, service: str) -> list[str]:
    plan = open_project(repo.root).working_picture().images[service]
    return [file.path for file in plan.context.files]


def test_a_dockerfile_that_was_there_sees_what_it_copies_and_nothing_else(shop: Monorepo) -> None:
    assert context_of(shop, "api") == [
        *("apps/api/Dockerfile", "apps/api/package.json", "apps/api/src/index.ts", "buildgraph.Dockerfile"),
        *("package.json", "packages/core/package.json", "packages/core/src/index.ts"),
        *("pnpm-lock.yaml", "pnpm-workspace.yaml"),
    ]

    shop.append("packages/other/src/index.ts")
    assert images(shop) == []

    shop.append("packages/core/src/index.ts")
    assert images(shop) == ["image:api"]


def test_a_context_is_laid_out_as_seen_from_its_folder(shop: Monorepo) -> None:
    assert context_of(shop, "web") == ["Dockerfile", "buildgraph.Dockerfile", "package.json", "src/index.ts"]

    shop.write("apps/web/src/new.ts", "export {}\n")
    assert images(shop) == ["image:web"]


def test_a_file_of_the_name_that_the_dockerfile_has_in_a_build_is_refused(shop: Monorepo) -> None:
    """It would not be in the image, and neither would an edit of it."""
    shop.fingerprints()
    shop.write("apps/web/buildgraph.Dockerfile", "FROM scratch\n")

    with pytest.raises(ConfigurationError) as refused:
        shop.fingerprints()

    assert str(refused.value).startswith("apps/web/buildgraph.Dockerfile: would not be in the image of web")
    shop.write("apps/web/.dockerignore", "*.Dockerfile\n")
    assert images(shop) == ["image:web"]  # for the ignore file, which it copies


def test_a_service_s_own_dockerfile_may_have_that_name(shop: Monorepo) -> None:
    (shop.root / "apps/web/Dockerfile").rename(shop.root / "apps/web/buildgraph.Dockerfile")
    tables = (shop.root / "manifests/products/shop.toml").read_text()
    shop.write("manifests/products/shop.toml", tables.replace("web/Dockerfile", "web/buildgraph.Dockerfile"))

    assert context_of(shop, "web") == ["buildgraph.Dockerfile", "package.json", "src/index.ts"]


def test_another_context_is_another_image(shop: Monorepo) -> None:
    declare(shop, web="apps")

    assert images(shop) == ["image:web"]


def test_what_an_ignore_file_names_changes_no_image(shop: Monorepo) -> None:
    """Pitfall 38: the Dockerfile's own ignore file holds, and that of the folder does not count beside it."""
    shop.write(".dockerignore", "**/package.json\n")
    shop.write("apps/api/Dockerfile.dockerignore", "**/*.test.ts\n!apps/api/kept.test.ts\n")
    shop.commit()
    shop.write("apps/api/src/a.test.ts", "")

    assert images(shop) == []
    assert "apps/api/package.json" in context_of(shop, "api")

    shop.write("apps/api/kept.test.ts", "")
    assert images(shop) == ["image:api"]


def test_an_edit_of_the_ignore_file_counts_by_what_it_lets_in(shop: Monorepo) -> None:
    shop.write("apps/web/.dockerignore", "nothing-of-this-name\n")
    assert images(shop) == ["image:web"]  # it is itself among what is copied

    shop.commit()
    shop.write("apps/web/.dockerignore", "src\n.dockerignore\n")
    assert images(shop) == ["image:web"]
    assert context_of(shop, "web") == ["Dockerfile", "buildgraph.Dockerfile", "package.json"]


def test_an_input_outside_of_the_context_reaches_no_build(shop: Monorepo) -> None:
    tables = (shop.root / "manifests/products/shop.toml").read_text()
    shop.write(
        "manifests/products/shop.toml", tables.replace("deployed", 'inputs = ["packages/other/**"]\ndeployed')
    )
    shop.commit()
    shop.append("packages/other/src/index.ts")

    assert images(shop) == ["image:api"]
    assert "packages/other/src/index.ts" in context_of(shop, "api")
    assert not any("other" in path for path in context_of(shop, "web"))


def test_a_quick_answer_is_that_of_a_fresh_look(shop: Monorepo) -> None:
    shop.affected()
    shop.append("apps/web/src/index.ts")
    shop.write("apps/api/src/new.ts", "export {}\n")
    (shop.root / "packages/core/src/index.ts").unlink()
    quick = shop.fingerprints()

    shutil.rmtree(shop.root / ".git/buildgraph")
    assert shop.fingerprints() == quick


def test_a_context_that_is_not_there_is_a_mistake(shop: Monorepo) -> None:
    declare(shop, web="apps/wev")

    ran = shop.run("graph")
    assert ran.code == 2
    assert ran.err == (
        "error: manifests/products/shop.toml: services.web.context: there is no folder 'apps/wev'\n"
        "  did you mean apps/web or apps/api?\n"
    )
