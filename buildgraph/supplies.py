"""What this program brings along for other workspaces: templates, and recipes of stand-ins; it knows no workspace.

In a wheel they lie below the package, in a checkout in `docker/`, where their one source is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).parent
PLACES: Final = (PACKAGE / "docker", PACKAGE.parent / "docker")


def read_supplies(folder: str) -> dict[str, str]:
    """Name -> text of every file in a folder below `docker/`, such as `templates`."""
    place = next(place for place in PLACES if (place / folder).is_dir())
    return {file.name: file.read_text() for file in sorted((place / folder).iterdir()) if file.is_file()}
