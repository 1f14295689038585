"""Snapshots: the working tree reads as the commit that it would become."""

from __future__ import annotations

import subprocess
from itertools import product
from pathlib import Path

import pytest

from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.process import SystemRunner
from buildgraph.snapshot import find_repository, read_commit, read_working_tree
from buildgraph.snapshot.loose import FEW
from tests.support.monorepo import Monorepo, bare


def entries(snapshot: object) -> dict[str, tuple[int, str]]:
    return {path: (entry.mode, entry.blob) for path, entry in snapshot.entries.items()}  # type: ignore[attr-defined]


def test_a_clean_tree_is_its_commit(repo: Monorepo) -> None:
    repo.package("@acme/core")
    commit = repo.commit()

    tree = repo.working_tree()

    assert entries(tree) == entries(repo.at("HEAD"))
    assert (tree.commit, tree.dirty) == (commit, False)


@pytest.mark.parametrize("staged", [False, True], ids=["unstaged", "staged"])
def test_edits_additions_deletions_renames_and_modes_read_as_the_commit_they_become(
    repo: Monorepo, staged: bool
) -> None:
    """Pitfalls 5, 22, 23 and 24."""
    for name in ("edited", "deleted", "renamed", "script"):
        repo.write(f"packages/{name}.txt", name)
    repo.commit()
    repo.append("packages/edited.txt")
    (repo.root / "packages/deleted.txt").unlink()
    (repo.root / "packages/renamed.txt").rename(repo.root / "packages/new name.txt")
    (repo.root / "packages/script.txt").chmod(0o755)
    repo.write('packages/untracked/ä\n"b".txt', "new")
    repo.write("node_modules/ignored.js", "never seen")
    if staged:
        repo.git("add", "-A")

    tree = repo.working_tree()
    repo.commit()

    assert tree.dirty
    assert entries(tree) == entries(repo.at("HEAD"))
    assert "node_modules/ignored.js" not in tree.entries


def test_a_snapshot_keeps_what_it_saw_while_the_file_is_edited_on(repo: Monorepo) -> None:
    """Pitfall 8: a file that changes while its task runs must not be recorded as built."""
    repo.commit()
    repo.write("a.txt", "first")
    tree = repo.working_tree()

    repo.write("a.txt", "second")

    assert tree.read("a.txt") == b"first"
    assert repo.working_tree().read("a.txt") == b"second"


def test_reading_a_dirty_tree_leaves_the_repository_as_it_was(repo: Monorepo) -> None:
    repo.commit()
    repo.write("a.txt", "edited")
    before = repo.git("count-objects", "-v"), repo.git("status", "--porcelain")

    repo.working_tree()

    assert (repo.git("count-objects", "-v"), repo.git("status", "--porcelain")) == before


def test_the_folder_of_our_own_hides_itself(repo: Monorepo) -> None:
    repo.write(".gitignore", "")
    repo.commit()
    repo.write("a.txt", "edited")

    assert entries(repo.working_tree()) == entries(repo.working_tree())
    assert repo.git("status", "--porcelain") == "?? a.txt"


def test_line_endings_and_filters_count_as_git_would_commit_them(repo: Monorepo) -> None:
    repo.write(".gitattributes", "*.txt text eol=crlf\n")
    repo.write("a.txt", "one\r\ntwo\r\n")
    repo.commit()
    repo.write("b.txt", "three\r\n")

    tree = repo.working_tree()

    assert tree.read("a.txt") == b"one\ntwo\n"
    assert tree.read("b.txt") == b"three\n"


# Contents that git's guess at line endings tells apart: LF, CRLF, both, a CR alone, none, and what is no text.
STORED = ("", "a\nb\n", "a\r\nb\r\n", "a\r\nb\n", "a\rb\r\n", "a\0\r\n")
EDITED = (*STORED, "\r", "\r\n", "$Id: 1$\r\n")
ATTRIBUTES = (
    *("text=auto", "text", "-text", "eol=crlf", "eol=lf", "text=auto eol=crlf", "text=auto eol=lf", "!text"),
    *("text=auto ident", "text=auto working-tree-encoding=UTF-16LE"),
)


