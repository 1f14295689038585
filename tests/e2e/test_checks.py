"""Checks of packages by the real pnpm: run once, skipped when fresh, brought back where they are gone."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo
from tests.support.packages import BUILD, LINT, Packages

pytestmark = pytest.mark.pnpm

GRUMBLING = "echo 'src/index.ts(1,1): error TS1: wrong' >&2"
ALL = ["@acme/core build", "@acme/core lint", "@acme/ui build", "@acme/web build"]


@pytest.fixture
def shop(tmp_path: Path) -> Packages:
    """`web` uses `ui`, which uses `core`; `docs` stands alone, and has no scripts."""
    repo = Monorepo(tmp_path / "shop")
    repo.package("@acme/core", scripts={"build": BUILD, "lint": f"{GRUMBLING} && {LINT}"})
    repo.package("@acme/ui", uses=["@acme/core"], scripts={"build": f"test -x ../core/dist/run && {BUILD}"})
    repo.package("@acme/web", uses=["@acme/ui"], folder="apps/web", scripts={"build": BUILD})
    repo.package("@acme/docs")
    repo.lock()
    repo.commit()
    return Packages(repo, tmp_path / "store")


@pytest.fixture
def core(tmp_path: Path) -> Packages:
    """One package, which is built."""
    repo = Monorepo(tmp_path / "shop")
    repo.package("@acme/core", scripts={"build": BUILD})
    repo.lock()
    repo.commit()
    return Packages(repo, tmp_path / "store")


def test_scripts_run_in_order_once_and_an_edit_runs_exactly_what_it_affects(shop: Packages) -> None:
    first = shop.run("check", "-n", "2")
    again = shop.run("check")
    shop.repo.append("packages/ui/src/index.ts")
    edited = shop.run("check")
    shop.repo.git("checkout", "-q", "--", ".")
    reverted = shop.run("check")

    assert (first.code, first.scripts) == (0, ALL)
    assert (again.code, again.scripts) == (0, [])
    assert (edited.code, edited.scripts) == (0, ["@acme/ui build", "@acme/web build"])
    assert (reverted.code, reverted.scripts) == (0, [])
    assert "== nothing to do; 4 fresh (1 restored; " in reverted.err
    assert (shop.repo.root / "packages/ui/dist/run").read_text().count("edited") == 0


def test_a_package_is_checked_after_what_it_builds_on(shop: Packages) -> None:
    assert shop.run("check:@acme/web").scripts == ["@acme/core build", "@acme/ui build", "@acme/web build"]
    assert shop.run("check:@acme/core:lint").scripts == ["@acme/core lint"]
    assert shop.run("check:@acme/docs").err.startswith("== nothing to do")


def test_an_unknown_package_is_told_with_what_was_perhaps_meant(shop: Packages) -> None:
    ran = shop.run("check:@acme/cor")

    assert (ran.code, ran.scripts) == (2, [])
    assert ran.err.startswith(
        "error: there is no task or verb 'check:@acme/cor'\n  did you mean check:@acme/core"
    )


def test_a_wiped_checkout_and_a_new_clone_get_every_output_bit_by_bit_and_run_nothing(shop: Packages) -> None:
    shop.run("check")
    built = shop.outputs()
    shop.wipe()
    wiped = shop.run("check")
    clone = shop.clone("clone")
    cloned = clone.run("check")

    assert len(built) == 9
    assert (wiped.scripts, shop.outputs()) == ([], built)
    assert (cloned.scripts, clone.outputs()) == ([], built)
    assert "4 fresh (3 restored)" in cloned.err
    report = json.loads((clone.repo.root / ".buildgraph/runs/last.json").read_text())
    told = {task["name"]: (task["result"], task["why"]) for task in report["tasks"]}
    assert told["check:@acme/ui:build"] == ("fresh", "restored from the cache")
    log = clone.repo.root / ".buildgraph/checks/packages/core/lint.log"
    assert "error TS1" in log.read_text(), (
        "pitfall 9: a script that says so and ends with 0 has succeeded, here too"
    )
    assert log.read_text().endswith("\nlinted\n")


def test_what_somebody_changed_by_hand_is_brought_back_and_what_nobody_made_stays(core: Packages) -> None:
    """Pitfall 10."""
    core.run("check")
    built = core.outputs()
    dist = core.repo.root / "packages/core/dist"
    (dist / "run").write_text("changed")
    (dist / "latest").unlink()
    (dist / "deep/index.js").chmod(0o600)
    (dist / "mine.txt").write_text("mine")

    ran = core.run("check")

    assert (ran.scripts, ran.code) == ([], 0)
    assert (dist / "mine.txt").read_text() == "mine"
    assert {name: found for name, found in core.outputs().items() if "mine" not in name} == built


def test_what_a_former_result_left_goes_with_it(core: Packages) -> None:
    core.run("check")
    before = core.outputs()
    core.declare({"build": f"{BUILD} && touch dist/more"})
    core.run("check")
    more = core.repo.root / "packages/core/dist/more"
    assert more.exists()
    core.repo.git("checkout", "-q", "--", ".")

    assert core.run("check").scripts == []
    assert core.outputs() == before


def test_a_failure_is_told_with_its_log_and_never_taken_for_done(core: Packages) -> None:
    """Pitfall 9: what needs it is not run, and the others go on."""
    core.declare(
        {"build": 'echo failed >> "$RUNS"; echo out; echo err >&2; mkdir dist; touch dist/half; exit 7'}
    )
    core.repo.package("@acme/web", uses=["@acme/core"], scripts={"build": BUILD})
    core.repo.package("@acme/docs", scripts={"lint": LINT})
    core.repo.lock()
    first = core.run("check")
    again = core.run("check")

    assert (first.code, first.scripts) == (1, ["@acme/docs lint", "failed"])
    assert first.named("!!") == ["check:@acme/core:build", "check:@acme/web:build"]
    assert "!! check:@acme/core:build  failed\ncheck:@acme/core:build: `echo" in first.err
    assert "    out\n    err\n" in first.err
    assert "not run: check:@acme/core:build failed" in first.err
    assert (again.code, again.scripts) == (1, ["failed"])


def test_an_edit_while_a_script_runs_is_not_recorded_as_seen(core: Packages) -> None:
    """Pitfall 8."""
    edit = "if [ -e ../../edit ]; then rm ../../edit; echo '// meanwhile' >> src/index.ts; fi"
    core.repo.append(".gitignore", "edit\n")
    core.declare({"build": f"{BUILD} && {edit}"})
    core.repo.commit()
    core.repo.write("edit", "")
    first = core.run("check")
    core.repo.git("checkout", "-q", "--", ".")
    undone = core.run("check")
    again = core.run("check")

    assert (first.code, first.scripts) == (0, ["@acme/core build"])
    assert "its result is not kept: an edit, or an output" in first.err
    assert undone.scripts == ["@acme/core build"]
    assert again.scripts == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_ended_leaves_nothing_that_looks_good(core: Packages, number: signal.Signals) -> None:
    """Pitfall 9: a script that says that all is well when it is told to stop, too."""
    slow = 'trap "exit 0" INT; echo half > dist/run; touch ../../begun; sleep 60 & wait'
    core.repo.append(".gitignore", "begun\n")
    core.declare({"build": f"if [ ! -e ../../begun ]; then mkdir -p dist; {slow}; fi; {BUILD}"})
    code = core.ended_by(number, "check", once="begun")
    after = core.run("check")

    assert code == (130 if number is signal.SIGINT else -signal.SIGKILL)
    assert (after.code, after.scripts) == (0, ["@acme/core build"])
    assert (core.repo.root / "packages/core/dist/run").read_text().startswith("export")


def test_a_declared_variable_gives_another_result_and_the_former_one_comes_back(core: Packages) -> None:
    """Pitfalls 11 and 12: what comes after it counts it, too; another variable does not."""
    core.repo.package("@acme/web", uses=["@acme/core"], scripts={"build": BUILD})
    core.repo.write(
        "manifests/workspace.toml", 'name = "shop"\n[checks.packages."@acme/core"]\nenv = ["API"]\n'
    )
    core.repo.append(".gitignore", ".env.local\n")
    core.repo.lock()
    both = ["@acme/core build", "@acme/web build"]

    assert core.run("check", API="one").scripts == both
    assert core.run("check", API="two", OTHER="two").scripts == both
    assert core.run("check", API="one", OTHER="three").scripts == []
    core.repo.write("packages/web/.env.local", "VITE_API=here\n")
    assert core.run("check", API="one").scripts == ["@acme/web build"]


def test_public_variables_that_nobody_declares_are_told_when_a_build_reads_them(core: Packages) -> None:
    """Pitfall 11: those of packages it depends on, too; what is set counts, declared or not."""
    core.repo.package("@acme/web", uses=["@acme/core"], scripts={"build": BUILD})
    core.repo.write("packages/core/src/api.ts", "fetch(import.meta.env.PUBLIC_API)\n")
    core.repo.write("packages/core/src/api.test.ts", "import.meta.env.PUBLIC_OF_A_TEST\n")
    core.repo.write("packages/web/src/a.ts", "import.meta.env.VITE_SET + import.meta.env.VITE_DECLARED_A\n")
    core.repo.write("packages/web/.env", "VITE_SET=1\n")
    core.repo.write("manifests/workspace.toml", 'name = "shop"\n[checks]\nenv = ["VITE_DECLARED_*"]\n')
    core.repo.lock()
    told = "packages/core/src/api.ts reads PUBLIC_API, which nobody declares"
    first = core.run("check:@acme/web")

    assert [line for line in first.err.splitlines() if " reads " in line] == [
        f"   check:@acme/{name}:build | {told}" for name in ("core", "web")
    ]
    assert core.run("check:@acme/web", PUBLIC_API="https://here").scripts == first.scripts
    assert core.run("check:@acme/web").scripts == []


def test_without_a_store_everything_runs(core: Packages) -> None:
    assert core.run("check", BUILDGRAPH_CHECKS="off").scripts == ["@acme/core build"]
    assert core.run("check", BUILDGRAPH_CHECKS="off").scripts == ["@acme/core build"]
    assert not core.store.exists()


def test_a_damaged_store_costs_time_only(core: Packages) -> None:
    """Pitfall 19: what is taken from it is compared with its digests."""
    core.run("check")
    built = core.outputs()
    for pack in (core.store / "packs").rglob("*"):
        if pack.is_file():
            content = pack.read_bytes()
            pack.write_bytes(content[: len(content) // 2])
    core.wipe()

    assert core.run("check").scripts == ["@acme/core build"]
    assert core.outputs() == built
    assert core.run("check").scripts == []


def test_a_package_with_a_mistake_is_told_and_nothing_runs(core: Packages) -> None:
    core.repo.write("manifests/workspace.toml", 'name = "shop"\n[checks.packages."@acme/u"]\n')
    ran = core.run("check")

    assert (ran.code, ran.scripts) == (2, [])
    assert "there is no package '@acme/u'" in ran.err
