"""The verb `schema`: JSON Schemas of the manifests, by which editors complete keys and tell mistakes as one types."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from buildgraph.commands.options import as_json
from buildgraph.console import answer, tell
from buildgraph.errors import DONE, ConfigurationError
from buildgraph.manifests.schema import render_schemas
from buildgraph.project import open_project

NAMES: Final = ("workspace", "product", "environment", "bases")
FOLDER: Final = Path("manifests/schemas")
FIRST_LINE: Final = "#:schema ../schemas/product.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `schema`."""
    parser.add_argument("name", nargs="?", choices=NAMES, help="print the schema of this kind of manifest")
    parser.add_argument("--write", action="store_true", help=f"write all of them into {FOLDER}/")


def run(options: argparse.Namespace) -> int:
    """Print one schema, or write all; returns the exit code."""
    if options.write:
        _write(open_project(Path.cwd()).folder / FOLDER)
        tell(f"wrote {FOLDER}: begin a product's manifest with {FIRST_LINE}")
        return DONE
    if options.name is None:
        raise ConfigurationError.of(
            "schema", "names no kind of manifest", f"known: {', '.join(NAMES)}; or --write"
        )
    answer(schema_text(options.name))
    return DONE


def schema_text(name: str) -> str:
    """The schema of one kind of manifest, as it stands in a file."""
    return as_json(render_schemas()[name]) + "\n"


def _write(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            (folder / f"{name}.json").write_text(schema_text(name))
    except OSError as error:
        raise ConfigurationError.of(str(FOLDER), f"cannot be written: {error.strerror}") from error
