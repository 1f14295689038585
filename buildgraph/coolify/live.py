"""What runs in an environment on Coolify: what it remembers, and how its applications stand; it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from buildgraph.coolify.answers import Application
from buildgraph.coolify.api import MISSING, WAYS_OUT, Refusal
from buildgraph.coolify.ledger import Deployed, Ledger, read_ledger
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class CoolifyService:
    """A service as it was deployed last, and its application as it stands."""

    deployed: Deployed
    application: Application

    @property
    def name(self) -> str:
        """The service's name."""
        return self.deployed.service

    @property
    def product(self) -> str:
        """The product that it was deployed with."""
        return self.deployed.product

    @property
    def fingerprint(self) -> str:
        """The deployment fingerprint it was deployed with."""
        return self.deployed.fingerprint

    @property
    def image_fingerprint(self) -> str:
        """The fingerprint of its image."""
        return self.deployed.image_fingerprint

    @property
    def commit(self) -> str:
        """The commit it was deployed from."""
        return self.deployed.commit

    @property
    def since(self) -> datetime:
        """When it was deployed."""
        return datetime.fromisoformat(self.deployed.at)

    @property
    def is_running(self) -> bool:
        """Whether its container runs."""
        return self.application.state == "running"

    @property
    def is_healthy(self) -> bool:
        """Whether its container runs and is well."""
        return self.application.is_healthy


@dataclass(frozen=True, slots=True)
class CoolifyLive:
    """An environment as it runs: its memory, and its services by name."""

    ledger: Ledger
    services: Mapping[str, CoolifyService]

    def services_of(self, product: str) -> tuple[CoolifyService, ...]:
        """The services of a product, sorted by name."""
        return tuple(found for _, found in sorted(self.services.items()) if found.product == product)


def read_live(place: CoolifyPlace) -> CoolifyLive:
    """What runs in an environment now; empty where nothing was ever deployed."""
    ledger = read_ledger(place)
    services = {
        name: CoolifyService(deployed, read_application(place, name, deployed.application))
        for name, deployed in ledger.deployed.items()
    }
    return CoolifyLive(ledger, services)


def read_application(place: CoolifyPlace, service: str, uuid: str) -> Application:
    """A service's application; ConfigurationError that names the key for one that is not there."""
    try:
        return place.api.application(uuid)
    except Refusal as refusal:
        if refusal.status != MISSING:
            raise
        where = f"manifests/environments/{place.environment.name}.toml: coolify.applications.{service}"
        raise ConfigurationError.of(where, f"there is no application {uuid}", WAYS_OUT[MISSING]) from refusal
