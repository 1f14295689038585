"""What a disk or a store refuses, told in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from buildgraph.errors import ToolError


@contextmanager
def in_its_words(where: str) -> Iterator[None]:
    """Turn what a disk or a store refuses into ToolError with its own words, which hold no credentials."""
    try:
        yield
    except OSError as error:
        raise ToolError(
            f"{where}: {error.strerror or error}", "mend that, then run the same again"
        ) from error
    except Exception as error:
        if not type(error).__module__.startswith(("boto", "s3transfer")):
            raise
        raise ToolError(f"{where}: {error}", "mend that, then run the same again") from error
