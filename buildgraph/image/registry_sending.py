"""Bodies that are sent to a registry, and where its answers lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    import requests

TIMEOUT: Final = 30.0  # seconds
Headers = Mapping[str, str]
Body = bytes | Path  # of a request: what is sent, or the file that is


def send_elsewhere(method: str, address: str, body: Body, headers: Headers) -> requests.Response:
    """Send to where a registry's answer leads, such as a store of its provider: no login goes there."""
    import requests

    with opened(body) as data:
        return requests.request(method, address, data=data, headers=headers, timeout=TIMEOUT)


@contextmanager
def opened(body: Body) -> Iterator[bytes | IO[bytes]]:
    """A body as it is sent: a file is open meanwhile."""
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as file:
        yield file
