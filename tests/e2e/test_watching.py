"""`watch` through the front door on a real engine: edits go live, broken builds do not, and Ctrl-C leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hamlet import Hamlet
from tests.support.monorepo import Monorepo
from tests.support.system import ROOT
from tests.support.watched import watching

pytestmark = [pytest.mark.engine, pytest.mark.timeout(540)]


@pytest.fixture
def hamlet(tmp_path: Path) -> Iterator[Hamlet]:
    found = Hamlet(tmp_path / "repo")
    yield found
    found.git("checkout", "-q", ".")
    found.raze()


def test_an_edit_goes_live_a_broken_build_does_not_and_ctrl_c_ends_a_build(hamlet: Hamlet) -> None:
    dockerfile = "services/mail/Dockerfile"
    with watching(hamlet, "deploy:mail") as watch:
        here = watch.wait_for("\n== 2 done")
        hamlet.says("mail", "mail 2")
        here = watch.wait_for("\n== 2 done (build:mail, deploy:mail)", here)
        assert "services/mail/server.mjs changed" in watch.told
        assert hamlet.fetch("mail") == "mail 2"

        hamlet.write("README.md", "of no image")
        here = watch.wait_for("README.md changed: nothing to do", here)
        hamlet.append(dockerfile, "RUN false\n")
        here = watch.wait_for("the next edit tries again", here)
        assert "!! build:mail  failed" in watch.told
        assert hamlet.fetch("mail") == "mail 2"

        hamlet.git("checkout", "-q", dockerfile)
        here = watch.wait_for("\n== nothing to do; 2 fresh", here)
        hamlet.append(dockerfile, f"RUN echo {hamlet.name} && sleep 300\n")
        watch.wait_for("sleep 300", here)
        assert watch.interrupt() == 130
        assert watch.told.endswith("interrupted\n")
        assert "== 1 interrupted (build:mail)" in watch.told
        assert processes_in(hamlet.root) == []


def processes_in(folder: Path) -> list[str]:
    """The processes that were started in a folder and have not ended."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue  # it has ended meanwhile
    return found


def test_edits_while_a_build_runs_are_one_run_after_it(hamlet: Hamlet) -> None:
    """Pitfall 8: what is edited while a run is on its way is never taken for done."""
    hamlet.append("services/web/Dockerfile", f"RUN echo {hamlet.name} && sleep 2\n")
    with watching(hamlet, "build:web") as watch:
        watch.wait_for("sleep 2")
        for number in range(5):
            hamlet.says("web", f"web {number} of {hamlet.name}")
        watch.wait_for("\n== ", watch.wait_for("\n== "))
        assert watch.interrupt() == 130

    assert watch.told.count("\n== 1 done (build:web)") == 2
    assert hamlet.must("build:web").err.startswith("-- build:web  fresh\n")


LIMITED = """
import sys
from pathlib import Path
from buildgraph.loop.senses import Hearing, Senses
from buildgraph.process import SystemRunner
from buildgraph.snapshot import find_repository
root = Path(sys.argv[1])
senses = Senses(find_repository(root, SystemRunner()), Hearing(0.05), print)
(root / "package.json").write_text("{}")
print(*senses.hear().paths)
"""


@pytest.mark.parametrize(
    ("limit", "word"), [("watches", "max_user_watches"), ("instances", "max_user_instances")]
)
def test_where_the_kernel_has_no_more_listeners_git_is_asked_and_the_way_out_is_told(
    tmp_path: Path, limit: str, word: str
) -> None:
    """A user namespace has limits of its own, so that nothing else on the machine meets this one."""
    repo = Monorepo(tmp_path / "repo")
    lower = f'echo 0 > /proc/sys/user/max_inotify_{limit} && exec "$@"'
    namespace = ("unshare", "--user", "--map-root-user", "sh", "-c", lower, "sh")

    told = subprocess.run(
        (*namespace, sys.executable, "-c", LIMITED, str(repo.root)),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert f"sudo sysctl fs.inotify.{word}=" in told
    assert told.splitlines()[-1] == "package.json"
