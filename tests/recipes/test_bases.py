"""Base images: what a reference is here, and what of it enters a fingerprint."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Source
from buildgraph.project import open_project
from buildgraph.recipes import Base, resolve_base
from buildgraph.recipes.bases import recipe_of
from buildgraph.snapshot.snapshot import EXECUTABLE, REGULAR, SYMLINK, Entry
from tests.support.monorepo import Monorepo

REPOSITORY: Final = Path(__file__).parents[2]
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
FOLDER = "docker/substitutes"
RECIPES = {
    f"{FOLDER}/node.1": [Entry(REGULAR, "0" * 40)],
    f"{FOLDER}/debian.sh": [Entry(REGULAR, "1" * 40)],
    f"{FOLDER}/node.Dockerfile": [Entry(REGULAR, "2" * 40)],
    f"{FOLDER}/node.sh": [Entry(EXECUTABLE, "3" * 40)],
    f"{FOLDER}/node.entry": [Entry(SYMLINK, "4" * 40), Entry(EXECUTABLE, "6" * 40)],
    f"{FOLDER}/node.d/conf": [Entry(SYMLINK, "7" * 40), Entry(REGULAR, "8" * 40)],
    f"{FOLDER}/nodejs.Dockerfile": [Entry(REGULAR, "5" * 40)],
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
        "120000 " + "7" * 40 + " " + "8" * 40 + " node.d/conf",
        "120000 " + "4" * 40 + " 100755 " + "6" * 40 + " node.entry",
        "100755 " + "3" * 40 + " node.sh",
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


BEHIND: Final = {
    "docker/substitutes/alp.Dockerfile": ("docker/real/alp.Dockerfile", "FROM debian\nCOPY alp.d /d\n"),
    "docker/substitutes/alp.d/conf": ("docker/real/conf", "deep = true\n"),
    "docker/substitutes/debian.sh": ("docker/real/debian.sh", "debootstrap\n"),
}
RUN: Final = "docker/substitutes/alp.run.sh"


@pytest.fixture
def shop(repo: Monorepo, monkeypatch: pytest.MonkeyPatch) -> Monorepo:
    """A service upon a stand-in whose recipe is one file and else links; all committed."""
    declared = 'name = "acme"\n[substitutes]\n"alp:1" = "docker/substitutes/alp.Dockerfile"\n'
    repo.write("manifests/workspace.toml", declared)
    service = '[services.api]\npath = "api"\ndockerfile = "api/Dockerfile"\ndeployed = false\n'
    repo.write("manifests/products/shop.toml", service)
    repo.write("api/Dockerfile", "FROM alp:1\n")
    repo.write(RUN, "#!/bin/sh\n")
    for path, (end, content) in BEHIND.items():
        repo.write(end, content)
        link(repo, path, end)
    repo.commit()
    monkeypatch.setenv("BUILDGRAPH_BASES", "substitute")
    return repo


def link(repo: Monorepo, path: str, end: str) -> None:
    """A symbolic link in the place of a file."""
    place = repo.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(os.path.relpath(repo.root / end, place.parent))


@pytest.mark.parametrize("end", [end for end, _ in BEHIND.values()])
def test_what_links_of_a_recipe_lead_to_moves_the_stand_in(shop: Monorepo, end: str) -> None:
    assert_moved(shop, lambda: shop.append(end, "# edited\n"))


@pytest.mark.parametrize("path", [RUN, "docker/real/conf"])
def test_a_file_of_a_recipe_that_can_be_run_moves_the_stand_in(shop: Monorepo, path: str) -> None:
    assert_moved(shop, lambda: (shop.root / path).chmod(0o755))


def test_a_file_that_comes_into_a_folder_of_a_recipe_moves_the_stand_in(shop: Monorepo) -> None:
    assert_moved(shop, lambda: shop.write("docker/substitutes/alp.d/further", "1\n"))


def assert_moved(repo: Monorepo, edit: Callable[[], object]) -> None:
    """An edit gives the stand-in another identity, and so affects what is built upon it."""
    before = repo.fingerprints()["image:api"]
    edit()
    assert repo.fingerprints()["image:api"] != before
    assert "image:api" in repo.affected("--base", "HEAD")


def test_a_link_of_a_recipe_that_leads_to_no_file_is_refused(shop: Monorepo) -> None:
    link(shop, "docker/substitutes/alp.folder", "docker/real")

    with pytest.raises(ConfigurationError, match=r"alp\.folder: leads to no file that git tracks"):
        open_project(shop.root).working_picture().base("alp:1")


def test_the_script_names_stand_ins_as_they_are_looked_for(
    shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for script in ("bases", "lib-machine.sh"):
        shop.write(f"script/{script}", (REPOSITORY / "script" / script).read_bytes())
    (shop.root / RUN).chmod(0o755)
    engine = shop.write("bin/docker", f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
    engine.chmod(0o755)  # it says that it holds every image that it is asked for
    monkeypatch.setenv("PATH", f"{engine.parent}:{os.environ['PATH']}")
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))

    subprocess.run(["bash", "script/bases"], cwd=shop.root, check=True, capture_output=True)

    pinned = open_project(shop.root).working_picture().base("alp:1").pinned
    assert (tmp_path / "asked").read_text() == f"image inspect {pinned}\n"


def test_a_stand_in_that_leaves_lines_to_what_is_built_upon_it_is_refused(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pitfall 39: what an ONBUILD line copies counts for no image, as only services' own are followed."""
    shop.append("docker/real/alp.Dockerfile", "ONBUILD COPY src* /app/\nonbuild run make\n")

    refused = shop.run("affected")
    monkeypatch.setenv("BUILDGRAPH_BASES", "registry")
    elsewhere = shop.run("affected")

    assert refused.code == 2
    assert refused.err.startswith("error: docker/substitutes/alp.Dockerfile: line 3: leaves this line")
    assert "write all such lines, without ONBUILD, into the Dockerfile of every service" in refused.err
    assert elsewhere.code == 0, "no machine with the base itself is stopped"


def test_what_stages_of_a_stand_in_leave_to_one_another_is_its_own(shop: Monorepo) -> None:
    shop.write("docker/real/alp.Dockerfile", "FROM debian AS one\nONBUILD COPY a /\nFROM one\nRUN ONBUILD\n")

    assert shop.run("affected").code == 0
