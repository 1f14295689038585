"""`buildgraph affected`: exactly the nodes that a change reaches, in any workspace, without an engine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo, bare

LISTS = (("affected",), ("graph", "--affected"))


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """web -> ui -> core; api -> core; docs stands alone; all committed."""
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    repo.service("web", uses=["@acme/ui"])
    repo.service("api", uses=["@acme/core"])
    repo.service("docs")
    repo.lock()
    repo.commit()
    return repo


def test_nothing_is_affected_by_nothing(shop: Monorepo) -> None:
    assert shop.affected() == []
    assert shop.run("affected").out == "nothing is affected\n"


def test_a_change_in_a_shared_package_affects_its_dependents_and_no_one_else(shop: Monorepo) -> None:
    shop.append("packages/ui/src/index.ts")

    assert shop.affected("--kind", "image,package,product") == [
        "image:web",
        "package:@acme/ui",
        "package:@acme/web",
        "product:web",
    ]


def test_an_edit_in_an_app_affects_that_app(shop: Monorepo) -> None:
    shop.append("apps/docs/src/index.ts")

    assert shop.affected("--kind", "image") == ["image:docs"]


def test_a_test_file_or_a_readme_affects_its_package_and_no_image(shop: Monorepo) -> None:
    shop.write("packages/core/README.md", "read me")
    shop.write("packages/core/src/index.test.ts", "test")

    assert shop.affected("--kind", "image") == []
    assert shop.affected("--kind", "package") == [
        "package:@acme/api",
        "package:@acme/core",
        "package:@acme/ui",
        "package:@acme/web",
    ]


def test_reverting_an_edit_affects_nothing(shop: Monorepo) -> None:
    file = shop.root / "packages/core/src/index.ts"
    before = file.read_bytes()
    shop.append("packages/core/src/index.ts")
    assert shop.affected() != []

    file.write_bytes(before)

    assert shop.affected() == []


def test_an_executable_bit_counts(shop: Monorepo) -> None:
    """Pitfall 5."""
    (shop.root / "apps/docs/src/index.ts").chmod(0o755)

    assert shop.affected("--kind", "image") == ["image:docs"]


def test_moving_a_file_affects_both_owners(shop: Monorepo) -> None:
    """Pitfalls 3 and 22."""
    (shop.root / "apps/docs/src/index.ts").rename(shop.root / "apps/api/src/moved.ts")

    assert shop.affected("--kind", "image") == ["image:api", "image:docs"]


def test_a_deleted_service_is_told_as_removed(shop: Monorepo) -> None:
    """Pitfall 23."""
    for path in ("apps/docs/package.json", "apps/docs/src/index.ts", "manifests/products/docs.toml"):
        (shop.root / path).unlink()
    shop.lock()

    told = json.loads(shop.run("affected", "--format", "json", "--kind", "image").out)

    assert [(node["id"], node["change"]) for node in told["nodes"]] == [("image:docs", "removed")]


def test_the_template_affects_the_images_built_by_it(shop: Monorepo) -> None:
    shop.append("docker/Dockerfile.app", "RUN true\n")

    assert shop.affected("--kind", "image") == ["image:api", "image:docs", "image:web"]


def test_a_base_image_s_digest_affects_the_images_built_on_it(shop: Monorepo) -> None:
    """Pitfall 15."""
    shop.write("manifests/bases.toml", f'[digests]\n"node:20" = "sha256:{"1" * 64}"\n')

    assert shop.affected("--kind", "image") == ["image:api", "image:docs", "image:web"]


def test_a_runtime_value_affects_a_deployment_and_no_image(shop: Monorepo) -> None:
    shop.write("manifests/environments/production.toml", 'proxy_port = 80\ndomain = "{host}.example.com"\n')
    shop.commit()
    shop.append("manifests/products/docs.toml", 'env = { LOG_LEVEL = "debug" }\n')

    assert shop.affected("--kind", "image,deployment") == ["deployment:production/docs"]


def test_an_edited_smoke_test_affects_its_product_alone(shop: Monorepo) -> None:
    """It changes nothing that runs, and has to pass before a deploy is done."""
    shop.append("manifests/products/docs.toml", 'host = "docs"\n')
    shop.commit()
    shop.append("manifests/products/docs.toml", '\n[[services.docs.smoke]]\nname = "it answers"\n')

    assert shop.affected("--kind", "image,deployment,product", "--base", "HEAD") == ["product:docs"]
    assert "smoke docs added" in shop.run("why", "product:docs", "--base", "HEAD").out


def test_a_mark_of_what_older_code_cannot_work_with_affects_its_product_alone(shop: Monorepo) -> None:
    """It changes nothing that runs, and a release has to tell it."""
    shop.append("manifests/products/docs.toml", "breaking = 1\n")
    shop.commit()
    path = shop.root / "manifests/products/docs.toml"
    path.write_text(path.read_text().replace("breaking = 1", "breaking = 2"))

    assert shop.affected("--kind", "image,deployment,product", "--base", "HEAD") == ["product:docs"]
    assert "breaking docs" in shop.run("why", "product:docs", "--base", "HEAD").out


def test_reasons_lead_from_the_file_to_the_node(shop: Monorepo) -> None:
    shop.append("packages/core/src/index.ts")

    why = shop.run("why", "image:web")
    told = json.loads(shop.run("why", "web", "--format", "json").out)

    assert why.out == (
        "image:web is changed since main:\n"
        "  file packages/core/src/index.ts changed -> package:@acme/ui -> package:@acme/web -> image:web\n"
    )
    assert told["reasons"][0]["path"] == "packages/core/src/index.ts"
    assert told["reasons"][0]["via"] == [
        "package:@acme/core",
        "package:@acme/ui",
        "package:@acme/web",
        "image:web",
    ]


def test_of_many_reasons_lists_of_nodes_have_the_first_and_why_has_all(shop: Monorepo) -> None:
    for number in range(130):
        shop.write(f"packages/core/src/{number}.ts", "")
    ids = ["package:@acme/core", "image:web"]

    told = {verb: json.loads(shop.run(verb, *asked, "--format", "json").out) for verb, *asked in LISTS}

    for nodes in ({node["id"]: node for node in lists["nodes"]} for lists in told.values()):
        assert [(len(nodes[name]["reasons"]), nodes[name]["more_reasons"]) for name in ids] == [(100, 30)] * 2
    assert len(json.loads(shop.run("why", "web", "--format", "json").out)["reasons"]) == 130


def test_what_is_not_affected_says_so(shop: Monorepo) -> None:
    assert (
        shop.run("why", "image:docs").out
        == "image:docs is not affected: nothing it is made of differs from main\n"
    )


def test_a_base_that_cannot_be_found_affects_everything_and_says_why(shop: Monorepo) -> None:
    """Pitfall 21."""
    ran = shop.run("affected", "--base", "0" * 40, "--format", "json", "--kind", "image")
    told = json.loads(ran.out)

    assert told["complete"] is False
    assert [node["id"] for node in told["nodes"]] == ["image:api", "image:docs", "image:web"]
    assert {reason["kind"] for node in told["nodes"] for reason in node["reasons"]} == {"unresolved-base"}
    assert "the base is not known, so everything counts as affected: there is no commit" in ran.err


def test_with_a_head_only_commits_count(shop: Monorepo) -> None:
    """Pitfall 24: an explicit head excludes the working tree."""
    shop.append("apps/docs/src/index.ts")
    shop.commit()
    shop.append("apps/api/src/index.ts")

    assert shop.affected("--base", "HEAD~1", "--head", "HEAD", "--kind", "image") == ["image:docs"]
    assert shop.affected("--base", "HEAD~1", "--kind", "image") == ["image:api", "image:docs"]


def test_github_gets_one_line_even_for_nothing(shop: Monorepo) -> None:
    """Pitfall 34: an empty matrix must not break the workflow."""
    assert shop.run("affected", "--format", "github").out == '{"include":[]}\n'

    shop.append("apps/docs/src/index.ts")
    told = json.loads(shop.run("affected", "--format", "github").out)

    assert [(entry["service"], entry["product"]) for entry in told["include"]] == [("docs", "docs")]
    assert told["include"][0]["image"] == f"acme/docs:{told['include'][0]['fingerprint']}"


def test_github_gets_a_matrix_for_every_layer_of_images(shop: Monorepo) -> None:
    """Pitfall 34: no layers are no matrix, and break no workflow."""
    base = "FROM scratch\nCOPY services/{0}/ /\n"
    shop.plain_service("base", base.format("base"), base_of="acme/base:1", deployed=False)
    above = base.replace("scratch", "acme/base:1")
    shop.plain_service("runtime", above.format("runtime"), base_of="acme/runtime:1", deployed=False)
    shop.plain_service("mail", above.replace("base", "runtime").format("mail"), port=80)
    shop.commit()
    assert shop.run("affected", "--format", "github", "--layers").out == '{"layers":[]}\n'

    def layers() -> list[list[str]]:
        told = json.loads(shop.run("affected", "--format", "github", "--layers").out)["layers"]
        return [[entry["service"] for entry in layer["include"]] for layer in told]

    shop.append("services/runtime/config")
    shop.append("apps/docs/src/index.ts")
    assert layers() == [["docs", "runtime"], ["mail"]], "what it builds upon is there already"

    shop.append("services/base/config")
    assert layers() == [["base", "docs"], ["runtime"], ["mail"]]


def test_layers_are_of_matrices_alone(shop: Monorepo) -> None:
    ran = shop.run("affected", "--layers")

    assert (ran.code, ran.out) == (2, "")
    assert "write `--format github`, too" in ran.err


def test_the_exit_code_tells_when_it_is_asked_to(shop: Monorepo) -> None:
    assert shop.run("affected", "--exit-code").code == 0

    shop.append("apps/docs/src/index.ts")

    assert shop.run("affected", "--exit-code").code == 1
    assert shop.run("affected").code == 0
    assert shop.run("affected", "--exit-code", "--kind", "nonsense").code == 2


def test_another_folder_clone_or_order_gives_the_same_fingerprints(shop: Monorepo, tmp_path: Path) -> None:
    """Pitfalls 1 and 2."""
    subprocess.run(["git", "clone", "-q", str(shop.root), str(tmp_path / "elsewhere" / "clone")], check=True)
    clone = bare(tmp_path / "elsewhere" / "clone")

    assert clone.fingerprints() == shop.fingerprints()


def test_without_any_manifest_packages_still_answer(repo: Monorepo) -> None:
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    repo.package("@acme/alone")
    repo.commit()
    repo.append("packages/core/src/index.ts")

    assert repo.affected() == ["package:@acme/core", "package:@acme/ui"]


def test_it_works_from_a_sub_folder(shop: Monorepo) -> None:
    shop.append("apps/docs/src/index.ts")
    inside = bare(shop.root / "packages/core/src")

    assert inside.affected("--kind", "image") == ["image:docs"]


def test_a_plain_service_sees_its_folder_and_its_inputs(repo: Monorepo) -> None:
    repo.plain_service("proxy", "FROM scratch\nCOPY services/proxy/ /\n", inputs=["shared/*.conf"], port=80)
    repo.write("shared/a.conf", "a")
    repo.write("shared/b.txt", "b")
    repo.commit()

    repo.append("shared/b.txt")
    assert repo.affected("--kind", "image") == []
    repo.append("shared/a.conf")
    assert repo.affected("--kind", "image") == ["image:proxy"]
    assert repo.run("why", "proxy").out.splitlines()[1] == "  file shared/a.conf changed"


def test_an_image_built_here_can_be_the_base_of_another(repo: Monorepo) -> None:
    repo.plain_service("base", "FROM scratch\nCOPY services/base/ /\n", deployed=False)
    repo.plain_service("web", "FROM base\nCOPY services/web/ /\n", port=80)
    repo.plain_service("other", "FROM scratch\nCOPY services/other/ /\n", port=81)
    repo.commit()

    repo.write("services/base/file", "new")

    assert repo.affected("--kind", "image") == ["image:base", "image:web"]
    assert repo.run("why", "web").out.splitlines()[1:] == ["  file services/base/file added -> image:web"]


def test_what_an_image_leaves_to_those_built_upon_it_counts_for_them(repo: Monorepo) -> None:
    """Pitfall 39: ONBUILD, where the image is another service's."""
    repo.plain_service("base", "FROM scratch\nONBUILD COPY --from=uv:1 / /\n", deployed=False)
    repo.plain_service("web", "FROM base\n", port=80)
    repo.write("manifests/bases.toml", f'[digests]\n"uv:1" = "sha256:{"0" * 64}"\n')
    repo.commit()

    repo.write("manifests/bases.toml", f'[digests]\n"uv:1" = "sha256:{"1" * 64}"\n')

    assert repo.affected("--kind", "image") == ["image:web"]


