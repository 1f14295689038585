"""Odd repositories: whatever git can hold or be told, an answer is right, or is one clear error with a way out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from buildgraph.comparison import compare
from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.image.archive import read_archive
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo, bare

NAMES = (
    "with space.ts",
    " leading and trailing ",
    'it\'s "quoted".ts',
    '"quoted" from its first sign.ts',
    "new\nline.ts",
    "tab\there.ts",
    "back\\slash\\n.ts",
    "\x1b[31mred.ts",
    "-",
    "--output=x",
    "*.ts",
    "a?[b]{c,d}!(e).ts",
    "[id].ts",
    "(app)",
    "$param.ts",
    "@scope.ts",
    "#hash.ts",
    "!negated.ts",
    ":(top)magic.ts",
    "~",
    unicodedata.normalize("NFC", "käse.ts"),
    unicodedata.normalize("NFD", "käse.ts"),
    "日本.ts",
)


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """ui -> core; alone stands alone; all committed."""
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    repo.package("@acme/alone")
    repo.commit()
    return repo


def affected(root: Path, base: str | None = None, head: str | None = None) -> list[str]:
    """The ids that are affected, worked out in this process; the base must be found."""
    comparison = compare(open_project(root), base, head)
    assert comparison.complete, comparison.why_incomplete
    return sorted(found.node.id.removeprefix("package:") for found in comparison.nodes)


def changed_files(root: Path, node: str) -> set[str]:
    """The files that are told as reasons for one package."""
    found = {found.node.id: found for found in compare(open_project(root), None, None).nodes}
    return {reason.name for reason in found[node].reasons if reason.kind == "file"}


def committed(root: Path, message: str = "change") -> str:
    """Commit all there is below a folder that has no identity of its own."""
    repo = bare(root)
    repo.git("add", "-A")
    repo.git("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-qm", message, "--allow-empty")
    return repo.git("rev-parse", "HEAD")


def clone(repo: Monorepo, target: Path, *options: str) -> Monorepo:
    """A clone as a server would give it."""
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", *options, repo.root.as_uri(), str(target))
    return bare(target)


# Names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("staged", [False, True], ids=["untracked", "staged"])
def test_any_file_name_that_git_can_hold_is_named_as_it_is(shop: Monorepo, staged: bool) -> None:
    """Pitfall 26."""
    names = (*NAMES, os.fsdecode(b"latin \xe9.ts"))
    paths = {f"packages/core/{name}" for name in names} | {f"packages/core/{name}.d/in" for name in names}

    for path in paths:
        shop.write(path, os.fsencode(path))
    if staged:
        shop.git("add", "-A")

    assert changed_files(shop.root, "package:@acme/ui") == paths
    shop.commit()
    assert affected(shop.root) == []
    for path in paths:
        shop.write(path, os.fsencode(path) + b" edited")
    assert changed_files(shop.root, "package:@acme/ui") == paths
    for path in paths:
        (shop.root / path).unlink()
    assert changed_files(shop.root, "package:@acme/ui") == paths


@pytest.mark.parametrize("name", ["Icon\r", "both\r\n", "both\n\r"])
def test_a_file_name_may_end_with_a_carriage_return(shop: Monorepo, name: str) -> None:
    """Pitfall 26: macOS leaves a file of this name in every folder that has an icon of its own."""
    shop.write(f"packages/core/{name}", "new")
    shop.write("packages/core/Icon", "another file")

    snapshot = open_project(shop.root).working_picture().snapshot

    assert snapshot.read(f"packages/core/{name}") == b"new"


def test_any_folder_name_may_be_a_project(shop: Monorepo) -> None:
    """Pitfall 26: the name of a folder is never taken for a pattern, an option or a reference."""
    names = [name for name in NAMES if name not in ("-", "~")]
    for number, name in enumerate(names):
        shop.package(f"odd{number}", uses=["@acme/alone"], folder=f"packages/{name}")
    shop.commit()

    for number, name in enumerate(names):
        shop.append(f"packages/{name}/src/index.ts")

        assert changed_files(shop.root, f"package:odd{number}") == {f"packages/{name}/src/index.ts"}
    assert affected(shop.root) == sorted(f"odd{number}" for number in range(len(names)))


@pytest.mark.parametrize(
    "name",
    [
        "-dash",
        "with space",
        "tab\t",
        "ü",
        "[id]",
        '"quoted"',
        "new\nline",
    ],
)
def test_the_workspace_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """Pitfall 26: the way from git's top folder to the project holds any sign too."""
    repo = Monorepo(tmp_path / "repo")
    inner = bare(repo.root / name)
    inner.write("pnpm-workspace.yaml", "packages: ['packages/*']\n")
    inner.package("@acme/core")
    inner.package("@acme/ui", uses=["@acme/core"])
    repo.commit()

    inner.append("packages/core/src/index.ts")
    inner.write('packages/ui/"new".ts', "new")

    assert affected(inner.root) == ["@acme/core", "@acme/ui"]
    assert changed_files(inner.root, "package:@acme/ui") == {
        "packages/core/src/index.ts",
        'packages/ui/"new".ts',
    }


@pytest.mark.parametrize(
    "name",
    ["with space", '"quoted"', "-dash", "a:b", "ü", "*", "new\nline"],
)
def test_the_repository_may_lie_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """Pitfall 2."""
    repo = Monorepo(tmp_path / name)
    repo.package("@acme/core")
    repo.commit()

    repo.append("packages/core/src/index.ts")

    assert affected(repo.root) == ["@acme/core"]


def test_two_forms_of_one_letter_are_two_files(shop: Monorepo) -> None:
    """Pitfall 26: git keeps the bytes of a name; NFC and NFD are not the same."""
    composed, decomposed = (unicodedata.normalize(form, "packages/core/ä.ts") for form in ("NFC", "NFD"))
    shop.write(composed, "one")
    shop.commit()

    (shop.root / composed).rename(shop.root / decomposed)

    assert changed_files(shop.root, "package:@acme/core") == {composed, decomposed}


