"""Questions to git that are asked before this program is loaded: git works on them while the rest is imported.

It imports nothing that takes time. Who starts commands takes over the one that it would start, and asks again itself
when git has refused. A large lockfile is read by a process of its own where nothing is remembered of it yet.
"""

import os
import stat
import sys

# What a user's configuration must not change: prompts, renames, quoting, the fsmonitor daemon.
QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}
# A hook of git sets these, and they would lead into another repository: the folder decides.
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
# A folder of a commit may look like a bare repository, with a configuration that runs anything: it is none to us.
NO_TRAP = ("-c", "safe.bareRepository=explicit")
GIT = ("git", *NO_TRAP, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
PLACE = ("git", *NO_TRAP, "rev-parse", "--is-inside-work-tree", "--show-cdup", "--git-common-dir")
# Porcelain v2 with the commit on top; untracked files one by one, submodules by their commit alone.
STATUS = (
    *("status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind"),
    *("--no-renames", "--untracked-files=all", "--ignore-submodules=dirty", "--", "."),
)
# A project's folder has one of these.
MARKS = ("manifests/workspace.toml", "pnpm-workspace.yaml")
OWN_NAME = "buildgraph"  # our folder in git's
# Reads the lockfile here; `-P` keeps this folder's own modules out of it.
AHEAD = (sys.executable, "-P", "-m", "buildgraph.workspace.ahead")
LARGE = 1_000_000  # bytes of a lockfile that takes longer to read than a process to start
LARGEST = 1 << 26  # of one that is read ahead: those of the largest monorepos have a third of it
# Where one of these is given nothing is asked, or of commits only, or by a process of its own.
OTHERWISE = ("-h", "--help", "help", "--version", "--head", "watch")

_asked: dict[tuple[str, ...], tuple[int, int]] = {}  # by folder and argv: the process, and where it answers


def ask_git(arguments: list[str]) -> None:
    """Ask where the repository is and what differs in it, when this folder is a project's."""
    words = (word.partition("=")[0] for word in arguments)
    if any(word in OTHERWISE for word in words) or not any(map(os.path.isfile, MARKS)):
        return
    try:
        for argv in (PLACE, (*GIT, *STATUS), *([AHEAD] if _is_new() else [])):
            _asked[os.getcwd(), *argv] = _begin(argv)  # noqa: PTH109  # pathlib takes long to load
    except OSError:
        return  # whoever needs it asks again, and tells


def _is_new() -> bool:
    """Whether nothing is remembered of this workspace, and its lockfile is a large one of its own.

    A commit may hold a link to any file of the machine in its place.
    """
    if os.path.isdir(f".git/{OWN_NAME}"):  # noqa: PTH112  # pathlib takes long to load
        return False
    try:
        found = os.lstat("pnpm-lock.yaml")
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and LARGE <= found.st_size <= LARGEST


def is_asked(folder: str, argv: tuple[str, ...]) -> bool:
    """Whether a command was asked early, and its answer is not taken yet."""
    return (folder, *argv) in _asked


def taken(folder: str, argv: tuple[str, ...]) -> bytes | None:
    """What a command that was asked early answers, once; None when it was not, or failed."""
    found = _asked.pop((folder, *argv), None)
    if found is None:
        return None
    process, place = found
    with open(place, "rb") as answer:  # noqa: PTH123  # a descriptor
        content = answer.read()
    _, status = os.waitpid(process, 0)
    return content if status == 0 else None


def _begin(argv: tuple[str, ...]) -> tuple[int, int]:
    place, end = os.pipe()
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, end, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    env = {name: value for name, value in os.environ.items() if name not in OF_HOOKS} | QUIET
    try:
        return os.posix_spawnp(argv[0], argv, env, file_actions=actions, setpgroup=0), place
    finally:
        os.close(end)