def test_reading_verbs_ask_no_engine_and_no_doit(shop: Monorepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setenv("PATH", _path_without_docker(shop.root))

    assert shop.affected() == []
    assert shop.run("graph", "--format", "json").code == 0


def _path_without_docker(folder: Path) -> str:
    """A PATH that holds git alone."""
    tools = folder / ".buildgraph" / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    for directory in os.environ["PATH"].split(os.pathsep):
        git = Path(directory) / "git"
        if git.exists() and not (tools / "git").exists():
            (tools / "git").symlink_to(git)
    return str(tools)


def test_a_shared_input_affects_every_image_and_every_package(shop: Monorepo) -> None:
    shop.write("manifests/workspace.toml", 'name = "acme"\ninputs = ["tsconfig.base.json"]\n')
    shop.write("tsconfig.base.json", "{}")
    shop.commit()
    shop.append("tsconfig.base.json")

    assert shop.affected("--kind", "image") == ["image:api", "image:docs", "image:web"]
    assert "package:@acme/core" in shop.affected("--kind", "package")


@pytest.mark.parametrize("path", ["apps/web/.npmrc", "packages/core/package.json", ".npmrc"])
def test_what_an_install_reads_counts_even_when_it_is_ignored(shop: Monorepo, path: str) -> None:
    """No pattern may hide from the fingerprint what the build sees all the same."""
    shop.write("manifests/workspace.toml", 'name = "acme"\nignored = [".*", "package.json"]\n')
    shop.write("apps/web/.npmrc", "a=1\n")
    shop.write(".npmrc", "a=1\n")
    shop.commit()
    shop.append(path, "\n")

    assert "image:web" in shop.affected("--kind", "image")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("proxy_port = 80", "proxy_port = 81", id="the proxy's port"),
        pytest.param("localhost", "example.com", id="the domain"),
        pytest.param('LEVEL = "1"', 'LEVEL = "2"', id="a value the environment sets for all"),
        pytest.param("drain_within = 5", "drain_within = 6", id="the time to drain"),
    ],
)
def test_what_a_container_is_given_counts_for_its_deployment(shop: Monorepo, before: str, after: str) -> None:
    file = "manifests/environments/development.toml"
    text = 'proxy_port = 80\ndomain = "{host}.localhost"\ndrain_within = 5\n[values]\nLEVEL = "1"\n'
    shop.write(file, text)
    shop.append("manifests/products/docs.toml", 'host = "docs"\n')
    shop.append("manifests/products/web.toml", 'env = { DOCS = "{public:docs}" }\n')
    shop.commit()

    shop.write(file, text.replace(before, after))

    assert "deployment:development/web" in shop.affected("--kind", "deployment")
    assert shop.affected("--kind", "image") == []


