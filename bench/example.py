"""What programs that measure the example have in common: of which products, and with which build cache."""

from __future__ import annotations

import argparse
from typing import Final

from bench.program import report_parser
from bench.timing import read_output
from buildgraph.manifests.model import Product
from buildgraph.project import open_project
from tests.support.system import ROOT

WITH_ALL: Final = "mana-core-auth"  # whom all others wait for
PATIENCE: Final = 3 * 3600  # seconds that one command about everything may take


def example_parser(description: str | None) -> argparse.ArgumentParser:
    """The command line of such a program."""
    parser = report_parser(description)
    parser.add_argument(
        "--products", type=products_named, default="", metavar="NAMES", help="some, with commas; else all"
    )
    parser.add_argument(
        "--forget-build-cache",
        action="store_true",
        help="begin (each side) with `docker builder prune -af`, so that the first build is one from nothing",
    )
    return parser


def products_named(names: str) -> tuple[Product, ...]:
    """The products with these names, all without; whom all others wait for is always there."""
    wanted = {*names.split(","), WITH_ALL} if names else set()
    products = open_project(ROOT).working_picture().manifests.products
    known = [product.name for product in products]
    if unknown := wanted.difference(known):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: there are {', '.join(known)}")
    return tuple(product for product in products if not wanted or product.name in wanted)


def forget_build_cache() -> None:
    """Empty the engine's build cache, package downloads included."""
    read_output("docker", "builder", "prune", "-af")
