"""TOML files to tables, and what no table of ours may hold; it knows no manifest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from buildgraph.manifests.reading import Place, Refused

# What every reader of TOML must take, and the most that other programs do. More would be no number to them, and
# Python itself refuses to write out one of thousands of digits: even a mistake could not be told.
LEAST: Final = -(2**63)
MOST: Final = 2**63 - 1
DEEPEST: Final = 64  # keys and lists, one within another: those who read them go as deep


def parse_toml(content: bytes) -> dict[str, Any]:
    """A TOML file's top table; Refused with line and column, or the key, when it is none."""
    import tomli

    try:
        found = tomli.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Refused(f"is not UTF-8: byte {error.start}", "save it as UTF-8") from error
    except (
        ValueError,
        RecursionError,
    ) as error:  # numbers of thousands of digits, tables in tables in tables
        raise Refused(f"is no TOML: {error}") from error
    _refuse_unfit(found, ())
    return found


def _refuse_unfit(value: object, keys: tuple[str | int, ...]) -> None:
    """Refused, with the key, for what is nested too deep or too large a number; `keys` lead to the value."""
    if isinstance(value, int) and not LEAST <= value <= MOST:
        raise Refused(f"{_path(keys)}: is an integer beyond 64 bits", "TOML has none that are larger")
    if len(keys) > DEEPEST:
        raise Refused(f"{_path(keys)}: is nested more than {DEEPEST} levels deep", "make it flatter")
    for key, inner in _entries(value):
        _refuse_unfit(inner, (*keys, key))


def _entries(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _path(keys: tuple[str | int, ...]) -> str:
    place = Place("")
    for key in keys:
        place = place.item(key) if isinstance(key, int) else place.at(key)
    return place.path
