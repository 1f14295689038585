"""What is remembered, and what it is remembered by: no answer is another for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from buildgraph.memory import KEPT
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo, bare


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """web -> core; api -> core; docs stands alone; all committed."""
    repo.package("@acme/core")
    repo.service("web", uses=["@acme/core"])
    repo.service("api", uses=["@acme/core"])
    repo.service("docs")
    repo.lock()
    repo.commit()
    return repo


def test_services_that_see_other_files_of_one_folder_are_told_apart(repo: Monorepo) -> None:
    """Pitfall 7: what was found for one list of inputs is not taken for that of another."""
    for name, pattern in (("web", "shared/*.css"), ("api", "shared/*.sql"), ("docs", "shared/*.css")):
        repo.service(name, inputs=[pattern])
    repo.write("shared/a.css", "a {}")
    repo.write("shared/a.sql", "select 1")
    repo.lock()
    repo.commit()

    repo.write("shared/a.sql", "select 2")
    assert repo.affected("--kind", "image") == ["image:api"]
    repo.commit()

    repo.write("shared/b.css", "b {}")
    assert repo.affected("--kind", "image", "--base", "HEAD") == ["image:docs", "image:web"]


def test_what_is_baked_is_what_the_manifest_says_and_nothing_else(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 11: a variable of this shell reaches no build, so it moves no fingerprint either."""
    before = shop.fingerprints()
    shop.write(
        "docker/Dockerfile.app", f"{(shop.root / 'docker/Dockerfile.app').read_text()}ARG PUBLIC_API\n"
    )
    declared = shop.fingerprints()
    monkeypatch.setenv("PUBLIC_API", "https://elsewhere")
    assert shop.fingerprints() == declared != before

    with (shop.root / "manifests/products/web.toml").open("a") as manifest:
        manifest.write('build_args = { PUBLIC_API = "https://here" }\n')

    moved = {node for node, found in shop.fingerprints().items() if found != declared.get(node)}
    assert {node for node in moved if node.startswith("image:")} == {"image:web"}


def test_a_file_that_git_ignores_is_seen_by_no_build_and_moves_nothing(shop: Monorepo) -> None:
    """Pitfall 12: and one that git knows counts, until it is as it was."""
    shop.write(".gitignore", ".env\n")
    shop.commit()
    before = shop.fingerprints()

    shop.write("apps/web/.env", "TOKEN=1\n")
    assert shop.fingerprints() == before
    assert shop.affected("--base", "HEAD") == []

    shop.git("add", "-f", "apps/web/.env")
    assert shop.affected("--kind", "image", "--base", "HEAD") == ["image:web"]
    shop.git("rm", "-q", "--cached", "apps/web/.env")
    assert shop.fingerprints() == before


@pytest.mark.parametrize("name", ["f\udcff.ts", "\udcfe\udcff/index.ts", "übung.ts"])
def test_names_of_any_bytes_are_remembered_as_they_are(shop: Monorepo, name: str) -> None:
    """Pitfall 17: non-UTF-8 in what is kept."""
    shop.write(f"packages/core/{name}", "one")
    shop.commit()
    first = shop.fingerprints()
    assert shop.fingerprints() == first

    shop.write(f"packages/core/{name}", "two")
    assert shop.affected("--kind", "image", "--base", "HEAD") == ["image:api", "image:web"]
    shop.write(f"packages/core/{name}", "one")
    assert shop.affected("--base", "HEAD") == []


def test_where_nothing_can_be_kept_the_answer_is_the_same(shop: Monorepo) -> None:
    """Pitfall 17: a folder that cannot be written to, with what was kept there before."""
    shop.append("packages/core/src/index.ts")
    expected = shop.affected()
    kept = shop.root / ".git/buildgraph"
    for file in kept.glob("*.graph"):
        file.unlink()
        file.mkdir()  # root may write anywhere, but no file takes the place of a folder

    assert shop.affected() == expected


@pytest.mark.parametrize("content", [b"", b"x" * 40, None], ids=["empty", "another program's", "cut"])
def test_a_damaged_file_is_none_and_is_written_anew(shop: Monorepo, content: bytes | None) -> None:
    """Pitfall 19: what cannot be what was written is made again, and stands whole after that."""
    shop.append("packages/core/src/index.ts")
    expected = shop.affected("--base", "HEAD")
    kept = {file: file.read_bytes() for file in (shop.root / ".git/buildgraph").glob("*.*")}
    for file, whole in kept.items():
        file.write_bytes(whole[:-1] if content is None else content)

    assert shop.affected("--base", "HEAD") == expected
    assert {file: file.read_bytes() for file in kept if file.suffix == ".graph"} == {
        file: whole for file, whole in kept.items() if file.suffix == ".graph"
    }


