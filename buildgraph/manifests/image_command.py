"""A command that is run for an image, such as one that scans it; it runs nothing."""

from __future__ import annotations

from dataclasses import dataclass

SCANNED, SIGNED = "{image}", "{digest}"  # what stands for the image in a command


@dataclass(frozen=True, slots=True)
class ImageCommand:
    """A command that is run for an image, which a word of it names by a placeholder; its deadline is in seconds."""

    command: tuple[str, ...]
    within: float = 600.0

    def of(self, placeholder: str, image: str) -> tuple[str, ...]:
        """Its words, with the image in them."""
        return tuple(word.replace(placeholder, image) for word in self.command)
