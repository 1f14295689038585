"""Which results are kept, for whom, and what is told of the others; scripts are played, all around them is real."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from buildgraph.errors import BuildgraphError, StepFailed
from tests.support.monorepo import Monorepo, bare
from tests.support.played import BUILD, MEANWHILE, TEST, Killed, Shop, compiled, note_in, noting
from tests.support.system import free_port
from tests.workspace.locks import document

OWN = "its result is for this checkout alone: {} was there before, and was not written anew"


@pytest.fixture
def renamed(shop: Shop) -> Shop:
    """The same, after a build whose source has another name by now, and one that left what the first has made."""
    shop.check()
    shop.repo.git("mv", "packages/core/src/index.ts", "packages/core/src/main.ts")
    shop.repo.commit()
    assert shop.check() == [BUILD, TEST]
    assert shop.built() == ["index.js", "main.js"]
    return shop


def test_what_a_former_run_left_is_part_of_no_result_for_others(renamed: Shop) -> None:
    """What was tested with it is not for others either; here it is fresh for as long as it stands."""
    assert renamed.told == [f"{BUILD} | {OWN.format('dist/index.js')}"]
    assert renamed.check() == []

    clone = renamed.clone()

    assert clone.check() == [BUILD, TEST]
    assert clone.built() == ["main.js"]
    assert clone.check() == []


def test_a_result_that_is_for_one_checkout_is_not_shared(shop: Shop) -> None:
    """Nobody answers at this address: whoever shares there is told so."""
    shop.repo.write(
        "manifests/workspace.toml", f'name = "shop"\n[checks]\ncache = "127.0.0.1:{free_port()}/checks"\n'
    )
    shop.check()
    assert [line.partition(":")[0] for line in shop.told] == ["results are not shared"]
    shop.repo.git("mv", "packages/core/src/index.ts", "packages/core/src/main.ts")

    assert shop.check() == [BUILD, TEST]
    assert shop.told == [f"{BUILD} | {OWN.format('dist/index.js')}"]


def test_where_all_is_fresh_git_is_asked_for_nothing_more(shop: Shop) -> None:
    shop.check()
    assert "ls-files" in shop.asked

    assert shop.check() == []
    assert shop.asked == ["rev-parse", "status"]


def test_whoever_takes_outputs_away_has_them_made_anew(renamed: Shop) -> None:
    """And from then on the result is everybody's."""
    shutil.rmtree(renamed.core / "dist")

    assert renamed.check() == [BUILD, TEST]
    assert renamed.built() == ["main.js"]
    assert renamed.clone().check() == []


def test_a_result_for_everybody_stays_one_when_a_script_is_run_again(shop: Shop) -> None:
    """`check -a` runs what is fresh."""
    shop.check()
    shop.deeds[BUILD] = lambda _: None

    assert shop.check("-a") == [BUILD, TEST]
    assert shop.clone().check() == []


def test_a_checkout_s_own_results_come_back_there(renamed: Shop) -> None:
    renamed.repo.git("checkout", "-q", "HEAD~1")
    assert renamed.check() == []
    assert renamed.built() == ["index.js"]
    renamed.repo.git("checkout", "-q", "main")

    assert renamed.check() == []
    assert renamed.built() == ["index.js", "main.js"]


def test_what_was_tested_beside_files_that_nobody_made_is_not_for_others(shop: Shop) -> None:
    """A result that was found is laid over what is there: who reads it sees both."""
    clone = shop.clone()
    shop.check()
    clone.repo.write("packages/core/dist/mine.js", "by hand")
    for one in (clone, shop):
        one.repo.append("packages/web/src/index.ts")

    assert clone.check() == [TEST]
    assert clone.check() == []
    assert shop.check() == [TEST]


def test_what_was_tested_beside_what_was_put_there_since_is_not_for_others(shop: Shop) -> None:
    """Nothing is brought back where all that a build left stands, and yet whoever reads `dist` reads this, too."""
    shop.check()
    shop.repo.write("packages/core/dist/stray.js", "by hand")
    shop.repo.append("packages/web/src/index.ts")
    shop.repo.commit()

    assert shop.check() == [TEST]
    why = f"packages/core/dist/stray.js is among what {BUILD} leaves, which has not left it"
    assert shop.told == [f"{TEST} | its result is for this checkout alone: {why}"]
    assert shop.check() == []
    assert shop.clone().check() == [TEST]


