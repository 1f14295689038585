"""The law of the rooms: a module imports only from rooms that stand to its left."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "buildgraph"

# From left to right; names on one line stand side by side and do not know one another.
ROAD = (
    ("durations", "early", "errors", "lazy", "supplies", "wholeness"),
    ("process", "order", "schema_changes", "servers", "inside", "bounded", "harmless"),
    ("companion", "snapshot"),
    ("workspace", "manifests"),
    ("recipes",),
    ("graph", "adopt"),
    ("plan",),
    ("image", "render"),
    ("checks",),
    ("place",),
    ("traffic",),
    ("deploy",),
    ("backup", "coolify", "kubernetes"),
    ("dockerfiles",),
    ("image_plans",),
    ("layout", "roster"),
    ("picture", "memory"),
    ("project",),
    ("ci", "columns", "labelling"),
    ("since", "console", "page"),
    ("comparison", "finder", "unseen"),
    ("builder", "checker"),
    ("platforms", "vetting", "obstacles"),
    ("deployed", "standing", "refusals", "saved_plan", "migrations", "needs"),
    ("deployer", "registry_pruning"),
    ("rollback", "promotion", "recovery", "scaling"),
    ("chain",),
    ("loop", "runs"),
    ("commands", "command_line", "work"),
    ("reporting", "concern", "ignored", "missing", "asked"),
    ("fresh", "fresh_checks", "tasks"),
    ("program",),
    ("main", "turn"),
    ("dodo",),
)
PLACE = {room: position for position, rooms in enumerate(ROAD) for room in rooms}


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            yield parts[0], path


@cache
def imports(path: Path) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Every import of a module, wherever it stands."""
    found = ast.walk(ast.parse(path.read_text()))
    return tuple(node for node in found if isinstance(node, (ast.Import, ast.ImportFrom)))


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in imports(path):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [node.module] if node.module != "buildgraph" else [f"buildgraph.{a.name}" for a in node.names]
            )
        found |= {name.split(".")[1] for name in names if name.startswith("buildgraph.")}
    return found & PLACE.keys()


@pytest.mark.parametrize(
    ("room", "path"), list(modules()), ids=lambda value: value.name if isinstance(value, Path) else ""
)
def test_a_module_imports_only_from_rooms_to_its_left(room: str, path: Path) -> None:
    assert room in PLACE, f"{path.name} stands in no room of the road: add it"

    wrong = {other for other in imported_rooms(path) - {room} if PLACE[other] >= PLACE[room]}

    assert wrong == set()


@pytest.mark.parametrize("room", ["graph", "adopt", "plan", "render"])
def test_pure_rooms_read_nothing_and_start_nothing(room: str) -> None:
    forbidden = {"os", "subprocess", "pathlib", "time", "random", "socket", "docker", "datetime"}

    for path in (PACKAGE / room).rglob("*.py"):
        imported = {
            alias.name.split(".")[0] for n in imports(path) if isinstance(n, ast.Import) for alias in n.names
        }
        imported |= {
            n.module.split(".")[0] for n in imports(path) if isinstance(n, ast.ImportFrom) and n.module
        }
        assert imported & forbidden == set(), path


def test_only_one_module_knows_doit_and_one_starts_processes() -> None:
    def knowing(name: str) -> set[str]:
        return {
            path.name
            for _, path in modules()
            for node in imports(path)
            if (
                isinstance(node, ast.Import) and any(alias.name.split(".")[0] == name for alias in node.names)
            )
            or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name)
        }

    assert knowing("doit") == {"tasks.py"}
    assert knowing("subprocess") <= {"process.py", "companion.py"}