def test_a_pattern_in_a_manifest_meets_a_name_that_looks_like_one(repo: Monorepo) -> None:
    """Pitfall 26: a service's path and inputs hold brackets and signs, and only patterns are patterns."""
    for number, folder in enumerate(("services/[id]", "services/i", "services/(app) $x")):
        repo.write(f"{folder}/Dockerfile", "FROM scratch\nCOPY . /\n")
        repo.write(f"manifests/products/s{number}.toml", SERVICE.format(number=number, folder=folder))
    repo.write("manifests/workspace.toml", 'name = "acme"\n')
    repo.write("shared/[a].conf", "a")
    repo.write("shared/a.conf", "a")
    repo.commit()

    for number, folder in enumerate(("services/[id]", "services/i", "services/(app) $x")):
        repo.append(f"{folder}/Dockerfile", "RUN true\n")
        assert affected(repo.root) == [".", f"image:s{number}", f"product:s{number}"]
        repo.git("checkout", "-q", ".")
    repo.append("shared/[a].conf")
    assert affected(repo.root) == ["."]
    repo.append("shared/a.conf")
    assert affected(repo.root) == [
        ".",
        *(f"image:s{n}" for n in range(3)),
        *(f"product:s{n}" for n in range(3)),
    ]


SERVICE = """[services.s{number}]
path = "{folder}"
dockerfile = "{folder}/Dockerfile"
inputs = ["shared/[a].conf"]
port = 808{number}
health = "/"
"""


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_a_picture_of_odd_names_can_be_read(repo: Monorepo, form: str) -> None:
    """Pitfall 26: a project without a name is called by its folder, whatever signs that holds."""
    line = {"mermaid": r"""n\d+\["[^"\x00-\x1f]*"\]""", "dot": r""""(?:[^"\\\x00-\x1f]|\\.)*";"""}[form]
    for name in NAMES:
        repo.write(f"packages/{name}/package.json", "{}")

    told = repo.run("graph", "--format", form).out.splitlines()

    assert sum(re.fullmatch(line, found.strip()) is not None for found in told) == len(NAMES) + 1


def test_data_about_odd_names_holds_them_as_they_are(repo: Monorepo) -> None:
    """Pitfall 26."""
    for name in NAMES:
        repo.write(f"packages/{name}/package.json", "{}")
    repo.commit()

    nodes = json.loads(repo.run("graph", "--format", "json").out)["nodes"]

    assert {node["path"] for node in nodes} == {".", *(f"packages/{name}" for name in NAMES)}
    for name in ("-", "[id].ts", "new\nline.ts"):
        assert repo.run("why", f"package:./packages/{name}").code == 0


def test_what_people_read_has_a_line_for_each_name_and_no_control_signs(shop: Monorepo) -> None:
    """Pitfall 26: a hostile name must neither fake a line nor steer the terminal."""
    for name in NAMES:
        shop.write(f"packages/core/{name}", "new")

    why = shop.run("why", "@acme/ui").out

    assert len(why.splitlines()) == 1 + len(NAMES)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", why)


# Symbolic links --------------------------------------------------------------------------------------------


def test_links_of_every_kind_are_answered_and_count_by_where_they_lead(shop: Monorepo) -> None:
    """Pitfall 4: inside, outside the package, dangling, to folders, in a circle, absolute, above the repository."""
    leads = {
        "inside": "src/index.ts",
        ".env": "../../.env",
        "dangling": "no/such/file",
        "folder": "src",
        "circle": "circle",
        "absolute": "/etc/hostname",
        "above": "../../../../../outside",
        "odd name": "new\nline",
    }
    for name, target in leads.items():
        (shop.root / "packages/core" / name).symlink_to(target)
    paths = {f"packages/core/{name}" for name in leads}
    assert changed_files(shop.root, "package:@acme/ui") == paths
    shop.commit()
    assert affected(shop.root) == []

    for path in paths:
        (shop.root / path).unlink()
        (shop.root / path).symlink_to("elsewhere")

    assert changed_files(shop.root, "package:@acme/ui") == paths
    assert affected(shop.root) == ["@acme/core", "@acme/ui"]


@pytest.mark.parametrize(
    "back", [False, True], ids=["a file turned into a link", "a link turned into a file"]
)
def test_a_file_and_a_link_of_the_same_bytes_differ(shop: Monorepo, back: bool) -> None:
    """Pitfall 4: the mode counts beside the content."""
    place = shop.root / "packages/core/place"
    place.symlink_to("target") if back else place.write_text("target")
    shop.commit()

    place.unlink()
    place.write_text("target") if back else place.symlink_to("target")

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]


def test_a_project_may_be_reached_through_a_link_without_being_two(shop: Monorepo) -> None:
    """A folder that is a link holds no files for git: its package.json makes no second project.

    The link is the root's, so what lies behind it is among what the root sees.
    """
    (shop.root / "packages/also").symlink_to("core")
    shop.commit()

    shop.append("packages/core/src/index.ts")

    assert affected(shop.root) == [".", "@acme/core", "@acme/ui"]


def test_files_behind_a_link_to_a_folder_are_not_looked_for(shop: Monorepo, tmp_path: Path) -> None:
    """A link to a huge folder outside costs nothing, and what lies there is not ours."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/package.json").write_text("no JSON")
    (shop.root / "packages/outside").symlink_to(tmp_path / "outside")

    assert affected(shop.root) == ["."]


def test_a_dockerfile_that_is_a_link_is_the_file_it_leads_to(repo: Monorepo) -> None:
    """Pitfall 4: what it leads to counts, and the link itself."""
    repo.write("docker/shared", "FROM scratch\nCOPY services/web/ /\n")
    repo.plain_service("web", "", port=80)
    (repo.root / "services/web/Dockerfile").unlink()
    (repo.root / "services/web/Dockerfile").symlink_to("../../docker/shared")
    repo.commit()
    assert affected(repo.root) == []

    repo.append("docker/shared", "ENV A=1\n")

    assert "image:web" in affected(repo.root)


def test_a_manifest_that_is_a_link_is_the_file_it_leads_to(repo: Monorepo) -> None:
    """Pitfall 4."""
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    (repo.root / "manifests/products/web.toml").rename(repo.root / "services/web/service.toml")
    (repo.root / "manifests/products/web.toml").symlink_to("../../services/web/service.toml")
    repo.commit()

    assert affected(repo.root) == []


# Submodules ------------------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A repository that others take in as a submodule."""
    library = Monorepo(tmp_path / "library")
    library.commit()
    return library.root


def submodule(repo: Monorepo, library: Path, path: str = "packages/core/vendor") -> Path:
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), path)
    return repo.root / path


