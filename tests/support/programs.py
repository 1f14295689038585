"""Programs of this machine, with all that they are linked to, as the files of an image."""

from __future__ import annotations

import re
import subprocess


def packed_programs(*programs: str) -> bytes:
    """A tar of these programs and their libraries, each where it is here."""
    linked = subprocess.run(("ldd", *programs), check=True, capture_output=True, text=True).stdout
    files = {*programs, *re.findall(r"/\S+(?= \()", linked)}
    return subprocess.run(("tar", "-chP", *sorted(files)), check=True, capture_output=True).stdout