def test_what_a_test_leaves_in_its_own_package_s_outputs_is_in_no_result_of_others(shop: Shop) -> None:
    """Its own is for all: a new checkout has it there as well. Those who come after its package's build may miss it."""
    own = "check:core:test"
    shop.repo.package("core", scripts={"build": "tsc", "test": "vitest"})
    shop.repo.commit()
    shop.deeds[own] = lambda folder: (folder / "dist/report.txt").write_text("passed")

    assert shop.check() == [BUILD, own, TEST]
    why = f"packages/core/dist/report.txt is among what {BUILD} leaves, which has not left it"
    assert shop.told == [f"{TEST} | its result is for this checkout alone: {why}"]
    assert shop.clone().check() == [TEST]


def test_what_a_compiler_notes_for_itself_is_nothing_that_was_left(shop: Shop) -> None:
    """A type check leaves it where the build's outputs are, before the build or after it."""
    shop.repo.append(".gitignore", "*.tsbuildinfo\n")
    shop.repo.write("packages/core/tsconfig.tsbuildinfo", "{}")
    shop.repo.commit()

    assert shop.check() == [BUILD, TEST]
    assert shop.told == []
    assert shop.clone().check() == []


def assert_all_is_written_again(shop: Shop) -> None:
    """Of two sources one is edited after their outputs were taken away, and both have theirs afterwards."""
    shop.check()
    shutil.rmtree(shop.core / "dist")
    shop.repo.append("packages/core/src/two.ts")
    shop.repo.commit()
    assert shop.check() == [BUILD, TEST]
    assert shop.built() == ["index.js", "two.js"]
    assert shop.told == []


def test_a_compiler_writes_all_again_once_its_outputs_are_gone_and_its_notes_are_not(shop: Shop) -> None:
    """tsc's notes stand beside `dist`: it would write what has changed since, and leave out all else."""
    shop.repo.append(".gitignore", "*.tsbuildinfo\n")
    shop.repo.write("packages/core/src/two.ts", "two")
    shop.repo.commit()
    shop.deeds[BUILD] = noting
    assert_all_is_written_again(shop)
    clone = shop.clone()
    assert clone.check() == []
    assert clone.built() == ["index.js", "two.js"]


@pytest.mark.parametrize("place", ["node_modules/.tmp/app.tsbuildinfo", ".cache/notes.json"])
def test_a_compiler_s_notes_are_found_where_its_configuration_has_them(shop: Shop, place: str) -> None:
    """As Vite's templates have them in the first place."""
    shop.repo.append(".gitignore", "node_modules/\n.cache/\n")
    shop.repo.write("packages/core/tsconfig.json", "{} // only `references`")
    told = '{ /* of its own */ "compilerOptions": { "tsBuildInfoFile": "${configDir}/.cache/notes.json", } }'
    shop.repo.write("packages/core/tsconfig.build.json", told)
    shop.repo.write("packages/core/src/two.ts", "two")
    shop.repo.commit()
    shop.deeds[BUILD] = lambda folder: note_in(folder / place, folder)
    assert_all_is_written_again(shop)


@pytest.mark.parametrize("place", [".env.local", "cache.json", "src/\0.ts", "dist", "../../.git/config"])
def test_what_a_configuration_calls_a_compiler_s_notes_and_is_none_stays(shop: Shop, place: str) -> None:
    shop.repo.append(".gitignore", ".env.local\ncache.json\n")
    for name in (".env.local", "cache.json"):
        shop.repo.write(f"packages/core/{name}", '{"name": "mine"}')
    shop.repo.write(
        "packages/core/tsconfig.json", json.dumps({"compilerOptions": {"tsBuildInfoFile": place}})
    )
    shop.repo.commit()

    assert shop.check() == [BUILD, TEST]
    assert (shop.core / ".env.local").exists() and (shop.core / "cache.json").exists()
    assert (shop.repo.root / ".git/config").exists()


