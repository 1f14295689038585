"""What filters of git have in place of a file's content: git itself, or a checkout that lacks the filter."""

from __future__ import annotations

from typing import Final, NamedTuple


class Filtered(NamedTuple):
    """What stands in a file's place, as users call it; how a checkout gets the content itself, and an image."""

    told: str
    get_it: str
    in_images: str


# Each by the bytes that it begins with: git LFS's specification, "The Pointer"; git-crypt's header of a file.
BEGINNINGS: Final = {
    b"version https://git-lfs.github.com/spec/": Filtered(
        "git LFS's pointer", "`git lfs pull`", "fetch the content (`git lfs pull`) and store it without LFS"
    ),
    b"\0GITCRYPT\0": Filtered(
        "what git-crypt has encrypted", "`git-crypt unlock`", "declare what is secret as a secret"
    ),
}
LONGEST: Final = max(map(len, BEGINNINGS))  # bytes that are enough to know it by


def filtered_of(content: bytes) -> Filtered | None:
    """What this content, or its beginning, is in place of a file's own; None for a file's own."""
    return next((found for beginning, found in BEGINNINGS.items() if content.startswith(beginning)), None)
