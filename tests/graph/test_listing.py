"""Listings: what files a node has, found without taking them apart."""

from __future__ import annotations

import pytest

from buildgraph.graph.listing import listing_of
from buildgraph.snapshot.snapshot import EXECUTABLE, REGULAR, SYMLINK, Entry

ENTRIES = {
    "core/a.ts": Entry(REGULAR, "b1"),
    "core/package.json": Entry(REGULAR, "b2"),
    "core/package.json5": Entry(EXECUTABLE, "b3"),
    "core/z.md": Entry(REGULAR, "b4"),
    "core/z/link": Entry(SYMLINK, "b5"),
}
LISTING = listing_of([path for path in ENTRIES if path != "core/z.md"], ["core/z.md"], ENTRIES)


@pytest.mark.parametrize(
    ("path", "blob"),
    [
        ("core/a.ts", "b1"),
        ("core/package.json", "b2"),
        ("core/package.json5", "b3"),
        ("core/z.md", "b4"),
        ("core/z/link", ""),
        ("package.json", ""),
        ("core/package", ""),
        ("", ""),
    ],
)
def test_a_file_s_blob_is_found_by_its_whole_path(path: str, blob: str) -> None:
    assert LISTING.blob_of(path) == blob
