"""Data kept and brought back: where backups lie for an environment, and what tasks and verbs ask of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from buildgraph.console import teller
from buildgraph.deployer import Deployer
from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Backups, Environment
from buildgraph.picture import Picture
from buildgraph.process import SystemRunner
from buildgraph.refusals import Terms

if TYPE_CHECKING:
    from buildgraph.backup.backups import Listed
    from buildgraph.backup.stores import Store

NO_PLACE = "write [backups] to = … in its manifest, or say to=PLACE: a folder, or s3://BUCKET/PREFIX"
NO_BACKUP = "say from=latest, or from=BACKUP with one that `buildgraph backups` lists"


def back_up_product(deployer: Deployer, product: str, terms: Terms) -> None:
    """Back up what a product has in databases; then remove what its environment's rule does not keep.

    `terms.to` names another place than the environment's, where nothing is removed. Raises
    ConfigurationError for a product or place that is not known, before anything is made.
    """
    from buildgraph.backup.backups import apply_retention
    from buildgraph.backup.holdings import check_product_secrets
    from buildgraph.backup.making import back_up

    deployer.picture.product(product)
    tell = teller(f"backup:{product}")
    store = store_of(deployer, terms.to)
    check_product_secrets(deployer.place, product)
    record = back_up(deployer.place, product, store, tell)
    if record and not terms.to:
        apply_retention(deployer.place, product, store, deployer.environment.backups, tell)


@dataclass(frozen=True, slots=True)
class Wish:
    """How a backup is brought back: `redis` also where other products use it; `beside` only loads it."""

    redis: bool = False
    beside: bool = False


def restore_product(deployer: Deployer, product: str, terms: Terms, wish: Wish) -> None:
    """Bring a backup back: `terms.source` names it, `terms.force` takes that of another environment.

    What is there is saved to the environment's place of backups first, or to `terms.to`. Raises
    ConfigurationError or StepFailed before anything changes when it cannot be brought back here.
    """
    from buildgraph.backup.beside import load_beside
    from buildgraph.backup.request import Request
    from buildgraph.backup.restores import restore

    deployer.picture.product(product)
    if not terms.source:
        raise ConfigurationError.of(f"restore:{product}", "needs to know which backup", NO_BACKUP)
    safety = store_of(deployer, terms.to)
    source, found = _find(deployer, product, terms.source, safety)
    request = Request(product, found, force=terms.force, redis=wish.redis)
    tell = teller(f"restore:{product}")
    if wish.beside:
        load_beside(deployer.place, request, source, tell)
    else:
        restore(deployer.place, request, source, safety, tell)


def read_product_backups(
    picture: Picture, environment: Environment, folder: Path, to: str = ""
) -> Mapping[str, list[Listed]]:
    """The backups of every product of the workspace, the newest last; no engine is asked."""
    from buildgraph.backup.backups import read_backups
    from buildgraph.backup.stores import open_store
    from buildgraph.place.sources import Sources

    secrets = Sources(folder, environment, os.environ, SystemRunner(), picture.is_seen).read()
    store = open_store(_place_of(environment, to), folder, secrets)
    above = f"{picture.manifests.workspace.name}/{environment.name}"
    return {
        product.name: read_backups(store, f"{above}/{product.name}") for product in picture.manifests.products
    }


def store_of(deployer: Deployer, to: str = "") -> Store:
    """The environment's place of backups, or the one that is named; no engine is asked."""
    from buildgraph.backup.stores import open_store

    builder = deployer.builder
    return open_store(_place_of(deployer.environment, to), builder.project.folder, builder.secrets)


def _place_of(environment: Environment, to: str) -> Backups:
    if to:
        _check_place(to)
    backups = replace(environment.backups, to=to) if to else environment.backups
    if not backups.to:
        raise ConfigurationError.of(environment.name, "says nowhere to keep backups", NO_PLACE)
    return backups


def _check_place(to: str) -> None:
    """Refuse what a manifest would refuse too."""
    from buildgraph.manifests.reading import Place, Refused
    from buildgraph.manifests.values import BACKUPS_TO

    try:
        BACKUPS_TO.read(to, Place("to="))
    except Refused as refused:
        raise ConfigurationError.of("to=", refused.what, refused.way_out) from refused


def _find(deployer: Deployer, product: str, source: str, declared: Store) -> tuple[Store, Listed]:
    """The backup that `from=` names, and where it lies: the environment's place, or a folder or address of its own."""
    from buildgraph.backup.backups import find_backup, read_backup

    if not source.startswith(("/", ".", "~", "s3://")):
        return declared, find_backup(deployer.place, product, declared, source)
    above, _, name = source.rstrip("/").rpartition("/")
    store = store_of(deployer, above or "/")
    return store, read_backup(store, name)
