"""What `ship.mjs` of the templates takes from a built project into its image."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.pnpm


def shipped(workspace: Path, *, files: list[str] | None) -> list[str]:
    """What the app's image holds of it, where its package.json has these `files`."""
    app, to = workspace / "apps/web", workspace.parent / "shipped"
    (app / "package.json").write_text(
        json.dumps({"name": "web"} | ({} if files is None else {"files": files}))
    )
    argv = ("node", str(ROOT / "docker/templates/ship.mjs"), "app", "apps/web", str(to))
    subprocess.run(argv, cwd=workspace, check=True, capture_output=True)
    return sorted(path.relative_to(to / "apps/web").as_posix() for path in to.rglob("*") if path.is_file())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace whose one app is built, with all that a bundler leaves."""
    for path in (
        "build/index.js",
        "build/index.js.map",
        "build/server/chunk.mjs",
        "build/server/chunk.mjs.map",
        "build/client/style.css.map",
        "build/types.d.ts.map",
        "build/sea.map",
        "src/index.ts",
    ):
        place = tmp_path / "workspace/apps/web" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("")
    return tmp_path / "workspace"


BUILT = ["build/index.js", "build/sea.map", "build/server/chunk.mjs", "package.json"]


def test_source_maps_stay_behind_and_other_maps_do_not(workspace: Path) -> None:
    assert shipped(workspace, files=["build"]) == BUILT


def test_a_project_without_files_ships_no_source_maps_either(workspace: Path) -> None:
    assert shipped(workspace, files=None) == sorted([*BUILT, "src/index.ts"])
