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


def test_tables_of_keys_in_a_reference_are_renewed_and_what_stands_around_them_stays(repo: Monorepo) -> None:
    repo.write("manifests/workspace.toml", 'name = "acme"\n')
    around = "Ours.\n\n{}{}<!-- end of keys -->\n\nOurs too.\n"
    begin = "<!-- keys of bases: written by `buildgraph schema --write` -->\n"
    reference = repo.root / "manifests/REFERENCE.md"
    repo.write("manifests/REFERENCE.md", around.format(begin, "| of yesterday |\n"))

    assert repo.run("schema", "--write").code == 0
    keys = (
        "\n| key | value | meaning |\n|---|---|---|\n"
        "| `digests` | table of text | The digest of each base image; `buildgraph bases --update` writes them. |\n\n"
    )
    assert reference.read_text() == around.format(begin, keys)
    repo.run("schema", "--write")
    assert reference.read_text() == around.format(begin, keys)


def test_a_name_that_is_missing_or_unknown_is_told(repo: Monorepo) -> None:
    assert (repo.run("schema").code, repo.run("schema", "products").code) == (2, 2)
    told = repo.run("schema").err
    assert "manifests: workspace, product, environment, bases (or --write); answers: affected, " in told
    assert "did you mean product?" in repo.run("schema", "products").err
