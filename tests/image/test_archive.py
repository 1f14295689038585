"""Archives: sorted, without times or owners, and only what an image may hold."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.graph.context import ContextFile, make_context
from buildgraph.image.archive import read_archive

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"


class Blobs(dict[str, bytes]):
    """Blobs by id, as a value."""

    def read_blobs(self, ids: object) -> dict[str, bytes]:
        return {blob: self[blob] for blob in ids}  # type: ignore[attr-defined]


def members(content: bytes) -> list[tuple[str, int, bytes, str]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return [(m.name, m.mode, m.type, m.linkname) for m in archive.getmembers()]


def test_folders_files_links_and_modes() -> None:
    files = [
        ContextFile("b/run", 0o100755, "1"),
        ContextFile("a/ä b.txt", 0o100644, "2"),
        ContextFile("a/link", 0o120000, "3"),
        ContextFile("made", 0o100644, content=b"made"),
    ]
    blobs = Blobs({"1": b"#!", "2": b"text", "3": b"../elsewhere"})

    archive = read_archive(make_context(files), blobs)

    assert members(archive) == [
        ("a", 0o755, tarfile.DIRTYPE, ""),
        ("a/link", 0o777, tarfile.SYMTYPE, "../elsewhere"),
        ("a/ä b.txt", 0o644, tarfile.REGTYPE, ""),
        ("b", 0o755, tarfile.DIRTYPE, ""),
        ("b/run", 0o755, tarfile.REGTYPE, ""),
        ("made", 0o644, tarfile.REGTYPE, ""),
    ]
    assert read_archive(make_context(reversed(files)), blobs) == archive


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "buildgraph.Dockerfile"])
@pytest.mark.parametrize("path", ["0é", f"0/{'long' * 60}", "Dockerfil/é"])
def test_an_archive_begins_with_its_dockerfile_whatever_else_it_holds(dockerfile: str, path: str) -> None:
    """buildx takes for a Dockerfile what is no archive by its first 512 bytes, and a name may need more."""
    strange = [
        ContextFile(path, 0o100644, content=b"0"),
        ContextFile("Dockerfile", 0o120000, content=b"\xe9"),
    ]
    context = make_context([*strange, ContextFile(dockerfile, 0o100644, content=b"FROM scratch\n")])

    archive = read_archive(context, Blobs())

    assert tarfile.TarInfo.frombuf(archive[:512], "utf-8", "strict").name == dockerfile
    names = [name for name, *_ in members(archive)]
    assert names[1:] == sorted(names[1:])


def test_an_archive_is_the_same_in_every_locale() -> None:
    """A name that is no UTF-8 as a whole is written as bytes, and not by the signs that a machine is set to."""
    written = (
        "from buildgraph.graph.context import ContextFile, make_context\n"
        "from buildgraph.image.archive import read_archive\n"
        "files = [ContextFile('\\xe9\\udcff', 0o100644, content=b'1')]\n"
        "print(read_archive(make_context(files), type('', (), {'read_blobs': lambda *_: {}})()).hex())"
    )
    plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    told = [
        subprocess.run([sys.executable, "-c", written], env=env, check=True, capture_output=True).stdout
        for env in ({**os.environ, **plain}, {**os.environ, "PYTHONUTF8": "1"})
    ]

    assert told[0] == told[1]
    assert "é".encode() + b"\xff" in bytes.fromhex(told[0].decode())


def test_what_no_image_may_hold_is_refused_all_at_once() -> None:
    files = [ContextFile("app/big.bin", 0o100644, "1"), ContextFile("app/key", 0o100644, "3")]
    context = make_context([*files, ContextFile("app/sub", 0o160000, "2")])

    with pytest.raises(ConfigurationError) as refused:
        read_archive(context, Blobs({"1": LFS, "3": b"\0GITCRYPT\0" + b"12345"}))

    assert "big.bin: an image would hold git LFS's pointer" in str(refused.value)
    assert "key: an image would hold what git-crypt has encrypted" in str(refused.value)
    assert "sub: a submodule cannot be part of an image yet" in str(refused.value)
