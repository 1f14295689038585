"""Rows as columns that fit a width: long texts go on in the lines below, words are never cut; it prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

Row = Sequence[str]
GAP: Final = "  "
INDENT: Final = "    "
LEAST: Final = 40  # columns: in fewer nothing is readable, whatever is done


def render_columns(rows: Sequence[Row], header: Row, width: int | None) -> str:
    """Rows below a header (which may be none) as aligned columns; None is any width.

    Where the longest words alone are too wide for their columns each row becomes a few lines of its own.
    """
    lines = [list(header), *map(list, rows)] if header else [list(row) for row in rows]
    if not lines:
        return ""
    natural = [max(len(line[at]) for line in lines) for at in range(len(lines[0]))]
    widths = natural if width is None else _fitting(lines, natural, max(width, LEAST))
    if widths is not None:
        return "\n".join(text for line in lines for text in _aligned(line, widths, natural))
    assert width is not None
    blocks = [_block(row, header, max(width, LEAST)) for row in rows]
    return ("\n\n" if header else "\n").join(blocks)


def wrap_words(text: str, width: int) -> list[str]:
    """A text in lines that are no longer than this, as far as its words are not."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if len(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _fitting(lines: Sequence[Row], natural: Sequence[int], width: int) -> list[int] | None:
    """Widths that fit: the widest columns give way first, none below its longest word; None when that does not do."""
    room = width - len(GAP) * (len(natural) - 1)
    least = [max(len(word) for line in lines for word in line[at].split(" ")) for at in range(len(natural))]
    if sum(least) > room:
        return None
    widths = list(natural)
    while sum(widths) > room:
        _, widest = max((wide, at) for at, wide in enumerate(widths) if wide > least[at])
        widths[widest] -= 1
    return widths


def _aligned(line: Row, widths: Sequence[int], natural: Sequence[int]) -> Iterator[str]:
    """A row in as many lines as its longest cell takes."""
    cells = [
        wrap_words(cell, wide) if wide < full else [cell]
        for cell, wide, full in zip(line, widths, natural, strict=True)
    ]
    for at in range(max(map(len, cells))):
        parts = [cell[at] if at < len(cell) else "" for cell in cells]
        padded = [part.ljust(wide) for part, wide in zip(parts[:-1], widths, strict=False)]
        yield GAP.join([*padded, parts[-1]]).rstrip()


def _block(row: Row, header: Row, width: int) -> str:
    """A row by itself: what it is about, and below it what is told of that."""
    if not header:
        below = [INDENT + line for line in wrap_words(row[-1], width - len(INDENT)) if line]
        return "\n".join([GAP.join(row[:-1]).rstrip(), *below])
    wide = max(map(len, header[1:]), default=0)
    told = [(name, cell) for name, cell in zip(header[1:], row[1:], strict=True) if cell]
    lines = [
        f"{GAP}{(name if first else '').ljust(wide)}{GAP}{part}"
        for name, cell in told
        for first, part in _marked(wrap_words(cell, width - wide - 2 * len(GAP)))
    ]
    return "\n".join([row[0], *lines])


def _marked(parts: Sequence[str]) -> Iterator[tuple[bool, str]]:
    return ((at == 0, part) for at, part in enumerate(parts))
