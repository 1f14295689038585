"""`buildgraph schema`: printed one by one, or written beside the manifests."""

from __future__ import annotations

import json

from buildgraph.commands.schema import NAMES
from tests.support.monorepo import Monorepo


def test_a_schema_is_printed_and_all_are_written(repo: Monorepo) -> None:
    repo.write("manifests/workspace.toml", 'name = "acme"\n')

    printed = json.loads(repo.run("schema", "product").out)
    ran = repo.run("schema", "--write")
    assert (ran.code, "#:schema ../schemas/product.json" in ran.err) == (0, True)
    written = {
        path.stem: json.loads(path.read_text()) for path in (repo.root / "manifests/schemas").iterdir()
    }
    assert set(written) == set(NAMES)
    assert written["product"] == printed
    assert repo.run("graph").code == 0  # they are no manifests


def test_a_name_that_is_missing_or_unknown_is_told(repo: Monorepo) -> None:
    assert (repo.run("schema").code, repo.run("schema", "products").code) == (2, 2)
    told = repo.run("schema").err
    assert "manifests: workspace, product, environment, bases (or --write); answers: affected, " in told
    assert "did you mean product?" in repo.run("schema", "products").err