def test_where_a_service_tells_its_metrics_deploys_nothing_anew(shop: Monorepo) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 80\n")
    shop.commit()

    shop.append("manifests/products/docs.toml", 'metrics = "/metrics"\n')

    assert shop.affected("--kind", "image,deployment") == []


def test_the_port_of_another_service_counts_where_its_address_is_given(shop: Monorepo) -> None:
    shop.write("manifests/environments/development.toml", "proxy_port = 80\n")
    shop.append("manifests/products/web.toml", 'env = { API = "{service:api}" }\n')
    shop.commit()
    product = (shop.root / "manifests/products/api.toml").read_text()

    shop.write("manifests/products/api.toml", product.replace("port = 3", "port = 4"))

    assert "deployment:development/web" in shop.affected("--kind", "deployment")
    assert "deployment:development/docs" not in shop.affected("--kind", "deployment")


def test_a_base_that_cannot_be_read_affects_everything_and_says_why(shop: Monorepo) -> None:
    good = (shop.root / "manifests/products/web.toml").read_text()
    shop.write("manifests/products/web.toml", "broken = [")
    shop.commit()
    shop.write("manifests/products/web.toml", good)
    shop.commit()

    ran = shop.run("affected", "--base", "HEAD~1", "--kind", "image", "--format", "names")

    assert (ran.code, ran.out.split()) == (0, ["image:api", "image:docs", "image:web"])
    assert "the base is not known" in ran.err and "web.toml" in ran.err


