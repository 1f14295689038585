"""A stranger's workspace as `buildgraph init` meets it: what is recognised, and the manifests written of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import tomli

from buildgraph.adopt.adopting import adopt
from buildgraph.adopt.files import with_stand_ins
from buildgraph.adopt.model import Adoption, Facts, Found
from buildgraph.adopt.names import workspace_name
from buildgraph.adopt.rendering import render_manifests
from buildgraph.errors import BuildgraphError
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.parsing import parse_manifests
from buildgraph.supplies import read_supplies
from buildgraph.workspace.projects import ROOT
from tests.adopt.village import facts

RECIPES = read_supplies("substitutes")
IN_NO_NAME = {"", ".", "..", ".git"}  # parts of paths that git refuses


def read_workspace_files(content: bytes) -> None:
    """Files of a workspace, each a path and below it a text: the manifests written of it are ones that we read."""
    found = facts(dict(_files(content)))
    name = workspace_name(found.packages[ROOT].name, "acme")
    try:
        _adopted(replace(found, name=name))
    except BuildgraphError as error:
        raise AssertionError(f"who asks for manifests is refused: {error}") from error


def _files(content: bytes) -> Iterator[tuple[str, str]]:
    """What stands between form feeds: a path on the first line, as git may hold it, and a text."""
    for part in content.split(b"\f"):
        path, _, text = part.removeprefix(b"\n").partition(b"\n")
        name = path.decode("utf-8", "surrogateescape")
        if b"\0" not in path and IN_NO_NAME.isdisjoint(name.split("/")):
            yield name, text.decode("utf-8", "replace")


def _adopted(found: Facts) -> None:
    adoption = adopt(found)
    for service in adoption.services:
        _is_sound(service)
    plain = render_manifests(adoption, found.name, {})
    for files in (plain, with_stand_ins(plain, adoption, found.texts, RECIPES)):
        _is_read_as_found(adoption, {path: text.encode() for path, text in files.items()})


def _is_sound(service: Found) -> None:
    """It is of a kind that there is, inside of the workspace, and listens where something can."""
    assert service.kind in KINDS and (service.kind == "dockerfile") == bool(service.dockerfile)
    for path in (service.path, service.dockerfile, service.context):
        assert path[:1] != "/" and ".." not in path.split("/")
    assert 0 <= service.port <= 65535 and 0 <= service.listens <= 65535
    assert service.health[:1] in ("", "/"), service
    assert bool(service.port) == service.deployed


def _is_read_as_found(adoption: Adoption, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        if path.endswith(".toml"):
            tomli.loads(content.decode())
    read = {service.name: service for service in parse_manifests(files).services}
    assert {name: service.path for name, service in read.items()} == {
        service.name: service.path for service in adoption.services
    }
