"""`buildgraph doctor`: what it says of a workspace; the machine's part depends on the machine."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.support.monorepo import Monorepo, bare

WARNING = "{} imports {}, which its package.json does not declare (it is found by hoisting): its changes are not seen"


def workspace_of(repo: Monorepo) -> Any:
    return findings_of(repo)["workspace"]


def findings_of(repo: Monorepo) -> dict[str, Any]:
    """What was found, by what was looked at."""
    ran = repo.run("doctor", "--format", "json")
    assert ran.code in (0, 3) and ran.err == ""  # 3: this machine may lack an engine
    return {finding["name"]: finding for finding in json.loads(ran.out)["findings"]}


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """ui uses core; the lockfile brings lodash for core."""
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    repo.lock()
    lockfile = json.loads((repo.root / "pnpm-lock.yaml").read_text())
    lockfile["importers"]["packages/core"]["dependencies"]["lodash"] = {
        "specifier": "^4",
        "version": "4.17.21",
    }
    lockfile |= {"packages": {"lodash@4.17.21": {"resolution": {}}}, "snapshots": {"lodash@4.17.21": {}}}
    repo.write("pnpm-lock.yaml", json.dumps(lockfile))
    core = json.loads((repo.root / "packages/core/package.json").read_text())
    repo.write("packages/core/package.json", json.dumps(core | {"dependencies": {"lodash": "^4"}}))
    repo.write("packages/core/src/index.ts", 'import { chunk } from "lodash"\n')
    repo.commit()
    return repo


def test_a_workspace_that_declares_what_it_imports_is_well(shop: Monorepo) -> None:
    shop.write("packages/ui/src/index.ts", 'import "@acme/core"; import "node:fs"; import "@/alias"')

    assert workspace_of(shop) == {
        "name": "workspace",
        "ok": True,
        "found": "3 packages, 0 services",
        "way_out": "",
        "warnings": [],
    }


def test_a_package_that_is_found_by_hoisting_is_warned_of(shop: Monorepo) -> None:
    """Pitfall 30 (n)."""
    shop.append("packages/ui/src/index.ts", 'import chunk from "lodash/chunk"\n')

    found = workspace_of(shop)

    assert (found["ok"], found["warnings"]) == (True, [WARNING.format("packages/ui", "lodash")])
    told = shop.run("doctor").out
    assert "\nworkspace\n  packages/ui imports lodash, which its package.json does not declare" in told
    assert told.endswith("add NAME` (`NAME@workspace:*` for a project of this workspace)\n")


def test_a_project_that_is_imported_without_being_declared_is_warned_of(shop: Monorepo) -> None:
    """Pitfall 30 (n): a path of the compiler or hoisting finds it, and no edge tells of it."""
    shop.write("packages/core/src/Button.svelte", "<script>import x from '@acme/ui'</script><p>Don't</p>")

    assert workspace_of(shop)["warnings"] == [WARNING.format("packages/core", "@acme/ui")]


def test_what_no_install_brings_and_what_is_no_source_is_not_told(shop: Monorepo) -> None:
    """`@components/button` is an alias of a bundler; a readme imports nothing."""
    shop.append("packages/ui/src/index.ts", 'import b from "@components/button"\n')
    shop.write("packages/ui/README.md", 'import x from "lodash"\n')
    (shop.root / "packages/ui/src/link.ts").symlink_to("../../core/src/index.ts")

    assert workspace_of(shop)["warnings"] == []


def test_what_the_root_declares_is_every_project_s(shop: Monorepo) -> None:
    shop.append("packages/ui/src/index.ts", 'import "lodash"\n')
    shop.write("package.json", json.dumps({"name": "root", "devDependencies": {"lodash": "^4"}}))

    assert workspace_of(shop)["warnings"] == []


def test_what_git_passes_over_in_the_working_tree_is_told(shop: Monorepo) -> None:
    """No snapshot has it, so no image does, though a `docker build` by hand would."""
    for path in ("edited", "as it is", "gone"):
        shop.write(f"packages/ui/{path}", path)
    shop.commit()
    shop.git("update-index", "--assume-unchanged", "packages/ui/edited", "packages/ui/as it is")
    shop.git("update-index", "--skip-worktree", "packages/ui/gone")
    shop.append("packages/ui/edited")
    (shop.root / "packages/ui/gone").unlink()  # as a sparse checkout leaves it
    shop.write("vendor/own/file", "1")
    bare(shop.root / "vendor/own").git("init", "-q")

    found = workspace_of(shop)

    assert found["ok"] and found["warnings"] == [
        "packages/ui/edited is edited, which git was told to pass over: what the index has counts, and lies in images",
        "vendor/own/ holds a repository of its own: nothing in it counts, or lies in images",
    ]
    assert "`git update-index --no-assume-unchanged --no-skip-worktree FILE`" in found["way_out"]


def test_a_workspace_below_the_repository_s_root_is_read_there(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.write("manifests/workspace.toml", 'name = "acme"\nroot = "web"\n')
    repo.write("web/pnpm-workspace.yaml", "packages: ['*']\n")
    for name, imported in (("core", "none"), ("ui", "core")):
        repo.write(f"web/{name}/package.json", json.dumps({"name": name}))
        repo.write(f"web/{name}/index.js", f'require("{imported}")\n')
    repo.commit()

    assert workspace_of(repo)["warnings"] == [WARNING.format("ui", "core")]


def test_a_workspace_whose_images_cannot_be_planned_is_not_well(shop: Monorepo) -> None:
    """Every build would end with the same words."""
    shop.service("web")
    shop.service("api")
    shop.commit()
    (shop.root / "pnpm-lock.yaml").unlink()

    found = findings_of(shop)

    assert (found["workspace"]["ok"], found["workspace"]["found"]) == (
        False,
        "pnpm-lock.yaml: is missing, but an image needs it",
    )
    assert "base images" not in found
    assert shop.run("doctor").code == 3


def test_base_images_that_are_not_locked_are_warned_of_where_no_stand_in_takes_their_place(
    repo: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build upon one would end with the same words, on a runner of CI, too."""
    repo.lock()
    repo.commit()
    assert "base images" not in findings_of(repo), "without services nothing is built"
    repo.write("base/node.Dockerfile", "FROM buildgraph.local/debian\n")
    repo.write("base/debian.sh", "")
    repo.plain_service("web", "FROM node:22\n", port=3001, host="web")
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.append("manifests/workspace.toml", '[substitutes]\n"node:22" = "base/node.Dockerfile"\n')
    repo.commit()

    found = findings_of(repo)["base images"]

    assert found["warnings"] == [
        "haproxy:2.9 is not locked, so no environment can start it from here",
        "node:22 is not locked, so nothing is built upon it here",
    ]
    assert (found["ok"], found["found"]) == (True, "2 named, 0 of them known by digest or as stand-ins")
    assert "run `buildgraph bases --update` once and commit manifests/bases.toml" in found["way_out"]
    assert "BUILDGRAPH_BASES=substitute takes stand-ins instead" in found["way_out"]
    monkeypatch.setenv("BUILDGRAPH_BASES", "substitute")
    replaced = findings_of(repo)["base images"]
    assert "node:22 is not locked" not in " ".join(replaced["warnings"])
    assert "BUILDGRAPH_BASES" not in replaced["way_out"], "it is set already"
    assert "[substitutes] in manifests/workspace.toml names stand-ins for them" in replaced["way_out"]
    digest = f"sha256:{'0' * 64}"
    repo.write("manifests/bases.toml", f'[digests]\n"node:22" = "{digest}"\n"haproxy:2.9" = "{digest}"\n')
    monkeypatch.delenv("BUILDGRAPH_BASES")
    assert findings_of(repo)["base images"]["warnings"] == []


