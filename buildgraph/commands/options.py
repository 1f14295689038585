"""Options that several verbs share, so that one word means one thing everywhere."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from buildgraph.errors import unwritable
from buildgraph.inside import place_named
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.wholeness import write_named

# What JSON would let stand, and a terminal obeys.
_STEERING = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def add_environment(parser: argparse.ArgumentParser) -> None:
    """`env=NAME` (or `--env NAME`): the environment a verb looks at."""
    parser.add_argument(
        "--env", default=DEFAULT_ENVIRONMENT, metavar="NAME", help="the environment (env=NAME does too)"
    )


def add_format(parser: argparse.ArgumentParser, formats: Sequence[str] = ("table", "json")) -> None:
    """`--format`: how the answer is written; the first is the default."""
    parser.add_argument("--format", choices=formats, default=formats[0])


def add_kinds(parser: argparse.ArgumentParser) -> None:
    """`--kind image,product`, or given several times: only these."""
    told = "only these kinds: package, image, deployment, product"
    parser.add_argument("--kind", action="append", default=[], metavar="KIND,…", help=told)


def add_range(parser: argparse.ArgumentParser) -> None:
    """`--base` and `--head`: what is compared."""
    parser.add_argument(
        "--base",
        metavar="REF",
        help="compare with this commit, or deployed:ENV: what runs there (default: CI's, else where the branch began)",
    )
    parser.add_argument(
        "--head", metavar="REF", help="compare this commit (default: the working tree; in CI: HEAD)"
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """`-o FILE`: where an answer goes instead of standard output."""
    parser.add_argument("-o", "--output", metavar="FILE", help="write to a file instead of standard output")


def deliver(text: str, output: str | None, checkout: Path) -> None:
    """Print an answer, or write it to the file that was asked for; an error of ours where it cannot be written.

    No link of the checkout leads it elsewhere.
    """
    from buildgraph.console import answer
    from buildgraph.harmless import printable

    if not output:
        answer(text)
        return
    try:
        write_named(
            place_named(checkout, output), printable(text if text.endswith("\n") else text + "\n").encode()
        )
    except OSError as error:
        raise unwritable(output, error) from error


def as_json(value: Any) -> str:
    """A value as JSON for machines: indented, keys in the order they were written.

    Signs that steer a terminal, and GitHub's `##[`, are spelt as JSON spells signs.
    """
    import json

    written = json.dumps(value, indent=2, ensure_ascii=False).replace("##[", "##\\u005b")
    return written if written.isascii() and "\x7f" not in written else _STEERING.sub(_spelt, written)


def _spelt(sign: re.Match[str]) -> str:
    return f"\\u{ord(sign[0]):04x}"


def as_lines(values: Iterable[str]) -> str:
    """One value per line."""
    return "\n".join(values)