def test_a_file_in_place_of_the_folder_costs_time_only(shop: Monorepo) -> None:
    shop.append("packages/core/src/index.ts")
    shop.write(".buildgraph", "somebody's own")  # a file, which git does not ignore
    expected = shop.affected()
    shutil.rmtree(shop.root / ".git/buildgraph")
    (shop.root / ".git/buildgraph").write_text("somebody's own")

    assert shop.affected() == expected
    assert (shop.root / ".git/buildgraph").read_text() == "somebody's own"


def test_a_clock_that_was_ahead_leaves_nothing_that_crowds_out_what_comes_after(shop: Monorepo) -> None:
    """Files that are yet to come would be the newest until then, and no graph would be kept any more."""
    kept = shop.root / ".git/buildgraph"
    shop.affected()
    for number in range(20):
        for name in (f"{number:064}.graph", f"{number:064}.graph.0a1b2c3d.half"):
            (kept / name).touch()
            os.utime(kept / name, (0, time.time() + 400 * 24 * 3600))
    shop.append("packages/core/src/index.ts")
    shop.commit()
    shop.affected("--base", "HEAD")

    assert open_project(shop.root).picture_of("HEAD").snapshot.commit
    assert open_project(shop.root).memory.knows(shop.at("HEAD"))
    assert len(list(kept.glob("*.graph"))) <= KEPT
    assert list(kept.glob("*.half")) == []


def test_edits_of_long_ago_are_forgotten_and_those_of_today_are_not(shop: Monorepo) -> None:
    """The blobs of edited files would grow without end."""
    store = shop.root / ".git/buildgraph/objects"
    shop.append("apps/web/src/index.ts", "// one\n")
    shop.affected()
    (first,) = blobs = set(store.glob("??/*"))
    shop.append("apps/web/src/index.ts", "// two\n")
    shop.affected()
    (second,) = set(store.glob("??/*")) - blobs
    for blob in (first, second):
        os.utime(blob, (0, 0))

    shop.write("packages/new/package.json", "{}")  # a graph is made anew
    assert shop.affected("--kind", "image") == ["image:web"]

    assert not first.exists()
    assert second.exists()  # it is still what stands in the file


ASK = """
import sys
from pathlib import Path
from buildgraph.memory import KEPT
from buildgraph.project import open_project
print(sorted(open_project(Path(sys.argv[1])).working_picture().graph.fingerprints.items()))
"""


def asking(folder: Path) -> subprocess.Popen[str]:
    """A process that tells the fingerprints."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = (sys.executable, "-c", ASK, str(folder))
    return subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)


def test_many_that_ask_at_once_hear_the_same(shop: Monorepo) -> None:
    """Pitfall 18: what one of them writes is never half there for another."""
    shop.append("packages/core/src/index.ts")
    processes = [asking(shop.root) for _ in range(6)]
    answers = {process.communicate()[0] for process in processes}

    assert {process.returncode for process in processes} == {0}
    assert answers == {f"{sorted(shop.fingerprints().items())}\n"}
    kept = {file.suffix for file in (shop.root / ".git/buildgraph").iterdir() if file.is_file()}
    assert kept <= {".graph", ".locked"}


def test_worktrees_share_what_is_kept_and_no_answer(shop: Monorepo, tmp_path: Path) -> None:
    """Pitfall 19: both keep their edits in one store, and each has its own."""
    shop.git("worktree", "add", "-q", str(tmp_path / "repo-two"), "-b", "two")
    other = bare(tmp_path / "repo-two")
    shop.append("apps/web/src/index.ts", "// here\n")
    other.append("apps/api/src/index.ts", "// there\n")

    for _ in range(2):
        assert shop.affected("--kind", "image", "--base", "HEAD") == ["image:web"]
        assert other.affected("--kind", "image", "--base", "HEAD") == ["image:api"]


def test_what_a_machine_builds_upon_is_no_property_of_a_commit(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 20: the same commit, remembered under other settings of the machine."""
    shop.write("docker/node.Dockerfile", "FROM scratch\n")
    shop.write(
        "manifests/workspace.toml", 'name = "acme"\n[substitutes]\n"node:20" = "docker/node.Dockerfile"\n'
    )
    shop.commit()
    image = "image:web"
    from_registry = shop.fingerprints()[image]
    monkeypatch.setenv("BUILDGRAPH_BASES", "substitute")
    on_substitutes = shop.fingerprints()[image]
    monkeypatch.delenv("BUILDGRAPH_BASES")

    assert on_substitutes != from_registry == shop.fingerprints()[image]
    assert open_project(shop.root).picture_of("HEAD").graph.fingerprints[image] == from_registry
