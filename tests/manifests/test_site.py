"""The machine's own settings: the file, the variables that win over it, and mistakes in either."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Source
from buildgraph.manifests.site import Site, read_site
from buildgraph.manifests.site_file import site_file


def write_site(folder: Path, text: str) -> dict[str, str]:
    """The environment of a machine whose settings are `text`."""
    env = {"XDG_CONFIG_HOME": str(folder)}
    site_file(env).parent.mkdir(exist_ok=True)
    site_file(env).write_text(text, encoding="utf-8")
    return env


def message_of(env: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        read_site(env)
    return str(error.value).replace(str(site_file(env)), "site.toml")


@pytest.mark.parametrize("home", ["", "/dev/null"])
def test_a_machine_without_settings_takes_bases_from_their_registry(tmp_path: Path, home: str) -> None:
    assert read_site({"XDG_CONFIG_HOME": home or str(tmp_path)}) == Site(Source.REGISTRY, None)


def test_settings_stand_in_the_home_folder_unless_xdg_says_otherwise() -> None:
    assert site_file({"HOME": "/home/ann"}) == Path("/home/ann/.config/buildgraph/site.toml")
    assert site_file({"HOME": "/home/ann", "XDG_CONFIG_HOME": "/etc/x"}) == Path(
        "/etc/x/buildgraph/site.toml"
    )


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.pem", tmp_path / "theirs.pem"
    ours.touch()
    theirs.touch()
    env = write_site(tmp_path, f'bases = "substitute"\nca = "{ours}"')

    assert read_site(env) == Site(Source.SUBSTITUTE, ours)
    assert read_site({**env, "BUILDGRAPH_BASES": "registry", "BUILDGRAPH_CA": str(theirs)}) == Site(
        Source.REGISTRY, theirs
    )


def test_a_machine_says_what_builds_its_images_and_where_their_steps_are_kept(tmp_path: Path) -> None:
    env = write_site(tmp_path, 'builder = "far"\ncache_from = "gha"\ncache_to = "local:~/steps"')

    assert read_site(env) == Site(builder="far", cache_from="gha", cache_to="local:~/steps")
    told = read_site(
        {**env, "BUILDGRAPH_BUILDER": "near", "BUILDGRAPH_CACHE_TO": "registry:ghcr.io/acme/steps"}
    )
    assert (told.builder, told.cache_to) == ("near", "registry:ghcr.io/acme/steps")


@pytest.mark.parametrize("place", ["s3:bucket", "registry:", "local:/a,mode=min", "ghcr.io/acme/steps"])
def test_a_place_that_no_build_could_use_is_a_mistake(tmp_path: Path, place: str) -> None:
    """A comma would bring further options of buildx's."""
    assert message_of(write_site(tmp_path, f'cache_to = "{place}"')) == (
        f"site.toml: cache_to: is '{place}', expected a place for BuildKit's cache\n"
        "  write registry:NAME/OF/A/REPOSITORY, local:/A/FOLDER or gha"
    )


def test_every_mistake_of_the_file_is_told(tmp_path: Path) -> None:
    assert message_of(write_site(tmp_path, 'base = 1\nbases = "hub"\nca = "/nowhere.pem"')) == (
        "site.toml: base: there is no such key\n  did you mean bases?\n"
        "site.toml: bases: there is no source of base images 'hub'\n  known: registry, substitute\n"
        "site.toml: ca: there is no file '/nowhere.pem'\n  name a file of PEM certificates"
    )


def test_a_mistake_in_a_variable_names_the_variable(tmp_path: Path) -> None:
    env = {**write_site(tmp_path, ""), "BUILDGRAPH_BASES": "registri", "BUILDGRAPH_CA": "/nowhere.pem"}

    assert message_of(env) == (
        "BUILDGRAPH_BASES: there is no source of base images 'registri'\n  did you mean registry?\n"
        "BUILDGRAPH_CA: there is no file '/nowhere.pem'\n  name a file of PEM certificates"
    )


def test_a_file_that_is_no_toml_is_a_mistake(tmp_path: Path) -> None:
    assert message_of(write_site(tmp_path, "x")).startswith("site.toml: is no TOML: ")


def test_the_folders_of_keys_to_engines_stand_by_their_host(tmp_path: Path) -> None:
    env = write_site(tmp_path, '[certificates]\n"prod.example.org:2376" = "/etc/prod"\nother = "~/keys"\n')

    assert read_site(env).certificates == {
        "prod.example.org:2376": Path("/etc/prod"),
        "other": Path.home() / "keys",
    }