@pytest.mark.parametrize(
    "place", ["packages/core/tsconfig.json", "node_modules/.modules.yaml", "pnpm-lock.yaml"]
)
def test_what_has_no_end_or_keeps_waiting_who_opens_it_is_not_read(shop: Shop, place: str) -> None:
    """A link that somebody has put there, or a pipe."""
    there = shop.repo.root / place
    there.parent.mkdir(exist_ok=True)
    there.unlink(missing_ok=True)
    os.mkfifo(shop.repo.root.parent / "pipe")
    there.symlink_to(shop.repo.root.parent / "pipe")

    with suppress(BuildgraphError):
        shop.check()


@pytest.mark.parametrize(
    "said", ["virtualStoreDir: " + "x" * 300, 'injectedDeps: {"a\\0b": ["x\\0y"]}', "[]", "{"]
)
def test_what_no_pnpm_has_written_of_its_modules_says_nothing(shop: Shop, said: str) -> None:
    shop.repo.write("node_modules/.modules.yaml", said)

    assert shop.check() == [BUILD, TEST]
    assert shop.check() == []


def test_notes_of_who_knows_when_are_not_believed(shop: Shop) -> None:
    """Somebody has compiled by hand before anything was checked, and has taken a file away."""
    shop.repo.append(".gitignore", "*.tsbuildinfo\n")
    shop.repo.commit()
    noting(shop.core)
    shutil.rmtree(shop.core / "dist")
    shop.deeds[BUILD] = noting

    assert shop.check() == [BUILD, TEST]
    assert shop.built() == ["index.js"]


def test_a_compiler_keeps_its_notes_while_all_that_they_tell_of_stands(shop: Shop) -> None:
    shop.repo.append(".gitignore", "*.tsbuildinfo\n")
    shop.repo.write("packages/core/src/two.ts", "two")
    shop.deeds[BUILD] = noting
    shop.check()
    shop.repo.append("packages/core/src/two.ts")

    assert shop.check() == [BUILD, TEST]
    assert shop.told == [f"{BUILD} | {OWN.format('dist/index.js')}"]


def test_a_file_that_git_has_among_outputs_is_nothing_that_was_left(shop: Shop) -> None:
    shop.repo.write("packages/core/dist/.keep", "")
    shop.repo.git("add", "--force", "packages/core/dist/.keep")
    shop.repo.commit()

    assert shop.check() == [BUILD, TEST]
    assert shop.told == []
    assert shop.clone().check() == []


def compiled_elsewhere(folder: Path) -> None:
    """As a build does whose outputs nobody has declared."""
    (folder / "lib").mkdir(exist_ok=True)
    (folder / "lib/index.js").write_bytes((folder / "src/index.ts").read_bytes())


def test_a_build_that_leaves_none_of_its_outputs_is_told_and_its_result_is_for_nobody_else(
    shop: Shop,
) -> None:
    """What stands in `lib` is that of the last run, whatever was edited and undone since."""
    shop.repo.append(".gitignore", "lib/\n")
    shop.repo.commit()
    shop.deeds[BUILD] = compiled_elsewhere
    why = "none of its outputs is there; declare in [checks] what it leaves (`outputs`, [] for nothing)"

    assert shop.check() == [BUILD, TEST]
    assert shop.told == [f"{BUILD} | its result is for this checkout alone: {why}"]
    assert shop.check() == []
    shop.repo.append("packages/core/src/index.ts")
    assert shop.check() == [BUILD, TEST]
    shop.repo.git("checkout", "-q", "--", ".")
    assert shop.check() == [BUILD, TEST]
    assert (shop.core / "lib/index.js").read_bytes() == (shop.core / "src/index.ts").read_bytes()
    clone = shop.clone()
    clone.deeds[BUILD] = compiled_elsewhere
    assert clone.check() == [BUILD, TEST]