def test_outside_of_a_workspace_the_machine_is_told_of(tmp_path: Path) -> None:
    ran = bare(tmp_path).run("doctor")

    assert ran.code == 3
    assert [line for line in ran.out.splitlines() if line.startswith("ok  git ")] != []
    assert (
        "\nworkspace\n  buildgraph reads what git knows: run `git init` and commit, or go to a clone\n"
        in ran.out
    )


def test_of_several_mistakes_the_first_is_told_and_all_of_them_below_it(shop: Monorepo) -> None:
    shop.write(
        "manifests/products/shop.toml", '[services.ui]\npath = "packages/nowhere"\nprot = 1\nkinds = "spa"\n'
    )

    found = workspace_of(shop)
    refused = shop.run("plan").err
    mistakes = [line for line in refused.splitlines() if not line.startswith("  ")]
    assert len(mistakes) > 1
    assert found["found"].endswith(f" (and {len(mistakes) - 1} more)")
    assert [told.partition("\n")[0] for told in found["warnings"]] == [
        line.removeprefix("error: ") for line in mistakes
    ]
    assert found["way_out"] == ""


def test_a_cluster_needs_kubectl_which_the_machine_may_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.write("manifests/workspace.toml", 'name = "acme"\n')
    cluster = '[kubernetes]\ncontext = "c"\nnamespace = "n"\n'
    repo.write("manifests/environments/europe.toml", f'registry = "ghcr.io/acme"\n{cluster}')
    repo.write(
        "manifests/products/shop.toml",
        '[services.web]\npath = "web"\ndockerfile = "web/Dockerfile"\nport = 3001\nhost = "web"\nhealth = "/"\n',
    )
    repo.write("web/Dockerfile", "FROM scratch\n")
    repo.commit()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(str(which("git")))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    ran = repo.run("doctor")

    assert "\nkubectl\n  install kubectl 1.27 or later (on Debian 13: kubernetes-client)" in ran.out
    status = repo.run("status", "env=europe")
    assert (status.code, status.err) == (
        3,
        "error: kubectl is not installed\n  install it; `buildgraph doctor` tells what else this machine lacks\n",
    )
