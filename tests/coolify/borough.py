"""The small language of these tests: an environment on a Coolify server of its own, with tiny services."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from buildgraph.coolify import CoolifyPlace, CoolifyPlatform
from buildgraph.deploy.releases import released
from buildgraph.deploy.releasing import Shipment
from buildgraph.errors import BuildgraphError
from buildgraph.image.engine import Engine
from buildgraph.manifests.model import Coolify, Environment, EnvValue, Service, SmokeTest
from buildgraph.place.audit import Deed
from buildgraph.place.model import Place, Target
from buildgraph.place.secrets import Secrets
from tests.support.coolify import TOKEN, CoolifyServer
from tests.support.coolify_state import Shadows

STATE = "state0"


class Borough:
    """An environment on a server that no other test shares."""

    def __init__(self) -> None:
        self.shadows = Shadows()
        self.server = CoolifyServer(self.shadows)
        self.server.application(STATE)
        self.services: dict[str, Service] = {}
        self.versions: dict[str, str] = {}
        self.told: list[str] = []
        self.moments: dict[str, Callable[[], object]] = {}
        coolify = Coolify(self.server.url, STATE, within=60.0)
        environment = Environment(
            "test",
            registry="registry.test/acme",
            proxy_port=self.server.door,
            coolify=coolify,
            health_within=60.0,
        )
        place = Place(Engine(""), "acme", environment, {}, Secrets({}), ())
        self.place = CoolifyPlace(place, Secrets({"COOLIFY_TOKEN": TOKEN}))

    def place_with(self, **fields: Any) -> None:
        """Change what the place has."""
        self.place = replace(self.place, place=replace(self.place.place, **fields))

    def secrets(self, **values: str) -> None:
        """Give the environment other secrets."""
        self.place_with(secrets=Secrets(values))

    def token(self, value: str) -> None:
        """Come with another token."""
        self.place = replace(self.place, access=Secrets({"COOLIFY_TOKEN": value}))

    def coolify(self, **fields: Any) -> None:
        """Change what the manifest says of the server."""
        environment = self.place.environment
        self.place_with(environment=replace(environment, coolify=replace(self.place.coolify, **fields)))

    def settings(self, **fields: Any) -> None:
        """Change settings of the environment."""
        self.place_with(environment=replace(self.place.environment, **fields))

    def service(self, name: str, version: str = "1", *, env: Mapping[str, str] = {}, **fields: Any) -> None:
        """Declare a service, or change it; its answers to requests are its name and version."""
        values = {"ANSWER": f"{name} {version}", **env}
        variables = {key: EnvValue({"*": value}) for key, value in values.items()}
        variables |= {key: EnvValue(secret=True) for key in fields.pop("secret", ())}
        usual = {"product": "town", "kind": "dockerfile", "path": name, "port": self._port(name)}
        smoke = (SmokeTest("it answers", "/", contains=name, within=0.3),)
        fields = {**usual, "host": name, "health": "/health", "smoke": smoke, **fields}
        self.services[name] = Service(name=name, env=variables, **fields)
        self.versions[name] = f"{version} {sorted(env.items())}"
        if name not in self.server.apps:
            self.server.application(name)
        self.coolify(applications={each: each for each in self.services})
        self.place_with(catalog=tuple(self.services.values()))

    def _port(self, name: str) -> int:
        return self.services[name].port if name in self.services else 3001 + len(self.services)

    def without(self, name: str) -> None:
        """Take a service out of the manifests."""
        del self.services[name]
        self.coolify(applications={each: each for each in self.services})
        self.place_with(catalog=tuple(self.services.values()))

    def image(self, name: str) -> str:
        """What the registry calls the image of a service's version."""
        digest = hashlib.sha256(f"{name} {self.versions[name].split()[0]}".encode()).hexdigest()
        return f"registry.test/acme/{name}@sha256:{digest}"

    def targets(self) -> tuple[Target, ...]:
        """What the services shall run; the registry has their images."""
        found = [
            Target(
                service,
                self.image(name),
                f"image of {name} {self.versions[name].split()[0]}",
                f"fingerprint of {name} {self.versions[name]}",
                "c0ffee",
            )
            for name, service in self.services.items()
        ]
        self.shadows.images |= {target.image for target in found}
        return tuple(found)

    @property
    def platform(self) -> CoolifyPlatform:
        """The environment as the verbs see it."""
        return CoolifyPlatform(self.place)

    def deploy(self, reason: str = "") -> str:
        """Deploy the product; returns the release's name."""
        self.server.requests.clear()
        return self.platform.release(self.shipment(reason), self.hear)

    def shipment(self, reason: str = "") -> Shipment:
        """What shall be released."""
        targets = self.targets()
        services = tuple(released(target, target.service) for target in targets)
        return Shipment(Deed("deploy", "town", "c0ffee", reason), targets, services)

    def pending(self) -> dict[str, str]:
        """Service -> why a deploy would touch it; nothing is changed by asking."""
        self.server.requests.clear()
        found = {name: str(reason) for name, reason in self.platform.pending("town", self.targets()).items()}
        assert self.server.writes() == []
        return found

    def deployed(self) -> list[str]:
        """The applications that Coolify was asked to deploy since the last look."""
        paths = [path for method, path in self.server.requests if method == "POST" and "/deploy?" in path]
        return [path.partition("uuid=")[2].partition("&")[0] for path in paths]

    def hear(self, line: str) -> None:
        """Keep a line that a deployment tells, and do what shall be done at this moment."""
        self.told.append(line)
        for moment, action in list(self.moments.items()):
            if moment in line:
                action()

    def answers(self, name: str) -> str:
        """What the container of a service answers."""
        container = self.server.apps[name].container
        return container.answer("/")[1] if container else "nothing runs"

    def env_of(self, name: str) -> dict[str, str]:
        """The variables that the container of a service really has."""
        container = self.server.apps[name].container
        assert container is not None
        found: dict[str, str] = json.loads(container.answer("/env")[1])
        return found

    def memory(self) -> dict[str, str]:
        """What the environment remembers."""
        return self.server.apps[STATE].values()


def refused(borough: Borough) -> str:
    """What a deploy is refused with."""
    with pytest.raises(BuildgraphError) as error:
        borough.deploy()
    return str(error.value)


def upgraded(borough: Borough, **second: object) -> Borough:
    """An environment where version 1 runs and version 2 is wanted."""
    borough.service("api")
    borough.deploy()
    borough.service("api", "2", **second)  # type: ignore[arg-type]
    return borough
