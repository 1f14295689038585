"""Builders as values: the way that an image takes, and what its build is told of caches."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.image.build import BuildRequest, build_command
from buildgraph.image.build_cache import cache_options
from buildgraph.image.builders import Asked, BuildxBuilder, Way, choose_way
from buildgraph.manifests.site import Site

OWN, FAR = BuildxBuilder("default", "docker"), BuildxBuilder("far", "kubernetes")
BOTH = Asked("web", several=True, registry="ghcr.io/acme")


def test_an_image_of_one_platform_goes_to_the_engine_whoever_builds_it() -> None:
    one = Asked("web")

    assert choose_way(one, OWN, keeps_several=False) == Way("default")
    assert choose_way(one, FAR, keeps_several=True) == Way("far", can_export=True)


def test_an_image_of_several_platforms_stays_where_containerd_keeps_images_or_goes_to_the_registry() -> None:
    assert choose_way(BOTH, OWN, keeps_several=True) == Way("default", can_export=True)
    assert choose_way(BOTH, FAR, keeps_several=True) == Way("far", publishes=True, can_export=True)


@pytest.mark.parametrize(
    ("asked", "builder", "told"),
    [
        (BOTH, OWN, "the engine's classic image store and its builder know one platform at a time"),
        (Asked("web", several=True), FAR, "name an environment with a `registry`"),
        (
            Asked("web", several=True, registry="ghcr.io/acme", stand_in="node:20"),
            FAR,
            "web builds upon a stand-in of node:20, which far cannot reach",
        ),
    ],
)
def test_what_cannot_be_built_for_several_platforms_is_told_before_anything_is_built(
    asked: Asked, builder: BuildxBuilder, told: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        choose_way(asked, builder, keeps_several=not builder.is_engines_own)

    assert "manifests/workspace.toml: platforms" in str(refused.value)
    assert told in str(refused.value)


def test_what_a_builder_publishes_has_no_tag_before_that_was_looked_for() -> None:
    """Pitfall 40: a tag that is pushed with an image overwrites whatever stands there."""
    request = BuildRequest("web", "acme/web:0123", builder="far", repository="ghcr.io/acme/web")

    argv = build_command(request, b"", Path("/told")).argv

    output = "--output=type=image,name=ghcr.io/acme/web,push=true,push-by-digest=true,name-canonical=true"
    assert {output, "--metadata-file=/told"} < {*argv}
    assert not {"--tag", "--load"} & {*argv}
    assert argv[argv.index("--builder") + 1] == "far"


@pytest.mark.parametrize(
    ("place", "source", "target"),
    [
        ("registry:ghcr.io/acme/cache", "type=registry,ref=ghcr.io/acme/cache:acme-web", ""),
        (
            "local:/var/cache/it",
            "type=local,src=/var/cache/it/acme-web",
            "type=local,dest=/var/cache/it/acme-web",
        ),
        ("gha", "type=gha,scope=acme-web", ""),
    ],
)
def test_every_image_has_a_place_of_its_own_in_a_cache(place: str, source: str, target: str) -> None:
    """Pitfall 45: what images write to one place is overwritten by the last of them."""
    site = Site(cache_from=place, cache_to=place)

    found = cache_options(site, "acme-web", can_export=True, tell=pytest.fail)
    other = cache_options(site, "acme-api", can_export=True, tell=pytest.fail)

    assert found == (f"--cache-from={source}", f"--cache-to={target or source},mode=max")
    assert not {*found} & {*other}


def test_a_builder_that_exports_no_cache_is_told_and_builds_all_the_same() -> None:
    told: list[str] = []

    found = cache_options(
        Site(cache_from="gha", cache_to="local:/there"), "acme-web", can_export=False, tell=told.append
    )

    assert found == ("--cache-from=type=gha,scope=acme-web",)
    assert len(told) == 1 and told[0].startswith("no build cache goes to local:/there: ")
