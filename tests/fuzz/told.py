"""What git, BuildKit, registries and files of our own tell, with strangers' words in it: parsers to be fed."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from buildgraph.errors import BuildgraphError
from buildgraph.image.progress import BuildLog
from buildgraph.image.registry_answers import (
    NoAnswer,
    parse_created,
    parse_manifest,
    parse_named,
    parse_tags,
    parse_token,
    parse_triggers,
)
from buildgraph.saved_plan import read_plan, refuse_elsewhere, refuse_outdated
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.history import read_heads
from buildgraph.snapshot.overlooked import read_overlooked
from buildgraph.snapshot.reading import commit_snapshot, read_difference
from buildgraph.snapshot.snapshot import encoded
from buildgraph.snapshot.status import parse_status
from tests.support.runners import AnsweringRunner

ZERO, ONE = b"0" * 40, b"1" * 40
MODES: Final = (b"100644 blob", b"100755 blob", b"120000 blob", b"160000 commit")
NOWHERE: Final = Path("/nowhere")
IN_NO_REFERENCE: Final = b"\0\n\r\t ~^:?*[\\\x7f"  # git-check-ref-format(1), and all below a blank


def answered(printed: bytes) -> Repository:
    """A repository of which git tells this, whatever it is asked."""
    return Repository(NOWHERE, NOWHERE, NOWHERE, "", AnsweringRunner(printed=printed), NOWHERE)


def names_in(content: bytes) -> list[bytes]:
    """Names of files as git may hold any: all but a zero byte."""
    return list(dict.fromkeys(name for name in content.split(b"\0") if name))


def read_status(content: bytes) -> None:
    """git's status with any names in it: each comes back as it is."""
    names = [name for name in content.split(b"\0") if name]
    ordinary = [b"1 .M N... 100644 100644 100644 " + ZERO + b" " + ONE + b" " + name for name in names]
    told = [b"# branch.oid " + ZERO, *ordinary, *(b"? " + name for name in names)]
    found = parse_status(b"\0".join([*told, b""]), "")
    assert [encoded(change.path) for change in found.changes] == names * 2


def read_tree(content: bytes) -> None:
    """A commit with any names in it: each comes back as it is, with its mode and id."""
    names = names_in(content)
    facts = [MODES[number % len(MODES)] for number in range(len(names))]
    records = [fact + b" " + ONE + b"\t" + name for fact, name in zip(facts, names, strict=True)]
    found = commit_snapshot(answered(b"\0".join([*records, b""])), ZERO.decode()).entries
    assert {encoded(path): entry.mode for path, entry in found.items()} == {
        name: int(fact[:6], 8) for name, fact in zip(names, facts, strict=True)
    }
    assert {entry.blob for entry in found.values()} <= {ONE.decode()}


def read_commits_difference(content: bytes) -> None:
    """What differs between two commits with any names in them: each comes back, those that are gone as such."""
    names = names_in(content)
    records = [
        b":100644 %s %s %s %s\0%s" % (mode, ZERO, ONE, kind, name)
        for number, name in enumerate(names)
        for mode, kind in [(b"000000", b"D") if number % 2 else (b"100755", b"M")]
    ]
    found = read_difference(answered(b"\0".join([*records, b""])), "a", "b")
    assert {encoded(path): entry is None for path, entry in found.items()} == {
        name: bool(number % 2) for number, name in enumerate(names)
    }


def read_blobs(content: bytes) -> None:
    """Contents of files, whatever is in them: each comes back as it is."""
    contents = {f"{number:040x}": part for number, part in enumerate(content.split(b"\0"))}
    told = [b"%s blob %d\n%s\n" % (blob.encode(), len(part), part) for blob, part in contents.items()]
    assert answered(b"".join(told)).read_blobs(contents) == contents


def read_left_alone(content: bytes) -> None:
    """An index with any names in it: those that git was told to leave alone, and its submodules, are not there."""
    names = names_in(content)
    records = [
        (b"S 100644 " if number % 2 else b"H 160000 ") + ONE + b" 0\t" + name
        for number, name in enumerate(names)
    ]
    found = read_overlooked(answered(b"\0".join([*records, b""])))
    assert {encoded(path) for path in found} == {*names}


def read_branches(content: bytes) -> None:
    """Branches of any name that git takes: each has its commit."""
    told = bytes(byte for byte in content if byte > ord(" ") and byte not in IN_NO_REFERENCE)
    names = [name for name in told.split(b"/") if name]
    commits = [f"{number:040x}" for number in range(len(names))]
    lines = [
        b"%s refs/heads/%s\n" % (commit.encode(), name) for commit, name in zip(commits, names, strict=True)
    ]
    found = read_heads(answered(b"".join(lines)))
    assert {commit: encoded(name) for commit, name in found.items()} == dict(zip(commits, names, strict=True))


def read_progress(content: bytes) -> None:
    """What a step is called and prints, cut anywhere; then lines that are no messages of BuildKit's."""
    name, _, printed = content.partition(b"\0")
    half = len(printed) // 2
    log = BuildLog(lambda line: None)
    step = {"digest": "1", "name": name.decode("utf-8", "replace"), "started": "2026-01-01T00:00:00Z"}
    log.read_line(json.dumps({"vertexes": [step]}))
    for piece in (printed[:half], printed[half:]):
        data = base64.b64encode(piece).decode()
        log.read_line(json.dumps({"logs": [{"vertex": "1", "stream": 1, "data": data}]}))
    log.read_line(json.dumps({"vertexes": [step | {"error": "exit code: 1"}]}))
    assert log.detail.endswith("exit code: 1")
    for line in printed.decode("utf-8", "replace").split("\n"):
        log.read_line(line)
    assert isinstance(log.detail, str)
    assert [found.began for found in log.steps] == sorted(found.began for found in log.steps)


def read_registry_answer(content: bytes) -> None:
    """A registry's answers of every kind, none of which is half an answer."""
    asked: tuple[Callable[[bytes], Any], ...] = (
        lambda told: parse_manifest(told, ""),
        lambda told: parse_named(told, f"sha256:{'0' * 64}"),
        parse_tags,
        parse_created,
        parse_token,
        parse_triggers,
    )
    for parse in asked:
        with suppress(NoAnswer):
            json.dumps(repr(parse(content)))


def read_saved_plan(content: bytes) -> None:
    """A saved plan, and what is asked of one."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.plan"
        file.write_bytes(content)
        plan = read_plan(file)
    with suppress(BuildgraphError):
        refuse_elsewhere(plan, "acme", "production")
    for product in {service.product for service in plan.services}:
        refuse_outdated(plan, product, ())
