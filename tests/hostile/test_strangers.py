"""Pull requests of strangers: one clear refusal or the right answer, soon, and nothing written or run elsewhere."""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

from buildgraph.chain import open_chain
from buildgraph.checks.script import as_typed, task_name
from buildgraph.commands import run_verb
from buildgraph.concern import concern_of
from buildgraph.console import answer
from buildgraph.errors import DONE, FAILED, TOOL_FAILED, WRONG_USE, ConfigurationError
from buildgraph.program import guarded, run
from buildgraph.project import open_project
from tests.hostile.strangers import ATTACKS, PRODUCT, RENDER, Attack, service
from tests.support.monorepo import Monorepo, bare

# Who refuses does not wait for what git was asked meanwhile: it ends with our process, which here goes on.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.thorough,
]
SOON = 4.0  # seconds of the processor, for megabytes


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """core, used by the service web; own has a Dockerfile; all is committed."""
    repo = Monorepo(tmp_path_factory.mktemp("hostile") / "village")
    repo.package("@acme/core")
    repo.service("web", uses=["@acme/core"])
    repo.plain_service("own", "FROM scratch\nCOPY . .\n", port=999)
    repo.lock()
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.write("manifests/environments/production.toml", 'domain = "{host}.example.org"\n')
    repo.commit()
    yield repo.root
    gc.collect()  # what these tests have left is told of while they ignore it


