"""The table of the specification holds: every part has a row, and every proof that a row names is one."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.support.system import ROOT, SCRIPTS
from tests.support.workers import COLLECTED
from tests.test_docs import all_tests

TABLE = ROOT / "docs/spec-coverage.md"
PROVEN, OUT_OF_SCOPE = "proven", "out of scope"
# The numbered parts of the specification, by its table of contents and the headings below.
PARTS = (
    *("1", "2.1", "2.2", "2.3"),
    *("3.1.1", "3.1.2", "3.1.3", "3.2", "3.3", "3.4"),
    *("4.1", "4.2", "4.3"),
    *("5.1", "5.2", "5.3", "5.4"),
    *("6.1", "6.2", "6.3", "6.4"),
    *("7.1", "7.2", "7.3", "7.4", "7.5"),
    "8",
    *("9.1", "9.2", "9.3", "9.4"),
    "10",
    *("11.1", "11.2", "11.3"),
    *("12.1", "12.2", "12.3", "12.4", "12.5"),
    *("13", "A", "B", "C"),
)
# Errors of the specification that would be copied by whoever follows it to the letter, and words of where each is told.
ERRORS = {
    "an alert compares requests per second with a share": "a rate is requests per second",
    "a p95 without a rate": "counters count since the start",
    "a metric that no exporter tells": "`pg_pool_available_connections`",
    "published ports pass by the firewall": "published ports are led to containers before input is looked at",
    "an internal network cuts a backend off": "a backend has to reach its provider",
    "a cache that is full drops sessions": "`--maxmemory-policy allkeys-lru`",
    "a page that is not there is answered with 200": "a page that is not there is 404, not the first page",
    "three shapes of staging's names": "one shape of staging names, where it has three",
    "one name for web and landing": "one name cannot lead to two",
}
COLUMNS = ("part", "what", "verdict", "lives in", "proof", "changed, and why")
LONG = "tests/e2e/test_example.py"  # a file that has a long test beside others
# Nothing is left out here: a file of tests with one of these words may leave out some, and is refused as a proof.
UNRUN = re.compile(r"mark\.skip|pytest\.skip|skipif|importorskip|xfail\(")


@dataclass(frozen=True)
class Row:
    """A row of the table: what stands in its cells, and what is quoted there."""

    part: str
    what: str
    verdict: str
    places: tuple[str, ...]
    proofs: tuple[str, ...]
    reason: str


@cache
def rows() -> tuple[Row, ...]:
    return tuple(_rows())


def _rows() -> Iterator[Row]:
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|") or cells[0] in ("part", "---"):
            continue
        assert len(cells) == len(COLUMNS), line
        part, what, verdict, places, proofs, reason = cells
        yield Row(part, what, verdict, quoted(places), quoted(proofs), reason)


def quoted(cell: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([^`]+)`", cell))


def proofs() -> set[str]:
    return {proof for row in rows() for proof in row.proofs}


COMMANDS = sorted(proof for proof in proofs() if " " in proof)


def named_files() -> list[str]:
    """The files that a row names, or that hold a test that one names, seen from the root."""
    found = {file for proof in proofs() if " " not in proof for file in files_of(proof)}
    return sorted(file.relative_to(ROOT).as_posix() for file in found)


@pytest.fixture
def collected(request: pytest.FixtureRequest) -> frozenset[str]:
    """The tests of these files that script/test runs, as pytest collects them: here, or in a run of its own."""
    here = request.config.stash[COLLECTED]
    return here if {test.partition("::")[0] for test in here}.issuperset(named_files()) else _collected()


def _collected() -> frozenset[str]:
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-m",
        "not long",
        "-p",
        "no:cacheprovider",
        *named_files(),
    ]
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return frozenset(line.partition("[")[0] for line in ran.stdout.splitlines() if "::" in line)


@cache
def holders() -> dict[str, list[Path]]:
    """The files that hold a test, by its name."""
    found: dict[str, list[Path]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE):
            found.setdefault(name, []).append(file)
    return found


def files_of(proof: str) -> list[Path]:
    """The file that is named, or those that hold the named test."""
    if proof.endswith(".py"):
        return [ROOT / proof]
    return list(holders().get(proof, ()))


def test_every_part_of_the_specification_has_a_row_and_no_other_does() -> None:
    assert {row.part for row in rows()} == set(PARTS)
    assert len({(row.part, row.what) for row in rows()}) == len(rows())


def test_a_part_is_proven_or_out_of_scope_and_why() -> None:
    for row in rows():
        assert row.verdict in (PROVEN, OUT_OF_SCOPE), row
        assert bool(row.places) == bool(row.proofs) == (row.verdict == PROVEN), row
        assert row.reason, row
    assert not re.search(r"\b(planned|to be done|not yet|later version)\b", TABLE.read_text(encoding="utf-8"))


def test_whatever_a_row_names_is_there() -> None:
    places = {place for row in rows() for place in row.places}

    assert [place for place in sorted(places) if not (ROOT / place).exists()] == []


def test_every_proof_is_a_test_that_pytest_collects_and_nobody_skips(collected: frozenset[str]) -> None:
    """One that script/prove alone runs (`long`) is none: whoever breaks it would not hear of it."""
    assert f"{LONG}::test_every_package_of_the_example_passes_its_own_lint_and_tests" not in collected
    for proof in sorted(proofs() - set(COMMANDS)):
        files = files_of(proof)
        assert len(files) == 1 or (files and len({file.name for file in files}) == len(files)), proof
        for file in files:
            assert not UNRUN.search(file.read_text(encoding="utf-8")), file
            name = file.relative_to(ROOT).as_posix()
            wanted = f"{name}::" if proof.endswith(".py") else f"{name}::{proof}"
            assert any(found.startswith(wanted) for found in collected), proof


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_a_row_succeeds(command: str) -> None:
    program, *arguments = shlex.split(command)
    argv = [str(SCRIPTS / program), *arguments]

    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_is_wrong_in_the_specification_is_told() -> None:
    told = TABLE.read_text(encoding="utf-8") + (ROOT / "docs/RENDERING.md").read_text(encoding="utf-8")

    assert {error: words for error, words in ERRORS.items() if words not in told} == {}


def test_tests_that_the_reasons_name_are_there() -> None:
    named = {name for row in rows() for name in quoted(row.reason) if name.startswith("test_")}

    assert named - all_tests() == set()
