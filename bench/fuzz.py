"""Coverage-guided fuzzing, by atheris, of the parsers that meet strangers' bytes.

`bench/fuzz.py --minutes 10 --report FILE` gives each 10 minutes of the processor, with `--only NAME` some of them.
What is found to be different grows `build/fuzz/NAME`; `--keep` brings the smallest of it into the committed corpus.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.machine import describe_commit, describe_machine

ROOT = Path(__file__).parents[1]
CORPUS, GROWN = ROOT / "tests/fuzz/corpus", ROOT / "build/fuzz"
PARSERS = sorted(folder.name for folder in CORPUS.iterdir())  # importing them is left to who is instrumented
LONGEST = 20_000  # bytes of an input; tests/hostile has those of megabytes
KEPT = 12  # files of a parser's committed corpus, the smallest first
STATUS = re.compile(r"#(\d+)\s.*cov: (\d+) ft: (\d+) corp: (\d+)")


class Outcome(NamedTuple):
    """What came of fuzzing one parser: times fed, edges reached, different inputs, and what was found."""

    name: str
    fed: int
    edges: int
    inputs: int
    finding: str


def main() -> int:
    options = _options()
    if options.feed:
        return _feed(options.feed, options.minutes)
    names = options.only or list(PARSERS)
    with ThreadPoolExecutor(options.at_once) as pool:
        outcomes = list(pool.map(lambda name: _fuzz(name, options.minutes), names))
    if options.keep:
        for name in names:
            _keep(name)
    text = "".join(_report(outcomes, options.minutes))
    print(text)
    if options.report:
        Path(options.report).write_text(text)
    return 1 if any(outcome.finding for outcome in outcomes) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of the processor, for each parser")
    parser.add_argument("--only", action="append", choices=PARSERS, help="fuzz this parser")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--keep", action="store_true", help="merge what was found into the committed corpus")
    parser.add_argument("--report", help="write a report")
    parser.add_argument("--feed", choices=PARSERS, help=argparse.SUPPRESS)
    return parser.parse_args()


def _feed(name: str, minutes: float) -> int:
    """Feed one parser in this process, which libFuzzer ends; it stops by itself when its time is up."""
    import atheris

    with atheris.instrument_imports(include=["buildgraph", "tests.fuzz"]):
        from tests.fuzz.parsers import try_parser

    def feed(content: bytes) -> None:
        if time.process_time() > minutes * 60:
            sys.stderr.flush()
            os._exit(0)
        try_parser(name, content)

    folders = [str(GROWN / name), str(CORPUS / name)]
    told = ["-print_final_stats=1", f"-max_len={LONGEST}", "-timeout=200", "-rss_limit_mb=3000"]
    atheris.Setup([sys.argv[0], *told, f"-artifact_prefix={GROWN}/{name}-", *folders], feed)
    atheris.Fuzz()
    return 0


def _fuzz(name: str, minutes: float) -> Outcome:
    (GROWN / name).mkdir(parents=True, exist_ok=True)
    argv = (sys.executable, __file__, "--feed", name, "--minutes", str(minutes))
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, check=False)
    said = ran.stderr.decode("utf-8", "replace")
    last = [found.groups() for found in STATUS.finditer(said)][-1:] or [("0", "0", "0", "0")]
    fed, edges, _, inputs = map(int, last[0])
    finding = "" if ran.returncode == 0 else _finding(said + ran.stdout.decode("utf-8", "replace"))
    return Outcome(name, fed, edges, inputs, finding)


def _finding(said: str) -> str:
    """The end of what a process said that found something."""
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("#")]
    return "\n".join(lines[-25:])


def _keep(name: str) -> None:
    """Bring what was found to be different into the committed corpus, as long as it is small."""
    there = {file.read_bytes() for file in (CORPUS / name).iterdir()}
    for file in sorted((GROWN / name).iterdir(), key=lambda file: file.stat().st_size):
        content = file.read_bytes()
        if len(there) < KEPT and content and content not in there:
            there.add(content)
            (CORPUS / name / f"found-{file.name[:12]}").write_bytes(content)


HEAD = """# Fuzzing, {date}

`bench/fuzz.py --minutes {minutes:g}`: atheris feeds each parser for so many minutes of the processor. A finding is an
error that is none of ours, an answer that another reader contradicts, or one that takes longer than 1 s per 100 kB.
{machine}; commit {commit}.

| parser | times fed | edges reached | different inputs | findings |
|---|---|---|---|---|
"""


def _report(outcomes: list[Outcome], minutes: float) -> Iterator[str]:
    date = time.strftime("%Y-%m-%d", time.gmtime())
    yield HEAD.format(date=date, minutes=minutes, machine=describe_machine(), commit=describe_commit())
    for outcome in outcomes:
        told = f"{outcome.fed:,} | {outcome.edges:,} | {outcome.inputs:,}"
        yield f"| {outcome.name} | {told} | {'one' if outcome.finding else 'none'} |\n"
    for outcome in outcomes:
        if outcome.finding:
            yield f"\n## {outcome.name}\n\n```\n{outcome.finding}\n```\n"


if __name__ == "__main__":
    sys.exit(main())
