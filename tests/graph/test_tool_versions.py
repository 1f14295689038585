"""What this program makes of the same inputs: it changes with a number that is part of fingerprints, or not at all."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from buildgraph.coolify.answers import Application
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.wanted import wanted_settings, wanted_variables
from buildgraph.graph.context import Context
from buildgraph.graph.deployments import CONTAINER_VERSION, deployment_nodes
from buildgraph.graph.images import IMAGE_VERSION, ImagePlan, image_node
from buildgraph.graph.nodes import Part, digest_of
from buildgraph.image.archive import read_archive
from buildgraph.image.build import BuildRequest, build_command
from buildgraph.image.engine import Engine
from buildgraph.manifests.model import (
    Autoscale,
    Backing,
    Coolify,
    Environment,
    EnvValue,
    Kubernetes,
    Manifests,
    Migration,
    Product,
    Resources,
    Service,
    WorkspaceManifest,
)
from buildgraph.place.arguments import container_arguments, host_arguments
from buildgraph.place.model import Place, Target
from buildgraph.place.names import Colour
from buildgraph.place.secrets import Secrets
from buildgraph.place.specification import Specification, migration_container, service_containers
from buildgraph.project import open_project
from buildgraph.render.kubernetes import Shipping, render_base, render_migration, render_overlay
from tests.support.monorepo import Monorepo

LOCKFILE = """lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
overrides:
  ms: 2.1.3
importers:
  .: {}
  apps/web:
    dependencies:
      '@acme/core':
        specifier: workspace:*
        version: link:../../packages/core
  packages/core:
    dependencies:
      debug:
        specifier: ^4.4.0
        version: 4.4.1
  packages/other:
    dependencies:
      left-pad:
        specifier: 1.3.0
        version: 1.3.0
packages:
  debug@4.4.1:
    resolution: {integrity: sha512-a}
    engines: {node: '>=6.0'}
  left-pad@1.3.0:
    resolution: {integrity: sha512-b}
  ms@2.1.3:
    resolution: {integrity: sha512-c}
snapshots:
  debug@4.4.1:
    dependencies:
      ms: 2.1.3
  left-pad@1.3.0: {}
  ms@2.1.3: {}
"""
FURTHER_LOCKFILE = """lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
catalogs:
  default:
    left-pad:
      specifier: ^1.3.0
      version: 1.3.0
patchedDependencies:
  zod@3.0.0:
    hash: def
    path: patches/zod.patch
  ms@2.1.3:
    hash: abc
    path: patches/ms@2.1.3.patch
importers:
  .:
    devDependencies:
      typescript:
        specifier: 5.4.5
        version: 5.4.5
  apps/web:
    dependencies:
      '@acme/kit':
        specifier: workspace:*
        version: file:packages/kit
      left-pad:
        specifier: 'catalog:'
        version: 1.3.0
      ms:
        specifier: 2.1.3
        version: 2.1.3(patch_hash=abc)
    dependenciesMeta:
      '@acme/kit':
        injected: true
  packages/kit: {}
packages:
  '@acme/kit@file:packages/kit':
    resolution: {directory: packages/kit, type: directory}
  left-pad@1.3.0:
    resolution: {integrity: sha512-b}
  ms@2.1.3:
    resolution: {integrity: sha512-c}
  typescript@5.4.5:
    resolution: {integrity: sha512-d}
snapshots:
  '@acme/kit@file:packages/kit': {}
  left-pad@1.3.0: {}
  ms@2.1.3(patch_hash=abc): {}
  typescript@5.4.5: {}
"""
FURTHER_SETTINGS = """packages:
  - 'packages/*'
  - 'apps/*'
catalog:
  left-pad: ^1.3.0
patchedDependencies:
  zod@3.0.0: patches/zod.patch
  ms@2.1.3: patches/ms@2.1.3.patch
onlyBuiltDependencies:
  - typescript