@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
def test_line_endings_that_the_index_has_count_as_git_would_commit_them(
    repo: Monorepo, autocrlf: str
) -> None:
    """What git takes for text by a guess keeps its CRLF where the index has them, and loses them elsewhere."""
    pairs = tuple(product(STORED, EDITED))
    files = {
        f"{folder}/{number}": (attributes, was, now)
        for folder, attributes in enumerate(ATTRIBUTES)
        for number, (was, now) in enumerate(pairs)
    }
    for path, (_, was, _) in files.items():
        repo.write(path, was)
    repo.commit()
    lines = [f"/{folder}/** {attributes}\n" for folder, attributes in enumerate(ATTRIBUTES)]
    repo.write(".gitattributes", "".join(lines))
    repo.git("config", "core.autocrlf", autocrlf)
    for path, (attributes, _, now) in files.items():
        repo.write(path, now.encode("utf-16-le" if "UTF-16" in attributes else "utf-8"))

    tree = repo.working_tree()
    repo.commit()

    assert entries(tree) == entries(repo.at("HEAD"))


def test_line_endings_of_a_file_in_conflict_are_those_of_our_side(repo: Monorepo) -> None:
    repo.write("a.txt", "base\r\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "theirs")
    repo.write("a.txt", "theirs\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("a.txt", "ours\r\n")
    repo.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "theirs")
    repo.write(".gitattributes", "* text=auto\n")
    repo.write("a.txt", "both\r\n")

    tree = repo.working_tree()
    repo.commit()

    assert entries(tree) == entries(repo.at("HEAD"))
    assert tree.read("a.txt") == b"both\r\n"


@pytest.mark.parametrize("folder", ["", '"web"\n'], ids=["at the top", "below an odd folder"])
def test_line_endings_of_edits_of_any_kind_read_as_the_commit_they_become(
    repo: Monorepo, folder: str
) -> None:
    """Of any name, only meant to be added, a link before, staged first, behind a filter, or executable."""
    stored = (*ODD_NAMES, "staged", "script", "filtered")
    places = {name: f"{folder}/{name}".lstrip("/") for name in (*stored, "link", "meant")}
    for name in stored:
        repo.write(places[name], f"{name}\r\n")
    (repo.root / places["link"]).symlink_to("a\r\n")
    repo.commit()
    repo.write(".gitattributes", "* text=auto\nfiltered filter=upper\n")
    repo.git("config", "filter.upper.clean", "tr a-z A-Z")
    repo.write(places["staged"], "LF now\n")
    repo.git("add", "-A")
    (repo.root / places["link"]).unlink()
    for path in places.values():
        repo.write(path, "edited\r\n")
    (repo.root / places["script"]).chmod(0o755)
    repo.git("add", "-N", "--", places["meant"])
    inner = repo.repository.at(repo.root / folder)

    tree = read_working_tree(inner)
    repo.commit()

    assert entries(tree) == entries(read_commit(inner, "HEAD"))
    assert tree.read("meant") == tree.read("staged") == b"edited\n"
    assert tree.read("a\tb") == b"edited\r\n"
    assert tree.read("filtered") == b"EDITED\r\n"


def test_where_the_index_counts_gits_own_folder_stays_as_it_is(repo: Monorepo) -> None:
    """No index of git's own is written, in whatever form it has them, no lock waited for, and no hook run."""
    repo.write("a.txt", "a\r\n")
    repo.commit()
    repo.write(".gitattributes", "* text=auto\n")
    repo.write("a.txt", "edited\r\n")
    repo.git("config", "core.splitIndex", "true")
    repo.git("config", "index.sparse", "true")
    repo.write(".git/hooks/post-index-change", "#!/bin/sh\ntouch hooked\n").chmod(0o755)
    repo.write(".git/index.lock", "")
    own = repo.root / ".git"
    before = {path: path.stat().st_mtime_ns for path in own.rglob("*") if "buildgraph" not in path.parts}

    tree = repo.working_tree()

    assert tree.read("a.txt") == b"edited\r\n"
    assert (
        before == {path: path.stat().st_mtime_ns for path in before} and not (repo.root / "hooked").exists()
    )
    assert not set(own.iterdir()) - before.keys() - {own / "buildgraph"}
    assert all(len(folder.name) == 2 for folder in repo.repository.store.iterdir())


ODD_NAMES = ('"', '"a"', "a\nb", "a\\\nb", "a\r", '\\n"\n\r', "\n ä", "a\tb")


@pytest.mark.parametrize("folder", ["", '"web"\n'], ids=["at the top", "below an odd folder"])
def test_files_of_any_name_are_cleaned_as_their_path_says(repo: Monorepo, folder: str) -> None:
    """Git reads them as it would on commit, though it takes their paths line by line."""
    repo.write(".gitattributes", "* -text\n*.txt text\n")
    repo.commit()
    for name in ODD_NAMES:
        repo.write(f"{folder}/{name}.txt".lstrip("/"), "text\r\n")
        repo.write(f"{folder}/{name}".lstrip("/"), f"{name}\r\n")
    inner = repo.repository.at(repo.root / folder)

    tree = read_working_tree(inner)
    repo.commit()

    assert tree.changes.keys() == {*ODD_NAMES, *(f"{name}.txt" for name in ODD_NAMES)}
    assert entries(tree) == entries(read_commit(inner, "HEAD"))
    assert {tree.read(f"{name}.txt") for name in ODD_NAMES} == {b"text\n"}


def test_many_symlinks_hold_what_stands_in_each(repo: Monorepo) -> None:
    """Some lead to one place, some to files that hold something else, and what stands there is never cleaned."""
    repo.write(".gitattributes", "* text\n")
    repo.commit()
    for number, target in enumerate((*ODD_NAMES, *ODD_NAMES, ".gitattributes", "a\r\n", "/", "..")):
        (repo.root / f"{number}\n").symlink_to(target)

    tree = repo.working_tree()
    repo.commit()

    assert entries(tree) == entries(repo.at("HEAD"))
    assert tree.read("17\n") == b"a\r\n"
    assert all(len(folder.name) == 2 for folder in repo.repository.store.iterdir())


def test_symlinks_hold_their_target_and_count_when_it_changes(repo: Monorepo) -> None:
    """Pitfall 4: retargeted, dangling and folder links."""
    (repo.root / "link").symlink_to("../elsewhere")
    repo.commit()
    assert repo.at("HEAD").read("link") == b"../elsewhere"

    (repo.root / "link").unlink()
    (repo.root / "link").symlink_to("nowhere")

    assert repo.working_tree().read("link") == b"nowhere"


def test_a_folder_below_the_top_sees_its_own_paths(repo: Monorepo) -> None:
    repo.write("web/app/a.txt", "a")
    repo.write("outside.txt", "o")
    repo.commit()
    repo.write("web/app/b c.txt", "b")
    inner = find_repository(repo.root / "web", SystemRunner())

    assert sorted(read_working_tree(inner).entries) == ["app/a.txt", "app/b c.txt"]
    assert sorted(read_commit(inner, "HEAD").entries) == ["app/a.txt"]
    assert sorted(repo.working_tree().below("web").entries) == ["app/a.txt", "app/b c.txt"]


def test_a_worktree_and_a_clone_see_the_same(repo: Monorepo, tmp_path: Path) -> None:
    """Pitfall 2: neither the folder nor the kind of checkout enters."""
    repo.package("@acme/core")
    repo.commit()
    repo.git("worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    repo.git("clone", "-q", str(repo.root), str(tmp_path / "clone"))

    seen = [read_working_tree(find_repository(tmp_path / name, SystemRunner())) for name in ("tree", "clone")]

    assert [entries(snapshot) for snapshot in seen] == [entries(repo.working_tree())] * 2


def test_a_repository_without_a_commit_can_be_read(repo: Monorepo) -> None:
    assert "package.json" in repo.working_tree().entries
    assert repo.working_tree().commit is None


def test_an_unmerged_file_is_read_from_the_working_tree(repo: Monorepo) -> None:
    repo.write("a.txt", "base\n")
    repo.commit()
    repo.git("checkout", "-q", "-b", "side")
    repo.write("a.txt", "side\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("a.txt", "main\n")
    repo.commit()
    with pytest.raises(Exception, match="merge"):
        repo.git("merge", "side")

    assert b"<<<<<<<" in repo.working_tree().read("a.txt")


def test_outside_a_repository_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no git repository here or above\n  .*git init"):
        find_repository(tmp_path, SystemRunner())


@pytest.mark.parametrize("revision", ["no-such-ref", "--output=/tmp/x", "", "0" * 40], ids=str)
def test_a_revision_that_names_no_commit_is_one_clear_error(repo: Monorepo, revision: str) -> None:
    """Pitfalls 21 and 25: an unknown, empty or hostile revision is told, never run."""
    repo.commit()

    with pytest.raises(ConfigurationError, match=r"there is no commit|commit that was given is empty"):
        repo.at(revision)


def test_a_blob_that_a_partial_clone_lacks_is_a_clear_error(repo: Monorepo) -> None:
    repo.commit()

    with pytest.raises(ToolError, match="git has no blob 1234"):
        repo.repository.read_blobs(["1234" * 10])


def test_a_folder_replaced_by_a_link_leaves_no_phantom_files(repo: Monorepo) -> None:
    repo.write("lib/a.ts", "lib")
    repo.write("other/a.ts", "other")
    repo.commit()
    (repo.root / "lib/a.ts").unlink()
    (repo.root / "lib").rmdir()
    (repo.root / "lib").symlink_to("other")

    tree = repo.working_tree()
    repo.commit()

    assert entries(tree) == entries(repo.at("HEAD"))
    assert "lib/a.ts" not in tree.entries


def test_without_file_modes_the_executable_bit_says_nothing(repo: Monorepo) -> None:
    """As on Windows drives under WSL."""
    repo.write("a.sh", "a")
    (repo.root / "link").symlink_to("a.sh")
    repo.commit()
    repo.git("config", "core.fileMode", "false")
    (repo.root / "link").unlink()
    for path in ("a.sh", "link", "new.sh"):
        repo.write(path, "edited").chmod(0o755)

    tree = repo.working_tree()
    repo.commit()

    assert entries(tree) == entries(repo.at("HEAD"))


def test_a_submodule_counts_by_the_commit_it_has_checked_out(repo: Monorepo, tmp_path: Path) -> None:
    """Pitfall 27."""
    inner = Monorepo(tmp_path / "inner")
    inner.commit()
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "vendor/inner")
    repo.commit()
    moved = bare(repo.root / "vendor/inner")
    moved.git("-c", "user.name=T", "-c", "user.email=t@e", "commit", "-q", "--allow-empty", "-m", "moved")

    tree = repo.working_tree()
    repo.commit()

    assert entries(tree) == entries(repo.at("HEAD"))


@pytest.mark.parametrize("name", ["a:b", 'a:"\nb', '"a', "a\n"])
def test_an_odd_name_of_the_folder_does_no_harm(tmp_path: Path, name: str) -> None:
    repo = Monorepo(tmp_path / name)
    repo.write("a.txt", "edited")
    (repo.root / "link").symlink_to("a.txt")

    tree = repo.working_tree()

    assert tree.read_many(["a.txt", "link"]) == {"a.txt": b"edited", "link": b"a.txt"}


def test_where_our_own_folder_cannot_be_made_a_temporary_one_serves(repo: Monorepo) -> None:
    repo.write(".buildgraph", "in the way")
    repo.write("a.txt", "edited")

    assert repo.working_tree().read("a.txt") == b"edited"


@pytest.mark.parametrize("size", [1, 100_000])
@pytest.mark.parametrize("left", [0, 10, 60])
def test_copies_of_edits_that_were_damaged_are_told_and_made_anew(
    repo: Monorepo, left: int, size: int
) -> None:
    """After a loss of power files are empty, or half; git writes no object that is there, so they would stay."""
    edited = {f"packages/{name}/data": f"{name}{'x' * size}" for name in ("a", "b")}
    repo.commit()
    for path, text in edited.items():
        repo.write(path, text)
    blobs = {path: repo.working_tree().entries[path].blob for path in edited}
    copies = [file for file in repo.repository.store.rglob("*") if file.is_file()]
    assert len(copies) == len(edited)
    for copy in copies:
        copy.chmod(0o644)
        copy.write_bytes(copy.read_bytes()[:left][:-1] + b"?" * bool(left))

    with pytest.raises(ToolError, match=r"(?s)copies of edits in .* were damaged.*run the same again"):
        repo.working_tree().blobs.read_blobs(blobs.values())
    found = repo.working_tree().blobs.read_blobs(blobs.values())

    assert {path: found[blob].decode() for path, blob in blobs.items()} == edited


def test_a_commit_that_is_damaged_is_told_as_that_and_whole_copies_of_edits_stay(repo: Monorepo) -> None:
    """More than are looked for one by one: git reads them together, and fails for one."""
    for number in range(FEW + 1):
        repo.write(f"packages/a/{number}.txt", f"text {number}")
    repo.commit()
    committed = repo.working_tree().entries["packages/a/0.txt"].blob
    lost = repo.root / ".git/objects" / committed[:2] / committed[2:]
    lost.chmod(0o644)
    lost.write_bytes(b"?")
    repo.write("packages/a/1.txt", "edited")
    found = repo.working_tree()

    with pytest.raises(ToolError, match=f"git has no blob {committed}"):
        found.blobs.read_blobs(entry.blob for entry in found.entries.values())

    assert found.read("packages/a/1.txt") == b"edited"


@pytest.mark.parametrize("name", ["a.txt", 'a"b\n.txt'])
def test_an_edit_that_a_filter_does_not_take_is_told_by_its_name(repo: Monorepo, name: str) -> None:
    """As where git-lfs is not installed: of a file that it does not know yet git's status asks no filter."""
    repo.write(".gitattributes", "*.txt filter=lost\n")
    repo.commit()
    repo.git("config", "filter.lost.clean", "false")
    repo.git("config", "filter.lost.required", "true")
    repo.write(name, "new")

    with pytest.raises(ToolError, match=r"(?s)git cannot copy an edit: .*'lost' failed.*mend what it names"):
        repo.working_tree()