def test_a_service_that_is_the_whole_repository_sees_its_sources(repo: Monorepo) -> None:
    repo.service("solo")
    repo._declare("solo", {"path": ".", "dockerfile": "docker/Dockerfile.app", "port": 80})
    repo.lock()
    repo.write("src/index.ts", "one")
    repo.commit()

    repo.write("src/index.ts", "two")

    assert repo.affected("--kind", "image") == ["image:solo"]
    assert "file src/index.ts changed" in repo.run("why", "image:solo").out


def test_a_service_may_bear_the_name_of_its_base(repo: Monorepo) -> None:
    repo.plain_service("redis", "FROM redis\n", port=80)
    repo.commit()

    assert repo.affected() == []


def test_services_of_one_dockerfile_see_what_their_own_arguments_name(repo: Monorepo) -> None:
    repo.write("app/Dockerfile", "FROM scratch\nARG A=a\nCOPY $A /\n")
    for name, argument in {"one": 'C = "b"', "two": 'A = "b"', "three": 'B = "b"', "four": 'A = "b"'}.items():
        repo._declare(
            name, {"path": "app", "dockerfile": "app/Dockerfile", "context": "app", "deployed": False}
        )
        with (repo.root / f"manifests/products/{name}.toml").open("a") as manifest:
            manifest.write(f"build_args = {{ {argument} }}\n")
    repo.write("app/a", "1")
    repo.write("app/b", "1")
    repo.commit()

    repo.write("app/b", "2")

    assert repo.affected("--kind", "image") == ["image:four", "image:two"]