def test_a_submodule_added_moved_and_removed_between_commits_affects_its_owner(
    shop: Monorepo, library: Path
) -> None:
    """Pitfall 27."""
    inside = submodule(shop, library)
    assert affected(shop.root) == [".", "@acme/core", "@acme/ui"]
    shop.commit()
    assert affected(shop.root, "HEAD~1") == [".", "@acme/core", "@acme/ui"]
    assert affected(shop.root) == []

    committed(inside)
    assert affected(shop.root) == ["@acme/core", "@acme/ui"]
    shop.commit()
    assert affected(shop.root) == []
    assert affected(shop.root, "HEAD~1", "HEAD") == ["@acme/core", "@acme/ui"]

    shop.git("mv", "packages/core/vendor", "packages/alone/vendor")
    assert affected(shop.root) == [".", "@acme/alone", "@acme/core", "@acme/ui"]
    shop.commit()
    assert affected(shop.root) == []
    shop.git("rm", "-qf", "packages/alone/vendor")
    assert affected(shop.root) == [".", "@acme/alone"]


@pytest.mark.parametrize("target", ["packages/core/vendor", "packages", "nowhere"])
def test_links_to_a_submodule_a_folder_or_nothing_are_told_by_their_name(
    repo: Monorepo, library: Path, target: str
) -> None:
    """What is read is a file: such a link in its place is one mistake with a way out, and for pnpm no .npmrc."""
    repo.package("@acme/core")
    repo.package("@acme/l")
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    repo.write(".npmrc", "shamefully-hoist=true\n")
    repo.lock()
    submodule(repo, library)
    repo.commit()
    linked = {
        "packages/l/package.json": "is a symbolic link to no tracked file\n  retarget it",
        "pnpm-lock.yaml": "is a symbolic link to no tracked file\n  retarget it",
        "pnpm-workspace.yaml": "is a symbolic link to no tracked file\n  retarget it",
        "services/web/Dockerfile": "leads to no file that git tracks\n  let it lead to one",
        "manifests/workspace.toml": "leads to no file that git tracks\n  let it lead to one",
        "manifests/products/web.toml": "leads to no file that git tracks\n  let it lead to one",
        ".npmrc": "",
    }

    told = {path: _told_of_link(repo, path, target) for path in linked}

    assert told == {path: f"{path}: {problem}\n" if problem else "" for path, problem in linked.items()}


def _told_of_link(repo: Monorepo, path: str, target: str) -> str:
    """What `affected` tells people when a link stands in a file's place, without what leads up to it."""
    place = repo.root / path
    place.unlink()
    place.symlink_to(os.path.relpath(repo.root / target, place.parent))
    ran = repo.run("affected", "--format", "names")
    repo.git("checkout", "-q", "--", path)
    assert (ran.code == 0) == bool(ran.out)
    return re.sub(r"^(error|the lockfile cannot be read, so everything counts as affected): ", "", ran.err)


def test_a_submodule_that_is_dirty_inside_still_counts_by_its_commit(shop: Monorepo, library: Path) -> None:
    """Pitfall 27: git would commit nothing of it."""
    inside = submodule(shop, library)
    shop.commit()

    (inside / "untracked").write_text("new")
    (inside / "package.json").write_text("{}")

    assert affected(shop.root) == []


def test_a_submodule_that_was_never_fetched_is_as_the_commit_has_it(
    shop: Monorepo, library: Path, tmp_path: Path
) -> None:
    """Pitfall 27: uninitialised in a fresh clone."""
    submodule(shop, library)
    shop.commit()
    fresh = clone(shop, tmp_path / "fresh")

    assert not list((fresh.root / "packages/core/vendor").iterdir())
    assert affected(fresh.root) == []
    fresh.append("packages/core/src/index.ts")
    assert affected(fresh.root) == ["@acme/core", "@acme/ui"]


def test_a_submodule_whose_folder_is_gone_is_as_git_would_commit_it(shop: Monorepo, library: Path) -> None:
    """Pitfall 27: `git add -A` would take it out."""
    inside = submodule(shop, library)
    shop.commit()
    subprocess.run(["rm", "-r", str(inside)], check=True)

    before = affected(shop.root)
    shop.commit()

    assert before == affected(shop.root, "HEAD~1", "HEAD") == ["@acme/core", "@acme/ui"]


@pytest.mark.parametrize("copied", ["vendor/*/*.txt", "vendor/lib/a.txt", "link/*.txt", "li*"])
def test_an_image_that_copies_out_of_a_submodule_is_affected_by_it_and_refused(
    repo: Monorepo, library: Path, copied: str
) -> None:
    """Docker copies what lies there, and a snapshot knows nothing of that but the submodule's commit."""
    repo.plain_service("web", f"FROM scratch\nCOPY {copied} own /\n", port=80, context=".")
    repo.write("own", "1")
    repo.write("vendor/own/z.txt", "1")
    (repo.root / "link").symlink_to("vendor/lib")
    inside = submodule(repo, library, "vendor/lib")
    repo.commit()
    picture = open_project(repo.root).working_picture()

    with pytest.raises(ConfigurationError, match="vendor/lib: a submodule cannot be part of an image yet"):
        read_archive(picture.images["web"].context, picture.snapshot.blobs)
    committed(inside)
    assert "image:web" in affected(repo.root)


def test_a_folder_in_the_place_of_a_submodule_is_seen_as_any_folder(repo: Monorepo, library: Path) -> None:
    """Of the submodule all counts, as nothing of it is known; of a folder what the pattern names."""
    repo.plain_service("web", "FROM scratch\nCOPY vendor/*/*.txt own /\n", port=80, context=".")
    repo.write("own", "1")
    submodule(repo, library, "vendor/lib")
    repo.commit()
    open_project(repo.root).working_picture().fingerprint("web")

    repo.git("rm", "-qf", "vendor/lib")
    repo.write("vendor/lib/other", "seen by no image")
    fingerprint = open_project(repo.root).working_picture().fingerprint("web")

    shutil.rmtree(repo.root / ".git/buildgraph")
    assert open_project(repo.root).working_picture().fingerprint("web") == fingerprint


