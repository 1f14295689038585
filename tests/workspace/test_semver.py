from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from buildgraph.workspace.semver import is_satisfied

RANGES = (
    "*", "", "x", "1", "1.x", "1.2", "1.2.x", "1.2.3", "=1.2.3", "v1.2.3", "^1", "^1.2", "^1.2.3", "^0.2.3",
    "^0.0.3", "^0.0.0", "^0", "^0.0", "~1", "~1.2", "~1.2.3", "~0.2.3", "~>1.2", ">1", ">1.2", ">1.2.3",
    ">=1", ">=1.2.3", "<2", "<1.2", "<1.2.3", "<=1", "<=1.2", "<=1.2.3", ">=1.2.3 <2", ">= 1.2.3 < 2.0.0",
    "1.2 - 2", "1.2.3 - 1.2.9", "^1 || ^3", "1.2.3-beta.1", "^1.2.3-beta.1", "~1.2.3-beta.1",
    ">1.2.3-alpha <1.2.3", ">=1.2.3-beta", "<1.2.3-beta.2", "<=1.2.3-beta.2", "latest", "^1.2.3+build",
    "<*", ">*", "^*", "2 - 3.x",
)  # fmt: skip
VERSIONS = (
    "0.0.0", "0.0.3", "0.0.4", "0.2.3", "0.2.4", "0.3.0", "1.0.0", "1.1.9", "1.2.0", "1.2.3", "1.2.4",
    "1.2.9", "1.3.0", "1.9.9", "2.0.0", "2.0.1", "3.0.0", "1.2.3-alpha", "1.2.3-beta", "1.2.3-beta.1",
    "1.2.3-beta.2", "1.2.3-beta.11", "1.2.4-beta", "2.0.0-rc.1", "1.2.3+build.5", "0.0.0-0", "nonsense",
)  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "satisfying"),
    [
        ("^1.2.3", "1.2.3 1.2.4 1.2.9 1.3.0 1.9.9 1.2.3+build.5"),
        ("^0.2.3", "0.2.3 0.2.4"),
        ("^0.0.3", "0.0.3"),
        ("~1.2", "1.2.0 1.2.3 1.2.4 1.2.9 1.2.3+build.5"),
        ("1.2.3 - 1.2.9", "1.2.3 1.2.4 1.2.9 1.2.3+build.5"),
        (">=1.2.3-beta.2 <1.2.4", "1.2.3 1.2.3-beta.2 1.2.3-beta.11 1.2.3+build.5"),
        ("^0.3 || 3", "0.3.0 3.0.0"),
        ("<=0.2.3", "0.0.0 0.0.3 0.0.4 0.2.3"),
        (">1.9.9 <=2.0.0", "2.0.0"),
        ("latest", ""),
        ("workspace:*", ""),
    ],
)
def test_a_range_is_satisfied_by_exactly_these_versions(wanted: str, satisfying: str) -> None:
    assert {version for version in VERSIONS if is_satisfied(wanted, version)} == set(satisfying.split())


@pytest.mark.pnpm
def test_ranges_mean_what_npm_takes_them_for() -> None:
    """The reference is the semver package inside npm itself, over every pair of the tables above."""
    npm = shutil.which("npm")
    assert npm, "this test needs npm: install node"
    semver = Path(npm).resolve().parents[1] / "node_modules/semver"
    program = (
        f"const semver = require({json.dumps(str(semver))});"
        "const pairs = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(pairs.map(([range, version]) => semver.satisfies(version, range))))"
    )
    pairs = list(itertools.product(RANGES, VERSIONS))
    told = subprocess.run(
        ["node", "-e", program], input=json.dumps(pairs), capture_output=True, text=True, check=True
    )

    different = [
        (wanted, version, theirs)
        for (wanted, version), theirs in zip(pairs, json.loads(told.stdout), strict=True)
        if is_satisfied(wanted, version) != theirs
    ]
    assert different == []