def test_of_services_of_one_dockerfile_one_may_be_what_the_others_are_built_upon(repo: Monorepo) -> None:
    """What it leaves to them is nothing that it does itself."""
    repo.write("app/Dockerfile", "FROM redis\nONBUILD COPY later /\n")
    repo.write("app/later", "1")
    for name in ("a", "redis", "z"):
        repo._declare(
            name, {"path": "app", "dockerfile": "app/Dockerfile", "context": "app", "deployed": False}
        )
    repo.commit()

    repo.write("app/later", "2")

    assert repo.affected("--kind", "image") == ["image:a", "image:z"]


def test_an_address_without_a_checksum_cannot_be_fingerprinted(repo: Monorepo) -> None:
    repo.plain_service("tool", "FROM scratch\nADD https://example.com/tool /tool\n", port=80)
    repo.commit()

    ran = repo.run("affected")

    assert ran.code == 2
    assert "ADD of https://example.com/tool cannot be fingerprinted\n  write its checksum" in ran.err


def test_the_frontend_a_dockerfile_asks_for_is_a_base_image(repo: Monorepo) -> None:
    """Pitfall 16."""
    repo.plain_service("tool", "# syntax=docker/dockerfile:1\nFROM scratch\n", port=80)
    repo.write("manifests/bases.toml", f'[digests]\n"docker/dockerfile:1" = "sha256:{"0" * 64}"\n')
    repo.commit()

    repo.write("manifests/bases.toml", f'[digests]\n"docker/dockerfile:1" = "sha256:{"1" * 64}"\n')

    assert repo.affected("--kind", "image") == ["image:tool"]


