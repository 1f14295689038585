"""The address of a Docker engine as people write it, taken apart; what could be taken for an option is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.reading import Place, Reader, Refused, of_type

TLS_PORT: Final = 2376  # where engines listen with TLS, by Docker's own convention
MOST: Final = 65535
# A name begins with a letter or a digit, so that `ssh` never takes it for an option.
USER: Final = r"[A-Za-z0-9_][A-Za-z0-9._+-]*"
HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
SSH: Final = (
    rf"ssh://(?:(?P<user>{USER})@)?(?P<host>{HOST})(?::(?P<port>[0-9]{{1,5}}))?(?P<path>/[A-Za-z0-9._/-]*)?"
)
TCP: Final = rf"tcp://(?P<host>{HOST})(?::(?P<port>[0-9]{{1,5}}))?/?"
UNIX: Final = r"unix://(?P<path>/\S+)"
FORMS: Final = tuple((pattern.partition(":")[0], re.compile(pattern)) for pattern in (UNIX, SSH, TCP))
SCHEMA: Final = {"type": "string", "pattern": r"^(unix:///|ssh://|tcp://)[^\s-]\S*$"}
WAY_OUT: Final = 'write for example "ssh://deploy@host", or leave it out for this machine\'s own'


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """Where an engine is: `scheme` is unix, ssh or tcp; `path` is that of its socket; 0 and "" say nothing."""

    scheme: str
    host: str = ""
    user: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{user}{self.host}{port}{self.path}"

    @property
    def name(self) -> str:
        """The host as an error names it, with who goes there and by which port."""
        return str(self).removeprefix(f"{self.scheme}://").removesuffix(self.path)


def parse_engine(written: str) -> EngineAddress | None:
    """The parts of `unix:///PATH`, `ssh://[USER@]HOST[:PORT][/SOCKET]` or `tcp://HOST[:PORT]`; None for others."""
    for scheme, form in FORMS:
        found = form.fullmatch(written)
        if found:
            return _address(scheme, found.groupdict())
    return None


def _address(scheme: str, parts: dict[str, str | None]) -> EngineAddress | None:
    port = int(parts.get("port") or (TLS_PORT if scheme == "tcp" else 0))
    if port > MOST or (parts.get("port") and not port):
        return None
    path = parts.get("path") or ""
    return EngineAddress(
        scheme, parts.get("host") or "", parts.get("user") or "", port, "" if path == "/" else path
    )


def _read_engine(value: object, place: Place) -> str:
    written: str = of_type(str, value)
    if parse_engine(written):
        return written
    raise Refused(f"is {written!r}, expected the address of a Docker engine", WAY_OUT)


ENGINE: Final = Reader(_read_engine, SCHEMA)