def test_a_build_whose_outputs_nobody_knows_runs_again_after_one_that_has_failed(shop: Shop) -> None:
    shop.repo.append(".gitignore", "lib/\n")
    shop.repo.commit()
    shop.deeds[BUILD] = compiled_elsewhere
    shop.check()

    def compiled_badly(folder: Path) -> None:
        compiled_elsewhere(folder)
        raise StepFailed(BUILD, "a wrong type", "")

    shop.deeds[BUILD] = compiled_badly
    shop.repo.append("packages/core/src/index.ts")
    with pytest.raises(StepFailed):
        shop.check()
    shop.repo.git("checkout", "-q", "--", ".")
    shop.deeds[BUILD] = compiled_elsewhere

    assert shop.check() == [BUILD, TEST]
    assert (shop.core / "lib/index.js").read_bytes() == (shop.core / "src/index.ts").read_bytes()


@pytest.mark.parametrize(
    "how", [StepFailed(BUILD, "a wrong type", ""), Killed()], ids=["failed", "was killed"]
)
def test_a_build_that_leaves_what_nobody_knows_elsewhere_runs_again_after_one_that_did_not_end(
    shop: Shop, how: BaseException
) -> None:
    """`--outDir ../../out`: nothing of its own folder tells, and what it stood on is as it was."""
    shop.repo.append(".gitignore", "out/\n")
    shop.repo.package("base")
    shop.repo.package("core", uses=["base"], scripts={"build": "tsc --outDir ../../out"})
    shop.repo.lock()
    shop.repo.commit()
    base, left = shop.repo.root / "packages/base/src/index.ts", shop.repo.root / "out/index.js"

    def built(_: Path) -> None:
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(base.read_bytes())

    def half_built(folder: Path) -> None:
        built(folder)
        raise how

    shop.deeds[BUILD] = built
    shop.check()
    assert shop.check() == []
    shop.deeds[BUILD] = half_built
    shop.repo.append("packages/base/src/index.ts")
    with pytest.raises(type(how)):
        shop.check()
    shop.repo.git("checkout", "-q", "--", ".")
    shop.deeds[BUILD] = built

    assert BUILD in shop.check()
    assert left.read_bytes() == base.read_bytes()


def test_a_build_whose_outputs_nobody_knows_runs_again_where_they_were_taken_away_before_it_was_kept(
    shop: Shop,
) -> None:
    shop.repo.append(".gitignore", "lib/\n")
    shop.repo.commit()
    shop.deeds[BUILD] = compiled_elsewhere
    shop.deeds[MEANWHILE] = lambda _: shutil.rmtree(shop.core / "lib", ignore_errors=True)
    shop.check()
    del shop.deeds[MEANWHILE]

    assert shop.check() == [BUILD, TEST]


def test_a_build_whose_outputs_nobody_knows_runs_again_after_one_by_hand(shop: Shop) -> None:
    """Its key is the same again once the edit is undone, and what stands there is not."""
    shop.repo.append(".gitignore", "lib/\n")
    shop.repo.commit()
    shop.deeds[BUILD] = compiled_elsewhere
    shop.check()
    shop.repo.append("packages/core/src/index.ts")
    compiled_elsewhere(shop.core)
    shop.repo.git("checkout", "-q", "--", ".")

    assert shop.check() == [BUILD, TEST]
    assert (shop.core / "lib/index.js").read_bytes() == (shop.core / "src/index.ts").read_bytes()
    assert shop.check() == []


@pytest.mark.parametrize("outputs", ['["lib"]', "[]"])
def test_a_build_whose_outputs_are_declared_is_for_all(shop: Shop, outputs: str) -> None:
    shop.repo.append(".gitignore", "lib/\n")
    shop.repo.write("manifests/workspace.toml", f'name = "shop"\n[checks.outputs]\nbuild = {outputs}\n')
    shop.repo.commit()
    shop.deeds[BUILD] = compiled_elsewhere

    assert shop.check() == [BUILD, TEST]
    assert shop.told == []
    assert shop.clone().check() == []


