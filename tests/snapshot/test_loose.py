"""Loose blobs are read as git reads them, and left to git where it has something to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.snapshot.loose import FEW, read_loose
from tests.support.monorepo import Monorepo
from tests.support.runners import AnsweringRunner

CONTENTS = {"empty": b"", "text": b"one\n", "zeros": b"\0blob 3\0abc", "large": bytes(range(256)) * 4096}


def objects(repo: Monorepo) -> Path:
    return repo.root / ".git/objects"


def committed(repo: Monorepo) -> dict[str, bytes]:
    """The contents by blob, as files that were just committed."""
    for name, content in CONTENTS.items():
        repo.write(name, content)
    repo.commit()
    return {repo.git("rev-parse", f"HEAD:{name}"): content for name, content in CONTENTS.items()}


def test_what_was_just_committed_or_edited_is_read_without_a_process(repo: Monorepo) -> None:
    blobs = committed(repo)
    repo.append("text", "two\n")
    edited = repo.working_tree().entries["text"].blob

    runner = AnsweringRunner()
    found = repo.repository._replace(runner=runner).read_blobs([*blobs, edited])

    assert (found, runner.commands) == ({**blobs, edited: b"one\ntwo\n"}, [])


def test_what_lies_in_a_pack_is_read_beside_it(repo: Monorepo) -> None:
    blobs = committed(repo)
    repo.git("repack", "-q", "-a", "-d")
    repo.append("text", "two\n")
    edited = repo.working_tree().entries["text"].blob

    assert read_loose((objects(repo),), blobs) == {}
    assert repo.repository.read_blobs([*blobs, edited]) == {**blobs, edited: b"one\ntwo\n"}


def test_where_many_are_wanted_git_is_asked(repo: Monorepo) -> None:
    assert read_loose((objects(repo),), [*committed(repo), *map(str, range(FEW))]) == {}


@pytest.mark.parametrize("spoilt", [b"", b"no blob", b"x\x9c"], ids=["empty", "something else", "cut short"])
def test_what_is_spoilt_is_left_to_git_which_says_so(repo: Monorepo, spoilt: bytes) -> None:
    blob, *_ = committed(repo)
    file = objects(repo) / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(spoilt)

    assert read_loose((objects(repo),), [blob]) == {}
    with pytest.raises(ToolError, match=r"git"):
        repo.repository.read_blobs([blob])


def test_another_kind_of_object_is_no_blob(repo: Monorepo) -> None:
    commit = repo.commit()

    assert read_loose((objects(repo),), [commit]) == {}