@pytest.mark.parametrize("setting", ["all", "dirty", "untracked"])
def test_no_setting_hides_a_moved_submodule(
    shop: Monorepo, library: Path, setting: str, user_config: Path
) -> None:
    """Pitfall 27: what a user wants to see in `git status` is not what a build sees."""
    inside = submodule(shop, library)
    shop.commit()
    user_config.write_text(f"[diff]\n\tignoreSubmodules = {setting}\n")

    committed(inside)

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]


def test_a_repository_inside_that_is_no_submodule_is_not_looked_into(shop: Monorepo) -> None:
    """A clone or a worktree that lies about in the checkout is another repository."""
    shop.git("worktree", "add", "-q", "packages/core/tree", "-b", "other")
    committed_before = affected(shop.root)
    shop.append("packages/core/tree/package.json")

    assert affected(shop.root) == committed_before == []


# Kinds of checkout -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ("--cone", "packages/ui"),
        ("--cone", "--sparse-index", "packages/ui"),
        ("--no-cone", "/packages/ui/", "/*.yaml"),
    ],
    ids=" ".join,
)
def test_files_that_a_sparse_checkout_leaves_out_are_not_deleted(
    shop: Monorepo, options: tuple[str, ...]
) -> None:
    shop.append("packages/core/src/index.ts")
    shop.commit()

    shop.git("sparse-checkout", "set", *options)

    assert not (shop.root / "packages/core").exists()
    assert affected(shop.root) == []
    assert affected(shop.root, "HEAD~1") == ["@acme/core", "@acme/ui"]
    shop.append("packages/ui/src/index.ts")
    assert affected(shop.root) == ["@acme/ui"]


def test_a_sparse_checkout_without_the_workspace_file_still_knows_its_workspace(shop: Monorepo) -> None:
    shop.git("sparse-checkout", "set", "--no-cone", "/packages/ui/")
    assert not (shop.root / "pnpm-workspace.yaml").exists()

    shop.append("packages/ui/src/index.ts")

    assert affected(shop.root) == ["@acme/ui"]


def test_a_partial_clone_fetches_what_is_needed_and_no_more(shop: Monorepo, tmp_path: Path) -> None:
    """package.json files of the base are fetched; the sources of the base are known by their ids alone."""
    shop.append("packages/core/src/index.ts")
    shop.write("packages/ui/package.json", json.dumps({"name": "@acme/ui", "version": "2.0.0"}))
    shop.commit()
    partial = clone(shop, tmp_path / "partial", "--filter=blob:none")
    old = shop.git("rev-parse", "HEAD~1:packages/core/src/index.ts")

    assert affected(partial.root, "HEAD~1") == ["@acme/core", "@acme/ui"]

    missing = partial.git("rev-list", "--objects", "--all", "--missing=print").split()
    assert f"?{old}" in missing
    assert f"?{shop.git('rev-parse', 'HEAD~1:packages/ui/package.json')}" not in missing


def test_a_partial_clone_without_its_server_answers_while_nothing_is_needed(
    shop: Monorepo, tmp_path: Path
) -> None:
    shop.append("packages/core/src/index.ts")
    shop.commit()
    partial = clone(shop, tmp_path / "partial", "--filter=blob:none")
    partial.git("config", "remote.origin.url", (tmp_path / "gone").as_uri())

    assert affected(partial.root, "HEAD~1") == ["@acme/core", "@acme/ui"]


def test_a_partial_clone_without_its_server_says_what_it_lacks(shop: Monorepo, tmp_path: Path) -> None:
    shop.write("packages/ui/package.json", json.dumps({"name": "@acme/ui", "version": "2.0.0"}))
    shop.commit()
    partial = clone(shop, tmp_path / "partial", "--filter=blob:none")
    partial.git("config", "remote.origin.url", (tmp_path / "gone").as_uri())

    ran = partial.run("affected", "--base", "HEAD~1")

    assert (ran.code, ran.out) == (3, "")
    assert "git fetch" in ran.err.splitlines()[-1]


def test_a_clone_without_trees_and_server_says_what_it_lacks(shop: Monorepo, tmp_path: Path) -> None:
    """Pitfall 21: what could not be read must not be told as what is not there."""
    shop.append("packages/core/src/index.ts")
    shop.commit()
    treeless = clone(shop, tmp_path / "treeless", "--filter=tree:0")
    treeless.git("config", "remote.origin.url", (tmp_path / "gone").as_uri())

    ran = treeless.run("affected", "--base", "HEAD~1")

    assert "pnpm-workspace.yaml: is missing" not in ran.err
    assert "git" in ran.err and "fetch" in ran.err


def test_a_shallow_clone_answers_for_what_it_has_and_says_what_it_lacks(
    shop: Monorepo, tmp_path: Path
) -> None:
    """Pitfall 21."""
    old = shop.git("rev-parse", "HEAD")
    shop.commit()
    shallow = clone(shop, tmp_path / "shallow", "--depth=1")

    assert affected(shallow.root) == []
    shallow.append("packages/core/src/index.ts")
    assert affected(shallow.root) == ["@acme/core", "@acme/ui"]

    comparison = compare(open_project(shallow.root), old, None)
    assert not comparison.complete and len(comparison.nodes) == 4
    assert old in comparison.why_incomplete


def test_a_worktree_has_its_own_edits(shop: Monorepo, tmp_path: Path) -> None:
    shop.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    tree = bare(tmp_path / "tree")

    tree.append("packages/core/src/index.ts")
    tree.write("packages/alone/new.ts", "new")

    assert affected(tree.root) == ["@acme/alone", "@acme/core", "@acme/ui"]
    assert affected(shop.root) == []


def test_a_repository_without_a_commit_counts_everything(repo: Monorepo) -> None:
    repo.package("@acme/core")

    ran = repo.run("affected", "--format", "names")

    assert (ran.code, ran.out.split()) == (0, ["package:.", "package:@acme/core"])
    assert "the base is not known" in ran.err and "commit" in ran.err
    refused = repo.run("affected", "--head", "HEAD")
    assert (refused.code, refused.out) == (2, "")
    assert "there is no commit 'HEAD' here" in refused.err


@pytest.mark.parametrize("place", ["bare.git", "repo/.git"])
def test_in_a_folder_without_a_working_tree_the_way_out_is_told(
    shop: Monorepo, tmp_path: Path, place: str
) -> None:
    shop.git("clone", "-q", "--bare", str(shop.root), str(tmp_path / "bare.git"))

    ran = bare(tmp_path / place).run("affected")

    assert (ran.code, ran.out) == (2, "")
    assert "working tree" in ran.err
    assert "Traceback" not in ran.err


