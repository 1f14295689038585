"""The verb `schema`: JSON Schemas of the manifests, for editors, and of what `--format json` answers, for programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from buildgraph.commands.options import as_json
from buildgraph.console import answer, tell
from buildgraph.errors import DONE, ConfigurationError, UnknownName, unwritable
from buildgraph.inside import place_inside
from buildgraph.manifests.reference import render_reference
from buildgraph.manifests.schema import render_schemas
from buildgraph.project import open_project
from buildgraph.wholeness import write_whole

NAMES: Final = ("workspace", "product", "environment", "bases")
FOLDER: Final = "manifests/schemas"
REFERENCE: Final = "manifests/REFERENCE.md"  # its tables of keys are renewed, where there is one
# Of answers, by verb (and what else decides); `run` is the report of a run of tasks.
ANSWERS: Final = Path(__file__).parents[1] / "schemas"
FIRST_LINE: Final = "#:schema ../schemas/product.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `schema`."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="print the schema of this manifest, or of a verb's answer"
    )
    parser.add_argument("--write", action="store_true", help=f"write those of the manifests into {FOLDER}/")


def run(options: argparse.Namespace) -> int:
    """Print one schema, or write all; returns the exit code."""
    if options.write:
        _write(open_project(Path.cwd()).folder)
        tell(f"wrote {FOLDER}: begin a product's manifest with {FIRST_LINE}")
        return DONE
    if options.name is None:
        known = f"manifests: {', '.join(NAMES)} (or --write); answers: {', '.join(answer_names())}"
        raise ConfigurationError.of("schema", "names nothing that has a schema", known)
    if options.name not in (*NAMES, *answer_names()):
        raise UnknownName("schema", options.name, (*NAMES, *answer_names()))
    answer(schema_text(options.name))
    return DONE


def answer_names() -> list[str]:
    """The answers that have a schema, by the verb that gives them."""
    return sorted(file.stem for file in ANSWERS.glob("*.json"))


def schema_text(name: str) -> str:
    """The schema of one kind of manifest, or of an answer, as it stands in a file."""
    if name not in NAMES:
        return (ANSWERS / f"{name}.json").read_text(encoding="utf-8")
    return as_json(render_schemas()[name]) + "\n"


def _write(project: Path) -> None:
    files = {name: place_inside(project, f"{FOLDER}/{name}.json") for name in NAMES}
    reference = place_inside(project, REFERENCE)
    try:
        (project / FOLDER).mkdir(parents=True, exist_ok=True)
        for name, file in files.items():
            write_whole(file, schema_text(name).encode())
        if reference.is_file():
            text = reference.read_text(encoding="utf-8")
            write_whole(reference, render_reference(text).encode())
    except OSError as error:
        raise unwritable(FOLDER, error) from error