def test_an_edit_that_is_undone_before_a_script_ends_counts(shop: Shop) -> None:
    """Pitfall 8: what the script saw is in no snapshot."""

    def stash_meanwhile(_: Path) -> None:
        shop.repo.append("packages/core/src/index.ts")
        shop.repo.git("checkout", "-q", "--", ".")

    shop.deeds[TEST] = stash_meanwhile
    shop.check()

    (told,) = shop.told
    assert told.startswith(
        f"{TEST} | its result is not kept: packages/core/src/index.ts was written meanwhile"
    )
    shop.deeds[TEST] = lambda _: None
    assert shop.check() == [TEST]
    assert shop.check() == []


def test_variables_of_a_file_that_git_ignores_are_looked_at_likewise(shop: Shop) -> None:
    shop.repo.append(".gitignore", ".env\n")
    shop.repo.write("packages/web/.env", "VITE_API=here\n")

    def try_another(folder: Path) -> None:
        (folder / ".env").write_text("VITE_API=there\n")
        (folder / ".env").write_text("VITE_API=here\n")

    shop.deeds[TEST] = try_another
    shop.check()

    (told,) = shop.told
    assert told.startswith(f"{TEST} | its result is not kept: packages/web/.env was written meanwhile")


def test_a_script_may_write_what_it_declares_as_its_output(shop: Shop) -> None:
    """What it writes anew each time, as it was, is no edit of anybody's."""
    shop.repo.write(
        "manifests/workspace.toml", 'name = "shop"\n[checks.outputs]\nbuild = ["dist", "src/made.ts"]\n'
    )
    shop.repo.write("packages/core/src/made.ts", "made")
    shop.repo.commit()

    def generated(folder: Path) -> None:
        (folder / "src/made.ts").write_text("made")
        compiled(folder)

    shop.deeds[BUILD] = generated

    assert shop.check() == [BUILD, TEST]
    assert shop.check() == []


def test_what_stands_on_outputs_that_another_run_writes_meanwhile_is_not_kept(shop: Shop) -> None:
    """Another terminal builds with other variables: whatever it was that the test has read."""
    shop.deeds[TEST] = lambda _: (shop.core / "dist/index.js").write_text("for production")
    shop.check()

    (told,) = shop.told
    assert told.startswith(f"{TEST} | its result is not kept: it stands on what {BUILD} left")
    shop.deeds[TEST] = lambda _: None
    assert shop.check() == [TEST]
    assert (shop.core / "dist/index.js").read_bytes() == (shop.core / "src/index.ts").read_bytes()


def test_a_script_may_build_again_what_it_stands_on(shop: Shop) -> None:
    """`pretest` does: what is there is what was there."""
    shop.deeds[TEST] = lambda _: compiled(shop.core)

    assert shop.check() == [BUILD, TEST]
    assert shop.told == []
    assert shop.check() == []


@pytest.mark.parametrize(
    ("said", "store"), [("{}", "node_modules/.pnpm"), ("virtualStoreDir: ../.store", ".store")]
)
def test_what_is_installed_otherwise_than_the_lockfile_says_is_told_and_nothing_is_kept(
    shop: Shop, said: str, store: str
) -> None:
    """After a pull without an install; what stands on it is not kept either. `virtual-store-dir` moves pnpm's store."""
    shop.repo.append(".gitignore", f"{store}/\n")
    shop.repo.write("node_modules/.modules.yaml", said)

    def locked(version: str) -> str:
        importers = {".": "", "packages/core": f"ms={version}", "packages/web": "core=link:../core"}
        return json.dumps(document(importers, {f"ms@{version}": ""}))

    shop.repo.write(f"{store}/lock.yaml", locked("1.0.0"))
    shop.repo.write("pnpm-lock.yaml", locked("2.0.0"))
    ran = shop.check()

    assert ran == [BUILD, TEST]
    why = "ms is not installed as pnpm-lock.yaml says: run `pnpm install`"
    assert shop.told == [f"{name} | its result is not kept: {why}" for name in ran]
    shop.repo.write(f"{store}/lock.yaml", locked("2.0.0"))
    assert shop.check() == [BUILD, TEST]
    assert shop.check() == []


