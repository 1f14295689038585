"""How workspace.toml declares commands of one's own around a push."""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.image_command import SCANNED, SIGNED, ImageCommand
from buildgraph.manifests.reading import YEAR, Needed, Place, Reader, Refused, positive, table
from buildgraph.manifests.values import ARGV


def _command(placeholder: str) -> Reader[tuple[str, ...]]:
    def read(value: object, place: Place) -> tuple[str, ...]:
        found = ARGV.read(value, place)
        if any(placeholder in word for word in found):
            return found
        raise Refused("names no image", f"write {placeholder} where the image belongs")

    return Reader(read, ARGV.schema)


def _table(placeholder: str) -> Reader[ImageCommand]:
    return table(ImageCommand, {"command": Needed(_command(placeholder), ()), "within": positive(YEAR)})


SCAN: Final = _table(SCANNED)
SIGN: Final = _table(SIGNED)