def test_a_repository_with_long_ids_is_read(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", str(root)], check=True)
    repo = bare(root)
    repo.write("pnpm-workspace.yaml", "packages: ['packages/*']\n")
    repo.package("@acme/core")
    assert len(committed(root)) == 64

    repo.append("packages/core/src/index.ts")
    repo.write("packages/core/new\nline.ts", "new")

    assert affected(root) == ["@acme/core"]


def test_a_repository_of_another_user_is_told_with_the_way_out(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is git's own, by which it tests this refusal."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    ran = shop.run("affected")

    assert (ran.code, ran.out) == (3, "")
    assert "another user owns it\n  git config --global --add safe.directory" in ran.err


# What git shows otherwise than it stores ---------------------------------------------------------------------


def test_line_endings_of_a_checkout_change_nothing(shop: Monorepo, tmp_path: Path) -> None:
    """`core.autocrlf`: a clone with CRLF on disk is the same, and an edit in it gives the same as elsewhere."""
    shop.write("packages/core/long.ts", "one\ntwo\n")
    shop.commit()
    windows = clone(shop, tmp_path / "windows", "-c", "core.autocrlf=true")
    assert (windows.root / "packages/core/long.ts").read_bytes() == b"one\r\ntwo\r\n"
    assert affected(windows.root) == []
    os.utime(windows.root / "packages/core/long.ts", (1, 1))
    assert affected(windows.root) == []

    windows.write("packages/core/long.ts", "one\r\ntwo\r\nthree\r\n")
    shop.write("packages/core/long.ts", "one\ntwo\nthree\n")

    assert affected(windows.root) == ["@acme/core", "@acme/ui"]
    assert windows.fingerprints() == shop.fingerprints()


def test_attributes_decide_on_line_endings(shop: Monorepo) -> None:
    shop.write(".gitattributes", "*.bat text eol=crlf\n*.bin -text\n")
    shop.write("packages/core/run.bat", "one\r\n")
    shop.write("packages/core/raw.bin", "one\r\n")
    shop.commit()

    shop.write("packages/core/run.bat", "one\n")
    assert affected(shop.root) == []
    shop.write("packages/core/raw.bin", "one\n")
    assert affected(shop.root) == ["@acme/core", "@acme/ui"]


@pytest.mark.parametrize(("attributes", "setting"), [("* text=auto\n", "false"), ("", "true"), ("", "input")])
def test_line_endings_that_are_stored_as_crlf_count_where_git_only_guesses_what_is_text(
    shop: Monorepo, attributes: str, setting: str
) -> None:
    """What came with CRLF, before an attribute or a setting was there, keeps them in a commit: LF are not that."""
    shop.write("packages/core/long.ts", "one\r\ntwo\r\n")
    shop.commit()
    shop.write(".gitattributes", attributes)
    shop.commit()
    shop.git("config", "core.autocrlf", setting)
    shop.write("packages/core/long.ts", "one\ntwo\nthree\n")
    with_lf = shop.fingerprints()

    shop.write("packages/core/long.ts", "one\r\ntwo\r\nthree\r\n")
    with_crlf = shop.fingerprints()
    shop.commit()

    assert with_crlf != with_lf
    assert shop.fingerprints() == with_crlf


def test_a_clean_filter_decides_what_counts(shop: Monorepo) -> None:
    """What git would commit counts, not what the filter takes away."""
    shop.git("config", "filter.upper.clean", "tr a-z A-Z")
    shop.write(".gitattributes", "*.txt filter=upper\n")
    shop.write("packages/core/a.txt", "hello\n")
    shop.commit()

    shop.write("packages/core/a.txt", "HeLLo\n")
    assert affected(shop.root) == []
    shop.write("packages/core/a.txt", "goodbye\n")
    shop.write("packages/core/new\nname.txt", "new\n")
    snapshot = open_project(shop.root).working_picture().snapshot

    assert snapshot.read("packages/core/a.txt") == b"GOODBYE\n"
    assert snapshot.read("packages/core/new\nname.txt") == b"NEW\n"


def test_a_required_filter_that_fails_is_told(shop: Monorepo) -> None:
    shop.git("config", "filter.broken.clean", "echo no secret key here >&2; false")
    shop.git("config", "filter.broken.required", "true")
    shop.write(".gitattributes", "*.txt filter=broken\n")
    shop.write("packages/core/a.txt", "hello\n")

    ran = shop.run("affected")

    assert (ran.code, ran.out) == (3, "")
    assert "packages/core/a.txt" in ran.err and "Traceback" not in ran.err


def test_a_pointer_of_large_file_storage_counts_as_its_content(shop: Monorepo) -> None:
    """A pointer names the digest of the content, so it differs exactly when that does."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 5\n"
    shop.write(".gitattributes", "*.psd filter=lfs diff=lfs merge=lfs -text\n")
    shop.write("packages/core/logo.psd", pointer.format("0" * 64))
    shop.commit()
    assert affected(shop.root) == []

    shop.write("packages/core/logo.psd", pointer.format("1" * 64))

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]


# What the index may say ----------------------------------------------------------------------------------------


def test_a_file_that_is_only_meant_to_be_added_is_there(shop: Monorepo) -> None:
    """`git add -N` puts an empty file into the index."""
    shop.write("packages/core/new.ts", "new")
    shop.git("add", "-N", "packages/core/new.ts")
    fingerprints = shop.fingerprints()
    assert affected(shop.root) == ["@acme/core", "@acme/ui"]

    shop.commit()

    assert shop.fingerprints() == fingerprints
    shop.write("packages/core/other.ts", "other")
    shop.git("add", "-N", "packages/core/other.ts")
    (shop.root / "packages/core/other.ts").unlink()
    assert affected(shop.root) == []


def conflict(repo: Monorepo, path: str, ours: str | None, theirs: str | None) -> None:
    """Leave a merge unfinished in which one path differs; None deletes it."""
    repo.git("checkout", "-q", "-b", "theirs")
    _set(repo, path, theirs)
    repo.git("checkout", "-q", "main")
    _set(repo, path, ours)
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "theirs")


def _set(repo: Monorepo, path: str, content: str | None) -> None:
    if content is None:
        (repo.root / path).unlink()
    else:
        repo.write(path, content)
    repo.commit()


@pytest.mark.parametrize(("ours", "theirs"), [("ours", "theirs"), (None, "theirs"), ("ours", None)])
def test_an_unfinished_merge_is_as_the_working_tree_has_it(
    shop: Monorepo, ours: str | None, theirs: str | None
) -> None:
    """git leaves what is left of both: marks for two edits, the edited file where the other side deleted it."""
    conflict(shop, "packages/core/src/index.ts", ours, theirs)

    assert affected(shop.root, "HEAD") == ([] if theirs is None else ["@acme/core", "@acme/ui"])
    (shop.root / "packages/core/src/index.ts").unlink()
    assert affected(shop.root, "HEAD") == ([] if ours is None else ["@acme/core", "@acme/ui"])


def test_a_conflict_in_the_lockfile_counts_everything_or_is_refused_and_told_with_its_line(
    shop: Monorepo,
) -> None:
    """Pitfall 30 (m): never an answer that leaves something out."""
    shop.lock()
    shop.commit()
    conflict(shop, "pnpm-lock.yaml", "lockfileVersion: '9.0'\n", "lockfileVersion: '6.0'\n")

    ran = shop.run("affected", "--format", "names")

    assert (ran.code, len(ran.out.split())) in ((2, 0), (0, 4))
    assert "pnpm-lock.yaml:1: holds marks of an unfinished merge\n" in ran.err
    assert "finish the merge" in ran.err


def test_a_conflict_in_a_package_json_is_told_with_its_line(shop: Monorepo) -> None:
    conflict(shop, "packages/core/package.json", '{"name": "a"}', '{"name": "b"}')

    ran = shop.run("affected")

    assert (ran.code, ran.out) == (2, "")
    assert "packages/core/package.json:1:1: is no JSON" in ran.err


@pytest.mark.parametrize("bit", ["--skip-worktree", "--assume-unchanged"])
def test_a_file_that_git_was_told_to_leave_alone_is_left_alone(shop: Monorepo, bit: str) -> None:
    """A local value that is never committed builds nothing anywhere else, so it counts nowhere."""
    shop.git("update-index", bit, "packages/core/src/index.ts")

    shop.append("packages/core/src/index.ts")

    assert affected(shop.root) == []


@pytest.mark.parametrize(
    "option", [("--split-index",), ("--untracked-cache",), ("--index-version", "4"), ("--fsmonitor",)]
)
def test_any_form_of_index_is_read(shop: Monorepo, option: tuple[str, ...]) -> None:
    shop.git("config", "core.fsmonitor", "false")
    shop.git("update-index", *option)
    shop.append("packages/core/src/index.ts")
    shop.write("packages/alone/new.ts", "new")
    shop.git("add", "packages/alone")

    assert affected(shop.root) == ["@acme/alone", "@acme/core", "@acme/ui"]


def test_an_index_that_another_process_writes_is_read_as_it_is(shop: Monorepo) -> None:
    shop.write(".git/index.lock", "")
    shop.append("packages/core/src/index.ts")

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]
    assert (shop.root / ".git/index.lock").read_bytes() == b""


def git_folder(root: Path) -> dict[str, int]:
    """Every file of git's own folder but ours, with the time when it was written."""
    found = {path.relative_to(root / ".git"): path for path in (root / ".git").rglob("*") if path.is_file()}
    return {str(way): path.stat().st_mtime_ns for way, path in found.items() if way.parts[0] != "buildgraph"}


def test_reading_writes_nothing_into_the_repository(shop: Monorepo) -> None:
    """Another git may run at the same time: no lock is taken, the index is not refreshed."""
    shop.append("packages/core/src/index.ts")
    os.utime(shop.root / "packages/alone/src/index.ts", (1, 1))
    before = git_folder(shop.root)

    affected(shop.root)

    assert git_folder(shop.root) == before


@pytest.mark.parametrize("place", [".buildgraph", ".git/buildgraph"])
@pytest.mark.parametrize("what", ["a file", "a dangling link"])
def test_what_stands_where_we_keep_things_is_in_nobodys_way(shop: Monorepo, place: str, what: str) -> None:
    shop.write(place, "in the way") if what == "a file" else (shop.root / place).symlink_to("nowhere")
    shop.append("packages/core/src/index.ts")
    shop.write(".git/info/exclude", ".buildgraph\n")

    assert affected(shop.root) == affected(shop.root) == ["@acme/core", "@acme/ui"]


def test_a_broken_index_is_one_clear_error(shop: Monorepo) -> None:
    shop.write(".git/index", "this is no index")

    ran = shop.run("affected")

    assert (ran.code, ran.out) == (3, "")
    assert "index file" in ran.err and "Traceback" not in ran.err


# What users write into their configuration -----------------------------------------------------------------------


@pytest.fixture
def user_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own git configuration, empty yet."""
    file = tmp_path / "gitconfig"
    file.write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    return file


HOSTILE = """
[core]
  pager = touch {mark}
  quotePath = true
  fsmonitor = touch {mark}; false
  untrackedCache = true
  editor = touch {mark}
[color]
  ui = always
  status = always
[status]
  relativePaths = true
  showUntrackedFiles = no
  renames = copies
  short = true
  branch = true
  showStash = true
  aheadBehind = true
  submoduleSummary = true
[diff]
  external = touch {mark}
  noprefix = true
  mnemonicPrefix = true
  renames = copies
  orderFile = /dev/null
  ignoreSubmodules = all
  submodule = log
[log]
  showSignature = true
[alias]
  status = !touch {mark}
  ls-files = !touch {mark}
[advice]
  detachedHead = true
[pager]
  status = touch {mark}
  ls-files = touch {mark}
  rev-parse = touch {mark}
[column]
  ui = always
[push]
  default = nothing
[feature]
  experimental = true
[help]
  autoCorrect = 1
"""


def test_nothing_in_a_users_configuration_changes_an_answer_or_is_run(
    shop: Monorepo, user_config: Path, tmp_path: Path
) -> None:
    shop.write("packages/alone/[ä] new\tname.ts", "stashed")
    shop.git("stash", "-qu")
    (shop.root / "packages/core/src/index.ts").rename(shop.root / "packages/core/src/ä moved.ts")
    shop.write("packages/ui/un tracked.ts", "new")
    files = changed_files(shop.root, "package:@acme/ui")
    fingerprints = shop.fingerprints()

    user_config.write_text(HOSTILE.format(mark=tmp_path / "mark"))

    assert files == {
        "packages/core/src/index.ts",
        "packages/core/src/ä moved.ts",
        "packages/ui/un tracked.ts",
    }
    assert changed_files(shop.root, "package:@acme/ui") == files
    assert shop.fingerprints() == fingerprints
    assert not (tmp_path / "mark").exists()


def test_nothing_in_a_users_configuration_changes_what_lies_between_commits(
    shop: Monorepo, library: Path, user_config: Path, tmp_path: Path
) -> None:
    """Renames, copies and submodules are told as they are, whatever `git diff` shows a user."""
    inside = submodule(shop, library, "packages/alone/vendor")
    shop.write("packages/alone/same.ts", "export const same = 1\n" * 20)
    shop.commit()
    committed(inside)
    shop.git("mv", "packages/alone/same.ts", "packages/core/same.ts")
    shop.git("mv", "packages/ui/src/index.ts", "packages/ui/src/[ä] new\tname.ts")
    shop.commit()
    expected = ["@acme/alone", "@acme/core", "@acme/ui"]
    assert affected(shop.root, "HEAD~1", "HEAD") == affected(shop.root, "HEAD~1") == expected

    user_config.write_text(HOSTILE.format(mark=tmp_path / "mark"))

    assert affected(shop.root, "HEAD~1", "HEAD") == affected(shop.root, "HEAD~1") == expected
    assert not (tmp_path / "mark").exists()


def test_a_stash_does_not_make_a_clean_tree_dirty(shop: Monorepo, user_config: Path) -> None:
    shop.append("packages/core/src/index.ts")
    shop.git("stash", "-q")

    user_config.write_text(HOSTILE.format(mark=os.devnull))

    assert open_project(shop.root).working_picture().commit_label == shop.git("rev-parse", "HEAD")


def test_a_command_in_the_repositorys_own_configuration_is_not_run(shop: Monorepo, tmp_path: Path) -> None:
    """`core.fsmonitor` names a program that `git status` starts; a stranger's checkout may hold one."""
    shop.git("config", "core.fsmonitor", f"touch {tmp_path / 'mark'}; false")
    shop.git("config", "diff.external", f"touch {tmp_path / 'mark'}")
    shop.append("packages/core/src/index.ts")

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]
    assert not (tmp_path / "mark").exists()


def test_modes_that_a_disk_cannot_hold_say_nothing(shop: Monorepo) -> None:
    """`core.fileMode=false`: the executable bit is git's, not the disk's."""
    shop.git("config", "core.fileMode", "false")
    (shop.root / "packages/core/src/index.ts").chmod(0o755)
    assert affected(shop.root) == []

    shop.git("update-index", "--chmod=+x", "packages/core/src/index.ts")
    (shop.root / "packages/core/src/index.ts").chmod(0o644)

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]
    shop.append("packages/core/src/index.ts")
    snapshot = open_project(shop.root).working_picture().snapshot
    assert snapshot.entries["packages/core/src/index.ts"].mode == 0o100755