def test_a_copy_of_a_package_that_an_edit_left_as_it_was_is_told_and_nothing_is_kept(shop: Shop) -> None:
    """`injected` and `file:`: pnpm copies when it installs, and the lockfile stays the same."""
    copy = "node_modules/.pnpm/core@file+packages+core/node_modules/core"
    shop.repo.write("node_modules/.modules.yaml", f"injectedDeps:\n  packages/core:\n    - {copy}\n")
    source, copied = shop.core / "src/index.ts", shop.repo.root / copy / "src/index.ts"
    copied.parent.mkdir(parents=True)
    copied.hardlink_to(source)
    assert shop.check() == [BUILD, TEST]
    text = source.read_text()
    source.unlink()
    source.write_text(f"{text}// edited\n")

    assert shop.check() == [BUILD, TEST]
    why = "packages/core/src/index.ts is not as it was copied into node_modules: run `pnpm install`"
    assert shop.told == [f"{TEST} | its result is not kept: {why}"]
    copied.write_text(source.read_text())
    assert shop.check() == [TEST]
    assert shop.check() == []


def pointed(shop: Shop) -> str:
    """A pointer of git LFS is checked out, as in a job that does not fetch what it points to."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    shop.repo.write("packages/core/logo.png", pointer)
    shop.repo.commit()
    return "packages/core/logo.png is git LFS's pointer"


def locked(shop: Shop) -> str:
    """A file that git-crypt keeps is checked out, as in a job that has no key."""
    shop.repo.write("packages/core/key.pem", b"\0GITCRYPT\0" + bytes(5000))
    shop.repo.commit()
    return "packages/core/key.pem is what git-crypt has encrypted"


def edited_unseen(shop: Shop) -> str:
    """A file that git was told to leave alone has an edit."""
    shop.repo.git("update-index", "--skip-worktree", "packages/core/src/index.ts")
    shop.repo.append("packages/core/src/index.ts")
    return "packages/core/src/index.ts is not what git takes it for"


@pytest.mark.parametrize("brought_about", [pointed, locked, edited_unseen])
def test_what_lies_there_otherwise_than_the_key_says_is_told_and_nothing_is_kept(
    shop: Shop, brought_about: Callable[[Shop], str]
) -> None:
    why = brought_about(shop)
    ran = shop.check()

    assert ran == [BUILD, TEST]
    for name, told in zip(ran, shop.told, strict=True):
        assert told.startswith(f"{name} | its result is not kept: {why}")
    assert shop.check() == [BUILD, TEST]


@pytest.fixture
def vendor(shop: Shop) -> Path:
    """A submodule in `core`, whose build has a result."""
    library = Monorepo(shop.repo.root.parent / "library")
    library.write("code.js", "one\n")
    library.commit()
    allowed = ("-c", "protocol.file.allow=always")
    shop.repo.git(*allowed, "submodule", "add", "-q", str(library.root), "packages/core/vendor")
    shop.repo.commit()
    assert shop.check() == [BUILD, TEST]
    return shop.core / "vendor"


def test_an_edit_in_a_submodule_is_seen_and_nothing_is_kept(shop: Shop, vendor: Path) -> None:
    """git tells its commit alone."""
    (vendor / "code.js").write_text("two\n")

    assert shop.check() == shop.check() == [BUILD, TEST]
    why = "packages/core/vendor is not what git takes it for"
    for name, told in zip((BUILD, TEST), shop.told, strict=True):
        assert told.startswith(f"{name} | its result is not kept: {why}")
    bare(vendor).git("checkout", "-q", "code.js")
    assert shop.check() == []


def test_a_submodule_that_stands_as_its_commit_has_it_is_the_same_in_every_clone(
    shop: Shop, vendor: Path
) -> None:
    clone = shop.clone()
    assert clone.check() == [BUILD, TEST]  # not checked out there
    clone.repo.git("-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init")

    assert clone.check() == []


def test_what_lies_in_a_repository_that_git_does_not_know_is_seen(shop: Shop) -> None:
    """A clone or a worktree that lies about in a package."""
    shop.repo.git("worktree", "add", "-q", "packages/core/tree", "-b", "other")
    assert shop.check() == [BUILD, TEST]
    assert shop.check() == []

    (shop.core / "tree/new.txt").write_text("new\n")

    assert shop.check() == [BUILD, TEST]
    assert shop.check() == []
