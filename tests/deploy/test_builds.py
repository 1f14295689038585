"""Which build of a fingerprint a deploy is about: the one that runs and was released, while it can be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

from buildgraph.deploy.builds import built_as, is_same_build, kept_builds, moved_tags
from buildgraph.deploy.platform import HEALTHY, Running
from buildgraph.deploy.releases import Release, ReleasedService
from buildgraph.manifests.model import Service
from buildgraph.place.model import Target

API = Service("api", "shop", "dockerfile", "api")
FIRST, AGAIN, OTHER = (f"ghcr.io/shop/api@sha256:{digit * 64}" for digit in "123")
RUNNING = Running("api", "shop", HEALTHY, fingerprint="beef", image=FIRST)
TARGET = Target(API, AGAIN, "cafe", "beef")


def release(name: str, image: str = FIRST, fingerprint: str = "beef") -> Release:
    return Release(name, "shop", (ReleasedService(API, image, "cafe", fingerprint),))


def test_a_tag_that_names_another_build_than_was_deployed_was_moved() -> None:
    """Where nobody can tell what stands there, nothing is said."""
    standing = {
        "same": AGAIN,
        "mirrored": AGAIN.replace("ghcr.io", "mirror.acme.org"),
        "moved": OTHER,
        "unknown": "",
    }
    targets = [replace(TARGET, service=replace(API, name=name)) for name in standing]

    assert moved_tags(targets, standing.__getitem__) == ("moved",)


@dataclass
class Told:
    """An environment that tells what runs and what was released; `looks` counts who asked for releases."""

    runs: Mapping[str, Running]
    released: tuple[Release, ...] = ()
    looks: int = 0

    def running(self) -> Mapping[str, Running]:
        return self.runs

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        self.looks += 1
        return {"shop": self.released}


def kept(
    running: Running = RUNNING, target: Target = TARGET, *, released: str = FIRST, there: bool = True
) -> str:
    """The image that a deploy is about."""
    platform = Told({"api": running}, (release("shop-0001", released),))
    [found] = kept_builds([target], platform, lambda image: there)
    assert replace(found, image=target.image) == target
    return found.image


def test_an_image_that_was_built_again_does_not_replace_the_one_that_runs() -> None:
    assert kept() == FIRST


@pytest.mark.parametrize(
    "image",
    [
        kept(replace(RUNNING, fingerprint="dead")),
        kept(there=False),
        kept(replace(RUNNING, image=OTHER)),
        kept(replace(RUNNING, image="elsewhere.io/shop/api@sha256:" + "3" * 64)),
        kept(replace(RUNNING, image="sha256:" + "3" * 64), released="sha256:" + "3" * 64),
        kept(replace(RUNNING, image="")),
    ],
    ids=[
        "another fingerprint runs",
        "what runs can be had no more",
        "what runs was never released: somebody has set it by hand",
        "set by hand, from another registry",
        "what runs came from no registry, and there is one now",
        "nobody recorded what runs",
    ],
)
def test_else_it_is_about_the_image_that_is_found_now(image: str) -> None:
    assert image == AGAIN


def test_a_registry_that_has_moved_is_named_as_it_is_called_now() -> None:
    moved = replace(TARGET, image=FIRST.replace("ghcr.io", "registry.shop"))

    assert kept(target=moved) == moved.image


def test_releases_are_read_only_where_an_image_was_built_again() -> None:
    """A deploy of an edit waits for nothing more than it did."""
    for runs in ({}, {"api": replace(RUNNING, image=AGAIN)}, {"api": replace(RUNNING, fingerprint="dead")}):
        platform = Told(runs, (release("shop-0001"),))

        assert kept_builds([TARGET], platform, lambda image: True) == (TARGET,)
        assert platform.looks == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (FIRST, FIRST, True),
        (FIRST, AGAIN, False),
        (FIRST, FIRST.replace("ghcr.io", "registry.shop"), True),
        (FIRST, "ghcr.io/shop/api:hotfix", False),
        ("sha256:1", "sha256:2", False),
        ("shop/api:1", "shop/api:2", True),
        ("shop/api:1", "sha256:1", True),
        ("", FIRST, True),
        (FIRST, "", True),
    ],
    ids=[
        "itself",
        "another digest",
        "another registry",
        "a tag",
        "ids",
        "names of an engine",
        "a name and an id",
        "not recorded",
        "not built",
    ],
)
def test_a_build_is_known_by_its_digest(one: str, other: str, same: bool) -> None:
    assert is_same_build(one, other) is same


def test_a_release_that_names_another_build_than_runs_is_not_what_runs() -> None:
    """An earlier version recorded the image that was found, whichever one ran."""
    right, wrong = release("shop-0001"), release("shop-0002", AGAIN)

    assert built_as({"api": RUNNING}, (right, wrong)) == (right,)
    assert built_as({}, (right, wrong)) == (right, wrong)