def test_links_that_a_disk_cannot_hold_are_files_that_say_where_they_lead(shop: Monorepo) -> None:
    """Pitfall 4: git keeps them so with core.symlinks off, and commits them as links."""
    link = shop.root / "packages/alone/link"
    link.symlink_to("../core/src/index.ts")
    shop.commit()
    shop.git("config", "core.symlinks", "false")
    link.unlink()
    shop.git("checkout", "-q", "packages/alone/link")
    assert not link.is_symlink()
    assert affected(shop.root) == []

    link.write_text("../ui/src/index.ts")
    before = affected(shop.root)
    shop.commit()

    assert before == affected(shop.root, "HEAD~1", "HEAD") == ["@acme/alone"]
    shop.append("packages/ui/src/index.ts")
    assert affected(shop.root, "HEAD") == ["@acme/alone", "@acme/ui"]


def test_a_repository_that_knows_no_case_is_read(shop: Monorepo) -> None:
    """`core.ignoreCase`, as git sets it on such disks."""
    shop.git("config", "core.ignoreCase", "true")
    shop.write("packages/core/Upper.ts", "one")
    shop.commit()
    assert affected(shop.root) == []

    shop.write("packages/core/Upper.ts", "two")

    assert changed_files(shop.root, "package:@acme/core") == {"packages/core/Upper.ts"}


