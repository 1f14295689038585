"""Engines and registries that fail now and then while a tag is given: it is right or absent, then right next time."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from buildgraph.errors import BuildgraphError
from buildgraph.image.copying import carry_image, way_to_name
from buildgraph.image.engine import Engine
from buildgraph.image.registry import push_image
from tests.support.carrier import carrying
from tests.support.runners import AnsweringRunner
from tests.support.unwell import answers, digest_of, every, served, well

MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()
DIGEST = digest_of(MANIFEST)
TAG = "0123456789abcdef" * 2
FAILING = range(2, 9)  # every second call fails, every third one …

DEEDS: dict[str, Callable[[Engine, str], object]] = {
    "a push": lambda engine, registry: push_image(engine, "acme/web:one", f"{registry}/web:{TAG}", print),
    "a promotion": lambda engine, registry: carry_image(
        engine, AnsweringRunner(), f"{registry}/trial/web@{DIGEST}", f"{registry}/web:{TAG}", print
    ),
    "a further name": lambda engine, registry: way_to_name(
        engine, AnsweringRunner(), f"{registry}/web@{DIGEST}"
    )(TAG),
}


class Stood(NamedTuple):
    """What stood under the tag: after a deed on machines that are unwell, and once more when they are well."""

    unwell: bytes | None
    well: bytes | None


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_a_tag_is_given_rightly_or_not_at_all_where_every_so_many_calls_fail(
    deed: Callable[[Engine, str], object], tmp_path: Path
) -> None:
    """Pitfall 40: and whatever has been left on the way keeps nobody from doing it again."""
    with ThreadPoolExecutor(len(FAILING)) as pool:
        stood = list(pool.map(lambda nth: _stood(deed, tmp_path / str(nth), nth), FAILING))

    assert {found.unwell for found in stood} <= {None, MANIFEST}
    assert None in {found.unwell for found in stood}, "no failure was met"
    assert {found.well for found in stood} == {MANIFEST}


def _stood(deed: Callable[[Engine, str], object], folder: Path, nth: int) -> Stood:
    folder.mkdir()
    place = f"/v2/web/manifests/{TAG}"
    with served() as registry, carrying(folder, registry, MANIFEST) as carrier:
        for repository in ("web", "trial/web"):
            registry.held[f"/v2/{repository}/manifests/{DIGEST}"] = MANIFEST
        carrier.ill = every(nth, answers(500, b'{"message": "unwell"}'))
        registry.ill = lambda asked: carrier.hear(asked) or every(nth, answers(500))(asked)
        with suppress(BuildgraphError):
            deed(Engine(carrier.address), registry.address)
        first = registry.held.get(place)

        carrier.ill, registry.ill = well, carrier.hear
        deed(Engine(carrier.address), registry.address)
        return Stood(first, registry.held.get(place))