def test_a_name_that_is_no_text_is_still_told(repo: Monorepo) -> None:
    """Pitfall 26: file names are bytes to git."""
    repo.package("@acme/core")
    repo.commit()
    (repo.root / os.fsdecode(b"packages/core/\xff.ts")).write_text("x")

    assert repo.affected() == ["package:@acme/core"]
    assert "\\udcff.ts" in repo.run("why", "@acme/core").out


LOCKED = """lockfileVersion: '9.0'

importers:

  .: {{}}

  packages/core:
    dependencies:
      ms: {{specifier: ^2.1.0, version: {version}}}

packages:

  ms@{version}:
    resolution: {{integrity: sha512-{version}}}

snapshots:

  ms@{version}: {{}}
"""


def test_a_lockfile_s_change_is_told_by_the_packages_that_are_installed_otherwise(repo: Monorepo) -> None:
    repo.package("@acme/core", dependencies={"ms": "^2.1.0"})
    repo.write("pnpm-lock.yaml", LOCKED.format(version="2.1.2"))
    repo.commit()

    repo.write("pnpm-lock.yaml", LOCKED.format(version="2.1.3"))
    told = json.loads(repo.run("why", "@acme/core", "--format", "json").out)

    assert "lockfile ms 2.1.2 became 2.1.3\n" in repo.run("why", "@acme/core").out
    assert [(r["kind"], r["package"], r["before"], r["after"]) for r in told["reasons"]] == [
        ("lockfile", "ms", "2.1.2", "2.1.3")
    ]


def test_what_the_root_links_stands_above_every_package(repo: Monorepo) -> None:
    """A shared configuration that the root depends on is found by the checks of all."""
    repo.package("@acme/config")
    repo.package("@acme/web")
    repo.write(
        "package.json", json.dumps({"name": "root", "devDependencies": {"@acme/config": "workspace:*"}})
    )
    repo.commit()

    repo.append("packages/config/src/index.ts")

    assert repo.affected() == ["package:.", "package:@acme/config", "package:@acme/web"]


def test_other_ignored_patterns_affect_no_package_whose_files_stay(shop: Monorepo) -> None:
    """Pitfall 14: what images do not see, checks see all the same."""
    shop.write("packages/core/notes.txt", "notes")
    shop.commit()

    shop.write("manifests/workspace.toml", 'name = "acme"\nignored = ["*.md", "*.test.ts", "*.txt"]\n')

    assert shop.affected("--kind", "package") == ["package:."]
    assert shop.affected("--kind", "image") == ["image:api", "image:web"]


def test_a_link_that_comes_counts_for_all_that_it_leads_to(shop: Monorepo) -> None:
    """Pitfall 4: also when the graph of the commit before is known."""
    shop.write("vendor/x.ts", "one")
    shop.commit()
    assert shop.affected() == []
    (shop.root / "packages/core/x.ts").symlink_to("../../vendor/x.ts")
    shop.commit()
    assert shop.affected("--base", "HEAD~1", "--kind", "image") == ["image:api", "image:web"]

    shop.write("vendor/x.ts", "two")

    assert shop.affected("--base", "HEAD", "--kind", "image") == ["image:api", "image:web"]


