"""How many bytes something has, for people."""

from __future__ import annotations


def told_size(size: int) -> str:
    """Bytes as people read them: `512 B`, `1.5 MB`."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
