"""The one door through which YAML text becomes plain values; it knows nothing of what the values mean."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import StringIO
from typing import Any

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.aliases import written_out

DEEPEST = 128  # levels, as the reader of YAML has it
TIMES, ROOM = 4, 250_000  # how much longer a text may become by its aliases, and how much any may
MEND = "mend the file at this place"
_SAME_KIND = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_POSITION = re.compile(r" at line (\d+)(?: column (\d+))?")
_COLUMN = re.compile(r" column \d+")
_DUPLICATE = re.compile(r'^(?:(?P<parent>.*): )?duplicate entry with key "(?P<key>.*)"$')
_CONFLICT = re.compile(rb"^(?:<<<<<<<|>>>>>>>)", re.MULTILINE)


def parse_yaml(content: bytes, where: str) -> tuple[Any, ...]:
    """The documents of a YAML stream, in order (YAML 1.2: `yes` is text); an empty stream has none.

    Raises ConfigurationError that names `where`, line and column.
    """
    _refuse_conflicts(content, where)
    refuse_depth(content, where)
    text = _decoded(content, where)
    with _collector_off():
        _refuse_repetition(text, where)
        try:
            return load_yaml(text)
        except ValueError as error:
            raise _unreadable(content, where, str(error)) from None


def load_yaml(text: str) -> tuple[Any, ...]:
    """The documents of a stream, as their reader has them; it raises ValueError."""
    import ryaml  # the reader is native code: commands that meet no YAML do not load it

    return tuple(ryaml.load_all(StringIO(text)) or ())


def _refuse_repetition(text: str, where: str) -> None:
    """Raise ConfigurationError for aliases that stand for far more than there is: the reader writes all of it out."""
    try:
        length = written_out(text, load_yaml)
    except ValueError as error:
        # Where only this reading fails, something has a tag beside its anchor, or a key has either: nobody's lockfile.
        way_out = "mend the file at this place; here a key has no anchor, and an anchor has no tag beside it"
        told = _COLUMN.sub("", str(error))  # which is one of the text that has tags in it
        raise _unreadable(text.encode(), where, told, way_out) from None
    if length > TIMES * len(text) + ROOM:
        raise ConfigurationError.of(
            where,
            f"has aliases that repeat too much: they stand for more than {TIMES} times the file and {ROOM} characters",
            "repeat less: take a smaller part for an anchor, or use its alias in fewer places",
        )


def refuse_depth(content: bytes, where: str) -> None:
    """Raise ConfigurationError for brackets within brackets deeper than anybody writes them: reading them takes ages.

    Texts are looked at like the rest, so what is unbalanced in them counts, too.
    """
    brackets = content.translate(_SAME_KIND, _NO_BRACKETS)
    for _ in range(DEEPEST):
        if len(brackets) <= DEEPEST:
            return
        brackets = brackets.replace(b"[]", b"")
    if brackets.count(b"[") > DEEPEST:
        raise ConfigurationError.of(where, f"is nested more than {DEEPEST} levels deep", "make it flatter")


def with_text_keys(value: Any) -> Any:
    """A plain value with texts for keys: YAML has numbers and dates as keys too, which have no order together."""
    if isinstance(value, Mapping):
        return {str(key): with_text_keys(inner) for key, inner in value.items()}
    return [with_text_keys(inner) for inner in value] if isinstance(value, list) else value


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = _line(content, error.start)
        raise ConfigurationError.of(f"{where}:{line}", "is no UTF-8 text", "save the file as UTF-8") from None


def _refuse_conflicts(content: bytes, where: str) -> None:
    if not any(sign in content for sign in (b"<<<<<<<", b">>>>>>>")):
        return  # found sooner than line by line
    found = _CONFLICT.search(content)
    if found is None:
        return
    line = _line(content, found.start())
    way_out = "finish the merge; `pnpm install` mends a lockfile"
    raise ConfigurationError.of(f"{where}:{line}", "holds marks of an unfinished merge", way_out)


def _unreadable(content: bytes, where: str, said: str, way_out: str = MEND) -> ConfigurationError:
    position = _POSITION.search(said)
    if position:
        where, said = ":".join(filter(None, (where, *position.groups()))), said.replace(position[0], "", 1)
    elif duplicate := _DUPLICATE.match(said):
        key = duplicate["key"]
        where, said = _place_of_key(content, where, key), f"the key {key!r} stands twice"
    return ConfigurationError.of(where, f"is no readable YAML: {said}", way_out)


def _place_of_key(content: bytes, where: str, key: str) -> str:
    """`where` with the line on which `key` stands again: the reader does not tell it."""
    line = re.compile(rb"^[ \t-]*+['\"]?" + re.escape(key.encode()) + rb"['\"]? *:", re.MULTILINE)
    places = [found.start() for found in line.finditer(content)]
    return f"{where}:{_line(content, places[-1])}" if len(places) == 2 else where


def _line(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1


@contextmanager
def _collector_off() -> Iterator[None]:
    """Without the garbage collector, which would walk a large document again and again while it grows."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
