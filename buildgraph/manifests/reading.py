"""Values read out of TOML tables, every mistake kept with its place; it knows no manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from buildgraph.errors import LONGEST_SAID, MOST_KEPT, Likeness, Mistake, WayOut, shortened

T = TypeVar("T")
Schema = Mapping[str, Any]

# Seconds: longer than anybody waits, and what clocks and other programs can count.
YEAR: Final = 366 * 24 * 3600
BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
LONGEST_KEY: Final = 100  # signs of a key that are told of where it stands
NO_NUL: Final = "text without a NUL sign, which no program can be told"
TYPE_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "true or false"),  # before int: a bool is an int in Python
    (int, "an integer"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (dict, "a table"),
)


class Refused(Exception):
    """A value that cannot be read: what is wrong with it, and the way out."""

    def __init__(self, what: str, way_out: WayOut = "") -> None:
        super().__init__(what)
        self.what = what
        self.way_out = way_out


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: its file and key path, and the list that its mistakes go to.

    A place tells one mistake only, the first: what follows from a mistake is no further news.
    """

    file: str
    path: str = ""
    mistakes: list[Mistake] = field(default_factory=list, compare=False)

    def __str__(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file

    def at(self, *keys: str) -> Place:
        """The place of a key below this one."""
        short = (shortened(key, LONGEST_KEY) for key in keys)
        quoted = (key if BARE_KEY.fullmatch(key) else json.dumps(key) for key in short)
        return Place(self.file, ".".join([*([self.path] if self.path else []), *quoted]), self.mistakes)

    def item(self, index: int) -> Place:
        """The place of an item of the list that stands here; the first is 0."""
        return Place(self.file, f"{self.path}[{index}]", self.mistakes)

    def refuse(self, what: str, way_out: WayOut = "") -> None:
        """Keep a mistake of this place, unless it has one already."""
        where = str(self)
        if len(self.mistakes) < MOST_KEPT and all(mistake.where != where for mistake in self.mistakes):
            self.mistakes.append(Mistake(where, shortened(what, LONGEST_SAID), way_out))

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Turn a refusal inside the block into a mistake of this place."""
        try:
            yield
        except Refused as refused:
            self.refuse(refused.what, refused.way_out)


@dataclass(frozen=True, slots=True)
class Reader(Generic[T]):
    """How a value is read (Refused when it cannot be), and its JSON Schema."""

    read: Callable[[object, Place], T]
    schema: Schema = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Needed:
    """A key that must be there; `stand_in` is its value while the remaining mistakes are looked for."""

    reader: Reader[Any]
    stand_in: Any


Field = Reader[Any] | Needed


def of_type(kind: type, value: object) -> Any:
    """`value`, when TOML gave it as `kind`; Refused otherwise. An integer is a number too."""
    if isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool):
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    raise Refused(f"is {type_name(value)}, expected {_name_of(kind)}", _quotes_for(kind, value))


def type_name(value: object) -> str:
    """What a user calls the type of a value read from TOML."""
    return next((name for kind, name in TYPE_NAMES if isinstance(value, kind)), "a date or time")


def text(*, pattern: str = "", says: str = "", way_out: str = "") -> Reader[str]:
    """Text that is not empty and matches the whole `pattern`; `says` names what is expected of it."""
    compiled = re.compile(pattern or r"[^\0]+")

    def read(value: object, place: Place) -> str:
        found: str = of_type(str, value)
        if compiled.fullmatch(found):
            return found
        raise Refused(f"is {found!r}, expected {says or NO_NUL}" if found else "is empty", way_out)

    schema = {"type": "string", "pattern": f"^{pattern}$"} if pattern else {"type": "string", "minLength": 1}
    return Reader(read, schema)


def any_text() -> Reader[str]:
    """Text, which may be empty."""

    def read(value: object, place: Place) -> str:
        found: str = of_type(str, value)
        if "\0" in found:
            raise Refused(f"is {found!r}, expected {NO_NUL}")
        return found

    return Reader(read, {"type": "string"})


def truth() -> Reader[bool]:
    """True or false."""
    return Reader(lambda value, place: of_type(bool, value), {"type": "boolean"})


def integer(least: int, most: int | None = None) -> Reader[int]:
    """An integer from `least` to `most`, both included."""

    def read(value: object, place: Place) -> int:
        found: int = of_type(int, value)
        _expect_range(found, least, most)
        return found

    limits = {"minimum": least, **({} if most is None else {"maximum": most})}
    return Reader(read, {"type": "integer", **limits})


def number(least: float, most: float) -> Reader[float]:
    """A number from `least` to `most`, both included."""

    def read(value: object, place: Place) -> float:
        found: float = of_type(float, value)
        if least <= found <= most:
            return found
        raise Refused(f"is {found:g}, expected {least:g} to {most:.12g}")

    return Reader(read, {"type": "number", "minimum": least, "maximum": most})


def positive(most: float) -> Reader[float]:
    """A number above 0 and up to `most`."""

    def read(value: object, place: Place) -> float:
        found: float = of_type(float, value)
        if 0 < found <= most:
            return found
        raise Refused(f"is {found:g}, expected a number above 0 to {most:.12g}")

    return Reader(read, {"type": "number", "exclusiveMinimum": 0, "maximum": most})


def one_of(known: Iterable[str], what: str) -> Reader[str]:
    """One of the `known` words; another one gets the close matches or all of them."""
    words = sorted(known)

    def read(value: object, place: Place) -> str:
        found: str = of_type(str, value)
        if found in words:
            return found
        raise Refused(f"there is no {what} {found!r}", suggest(found, words))

    return Reader(read, {"enum": words})


def listed(item: Reader[T]) -> Reader[tuple[T, ...]]:
    """A list whose items are all read by `item`."""

    def read(value: object, place: Place) -> tuple[T, ...]:
        found: list[T] = []
        for index, raw in enumerate(of_type(list, value)):
            with place.item(index).keeping():
                found.append(item.read(raw, place.item(index)))
        return tuple(found)

    return Reader(read, {"type": "array", "items": item.schema})


def mapped(item: Reader[T], *, key: Callable[[str], None] = lambda key: None) -> Reader[dict[str, T]]:
    """A table of free keys whose values are all read by `item`; `key` refuses the keys that may not be."""

    def read(value: object, place: Place) -> dict[str, T]:
        found: dict[str, T] = {}
        for name, raw in of_type(dict, value).items():
            with place.at(name).keeping():
                key(name)
                found[name] = item.read(raw, place.at(name))
        return found

    return Reader(read, {"type": "object", "additionalProperties": item.schema})


def table(build: Callable[..., T], fields: Mapping[str, Field]) -> Reader[T]:
    """A table of known keys, handed to `build` by name; a key that is not written is left to its default."""

    def read(value: object, place: Place) -> T:
        raw = of_type(dict, value)
        _refuse_unknown(raw, fields, place)
        return build(**_read_fields(raw, fields, place))

    needed = sorted(name for name, known in fields.items() if isinstance(known, Needed))
    properties = {name: _reader_of(known).schema for name, known in fields.items()}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return Reader(read, {**schema, "required": needed} if needed else schema)


def suggest(name: str, known: Iterable[str]) -> Likeness:
    """The way out of an unknown name: its close matches, else all the known ones."""
    return Likeness(name, tuple(sorted(known)))


def _read_fields(raw: Mapping[str, object], fields: Mapping[str, Field], place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, known in fields.items():
        if isinstance(known, Needed):
            found[name] = known.stand_in
        if name in raw:
            with place.at(name).keeping():
                found[name] = _reader_of(known).read(raw[name], place.at(name))
        elif isinstance(known, Needed):
            place.at(name).refuse("is missing")
    return found


def _reader_of(known: Field) -> Reader[Any]:
    return known.reader if isinstance(known, Needed) else known


def _refuse_unknown(raw: Iterable[str], known: Iterable[str], place: Place) -> None:
    names = set(known)
    for name in islice((name for name in raw if name not in names), MOST_KEPT):
        place.at(name).refuse("there is no such key", suggest(name, names))


def _expect_range(found: int, least: int, most: int | None) -> None:
    if found >= least and (most is None or found <= most):
        return
    expected = f"{least} or more" if most is None else f"{least} to {most}"
    raise Refused(f"is {found}, expected {expected}")


def _name_of(kind: type) -> str:
    return dict(TYPE_NAMES)[kind]


def _quotes_for(kind: type, value: object) -> str:
    """The usual slip: a number or a truth value where text is meant."""
    if kind is not str or not isinstance(value, (bool, int, float)):
        return ""
    return f'write it in quotes: "{json.dumps(value)}"'
