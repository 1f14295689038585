"""`buildgraph init`: an existing workspace gets the smallest manifests, and nothing that is there is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tomli

from buildgraph.manifests import parse_manifests
from tests.support.monorepo import Monorepo, bare
from tests.support.system import ROOT
from tests.support.transcripts import matches

NODE = {"build": "tsc", "start": "node dist/index.js"}


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """api is an Express server, web a Vite app, own has a Dockerfile; core is a library."""
    furnish(repo)
    return repo


def furnish(repo: Monorepo) -> None:
    project(repo, "packages/core", "@acme/core", main="index.js")
    project(repo, "apps/api", "@acme/api", needs=("express",), scripts=NODE)
    repo.write("apps/api/src/index.ts", "app.get('/health', ok); app.listen(process.env.PORT)\n")
    project(repo, "apps/web", "@acme/web", needs=("vite",), scripts={"build": "vite build"})
    repo.write("apps/web/index.html", "<!doctype html>\n")
    project(repo, "apps/own", "@acme/own")
    repo.write("apps/own/Dockerfile", "FROM node:20\nCOPY packages/core core\nCOPY apps/own own\nEXPOSE 80\n")
    repo.write("pnpm-lock.yaml", json.dumps({"lockfileVersion": "9.0", "importers": {}}))
    repo.commit()


def project(repo: Monorepo, folder: str, name: str, needs: tuple[str, ...] = (), **fields: Any) -> None:
    manifest = {"name": name, "version": "1.0.0", "dependencies": dict.fromkeys(needs, "1"), **fields}
    repo.write(f"{folder}/package.json", json.dumps(manifest))
    repo.write(f"{folder}/index.js", "")


def told(repo: Monorepo, *arguments: str) -> Any:
    ran = repo.run("init", "--format", "json", *arguments)
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def files_of(repo: Monorepo) -> dict[str, bytes]:
    listed = repo.git("ls-files", "-co", "--exclude-standard").splitlines()
    return {path: (repo.root / path).read_bytes() for path in listed}


@pytest.mark.parametrize(
    ("name", "why"),
    {
        "\udcff": "no UTF-8 text",
        'a"\n[x]\ny="': "expected a path inside the project",
        "a\x7f": "its `path` is",
        "a\\": "expected a path inside the project",
        "${{ x }}": "expected a path inside the project",
    }.items(),
)
@pytest.mark.parametrize("has_dockerfile", [False, True], ids=["recognised", "with a Dockerfile"])
def test_a_folder_that_no_manifest_could_name_is_left_open_with_the_reason(
    shop: Monorepo, name: str, why: str, has_dockerfile: bool
) -> None:
    project(shop, f"apps/{name}", "@acme/odd", needs=("express",), scripts=NODE)
    if has_dockerfile:
        shop.write(f"apps/{name}/Dockerfile", "FROM node:20\nCOPY . .\n")

    ran = shop.run("init")

    assert (ran.code, why in ran.out) == (0, True)
    written = tomli.loads((shop.root / "manifests/products/repo.toml").read_text())
    assert all(service["path"] != f"apps/{name}" for service in written["services"].values())
    assert shop.run("affected").code == 0


def test_a_health_that_no_manifest_could_tell_is_left_open_and_the_service_is_not(shop: Monorepo) -> None:
    project(shop, "apps/odd", "@acme/odd", needs=("express",), scripts=NODE)
    shop.write("apps/odd/src/main.ts", "app.get('/healthé', answer); app.listen(3000)")

    ran = shop.run("init")

    assert "its `health` is '/healthé'" in ran.out
    assert "[services.odd]" in (shop.root / "manifests/products/repo.toml").read_text()


@pytest.mark.parametrize("name", ['a "b"', "::error::", "-rf", "$(id)", "{{x}}", "é\u202e"])
def test_any_other_folder_is_named_as_it_is(shop: Monorepo, name: str) -> None:
    project(shop, f"apps/{name}", "@acme/odd", needs=("express",), scripts=NODE)

    assert f"apps/{name}" in [service["path"] for service in told(shop)["services"]]

    assert shop.run("affected").code == 0


def test_what_is_written_is_the_smallest_that_says_it(shop: Monorepo) -> None:
    assert shop.run("init").code == 0

    assert (shop.root / "manifests/workspace.toml").read_text() == 'name = "repo"\n'
    assert (shop.root / "manifests/products/repo.toml").read_text() == (
        '[services.api]\nkind = "node"\npath = "apps/api"\nport = 3001\nhost = "api"\n\n'
        '[services.own]\npath = "apps/own"\ndockerfile = "apps/own/Dockerfile"\ncontext = "."\n'
        "deployed = false # until it has `port` and `health`, or `health_command`\n\n"
        '[services.web]\nkind = "spa"\npath = "apps/web"\nport = 3002\nhost = "web"\n'
    )
    assert (shop.root / "dodo.py").read_text().count("\n") == 2
    assert tomli.loads((shop.root / "pyproject.toml").read_text())["tool"]["doit"]["loader"] == "buildgraph"
    templates = sorted(path.name for path in (shop.root / "docker/templates").iterdir())
    assert templates == [
        *(
            "Dockerfile.node",
            "Dockerfile.spa",
            "healthcheck.mjs",
            "healthcheck.sh",
            "install.mjs",
            "nginx.conf",
        ),
        *("ship.mjs", "start.mjs"),
    ]
    assert (shop.root / "docker/templates/ship.mjs").read_text() == (
        ROOT / "docker/templates/ship.mjs"
    ).read_text()


def test_what_it_wrote_works_at_once_with_no_hand_edit(shop: Monorepo) -> None:
    shop.run("init")
    shop.commit()

    assert shop.affected() == []
    shop.append("packages/core/index.js")
    assert shop.affected("--kind", "image") == ["image:own"]
    assert "file packages/core/index.js changed" in shop.run("why", "own").out
    assert "image:web" in shop.run("graph").out
    assert shop.run("affected", "--base", "HEAD~1").code == 0


def test_a_second_time_nothing_is_left_to_do(shop: Monorepo) -> None:
    shop.run("init")
    before = files_of(shop)

    ran = shop.run("init")
    assert ran.out.startswith("nothing new: the manifests declare every project")
    assert (told(shop)["services"], told(shop)["files"]) == ([], [])
    assert files_of(shop) == before


def test_a_dry_run_shows_all_and_writes_nothing(shop: Monorepo) -> None:
    before = files_of(shop)

    ran = shop.run("init", "--dry-run")
    assert files_of(shop) == before
    for shown in (
        "would write manifests/products/repo.toml",
        'kind = "spa"',
        "would write docker/templates/ship.mjs",
    ):
        assert shown in ran.out

    dry = told(shop, "--dry-run")
    assert {file["state"] for file in dry["files"]} == {"missing"}
    wet = told(shop)
    assert {file["state"] for file in wet["files"]} == {"written"}
    assert [file["path"] for file in dry["files"]] == [file["path"] for file in wet["files"]]
    assert dry["services"] == wet["services"]


def test_what_is_there_is_never_touched_and_what_it_lacks_is_told(shop: Monorepo) -> None:
    shop.write("dodo.py", "# mine\n")
    shop.write("pyproject.toml", "[project]\nname = 'mine'\n")
    shop.write("docker/templates/ship.mjs", "// mine\n")
    shop.write("manifests/workspace.toml", 'name = "mine"\n')
    mine = ("dodo.py", "pyproject.toml", "docker/templates/ship.mjs", "manifests/workspace.toml")
    before = {path: files_of(shop)[path] for path in mine}

    found = told(shop)
    assert {path: files_of(shop)[path] for path in mine} == before
    assert {file["path"] for file in found["files"] if file["state"] == "kept"} == set(mine)
    assert [each["where"] for each in found["open"] if "not touched" in each["what"]] == ["pyproject.toml"]
    assert (shop.root / "manifests/products/mine.toml").exists()


def test_a_project_that_came_later_is_told_for_the_product_that_is_there(shop: Monorepo) -> None:
    shop.run("init")
    project(shop, "apps/jobs", "@acme/jobs", needs=("express",), scripts=NODE)
    shop.write("apps/jobs/src/index.ts", "app.get('/health', ok); app.listen(process.env.PORT)\n")
    before = files_of(shop)

    (service,) = told(shop)["services"]
    (lacking,) = [each for each in told(shop)["open"] if "not touched" in each["what"]]
    assert (service["name"], service["port"]) == ("jobs", 3003)
    assert lacking["where"] == "manifests/products/repo.toml"
    assert '[services.jobs]\n    kind = "node"' in lacking["way_out"]
    assert shop.run("init").out.endswith("\n\nnext: add the lines above to manifests/products/repo.toml\n")
    assert files_of(shop) == before


def test_a_kind_that_came_later_has_its_stand_in_put_there_and_told_until_the_manifest_names_it(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stand_ins(tmp_path, monkeypatch)
    shutil.rmtree(shop.root / "apps/web")
    assert told(shop)["services"] != []
    assert not (shop.root / "docker/substitutes/nginx.Dockerfile").exists()
    project(shop, "apps/web", "@acme/web", scripts={"build": "node build.js"})
    shop.append(
        "manifests/products/repo.toml", '[services.web]\nkind = "spa"\npath = "apps/web"\nport = 3002\n'
    )

    line = '"nginx:1.25-alpine" = "docker/substitutes/nginx.Dockerfile"'
    lacks = f"add to it:\n        # below [substitutes]\n        {line}\n"
    ending = "\n\nnext: add the lines above to manifests/workspace.toml\n"
    before = shop.root / "manifests/workspace.toml"
    kept = before.read_bytes()
    for wrote in ("docker/substitutes/nginx.Dockerfile", None):
        ran = shop.run("init")
        assert lacks in ran.out and ran.out.endswith(ending)
        assert wrote is None or f"\n  {wrote}\n" in ran.out
    assert before.read_bytes() == kept

    shop.append("manifests/workspace.toml", f"{line}\n")
    assert told(shop)["files"] == told(shop)["open"] == []
    assert "1.25-alpine" not in shop.run("bases").err


def test_a_stand_in_of_one_s_own_and_a_base_that_is_locked_need_none_of_ours(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stand_ins(tmp_path, monkeypatch)
    shop.write("base/node.Dockerfile", "FROM scratch\n")
    shop.write(
        "manifests/workspace.toml",
        'name = "repo"\n[substitutes]\n"node:20-alpine" = "base/node.Dockerfile"\n',
    )
    shop.write("manifests/bases.toml", f'[digests]\n"nginx:1.25-alpine" = "sha256:{"0" * 64}"\n')

    found = told(shop)
    written = {file["path"] for file in found["files"]}
    assert not {"docker/substitutes/node.Dockerfile", "docker/substitutes/nginx.Dockerfile"} & written
    (lacks,) = [each["way_out"] for each in found["open"] if each["where"] == "manifests/workspace.toml"]
    assert "haproxy" in lacks and "node" not in lacks and "nginx" not in lacks


def test_stand_ins_are_chosen_by_the_stage_that_ships_whatever_the_others_lack(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_stand_ins(tmp_path, monkeypatch)
    shop.write(
        "apps/own/Dockerfile", "FROM nginx:1.25-alpine AS run\nCOPY index.js /\nFROM ${NOTHING} AS spare\n"
    )
    shop.write("compose.yml", "services:\n  own: {build: {context: apps/own, target: run}}\n")

    ran = shop.run("init")
    assert (ran.code, ran.err) == (0, "")
    assert "nginx:1.25-alpine" in (shop.root / "manifests/workspace.toml").read_text()


def with_stand_ins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this machine's settings take stand-ins."""
    (folder / "buildgraph").mkdir()
    (folder / "buildgraph/site.toml").write_text('bases = "substitute"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))


def test_a_template_that_is_gone_is_put_back_as_the_error_says(shop: Monorepo) -> None:
    shop.run("init")
    (shop.root / "docker/templates/Dockerfile.spa").unlink()

    assert "`buildgraph init` puts it there" in shop.run("graph").err
    assert told(shop)["files"] == [{"path": "docker/templates/Dockerfile.spa", "state": "written"}]
    assert shop.run("graph").code == 0


def test_the_readme_shows_what_it_prints(tmp_path: Path) -> None:
    shown = (ROOT / "README.md").read_text().split("$ buildgraph init\n")[1].split("$ buildgraph build")[0]
    repo = Monorepo(tmp_path / "shop")
    furnish(repo)

    assert matches(tuple(shown.splitlines()), repo.run("init").out)


def test_where_nothing_becomes_an_image_nothing_is_written(repo: Monorepo) -> None:
    repo.package("@acme/core")
    repo.commit()

    ran = repo.run("init")
    assert ran.out.startswith("no project or Dockerfile here becomes an image")
    assert repo.git("status", "--porcelain") == ""


def test_a_way_out_that_several_share_is_told_once_below_them(repo: Monorepo) -> None:
    for name in ("job-1", "job-2"):
        project(repo, f"workers/{name}", name, needs=("ms",), scripts={"start": "node ."}, main="index.js")
        repo.write(f"workers/{name}/index.js", "setInterval(() => {}, 1000)\n")
    repo.write("pnpm-workspace.yaml", "packages: [workers/*]\n")
    repo.write("pnpm-lock.yaml", json.dumps({"lockfileVersion": "9.0", "importers": {}}))
    repo.commit()

    assert (
        "  workers/job-1: no server was found in it\n"
        "  workers/job-2: no server was found in it\n"
        "    write `port` and `health`, or `health_command` for a worker\n"
    ) in repo.run("init", "--dry-run").out


def test_a_workspace_below_the_root_of_its_repository_is_adopted_in_its_own_folder(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "all")
    for name in ("pnpm-workspace.yaml", "package.json"):
        (repo.root / name).unlink()
    web = bare(repo.root / "web")
    web.write("pnpm-workspace.yaml", "packages: ['apps/*']\n")
    web.write("package.json", "{}")
    project(web, "apps/own", "@acme/own")
    web.write("apps/own/Dockerfile", "FROM node:20\nCOPY apps/own own\n")
    repo.commit()

    assert web.run("init").code == 0
    repo.commit()
    web.append("apps/own/index.js")
    assert web.affected("--kind", "image") == ["image:own"]
    assert not (repo.root / "manifests").exists()


def test_a_place_that_cannot_be_written_to_is_told(shop: Monorepo) -> None:
    shop.write("manifests", "a file\n")

    ran = shop.run("init")
    assert (ran.code, "Traceback" in ran.err) == (2, False)
    assert "cannot be written" in ran.err


def test_names_with_signs_and_links_out_of_the_workspace_do_no_harm(shop: Monorepo) -> None:
    project(shop, 'apps/odd "name" é', "@acme/odd", needs=("express",), scripts=NODE)
    (shop.root / "apps/web/vite.config.ts").symlink_to("/nowhere/at/all")

    assert shop.run("init").code == 0
    content = (shop.root / "manifests/products/repo.toml").read_bytes()
    files = {"manifests/workspace.toml": b'name = "x"', "manifests/products/repo.toml": content}
    assert "odd" in [service.name for service in parse_manifests(files).services]


def test_a_workspace_below_the_project_s_folder_keeps_its_dockerfiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Monorepo(tmp_path / "port")
    (repo.root / "pnpm-workspace.yaml").unlink()
    project(repo, "web", "port-web")
    repo.write("web/pnpm-workspace.yaml", "packages: [api]\n")
    project(repo, "web/api", "@port/api")
    repo.write("web/api/Dockerfile", "FROM node:20\nCOPY api /api\nEXPOSE 80\n")
    repo.write("manifests/workspace.toml", 'name = "port"\nroot = "web"\n')
    repo.commit()
    with_stand_ins(tmp_path, monkeypatch)

    ran = repo.run("init")
    assert (ran.code, ran.err) == (0, "")
    assert 'dockerfile = "web/api/Dockerfile"' in (repo.root / "manifests/products/port.toml").read_text()


def test_a_workspace_that_lies_below_is_pointed_to(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "port")
    (repo.root / "pnpm-workspace.yaml").unlink()
    repo.write("web/pnpm-workspace.yaml", "packages: [api]\n")
    repo.commit()

    ran = repo.run("init")
    assert (ran.code, "go to web, where one lies" in ran.err) == (2, True)


def test_without_a_workspace_the_way_out_is_told(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "other")
    (repo.root / "pnpm-workspace.yaml").unlink()

    ran = repo.run("init")
    assert (ran.code, "no pnpm-workspace.yaml here or above" in ran.err) == (2, True)