@pytest.fixture(scope="module")
def as_it_was(village: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The village's files beside it, without git's."""
    kept = tmp_path_factory.mktemp("kept") / "village"
    shutil.copytree(village, kept, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    return kept


@pytest.fixture
def shop(village: Path, as_it_was: Path) -> Iterator[Monorepo]:
    """The village, to do with its files as a stranger likes; they come back."""
    yield bare(village)
    for entry in village.iterdir():
        if entry.name == ".git":
            continue
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    shutil.copytree(as_it_was, village, symlinks=True, dirs_exist_ok=True)


@pytest.fixture
def clone(village: Path, tmp_path: Path) -> Monorepo:
    """The village once more, to commit in it."""
    shutil.copytree(village, tmp_path / "clone", symlinks=True)
    return bare(tmp_path / "clone")


def exit_code(repo: Monorepo, *verb: str) -> int:
    """What a verb comes to, in this process."""
    with chdir(repo.root):
        code = guarded(lambda: run_verb(verb[0], verb[1:]))
    if code != DONE:
        gc.collect()  # or what is left of git is told of in the midst of another test
    return code


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_a_stranger_writes_is_refused_clearly_or_answered_and_soon(
    shop: Monorepo, attack: Attack, capfd: pytest.CaptureFixture[str]
) -> None:
    for path in attack.without:
        (shop.root / path).unlink()
    for path, content in attack.files.items():
        shop.write(path, content)
    for path, target in attack.links.items():
        (shop.root / path).symlink_to(target)
    before, began = files_of(shop), worked()

    code = exit_code(shop, *attack.verb)

    took, told = worked() - began, capfd.readouterr()
    assert took < SOON
    assert "internal" not in told.err and "Traceback" not in told.err
    assert (code, attack.says in told.err) == (WRONG_USE if attack.says else DONE, True), told.err[:2000]
    assert len(told.err) < 20_000
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", told.out + told.err)
    assert files_of(shop) == before


def test_what_all_services_together_have_too_much_of_is_told_once(
    shop: Monorepo, capfd: pytest.CaptureFixture[str]
) -> None:
    for path, content in ATTACKS["thousands of lines that hundreds of services share"].files.items():
        shop.write(path, content)

    assert exit_code(shop, "affected") == WRONG_USE

    assert capfd.readouterr().err.count("too much to be read") == 1


def worked() -> float:
    """Seconds of the processor that went by here, and in those children that have ended."""
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


def test_services_that_wait_for_each_other_by_the_hundred_are_rendered_soon(shop: Monorepo) -> None:
    """What is rendered is not there yet, so it differs, which no row of the table tells."""
    waiting = (f'depends_on = ["s{n - 1}"]' if n else "" for n in range(400))
    services = (service(f'health = "/"\n{lines}').replace("more", f"s{n}") for n, lines in enumerate(waiting))
    shop.write(
        PRODUCT, "".join(text.replace("port = 81", f"port = {1000 + n}") for n, text in enumerate(services))
    )
    began = worked()

    assert exit_code(shop, "render", "--check", "compose") == FAILED
    assert worked() - began < SOON


def files_of(repo: Monorepo) -> set[tuple[str, int, int]]:
    """Every file of a work tree, with its size and time; what is ours and git's is left out."""
    found: set[tuple[str, int, int]] = set()
    for folder, names, files in os.walk(repo.root):
        names[:] = [name for name in names if name not in (".git", ".buildgraph")]
        found |= {
            (f"{folder}/{name}", told.st_size, told.st_mtime_ns)
            for name in files
            if (told := os.lstat(f"{folder}/{name}"))
        }
    return found


# Links out of the workspace ------------------------------------------------------------------------------

OUTSIDE = {
    "docker": ("render", "compose"),
    "docker/compose.dev.yml": ("render", "compose"),
    "docker/compose.prod.yml": ("render", "--check", "compose"),
    "docs": ("render", "tables"),
    ".github": ("render", "workflows"),
    "manifests/schemas": ("schema", "--write"),
    "manifests/schemas/product.json": ("schema", "--write"),
}


@pytest.mark.parametrize(("path", "verb"), OUTSIDE.items(), ids=OUTSIDE.keys())
def test_nothing_is_written_or_shown_through_a_link_out_of_the_project(
    shop: Monorepo, tmp_path: Path, path: str, verb: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    is_folder = "." not in path.rpartition("/")[2].lstrip(".")
    outside = bare(tmp_path).write("outside/file", "a secret\n")
    shop.write("manifests/environments/staging.toml", "proxy_port = 8481\n")
    shutil.rmtree(shop.root / path, ignore_errors=True)
    (shop.root / path).parent.mkdir(parents=True, exist_ok=True)
    (shop.root / path).symlink_to(outside.parent if is_folder else outside)

    assert exit_code(shop, *verb) == WRONG_USE

    told = capfd.readouterr()
    assert "leads out of the project's folder" in told.err
    assert "a secret" not in told.out + told.err
    assert [entry.name for entry in outside.parent.iterdir()] == ["file"]
    assert outside.read_text() == "a secret\n"


NAMED = {
    "graph -o": ("graph", "--format", "html", "-o"),
    "render --images -o": ("render", "--images", "-o"),
    "status -o": ("status", "--format", "html", "-o"),
    "plan --save": ("plan", "deploy:own", "--save"),
    "any run --trace": ("check", "--trace"),
    "what doit prints": ("check", "--output-file"),
    "what doit remembers": ("ignore", "--db-file"),
}
# What a commit holds, with what it leads to, and the name that a user gives.
LED = {
    "a file outside": ("file", "../outside/file", "file"),
    "a folder outside": ("folder", "../outside", "folder/file"),
    "a file outside by its whole path": ("file", "{}/outside/file", "./docker/../file"),
    "a file that git ignores": ("file", "node_modules/file", "file"),
    "git's settings": ("file", ".git/config", "file"),
    "a folder of git's": ("folder", ".git/hooks", "folder/file"),
    "by way of a link outside": ("file", "../outside/file", "../back/file"),
    "a folder that is left again": ("folder", "../outside", "folder/../outside/file"),
    "nothing yet": ("file", "../outside/other", "file"),
}


@pytest.mark.parametrize(
    ("verb", "link"),
    [*((verb, "a file outside") for verb in NAMED), *(("graph -o", link) for link in LED)],
)
def test_a_file_that_a_user_names_is_written_through_no_link_of_a_commit(
    clone: Monorepo, tmp_path: Path, verb: str, link: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path, target, name = LED[link]
    for kept in ("../outside/file", "node_modules/file"):
        clone.write(kept, "a secret\n")
    (tmp_path / "back").symlink_to(clone.root)
    (clone.root / path).symlink_to(target.format(tmp_path))
    settings = (clone.root / ".git/config").read_text()

    assert command(clone, *NAMED[verb], name) == WRONG_USE

    told = capfd.readouterr().err
    assert "a symbolic link of the checkout" in told or "lies in git's own folder" in told
    assert [entry.name for entry in (tmp_path / "outside").iterdir()] == ["file"]
    assert (tmp_path / "outside/file").read_text() == "a secret\n"
    assert (clone.root / "node_modules/file").read_text() == "a secret\n"
    assert (clone.root / ".git/config").read_text() == settings
    assert not (clone.root / ".git/hooks/file").exists()


def command(repo: Monorepo, *argv: str) -> int:
    """What a command line comes to, in this process."""
    with chdir(repo.root):
        return run(list(argv))


@pytest.mark.parametrize("name", [".git/info/graph", "docker/../.git/graph"])
def test_nothing_that_a_user_names_is_written_into_gits_own_folder(
    clone: Monorepo, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert command(clone, "graph", "-o", name) == WRONG_USE
    assert "lies in git's own folder" in capfd.readouterr().err
    assert not (clone.root / name).exists()


def test_links_of_the_user_s_own_are_written_through(clone: Monorepo, tmp_path: Path) -> None:
    """Also one by which the checkout is reached, and what standard output is called."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "mine").symlink_to("outside/graph")
    (tmp_path / "way").symlink_to("clone")

    (clone.root / "more").mkdir()
    for name in ("../mine", f"{tmp_path}/way/graph", "docker/../more/../graph2"):
        assert command(clone, "graph", "-o", name) == DONE
    ran = clone.run("graph", "-o", "/dev/stdout")

    files = (tmp_path / "outside/graph", clone.root / "graph", clone.root / "graph2")
    assert {file.read_text() for file in files} == {ran.out}


def test_a_rendered_file_behind_a_link_is_not_removed(shop: Monorepo, tmp_path: Path) -> None:
    assert exit_code(shop, "render", "compose") == DONE
    kept = shutil.copy(shop.root / "docker/compose.prod.yml", tmp_path / "compose.prod.yml")
    shutil.rmtree(shop.root / "manifests/environments")
    (shop.root / "docker/compose.prod.yml").unlink()
    (shop.root / "docker/compose.prod.yml").symlink_to(kept)

    assert exit_code(shop, "render", "compose") == DONE

    assert Path(kept).exists()


def test_nothing_is_rendered_into_gits_own_folder(shop: Monorepo, capfd: pytest.CaptureFixture[str]) -> None:
    (shop.root / "docs").symlink_to(".git/hooks")

    assert exit_code(shop, "render", "tables") == WRONG_USE
    assert "into git's own" in capfd.readouterr().err


def test_init_writes_nothing_where_a_folder_leads_elsewhere(
    repo: Monorepo, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    repo.package("@acme/api", folder="apps/api", scripts={"start": "node x"}, dependencies={"express": "4"})
    repo.write("apps/api/index.js", "app.listen(3000); app.get('/health', f)\n")
    (repo.root / "manifests").symlink_to(tmp_path / "elsewhere")

    assert exit_code(repo, "init") == WRONG_USE
    assert "leads out of the project's folder" in capfd.readouterr().err
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["runs", "doit", ".gitignore"])
def test_what_a_commit_puts_where_we_keep_things_leads_nowhere(
    shop: Monorepo, tmp_path: Path, name: str
) -> None:
    from buildgraph.snapshot.git import own_folder

    (shop.root / ".buildgraph").mkdir(exist_ok=True)
    (shop.root / ".buildgraph" / name).unlink(missing_ok=True)
    (shop.root / ".buildgraph" / name).symlink_to(tmp_path)

    assert not own_folder(shop.root).is_relative_to(shop.root)


LINKS = [
    ("packages/core/package.json", "/etc/passwd"),
    ("packages/core/package.json", "/dev/zero"),
    ("packages/core/package.json", "package.json"),
    ("pnpm-workspace.yaml", "../../../../../../etc/passwd"),
    ("services/own/Dockerfile", "/proc/self/environ"),
]


@pytest.mark.parametrize(("path", "target"), LINKS)
def test_a_file_that_is_a_link_out_of_the_workspace_is_not_read(
    shop: Monorepo, path: str, target: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (shop.root / path).unlink()
    (shop.root / path).symlink_to(target)

    code = exit_code(shop, "graph")

    told = capfd.readouterr()
    assert code == WRONG_USE
    assert "internal" not in told.err and "root:" not in told.out + told.err


@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero"])
@pytest.mark.parametrize("link", ["kept", "kept/here.env"])
def test_secrets_are_read_through_no_link_that_a_commit_holds(
    clone: Monorepo, link: str, target: str, capfd: pytest.CaptureFixture[str]
) -> None:
    clone.append("manifests/environments/development.toml", 'secrets = "kept/here.env"\n')
    (clone.root / link).parent.mkdir(exist_ok=True)
    (clone.root / link).symlink_to(target)
    clone.append(".gitignore", "kept\n")
    clone.git("add", "--force", link)
    clone.commit()

    with pytest.raises(ConfigurationError, match=f"{link}: is a symbolic link that git sees"):
        open_chain(open_project(clone.root), "development").builder.secrets.missing(["root"])
    assert concern_of(open_chain(open_project(clone.root), "development"), ["deploy:own"])


# Programs that a repository would have run -----------------------------------------------------------------


def test_a_folder_that_looks_like_a_bare_repository_runs_nothing(shop: Monorepo, tmp_path: Path) -> None:
    """git takes a folder with these four for a repository, and its configuration for the user's own."""
    run = f'"touch {tmp_path}/pwned"'
    config = f'[core]\nbare = false\nworktree = ..\nfsmonitor = {run}\nhooksPath = x\n[filter "x"]\nclean = {run}\n'
    trap = {"HEAD": "ref: refs/heads/main\n", "objects/.k": "", "refs/.k": "", "config": config}
    for path, content in trap.items():
        shop.write(f"packages/core/trap/{path}", content)
    shop.write("packages/core/.gitattributes", "* filter=x\n")
    shop.write("packages/core/file", "edited")

    at_top = shop.run("affected", "--format", "names")
    inside = bare(shop.root / "packages/core/trap").run("affected")

    assert (at_top.code, "package:@acme/core" in at_top.out.split()) == (0, True)
    assert (inside.code, "Traceback" in inside.err) == (2, False)
    assert not (tmp_path / "pwned").exists()


def test_attributes_hooks_and_modules_of_a_commit_run_nothing(shop: Monorepo, tmp_path: Path) -> None:
    run = f"touch {tmp_path}/pwned"
    shop.write(".gitattributes", "* filter=x diff=x merge=x\n")
    shop.write(".gitmodules", f'[submodule "a"]\npath = a\nurl = ext::sh -c {run}\nupdate = !{run}\n')
    shop.write(".gitconfig", f"[core]\nfsmonitor = {run}\n")
    shop.write(".githooks/post-index-change", f"#!/bin/sh\n{run}\n").chmod(0o755)
    shop.write("packages/core/file", "edited")

    assert exit_code(shop, "affected") == DONE
    assert exit_code(shop, "graph", "--affected") == DONE
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("verb", ["affected", "list"], ids=["a verb", "what doit is asked"])
def test_no_python_of_a_checkout_is_run(shop: Monorepo, tmp_path: Path, verb: str) -> None:
    run = f"open({str(tmp_path / 'pwned')!r}, 'w')\n"
    for module in ("dodo", "json", "tomli", "ryaml", "evil", "sitecustomize", "buildgraph/__init__"):
        shop.write(f"{module}.py", run)
    shop.write("doit.cfg", "[GLOBAL]\nloader = evil\n[LOADER]\nevil = evil:Loader\n")
    shop.write(
        "pyproject.toml", "[tool.doit]\nloader = 'evil'\n[tool.doit.plugins.loader]\nevil = 'evil:L'\n"
    )

    argv = (
        sys.executable,
        "-P",
        "-m",
        "buildgraph.main",
        verb,
    )  # as a script of its own, without the folder itself
    ran = subprocess.run(argv, cwd=shop.root, capture_output=True, text=True, check=False)

    assert ran.returncode == DONE, ran.stderr
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "name", ["--upload-pack=touch pwned", "--output=pwned", "-c", "@{u}", "a\nb", ":/x", "^main"]
)
@pytest.mark.parametrize("side", ["--base", "--head"])
def test_a_reference_is_no_option_and_no_command(
    shop: Monorepo, side: str, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Pitfall 25."""
    code = exit_code(shop, "affected", f"{side}={name}")

    assert code == (DONE if side == "--base" else WRONG_USE)  # without a base, everything is affected
    assert "internal" not in capfd.readouterr().err
    assert not (shop.root / "pwned").exists()


@pytest.mark.parametrize(
    "name", ["$(touch pwned)", "`id`", "a;b", "a b", "x\n$(id)", "'", "~root", "{a,b}", "a>b"]
)
def test_a_shell_completes_no_name_that_it_would_run(
    shop: Monorepo, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What stands on a line after TAB is run by the next ENTER."""
    shop.write("packages/more/package.json", json.dumps({"name": name}))

    assert exit_code(shop, "completion", "--words", "why ") == DONE

    words = capfd.readouterr().out.split("\n")
    assert "package:@acme/web" in words
    assert not any(name.split("\n")[0] in word for word in words)


def test_doit_s_own_completion_is_not_on_offer(shop: Monorepo, capfd: pytest.CaptureFixture[str]) -> None:
    """It has a shell expand the names of all tasks. Nor is `dumpdb`, which ended in doit's own traceback."""
    assert command(shop, "dumpdb") == WRONG_USE
    assert command(shop, "tabcompletion") == WRONG_USE
    assert "did you mean completion?" in capfd.readouterr().err


# GitHub Actions, which obeys what is printed ---------------------------------------------------------------

NAMES = ("\n::error::x", "\n::stop-commands::x", "##[add-matcher]x", "a\r\n::set-env name=A::b")


def commands_in(text: str) -> list[str]:
    """Lines that GitHub would obey, without the annotations that are ours."""
    lines = [line for line in text.splitlines() if line.lstrip().startswith("::") or "##[" in line]
    return [
        line for line in lines if not line.startswith("::error file=") and not line.startswith("::error::")
    ]


@pytest.mark.parametrize(
    "verb",
    [
        ("affected", "--base=HEAD~1"),
        ("affected", "--format=json", "--base=HEAD~1"),
        ("why", "@acme/core", "--base=HEAD~1"),
        ("graph",),
    ],
)
def test_no_name_is_a_command_to_github(
    clone: Monorepo, verb: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for number, name in enumerate(NAMES):
        clone.write(f"packages/core/src/{number}{name}", "")
        clone.write(f"packages/core/odd{number}/{name}/package.json", "{}")
    clone.write("pnpm-workspace.yaml", "packages: ['packages/**', 'apps/*']\n")

    clone.commit()
    assert exit_code(clone, *verb) == DONE

    told = capfd.readouterr()
    assert commands_in(told.out + told.err) == []


@pytest.mark.parametrize("name", ["x\n::error::y", "x\r\n::error::y", "x\t\x1b[8my", "x\n##[error]y"])
@pytest.mark.parametrize("said", ["CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CI_MERGE_REQUEST_DIFF_BASE_SHA"])
@pytest.mark.parametrize("verb", ["affected --format names", "graph --affected", "why own"])
def test_a_base_that_ci_names_is_told_on_one_line(
    shop: Monorepo,
    verb: str,
    said: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for variable, value in (
        ("CI", "true"),
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_IID", "1"),
        (said, name),
    ):
        monkeypatch.setenv(variable, value)

    assert command(shop, *verb.split()) == DONE

    (told,) = capfd.readouterr().err.splitlines()
    assert told.startswith("the base is not known, so everything counts as affected: ")
    assert told.endswith("y is not in this clone; name the base with --base")


STEERING = ("a\0b", "a\x1b]0;pwn\x07b", "a\x9b31mb", "a\u202eb", "a\x7fb", "a\n::error::y", "a\tb")


@pytest.mark.parametrize("name", STEERING + NAMES)
@pytest.mark.parametrize("is_job", [True, False], ids=["a job", "a terminal"])
def test_no_name_steers_a_terminal_or_a_job_when_tasks_are_listed(
    shop: Monorepo,
    name: str,
    is_job: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What doit prints by itself."""
    monkeypatch.setenv("GITHUB_ACTIONS", str(is_job).lower())
    shop.write(
        "packages/odd/package.json", json.dumps({"name": name, "scripts": {"build": "x", "test": "y"}})
    )
    shop.write("packages/odder/package.json", json.dumps({"scripts": {"test": name}}))

    typed = as_typed(task_name(name, "build"))
    words = ("list --all", "list --all -q check", "list", "help", "ignore", "forget", "info")

    codes = [command(shop, *word.split(), *(() if "list -" in word else (typed,))) for word in words]

    told = "".join(capfd.readouterr())
    assert codes == [*[DONE] * 6, FAILED]  # doit's word for what is to be done
    assert len([line for line in told.splitlines() if ":build" in line]) > 8
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", told)
    assert not is_job or commands_in(told) == []
    assert not any(line.startswith("::") for line in told.splitlines())


def test_neither_a_mistake_nor_a_difference_is_a_command_to_github(
    clone: Monorepo, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(clone, "render", "compose") == DONE
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    clone.append("docker/compose.dev.yml", "::error::x\n  ::add-mask::y\n##[warning]z\n")

    assert exit_code(clone, "render", "--check", "compose") == FAILED
    clone.write("packages/core/\n::warning::x/package.json", "{")
    clone.write("packages/core/##[warning]/package.json", "{")
    clone.write("pnpm-workspace.yaml", "packages: ['packages/**', 'apps/*']\n")
    clone.commit()
    assert exit_code(clone, "affected", "--base=HEAD~1") == WRONG_USE

    told = capfd.readouterr()
    assert "error" in told.out and "warning" in told.err
    assert commands_in(told.out + told.err) == []


def test_a_difference_is_told_in_short_however_long_its_lines_are_and_however_many(
    clone: Monorepo, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(clone, "render", "compose") == DONE
    capfd.readouterr()
    clone.append("docker/compose.dev.yml", "x" * 1_000_000 + "\n" + "\ny" * 100_000)

    assert exit_code(clone, "render", "--check", "compose") == FAILED

    told = capfd.readouterr().out
    assert "-xxx" in told and len(told) < 2000
    assert "… and at least 9" in told


def test_blank_lines_by_the_thousand_are_written_soon(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    began = worked()

    answer("\n" * 60_000 + "x\n ::error::x")

    assert worked() - began < SOON
    assert commands_in(capsys.readouterr().out) == []


def test_what_was_logged_keeps_its_colours_to_the_end_of_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logged = "web | \x1b[31mno\x1b[2J\nweb | yes"

    answer(logged, is_log=True)
    answer(logged)

    assert capsys.readouterr().out == (
        "web | \x1b[31mno\\x1b[2J\x1b[m\nweb | yes\nweb | \\x1b[31mno\\x1b[2J\nweb | yes\n"
    )


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there when any program but git was started; no engine is there."""
    programs, told = tmp_path / "bin", tmp_path / "told"
    programs.mkdir()
    for name in ("sh", "bash", "docker", "kubectl", "node", "pnpm", "npm", "ssh", "curl", "trap"):
        (programs / name).write_text(f"#!/bin/sh\n/bin/echo {name} >>{told}\n")
        (programs / name).chmod(0o755)
    (programs / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")
    return told


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("name", ["a=b", "env=b", "*", "@a/*=*"])
def test_a_name_in_which_doit_sees_a_variable_or_a_pattern_is_checked_like_others(
    shop: Monorepo, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Both stopped all checks, and all listings."""
    scripts = {"build": "x"}
    odd, uses = {"name": name, "scripts": scripts}, {name: "workspace:*"}
    shop.write("packages/odd/package.json", json.dumps(odd))
    shop.write(
        "packages/zz/package.json", json.dumps({"name": "zz", "scripts": scripts, "dependencies": uses})
    )
    shop.lock()
    asked = (("list",), ("list", "--all"), ("check",), (as_typed(task_name(name)), "check:zz:build"))

    assert [command(shop, *words) for words in asked] == [DONE] * 4
    told = capfd.readouterr().err
    assert "== 2 done" in told and "; 2 fresh" in told


DEVELOPMENT = "manifests/environments/development.toml"
CHOSEN = {
    "another engine": 'engine = "ssh://deploy@elsewhere.example.org"',
    "an engine over TLS": 'engine = "tcp://elsewhere.example.org:2376"',
    "a cluster": 'registry = "r.example.org/x"\nkubernetes = { context = "live", namespace = "live" }',
    "a server": 'registry = "r.example.org/x"\n'
    'coolify = { url = "https://elsewhere.example.org", state = "state0", '
    'applications = { own = "own", web = "web" } }',
}


def test_reading_starts_git_and_nothing_else(shop: Monorepo, started: Path) -> None:
    """No shell, no docker, no node, and no program of the repository's own, whatever its manifests name."""
    shop.append("manifests/products/own.toml", "env.TOKEN = { secret = true }\n")
    shop.append(DEVELOPMENT, 'secret_commands = { "*" = ["trap"] }\n' + CHOSEN["another engine"])
    shop.write("manifests/environments/staging.toml", CHOSEN["a cluster"])
    asked = (("affected",), ("graph",), ("why", "own"), RENDER)

    codes = [exit_code(shop, *verb) for verb in asked]

    assert codes == [DONE, DONE, DONE, FAILED]  # nothing is rendered here, which is a drift
    assert not started.exists()


@pytest.mark.parametrize("task", ["build", "deploy:own"])
@pytest.mark.parametrize("named", CHOSEN.values(), ids=CHOSEN.keys())
def test_a_plan_speaks_to_nobody_whom_a_checkout_alone_names(
    shop: Monorepo, started: Path, named: str, task: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """`env=` says which environment is asked; without it this machine's own engine is, and nobody else."""
    shop.write(DEVELOPMENT, f"{named}\n")

    assert exit_code(shop, "plan", task) == WRONG_USE

    assert "write env=development" in capfd.readouterr().err
    assert not started.exists()


def test_a_plan_runs_no_command_of_a_checkout(shop: Monorepo, started: Path) -> None:
    """How it compares without: `test_secrets_that_commands_may_tell_are_the_same_for_who_runs_none`."""
    shop.append("manifests/products/own.toml", "env.TOKEN = { secret = true }\n")
    shop.append(DEVELOPMENT, 'secret_commands = { "*" = ["trap"] }\n')

    assert exit_code(shop, "plan") == exit_code(shop, "plan", "deploy:own") == TOOL_FAILED
    assert not started.exists()
