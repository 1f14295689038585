"""Base images: what a reference is here, and what of it enters a fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Source
from buildgraph.recipes import Base, resolve_base
from buildgraph.recipes.bases import recipe_of

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
FOLDER = "docker/substitutes"
RECIPES = {
    f"{FOLDER}/node.1": "0" * 40,
    f"{FOLDER}/debian.sh": "1" * 40,
    f"{FOLDER}/node.Dockerfile": "2" * 40,
    f"{FOLDER}/node.sh": "3" * 40,
    f"{FOLDER}/node.entry": "4" * 40,
    f"{FOLDER}/nodejs.Dockerfile": "5" * 40,
}


def resolve(
    reference: str,
    *,
    digests: Mapping[str, str] | None = None,
    mirrors: Mapping[str, str] | None = None,
    source: Source = Source.REGISTRY,
) -> Base:
    return resolve_base(
        reference,
        digests=digests or {},
        mirrors=mirrors or {},
        substitutes={"node:20-alpine": f"{FOLDER}/node.Dockerfile"},
        source=source,
        recipes=RECIPES,
    )


def test_a_locked_base_is_pulled_by_its_digest() -> None:
    found = resolve("node:20-alpine", digests={"node:20-alpine": DIGEST})

    assert found == Base("node:20-alpine", f"node:20-alpine@{DIGEST}", DIGEST)


def test_a_mirror_changes_the_place_and_not_the_identity() -> None:
    mirrors = {"docker.io": "mirror.acme.org/hub"}

    found = resolve("node:20-alpine", digests={"node:20-alpine": DIGEST}, mirrors=mirrors)

    assert found == Base("node:20-alpine", f"mirror.acme.org/hub/library/node:20-alpine@{DIGEST}", DIGEST)


def test_a_mirror_of_another_registry_is_not_used() -> None:
    found = resolve(
        "ghcr.io/acme/base:1", digests={"ghcr.io/acme/base:1": DIGEST}, mirrors={"docker.io": "m.org"}
    )

    assert found.pinned == f"ghcr.io/acme/base:1@{DIGEST}"


def test_a_reference_with_a_digest_locks_itself() -> None:
    reference = f"localhost:5000/node@{OTHER}"

    assert resolve(reference) == Base(reference, reference, OTHER)


@pytest.mark.parametrize(
    "written", ["node", "node:latest", "docker.io/library/node", "docker.io/node:latest"]
)
def test_a_lock_holds_however_the_image_is_written(written: str) -> None:
    assert resolve(written, digests={"node:latest": DIGEST}).identity == DIGEST


def test_a_stand_in_is_named_by_its_recipe() -> None:
    recipe = recipe_of(f"{FOLDER}/node.Dockerfile", RECIPES)

    found = resolve("node:20-alpine", digests={"node:20-alpine": DIGEST}, source=Source.SUBSTITUTE)

    assert found == Base("node:20-alpine", f"buildgraph.local/node:{recipe}", f"substitute:{recipe}")
    assert found.is_substitute


def test_a_recipe_is_the_hash_of_its_files_and_of_nothing_else() -> None:
    lines = [
        "1" * 40 + " debian.sh",
        "0" * 40 + " node.1",
        "2" * 40 + " node.Dockerfile",
        "4" * 40 + " node.entry",
        "3" * 40 + " node.sh",
    ]
    expected = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()[:32]

    assert recipe_of(f"{FOLDER}/node.Dockerfile", RECIPES) == expected


def test_a_machine_with_stand_ins_still_takes_a_locked_base_that_has_none() -> None:
    found = resolve("ghcr.io/acme/base:1", digests={"ghcr.io/acme/base:1": DIGEST}, source=Source.SUBSTITUTE)

    assert found.identity == DIGEST


UNLOCKED = {
    "python:3": (
        "manifests/bases.toml: python:3 is not locked\n"
        "  run `buildgraph bases --update`, or name a stand-in under [substitutes] in manifests/workspace.toml"
    ),
    "node:20-alpine": (
        "manifests/bases.toml: node:20-alpine is not locked\n"
        "  run `buildgraph bases --update`, or set BUILDGRAPH_BASES=substitute to use its stand-in"
    ),
}


@pytest.mark.parametrize(("reference", "message"), UNLOCKED.items(), ids=UNLOCKED)
def test_a_base_that_is_not_locked_is_told_with_the_way_out(reference: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        resolve(reference, digests={"redis:7": DIGEST})

    assert str(error.value) == message


def test_a_stand_in_without_its_files_is_a_mistake_of_the_manifest() -> None:
    with pytest.raises(ConfigurationError) as error:
        resolve_base(
            "nginx:1.25-alpine",
            digests={},
            mirrors={},
            substitutes={"nginx:1.25-alpine": f"{FOLDER}/nginx.Dockerfile"},
            source=Source.SUBSTITUTE,
            recipes=RECIPES,
        )

    assert str(error.value) == (
        'manifests/workspace.toml: substitutes."nginx:1.25-alpine": '
        "there is no file 'docker/substitutes/nginx.Dockerfile'"
    )