# References ------------------------------------------------------------------------------------------------------


def test_a_reference_that_looks_like_an_option_is_a_reference(shop: Monorepo) -> None:
    """Pitfall 25: it is looked up, never obeyed."""
    shop.git("update-ref", "refs/heads/--output=x", "HEAD")
    shop.append("packages/core/src/index.ts")
    shop.commit()

    assert affected(shop.root, "--output=x") == ["@acme/core", "@acme/ui"]
    assert affected(shop.root, "HEAD", "--output=x") == ["@acme/core", "@acme/ui"]
    assert shop.affected("--base=--output=x") == ["package:@acme/core", "package:@acme/ui"]
    assert not (shop.root / "x").exists()


@pytest.mark.parametrize(
    "ref",
    [
        *("--output=x", "-h", "--help", " ", "HEAD:", "HEAD^{tree}", ":/", "a..b", "$(touch x)", "x\ny"),
        "@{u}",
    ],
)
def test_a_reference_that_names_no_commit_counts_everything_and_runs_nothing(
    shop: Monorepo, ref: str
) -> None:
    """Pitfalls 21 and 25."""
    comparison = compare(open_project(shop.root), ref, None)

    assert not comparison.complete
    assert len(comparison.nodes) == 4
    assert not (shop.root / "x").exists()


def test_a_head_that_names_no_commit_is_refused(shop: Monorepo) -> None:
    ran = shop.run("affected", "--head=--output=x")

    assert (ran.code, ran.out) == (2, "")
    assert "there is no commit '--output=x' here\n  fetch it first" in ran.err


def test_a_branch_a_tag_and_a_file_of_one_name_are_told_apart_by_their_full_names(shop: Monorepo) -> None:
    """Pitfall 25."""
    shop.write("core", "a file")
    shop.commit()
    shop.git("tag", "core")
    shop.append("packages/core/src/index.ts")
    shop.commit()
    shop.git("branch", "core")

    assert affected(shop.root, "refs/tags/core") == ["@acme/core", "@acme/ui"]
    assert affected(shop.root, "refs/heads/core") == []
    shop.git("branch", "-D", "core")
    assert affected(shop.root, "core") == ["@acme/core", "@acme/ui"]


