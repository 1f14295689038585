"""The pages whose command blocks a test follows, and how a reader follows them: in one shell, block after block."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.system import ROOT, SCRIPTS
from tests.support.transcripts import matches, steps_of

# In the order in which they are read: each goes on in the workspace that the one before has left.
READ_IN_ORDER = (
    "docs/START.md",
    "docs/ADOPTING.md",
    "docs/DECIDING.md",
    "docs/CI.md",
    "docs/RUNS.md",
    "docs/DEPLOYING.md",
    "docs/OFFLINE.md",
    "docs/TROUBLESHOOTING.md",
    "docs/KEEPING.md",
)
FOLLOWED: Mapping[str, str] = {
    "README.md": "tests/e2e/test_readme.py",
    "docs/OPERATING.md": "tests/test_operating.py",
    "docs/RECOVERY.md": "tests/e2e/test_recovery.py",
    **dict.fromkeys(READ_IN_ORDER, "tests/e2e/test_pages.py"),
}


class Reader:
    """Somebody at a shell who types what pages say; what stands for a place of theirs is replaced by `words`."""

    def __init__(self, base: Path, words: Mapping[str, str]) -> None:
        self.folder = base / "home"
        self.folder.mkdir()
        self.words = words
        self._where = base / "where"
        self._environ = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}

    def follow(self, page: str) -> None:
        """Run every command of a page; each must succeed and print what is shown below it, if anything is."""
        for steps in steps_of(self.own((ROOT / page).read_text())):
            for step in steps:
                printed = self.run(step.command)
                told = f"{page}\n$ {step.command}\n{printed}"
                assert not step.expected or matches(step.expected, printed), told

    def own(self, text: str) -> str:
        """A page's text with the reader's own words in it."""
        for said, meant in self.words.items():
            text = re.sub(rf"\b{re.escape(said)}\b", meant, text)
        return text

    def run(self, command: str) -> str:
        """What a command prints on both streams, as a terminal shows it; the next one begins where it ends."""
        script = f"set -e\ntrap 'pwd >{self._where}' EXIT\n{command}"
        ran = subprocess.run(
            ("bash", "-c", script),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=self._environ,
            timeout=600,
        )
        assert ran.returncode == 0, f"$ {command}\n{ran.stdout}"
        self.folder = Path(self._where.read_text().strip())
        self._settle()
        return ran.stdout

    def _settle(self) -> None:
        """What `init` writes names a port that other tests may have: the reader's own is put in its place."""
        for file in self.folder.glob("manifests/environments/*.toml"):
            text = file.read_text()
            if text != self.own(text):
                file.write_text(self.own(text))
