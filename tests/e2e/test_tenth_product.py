"""One product more is its folders and one manifest: nothing else names products, so nothing else is edited."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.system import ROOT, WORKSPACE, System
from tests.workspace.pnpm import run_pnpm

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740)]
# The model that the example's README names, and what is made of it.
MODEL, TENTH, AUTH = "memoro", "diary", "mana-core-auth"
PORTS = {"3030": "3090", "3130": "3190", "3230": "3290"}
LANDING, ALL = ("landing",), ("backend", "web", "landing")


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """The accounts, and nothing that uses them yet."""
    made = System(tmp_path / "clone", products=(AUTH,))
    yield made
    made.remove()


def add_product(system: System, parts: Sequence[str]) -> None:
    """What somebody does who follows the example's README, pnpm's own part included."""
    for folder in (f"packages/{MODEL}-contract", *(f"apps/{MODEL}/apps/{part}" for part in parts)):
        copy_folder(system, folder)
    manifest = system.root / f"manifests/products/{TENTH}.toml"
    manifest.write_text(manifest_of(parts))
    run_pnpm(
        system.root / WORKSPACE, "install", "--lockfile-only", "--no-frozen-lockfile", "--prefer-offline"
    )


def copy_folder(system: System, folder: str) -> None:
    """A folder of the model, with its words in the new product's."""
    source = ROOT / WORKSPACE / folder
    files = (path for path in source.rglob("*") if path.is_file() and "node_modules" not in path.parts)
    for file in files:
        system.write(renamed(f"{folder}/{file.relative_to(source).as_posix()}"), renamed(file.read_text()))


def manifest_of(parts: Sequence[str]) -> str:
    """The model's manifest with these of its services, on ports of their own."""
    head, *services = (ROOT / f"manifests/products/{MODEL}.toml").read_text().split("[services.")
    chosen = (text for text in services if text.startswith(tuple(f"{MODEL}-{part}" for part in parts)))
    text = "[services.".join(
        [head, *chosen]
    )  # lists, `[[services.`, keep their first bracket at the end before
    for port, free in PORTS.items():
        text = text.replace(f"port = {port}", f"port = {free}")
    return renamed(text)


def renamed(text: str) -> str:
    return text.replace(MODEL, TENTH).replace(MODEL.title(), TENTH.title())


def grow(system: System, parts: Sequence[str]) -> None:
    """Add the product, render, build, deploy and smoke-test it; nothing else is edited by hand."""
    add_product(system, parts)
    assert edited(system) == {
        f"{WORKSPACE}/apps/{TENTH}/",
        f"{WORKSPACE}/packages/{TENTH}-contract/",
        f"{WORKSPACE}/pnpm-lock.yaml",
        f"manifests/products/{TENTH}.toml",
    }
    assert system.buildgraph("render").code == 0
    assert system.buildgraph("render", "--check").code == 0
    assert f"| {TENTH}-{parts[-1]} |" in (system.root / "docs/RENDERED.md").read_text()

    ran = system.doit("-n", "2", f"deploy:{TENTH}")

    assert ran.code == 0, ran.err
    assert {name for name in ran.built if name != AUTH} == {f"{TENTH}-{part}" for part in parts}
    assert system.doit(f"smoke:{TENTH}").code == 0
    assert system.doit(f"deploy:{TENTH}").done == []
    assert TENTH.title() in system.get(f"{TENTH}.localhost")[1]


def edited(system: System) -> set[str]:
    """The files and new folders that git sees as edited."""
    told = system.git("status", "--porcelain").splitlines()
    return {line[3:] for line in told}


def test_a_tenth_product_is_rendered_built_deployed_and_smoke_tested_with_no_other_edit(
    system: System,
) -> None:
    """Of one service, which is enough to say so; script/prove has one of all kinds."""
    grow(system, LANDING)


@pytest.mark.long
def test_a_tenth_product_of_all_kinds_answers_from_a_database_of_its_own(system: System) -> None:
    grow(system, ALL)

    assert json.loads(system.get(f"api-{TENTH}.localhost", "/api/health")[1])["status"] == "ok"
    assert "The smoke test was here." in system.get(f"app-{TENTH}.localhost")[1]
