"""The verb `backups`: what was backed up, when, how much; and the databases that restores have put aside."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, short_commit, table, tell
from buildgraph.errors import DONE, ConfigurationError
from buildgraph.project import open_project
from buildgraph.recovery import read_product_backups

if TYPE_CHECKING:
    from buildgraph.backup.backups import Listed

HEADER = ("PRODUCT", "BACKUP", "MADE", "HOLDS", "SIZE", "COMMIT")
FORMER_HEADER = ("PUT ASIDE", "SIZE")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `backups`."""
    parser.add_argument("product", nargs="?", default="", metavar="PRODUCT", help="only this product's")
    parser.add_argument("--to", default="", metavar="PLACE", help="look there")
    parser.add_argument(
        "--former", action="store_true", help="the databases that restores of PRODUCT have put aside"
    )
    parser.add_argument("--drop", default="", metavar="NAME", help="drop one of those: its data is gone then")
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the backups; returns the exit code."""
    if options.former or options.drop:
        return _run_on_former(options)
    project = open_project(Path.cwd())
    picture = project.working_picture()
    environment = picture.environment(options.env)
    if options.product:
        picture.product(options.product)  # one that is not known is refused before any place is looked at
    found = read_product_backups(picture, environment, project.folder, options.to)
    if options.product:
        found = {options.product: found[options.product]}
    answer(_as_json(options.env, found) if options.format == "json" else _as_table(found))
    return DONE


def _run_on_former(options: argparse.Namespace) -> int:
    """List or drop what restores have put aside; the environment's server is asked."""
    from buildgraph.backup.beside import drop_former, former_databases
    from buildgraph.image.sizes import told_size

    chain = open_chain(open_project(Path.cwd()), options.env)
    if not options.product:
        raise ConfigurationError.of("backups", "needs the product", "buildgraph backups PRODUCT --former")
    chain.picture.product(options.product)
    place = chain.deployer.place
    if options.drop:
        drop_former(place, options.product, options.drop)
        tell(f"{options.drop}: dropped")
        return DONE
    former = former_databases(place, options.product)
    if options.format == "json":
        told = [{"name": name, "size": size} for name, size in former.items()]
        answer(as_json({"format": 1, "environment": options.env, "former": told}))
    else:
        rows = [(name, told_size(size)) for name, size in former.items()]
        answer(table(rows, FORMER_HEADER) if rows else "no database was put aside")
    return DONE


def _as_json(environment: str, found: Mapping[str, list[Listed]]) -> str:
    backups = [_told(product, listed) for product, kept in found.items() for listed in kept]
    return as_json({"format": 1, "environment": environment, "backups": backups})


def _told(product: str, listed: Listed) -> dict[str, Any]:
    """A backup for machines; how it was made up table by table stands in its own manifest."""
    record = listed.record
    if record is None:
        return {"id": listed.id, "product": product, "problem": listed.problem}
    databases = [
        {"name": dump.database, "rows": dump.contents.rows, "tables": len(dump.contents.tables)}
        for dump in record.databases
    ]
    return {
        "id": record.id,
        "product": product,
        "time": record.time.isoformat(timespec="seconds"),
        "purpose": record.purpose,
        "size": record.size,
        "databases": databases,
        "redis": {"keys": record.redis.keys} if record.redis else None,
        "services": {name: asdict(running) for name, running in record.services.items()},
    }


def _as_table(found: Mapping[str, list[Listed]]) -> str:
    rows = [_row(product, listed) for product, kept in found.items() for listed in kept]
    return table(rows, HEADER) if rows else "there is no backup yet"


def _row(product: str, listed: Listed) -> tuple[str, ...]:
    from buildgraph.image.sizes import told_size

    record = listed.record
    if record is None:
        return product, listed.id, listed.problem, "", "", ""
    holds = [f"{dump.database} ({dump.contents.rows} rows)" for dump in record.databases]
    holds += [f"redis ({record.redis.keys} keys)"] if record.redis else []
    commits = ", ".join(short_commit(commit) for commit in record.commits)
    return product, listed.id, record.purpose, ", ".join(holds), told_size(record.size), commits