def test_a_tag_that_is_called_like_the_default_branch_is_not_taken_for_it(shop: Monorepo) -> None:
    """Pitfall 25."""
    shop.git("tag", "main")
    shop.append("packages/core/src/index.ts")
    shop.commit()

    assert affected(shop.root) == []


def test_an_annotated_tag_means_its_commit(shop: Monorepo) -> None:
    shop.git("tag", "-a", "v1", "-m", "one")
    shop.append("packages/core/src/index.ts")

    assert affected(shop.root, "v1") == ["@acme/core", "@acme/ui"]


def test_a_commit_that_is_replaced_here_alone_counts_as_it_is_everywhere(shop: Monorepo) -> None:
    """`git replace` lives in one clone: the same commit must mean the same files on every machine."""
    other = shop.git("rev-parse", "HEAD")
    shop.append("packages/core/src/index.ts")
    base = shop.commit()
    shop.git("replace", base, other)

    assert affected(shop.root, base) == []


def test_a_detached_head_and_unrelated_histories_are_answered(shop: Monorepo) -> None:
    """Pitfall 21: an orphan has no common commit, so everything counts."""
    shop.git("checkout", "-q", "--detach")
    shop.append("packages/core/src/index.ts")
    assert affected(shop.root) == ["@acme/core", "@acme/ui"]

    shop.git("checkout", "-q", "--orphan", "island")
    shop.commit()

    comparison = compare(open_project(shop.root), None, None)
    assert not comparison.complete and "common commit" in comparison.why_incomplete


# Where one stands ------------------------------------------------------------------------------------------------


def test_from_a_sub_folder_and_through_a_link_the_answer_is_the_same(shop: Monorepo, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop.root)
    (tmp_path / "inside").symlink_to(shop.root / "packages/core/src")
    shop.append("packages/core/src/index.ts")

    for place in (shop.root / "packages/ui/src", tmp_path / "link", tmp_path / "link/packages/ui"):
        assert affected(place) == ["@acme/core", "@acme/ui"]
    assert bare(tmp_path / "inside").affected() == ["package:@acme/core", "package:@acme/ui"]


def test_from_an_ignored_folder_the_answer_is_the_same(shop: Monorepo) -> None:
    shop.write("packages/ui/dist/a.js", "built")
    shop.append("packages/core/src/index.ts")

    assert affected(shop.root / "packages/ui/dist") == ["@acme/core", "@acme/ui"]


# Hooks ---------------------------------------------------------------------------------------------------------------

HOOK = """#!/bin/sh
{cd}
{env} {python} -m buildgraph.main affected --format names > "{answer}" 2>&1
"""


def hook(repo: Monorepo, name: str, answer: Path, *, cd: str = "", env: str = "") -> None:
    """Let git run `affected` in a hook, in the environment that git makes for it."""
    environment = f"PYTHONPATH={Path(__file__).parents[2]} {env}"
    text = HOOK.format(cd=cd, env=environment, python=sys.executable, answer=answer)
    repo.write(f".git/hooks/{name}", text).chmod(0o755)


@pytest.mark.parametrize("arguments", [("-a",), ("packages/core/src/index.ts",), ("--amend", "-a")], ids=str)
def test_a_hook_before_a_commit_sees_the_working_tree(
    shop: Monorepo, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """git lends the hook an index of its own (GIT_INDEX_FILE): with the edits over it, it is the same tree.

    So what is not part of this commit counts too, as everywhere without --head; and the index that git
    is about to commit stays as it is.
    """
    hook(shop, "pre-commit", tmp_path / "answer")
    shop.append("packages/core/src/index.ts")
    shop.write("packages/alone/new.ts", "untracked")

    shop.git("commit", "-qm", "one", *arguments)

    assert (tmp_path / "answer").read_text().split() == [
        "package:@acme/alone",
        "package:@acme/core",
        "package:@acme/ui",
    ]
    shown = shop.git("show", "--name-only", "--format=", "HEAD")
    assert "packages/core/src/index.ts" in shown and "new.ts" not in shown


def test_a_hook_in_a_worktree_sees_that_worktree(shop: Monorepo, tmp_path: Path) -> None:
    """There git sets GIT_DIR for the hook, too."""
    hook(shop, "pre-commit", tmp_path / "answer")
    shop.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    tree = bare(tmp_path / "tree")
    tree.append("packages/core/src/index.ts")

    tree.git("commit", "-qam", "one")

    assert (tmp_path / "answer").read_text().split() == ["package:@acme/core", "package:@acme/ui"]


@pytest.mark.parametrize("place", ["tree", "repo"])
def test_a_hook_that_goes_to_the_workspaces_folder_sees_that_workspace(tmp_path: Path, place: str) -> None:
    """git's variables tell of the place where the hook began; they must not move the top of the repository."""
    repo = Monorepo(tmp_path / "repo")
    inner = bare(repo.root / "web")
    inner.write("pnpm-workspace.yaml", "packages: ['packages/*']\n")
    inner.package("@acme/core")
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    hook(repo, "pre-commit", tmp_path / "answer", cd="cd web")
    bare(tmp_path / place / "web").append("packages/core/src/index.ts")

    bare(tmp_path / place).git("-c", "user.name=T", "-c", "user.email=t@e", "commit", "-qam", "one")

    assert (tmp_path / "answer").read_text().split() == ["package:@acme/core"]


def test_variables_that_lead_to_another_repository_do_not_mislead(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of one repository may ask about another."""
    other = Monorepo(tmp_path / "other")
    other.commit()
    shop.append("packages/core/src/index.ts")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git/index"))

    assert affected(shop.root) == ["@acme/core", "@acme/ui"]


# Breakages -----------------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_named(shop: Monorepo) -> None:
    """A file without read permission, or one that vanishes while it is looked at."""
    if os.geteuid() == 0:
        fifo = shop.root / "packages/core/pipe"
        os.mkfifo(fifo)
        assert affected(shop.root) == [], "git does not track what is neither file nor link"
        return
    (shop.root / "packages/core/src/index.ts").chmod(0)
    with pytest.raises(ToolError, match="packages/core/src/index"):
        affected(shop.root)
