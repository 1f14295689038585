"""Names given on registries that are unwell: a name leads to the very image that was meant, or there is one error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.errors import BuildgraphError, StepFailed, ToolError
from buildgraph.image.copying import copy_image
from buildgraph.image.engine import Engine
from buildgraph.image.naming import find_held, mount_image
from buildgraph.image.registry_answers import parse_created
from tests.support.carrier import carrying
from tests.support.runners import AnsweringRunner
from tests.support.unwell import ALL_ILLS, Ill, Unwell, answers, digest_of, served, well

MANIFEST = json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode()
OTHER = MANIFEST.replace(b"2", b"3")
DIGEST = digest_of(MANIFEST)


@pytest.fixture(scope="module")
def server() -> Iterator[Unwell]:
    with served() as server:
        yield server


@pytest.fixture
def unwell(server: Unwell) -> Iterator[Unwell]:
    """A registry that holds one image by its digest, and is well until somebody says otherwise."""
    server.held.clear()
    server.held[f"/v2/web/manifests/{DIGEST}"] = MANIFEST
    server.ill = well
    yield server


def test_a_name_is_given_to_the_same_bytes(unwell: Unwell) -> None:
    find_held(f"{unwell.address}/web@{DIGEST}").give("main")

    assert unwell.held["/v2/web/manifests/main"] == MANIFEST


@pytest.mark.parametrize("command", ["GET", "PUT"])
@ALL_ILLS
def test_a_registry_that_is_unwell_gives_no_name_to_anything_else(
    unwell: Unwell, ill: Ill, command: str
) -> None:
    """Pitfall 42: a page to sign in, or another manifest, is put under no name."""
    unwell.ill = lambda asked: asked.command == command and ill(asked)

    try:
        find_held(f"{unwell.address}/web@{DIGEST}").give("main")
    except ToolError as error:
        assert f"the registry {unwell.address}" in str(error)
    else:
        assert command == "PUT"  # a 200 is all that whoever writes is promised; names are read back
    assert "/v2/web/manifests/main" not in unwell.held


def test_another_manifest_than_the_one_that_was_meant_gets_no_name(unwell: Unwell) -> None:
    unwell.held[f"/v2/web/manifests/{DIGEST}"] = OTHER

    with pytest.raises(ToolError, match="its answer is none that a registry gives"):
        find_held(f"{unwell.address}/web@{DIGEST}").give("main")


def test_what_is_not_found_is_told_and_so_is_a_name_that_was_taken_by_nobody(unwell: Unwell) -> None:
    """A proxy that knows GET alone answers 404 to what is written: nothing would be there afterwards."""
    unwell.ill = lambda asked: asked.command == "PUT" and answers(404)(asked)
    with pytest.raises(ToolError, match=r"PUT web/manifests/main: 404"):
        find_held(f"{unwell.address}/web@{DIGEST}").give("main")

    with pytest.raises(StepFailed, match="does not hold"):
        find_held(f"{unwell.address}/other@{DIGEST}").give("main")


@ALL_ILLS
def test_an_image_is_mounted_from_a_registry_that_is_unwell_rightly_or_not_at_all(
    unwell: Unwell, ill: Ill
) -> None:
    unwell.ill = lambda asked: asked.command == "GET" and ill(asked)

    with pytest.raises(BuildgraphError, match=unwell.address):
        mount_image(f"{unwell.address}/web@{DIGEST}", f"{unwell.address}/live:one")


def test_what_cannot_be_mounted_is_copied_in_another_way(unwell: Unwell, tmp_path: Path) -> None:
    """A registry that shows nothing under the digest to us may show it to buildx, which has a login of its own."""
    source, runner = f"{unwell.address}/web@{DIGEST}", AnsweringRunner()

    with carrying(tmp_path, unwell, MANIFEST) as carrier:
        unwell.ill = answers(404)
        copy_image(Engine(carrier.address), runner, source, f"{unwell.address}/live:one")

    assert [command.argv[-1] for command in runner.commands] == [source]


def test_a_copy_that_fails_is_told_as_a_copy_whoever_needed_it(unwell: Unwell, tmp_path: Path) -> None:
    """A build that goes straight to the registry, `tag` and the mark of a signature copy, as a promotion does."""
    source, reference = f"{unwell.address}/web@{DIGEST}", f"{unwell.address}/live:one"

    with carrying(tmp_path, unwell, MANIFEST) as carrier:
        unwell.ill = answers(404)
        with pytest.raises(
            StepFailed, match=f"^copy:{reference}: cannot be copied from {source}\n    denied"
        ):
            copy_image(Engine(carrier.address), AnsweringRunner(1, ["denied"]), source, reference)


def test_a_label_that_is_no_text_is_no_date() -> None:
    assert parse_created(b'{"config": {"Labels": {"buildgraph.built": 5}}}') == ""
