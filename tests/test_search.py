"""What looks for secrets finds them, however they are written."""

from __future__ import annotations

import base64
import gzip
import shutil
import zlib
from pathlib import Path
from threading import Event, Thread
from urllib.parse import quote

import pytest

from tests.support.search import FileWatch, Marked

MARKED = Marked()
VALUE = MARKED.value("TOKEN")
FORMS = {
    "as it is": VALUE.encode(),
    "in a URL": quote(VALUE, safe="").encode(),
    "in hexadecimal": VALUE.encode().hex().encode(),
    **{f"in base64, {shift} bytes on": base64.b64encode(b"-" * shift + VALUE.encode()) for shift in range(3)},
    "in a layer": gzip.compress(VALUE.encode()),
    "in an object of git": zlib.compress(VALUE.encode()),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_value_is_found_in_a_file(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"before" + content if b"TOKEN" in content else content)
    (tmp_path / "other").write_bytes(b"x" * 99)

    assert MARKED.files(tmp_path) == [str(tmp_path / "one")]


def test_folders_that_come_and_go_meanwhile_end_no_search(tmp_path: Path) -> None:
    over = Event()

    def come_and_go() -> None:
        while not over.is_set():
            (tmp_path / "a/b/c").mkdir(parents=True)
            shutil.rmtree(tmp_path / "a")

    busy = Thread(target=come_and_go)
    busy.start()
    watch = FileWatch(MARKED, tmp_path)
    try:
        for _ in range(1000):
            watch.look()
    finally:
        over.set()
        busy.join()

    (tmp_path / "one").write_text(VALUE)
    watch.look()
    assert watch.found == {str(tmp_path / "one")}