"""
COMMAND = "6c00fa500869f9a0c2b7b981d50024ed3e87a82826f1a73faf86168871572a89"
ARCHIVE_CHANGED = """An archive of the same files is another one now, and fingerprints do not tell.
Raise IMAGE_VERSION in buildgraph/graph/images.py, so that all images are built anew, and write its number and the
digest here; CHANGELOG.md is to say that they are."""
CONTAINER_CHANGED = """The same manifests start containers otherwise now, and fingerprints do not tell.
Raise CONTAINER_VERSION in buildgraph/graph/deployments.py, so that all services are deployed anew, and write its
number and the digests here; CHANGELOG.md is to say that they are."""


COMMAND_CHANGED = """The same image is built by another command now, and fingerprints do not tell.
Raise IMAGE_VERSION in buildgraph/graph/images.py if an image may be another one for it, so that all are built anew, and
write its number and the digest here; CHANGELOG.md is to say that they are."""


def in_layers(repo: Monorepo) -> None:
    """A project and what it uses, with a root that has settings."""
    repo.package("@acme/other")
    repo.package("@acme/core", dependencies={"debug": "^4.4.0"})
    repo.service("web", uses=["@acme/core"])
    repo.write("package.json", json.dumps({"name": "root", "pnpm": {"overrides": {"ms": "2.1.3"}}}))
    repo.write(".npmrc", "auto-install-peers=true\n")
    repo.write("packages/core/bin/run", "#!/bin/sh\n").chmod(0o755)
    (repo.root / "packages/core/link").symlink_to("src/index.ts")
    repo.write("docker/Dockerfile.app", "FROM node:20\nCOPY . /\n")
    repo.write("pnpm-lock.yaml", LOCKFILE)


def in_layers_with_all_that_installs_read(repo: Monorepo) -> None:
    """A catalog, a patch, a project that an install copies, a list of builds, and what the root depends on."""
    repo.package("@acme/kit")
    repo.service("web", inputs=["assets/**"])
    of_web = {"@acme/kit": "workspace:*", "left-pad": "catalog:", "ms": "2.1.3"}
    injected = {"@acme/kit": {"injected": True}}
    web = {"name": "@acme/web", "dependencies": of_web, "dependenciesMeta": injected}
    repo.write("apps/web/package.json", json.dumps(web))
    repo.write("assets/logo.svg", "<svg/>\n")
    repo.write("package.json", json.dumps({"name": "root", "devDependencies": {"typescript": "5.4.5"}}))
    repo.write("manifests/workspace.toml", 'name = "acme"\nroot_dependencies = true\n')
    repo.write("pnpm-workspace.yaml", FURTHER_SETTINGS)
    repo.write("patches/zod.patch", "--- a/zod.js\n")
    repo.write("patches/ms@2.1.3.patch", "--- a/index.js\n")
    repo.write("docker/Dockerfile.app", "FROM node:20\nCOPY . /\n")
    repo.write("pnpm-lock.yaml", FURTHER_LOCKFILE)


def as_the_workspace_lies(repo: Monorepo) -> None:
    """A Dockerfile of its own that sees a folder of the workspace."""
    repo.package("@acme/core")
    repo.service("web", uses=["@acme/core"], dockerfile="apps/web/Dockerfile", context="apps")
    repo.write("apps/web/Dockerfile", "FROM node:20\nCOPY web /srv\n")


def as_its_folder_lies(repo: Monorepo) -> None:
    """A service that is no project of the workspace."""
    folder = repo.plain_service("web", "FROM node:20\nCOPY . /\n", port=3000)
    repo.write("manifests/bases.toml", f'[digests]\n"node:20" = "sha256:{"0" * 64}"\n')
    repo.write(f"{folder}/src/run", "#!/bin/sh\n").chmod(0o755)


LAYOUTS: Mapping[str, tuple[Callable[[Monorepo], None], str]] = {
    "layers": (in_layers, "360f195885d42783637e65904a3588b23de1e4f6e6c8b772acd490fdc91ed94f"),
    "layers with all that installs read": (
        in_layers_with_all_that_installs_read,
        "b3c8ea6aab0c9d416a570a67945fb206ed3e47608b4a54232af6f6703119a5b7",
    ),
    "a window": (as_the_workspace_lies, "703b96951ae5f0d5eeacfe97fb2989106077ccd74ee4591aa8d48156317a4df2"),
    "a folder": (as_its_folder_lies, "f9f6288e8630e8c9727f5324ceaefa727dd7e497d4713f8e0b26affa0ab679da"),
}


@pytest.mark.parametrize(("layout", "digest"), LAYOUTS.values(), ids=LAYOUTS)
def test_an_archive_of_the_same_files_changes_only_with_the_version_of_images(
    repo: Monorepo, layout: Callable[[Monorepo], None], digest: str
) -> None:
    layout(repo)
    repo.commit()
    picture = open_project(repo.root).working_picture()

    archive = read_archive(picture.images["web"].context, picture.snapshot.blobs)

    assert (IMAGE_VERSION, contents(archive)) == (1, digest), ARCHIVE_CHANGED


def test_the_command_of_a_build_changes_only_with_the_version_of_images() -> None:
    request = BuildRequest(
        "web",
        "acme/web:0123",
        target="runtime",
        arguments={"PORT": "3000", "SOURCE_DATE_EPOCH": "0"},
        labels={"x": "y"},
        bases={"node:20": "node@sha256:1"},
        secrets={"ca": Path("/ca.pem")},
        hidden={"TOKEN": "t"},
        platforms=("linux/amd64", "linux/arm64"),
        attestations=("provenance", "sbom"),
        scanner="scanner@sha256:2",
    )
    pushed = replace(request, repository="registry.test/web", builder="far", attestations=())
    commands = [build_command(one, b"") for one in (request, pushed)]

    found = digest_of(json.dumps([[one.argv, sorted(one.env), one.without] for one in commands]))

    assert (IMAGE_VERSION, found) == (1, COMMAND), COMMAND_CHANGED


def contents(archive: bytes) -> str:
    """One digest of all that a build sees of an archive, however it is packed."""
    found: list[tuple[object, ...]] = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as members:
        for member in members.getmembers():
            file = members.extractfile(member) if member.isreg() else None
            owner = (member.uid, member.gid, member.uname, member.gname)
            content = digest_of(file.read() if file else member.linkname)
            found.append((member.name, member.type, member.mode, member.mtime, *owner, content))
    return digest_of(repr(sorted(found)))


NO_ENGINE = cast(Engine, None)  # pure functions ask none
WEB = Service(
    "web",
    "shop",
    "sveltekit",
    "apps/web",
    port=3100,
    listens=3000,
    host="shop",
    health="/health",
    alive="/alive",
    replicas={"*": 2},
    autoscale=Autoscale(4),
    env={"SITE": EnvValue({"*": "{public:web}"}), "TOKEN": EnvValue(secret=True)},
    resources=Resources(0.5, 2**29),
)
API = Service(
    "api",
    "shop",
    "nestjs",
    "apps/api",
    port=3001,
    health="/health",
    database="shop",
    redis=True,
    migration=Migration(("node", "migrate.js")),
)
WORKER = Service("worker", "shop", "dockerfile", "worker", health_command=("alive", "--now"))
SERVICES = (API, WEB, WORKER)
HERE = Environment(
    "production",
    registry="registry.test/shop",
    domain="{host}.acme.example",
    drain_within=30.0,
    backing=(Backing("postgres", "postgres:16"), Backing("redis", "redis:7")),
)
SECRETS = Secrets({"TOKEN": "t", "POSTGRES_PASSWORD": "p", "REDIS_PASSWORD": "r"})
IMAGE = f"registry.test/shop/it@sha256:{'ab' * 32}"


def on_an_engine() -> list[object]:
    """What the engine is told of every container; names and labels are for us to find it by."""
    place = Place(NO_ENGINE, "acme", HERE, {}, SECRETS, SERVICES)
    found: list[Specification] = []
    for service in SERVICES:
        found.extend(service_containers(place, target(service), Colour.GREEN, ""))
        if service.migration:
            found.append(migration_container(place, target(service), service.migration.command))
    return [[without_labels(container_arguments(one)), one.aliases, host_arguments(one)] for one in found]


def target(service: Service) -> Target:
    return Target(service, IMAGE, "", "", "")


def without_labels(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "labels"}


def on_a_cluster() -> list[object]:
    cluster = Kubernetes("context", "shop", ingress_class="nginx", issuer="acme", pull_secret="pull")
    there = replace(HERE, backing=(), kubernetes=cluster)
    shippings = [Shipping("acme", there, SERVICES, service, IMAGE) for service in SERVICES]
    return [
        [
            render_base(one.service),
            render_overlay(one),
            render_migration(one) if one.service.migration else "",
        ]
        for one in shippings
    ]


def on_coolify() -> list[object]:
    there = replace(HERE, backing=(), coolify=Coolify("https://coolify.test", "state"))
    place = CoolifyPlace(Place(NO_ENGINE, "acme", there, {}, SECRETS, SERVICES), Secrets({}))
    unknown = Application("uuid", "it", "")
    return [
        [
            wanted_settings(place, target(service), unknown),
            [[one.key, one.value] for one in wanted_variables(place, service)],
        ]
        for service in SERVICES
    ]


PLATFORMS: Mapping[str, tuple[Callable[[], list[object]], str]] = {
    "an engine": (on_an_engine, "cb7c1fa3be104abc546eae0d655939b192c324a29bfa6119ab2903772d745203"),
    "a cluster": (on_a_cluster, "9f57fa1c29e5e5841cf8723f1eba40fe066441ac36f7930d1af806f83a53bf6b"),
    "Coolify": (on_coolify, "f31bc1ccd0356ad8fd7936026457823dd4db375ebcba42b1947004c92e9a02a0"),
}


@pytest.mark.parametrize(("made", "digest"), PLATFORMS.values(), ids=PLATFORMS)
def test_what_starts_a_service_changes_only_with_the_version_of_containers(
    made: Callable[[], list[object]], digest: str
) -> None:
    found = digest_of(json.dumps(made(), sort_keys=True))

    assert (CONTAINER_VERSION, found) == (1, digest), CONTAINER_CHANGED


def test_both_versions_are_parts_of_what_they_change() -> None:
    manifests = Manifests(WorkspaceManifest(""), (Product("shop", SERVICES),), (HERE,))
    image = image_node(ImagePlan(WEB, lambda: Context(())), 1)
    containers = deployment_nodes(manifests)

    assert Part("tool", "images", str(IMAGE_VERSION)) in image.parts
    assert [Part("tool", "containers", str(CONTAINER_VERSION)) in node.parts for node in containers] == [
        True
    ] * 3