def test_a_link_leads_up_from_where_the_one_before_it_leads(shop: Monorepo) -> None:
    """Pitfall 4: `now/..` is the folder of what `now` means, also where a graph is remembered."""
    shop.write("versions/two/a.ts", "one")
    shop.write("versions/x.ts", "one")
    (shop.root / "now").symlink_to("versions/two")
    (shop.root / "packages/core/x.ts").symlink_to("../../now/../x.ts")
    shop.commit()
    assert shop.affected() == []

    shop.write("versions/x.ts", "two")

    assert shop.affected("--kind", "image") == ["image:api", "image:web"]


def test_hooks_that_npmrc_names_count_for_checks_and_images(shop: Monorepo) -> None:
    """Pitfall 31."""
    shop.write("hooks/own.cjs", "module.exports = {}\n")
    shop.write(".npmrc", "pnpmfile=hooks/own.cjs\n")
    shop.commit()

    shop.append("hooks/own.cjs")

    assert shop.affected("--kind", "image") == ["image:api", "image:docs", "image:web"]
    assert "package:@acme/docs" in shop.affected("--kind", "package")


def test_a_damaged_memory_is_made_anew(shop: Monorepo) -> None:
    """Pitfall 19: what is kept is verified before it is believed."""
    shop.append("packages/core/src/index.ts")
    expected = shop.affected()
    for file in (shop.root / ".git/buildgraph").glob("*.graph"):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)

    assert shop.affected() == expected


def test_an_empty_base_is_no_base(shop: Monorepo) -> None:
    """An unset variable of a workflow must not choose another base."""
    ran = shop.run("affected", "--base", "", "--kind", "image", "--format", "names")

    assert (ran.code, ran.out.split()) == (0, ["image:api", "image:docs", "image:web"])
    assert "the base that was given is empty" in ran.err


def test_a_workflow_that_asks_in_vain_is_told(repo: Monorepo) -> None:
    """Pitfall 34: an empty matrix would skip all work without a word."""
    repo.package("@acme/core")
    repo.commit()
    without_services = repo.run("affected", "--format", "github")
    assert (without_services.code, without_services.out) == (2, "")
    assert "no manifest declares a service" in without_services.err

    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    repo.commit()

    assert repo.run("affected", "--format", "github").code == 0
    assert "--kind leaves them out" in repo.run("affected", "--format", "github", "--kind", "package").err


def test_kinds_may_be_given_one_by_one(shop: Monorepo) -> None:
    shop.append("apps/docs/src/index.ts")

    assert shop.affected("--kind", "image", "--kind", "product") == ["image:docs", "product:docs"]


def test_why_tells_machines_what_was_compared(shop: Monorepo) -> None:
    told = json.loads(shop.run("why", "image:docs", "--base", "0" * 40, "--format", "json").out)

    assert (told["format"], told["complete"], told["base"]["commit"]) == (1, False, None)
    assert "the base is not known" in shop.run("why", "image:docs", "--base", "0" * 40).err


def test_a_graph_has_one_node_for_each_id(shop: Monorepo) -> None:
    whole = json.loads(shop.run("graph", "--format", "json").out)["nodes"]
    part = json.loads(shop.run("graph", "--format", "json", "web").out)["nodes"]

    assert {node["kind"] for node in whole} <= {"package", "image", "product", "deployment"}
    assert [node for node in whole if node["id"] in {found["id"] for found in part}] == part


def test_a_package_may_be_named_by_its_folder(shop: Monorepo) -> None:
    assert shop.run("why", "packages/core").out.startswith("package:@acme/core is not affected")
