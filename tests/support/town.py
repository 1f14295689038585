"""The deploy tests' small language: an environment of its own on the real engine, with tiny services."""

from __future__ import annotations

import http.client
import json
import os
import signal
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import docker.errors

import docker
from buildgraph.deploy.releases import released
from buildgraph.deploy.releasing import Shipment, release_product
from buildgraph.deploy.rollout import deploy_product
from buildgraph.image.engine import Engine
from buildgraph.manifests.canary import Canary
from buildgraph.manifests.model import Backing, Environment, EnvValue, Service
from buildgraph.place.audit import Deed
from buildgraph.place.containers import run_in_container
from buildgraph.place.model import Place, Rollout, Target
from buildgraph.place.secrets import Secrets
from buildgraph.place.state import render_archive
from tests.support.system import free_port

PATIENT = 60.0  # seconds for a good version to get healthy: however much goes on beside it, it does
BASES = ("haproxy:2.9", "postgres:16-alpine", "redis:7-alpine", "node:20-alpine")
QUERY = 'psql -X -A -t -U acme -d "$0" -c "$1"'
SERVER = """
import http from 'node:http';
const tell = () => process.env.TOKEN && console.log(`the token is ${process.env.TOKEN}`);
const { PORT, HEALTH_PATH, ANSWER = 'hello', BROKEN = '', DELAY = '0', FAULTY = '0' } = process.env;
let asked = 0;
const isIll = () => BROKEN === 'health' || (BROKEN === 'later' && asked > 50);
const page = { 'content-type': 'text/html' };
console.log(`starting ${ANSWER}`);
if (BROKEN === 'crash') { console.error('no such table: users'); tell(); process.exit(7); }
const peer = async ({ url, headers }, response) => {
  const asked = new URL(url.slice('/peer'.length), process.env.PEER);
  const answer = await fetch(asked, { headers: { 'x-forwarded-for': headers['x-forwarded-for'] } });
  response.end(await answer.text());
};
const server = http.createServer((request, response) => {
  if (request.url === HEALTH_PATH) {
    response.writeHead(isIll() ? 503 : 200);
    return response.end('ok');
  }
  if (request.url.startsWith('/peer')) return peer(request, response);
  if (request.url === '/client') return response.end(request.headers['x-forwarded-for']);
  if (request.url === '/env') return response.end(JSON.stringify(process.env));
  if (request.url === '/page') return response.writeHead(200, page).end(`<p>${ANSWER}</p>`);
  if (request.url.startsWith('/assets/')) {
    const isOwn = decodeURIComponent(request.url.split('?')[0]) === `/assets/${ANSWER}`;
    return response.writeHead(isOwn ? 200 : 404).end(ANSWER);
  }
  if (request.url === '/long') return setTimeout(() => response.end(ANSWER), 10000);
  if (request.url === '/slow') return setTimeout(() => response.end(ANSWER), 2000);
  asked += 1;
  if (BROKEN === 'dies' && asked > 20) process.exit(9);
  if (Number(FAULTY) && asked % Number(FAULTY) === 0) {
    console.error(`cannot answer number ${asked}`);
    return response.writeHead(500).end('broken');
  }
  if (Number(DELAY)) return setTimeout(() => response.end(ANSWER), Number(DELAY));
  response.end(ANSWER);
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: echo\\r\\nConnection: Upgrade\\r\\n\\r\\n');
  socket.on('data', (data) => socket.write(`${ANSWER}: ${data}`));
  socket.on('error', () => {});
});
server.keepAliveTimeout = 60000;
if (BROKEN === 'health') console.log('cannot reach the database');
if (PORT) server.listen(Number(PORT), '0.0.0.0'); else setInterval(() => {}, 1000);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
"""
MIGRATION = """
console.log('applied 0001_first');
if (process.env.TOKEN) console.log(`the token is ${process.env.TOKEN}`);
const end = () => process.exit(process.env.MIGRATION === 'fails' ? 1 : 0);
setTimeout(end, process.env.MIGRATION === 'slow' ? 5000 : 0);
"""


class Town:
    """An environment on the engine that no other test shares; every verb changes it or asks about it."""

    def __init__(self, engine: Engine, images: Mapping[str, str], server: str, name: str = "") -> None:
        self.server = server
        self.services: dict[str, Service] = {}
        self.versions: dict[str, str] = {}
        self.told: list[str] = []
        self.moments: dict[str, Callable[[], object]] = {}
        environment = Environment("test", proxy_port=free_port(), health_within=PATIENT, drain_within=5.0)
        self.place = Place(engine, name or f"t{uuid.uuid4().hex[:10]}", environment, images, Secrets({}), ())

    def settings(self, **environment: Any) -> None:
        """Change settings of the environment."""
        self.place = replace(self.place, environment=replace(self.place.environment, **environment))

    def secrets(self, **values: str) -> None:
        """Give the environment other secrets."""
        self.place = replace(self.place, secrets=Secrets(values))

    def switches(self, *steps: int, window: float = 0.0, **canary: Any) -> None:
        """Have the environment deploy blue-green, by these steps."""
        rules = {"hold": 1.0, "within": 120.0, "least_requests": 20, "response_time": 60_000.0, **canary}
        self.settings(strategy="blue-green", canary=Canary(steps or (100,), **rules), rollback_window=window)

    def has_backing(self, **images: str) -> None:
        """Have the environment run PostgreSQL, Redis, or both."""
        self.settings(backing=tuple(Backing(kind, image) for kind, image in sorted(images.items())))

    def service(self, name: str, version: str = "1", *, env: Mapping[str, str] = {}, **fields: Any) -> None:
        """Declare a service, or change it; its answers to requests are its name and version."""
        values = {"ANSWER": f"{name} {version}", **env}
        port = fields.pop("port", 3001 + len(self.services))
        fields = {"product": "town", "kind": "dockerfile", "path": name, "port": port, "host": name} | fields
        variables = {key: EnvValue({"*": value}) for key, value in values.items()}
        variables |= {key: EnvValue(secret=True) for key in fields.pop("secret", ())}
        self.services[name] = Service(
            name=name, health=fields.pop("health", "/health" if port else ""), env=variables, **fields
        )
        self.versions[name] = f"{version} {sorted(env.items())}"
        self._declare()

    def without(self, name: str) -> None:
        """Take a service out of the manifests."""
        del self.services[name]
        self._declare()

    def _declare(self) -> None:
        self.place = replace(self.place, catalog=tuple(self.services.values()))

    def targets(self, product: str = "town") -> tuple[Target, ...]:
        """What the services of a product shall run."""
        return tuple(
            Target(service, self.server, "", f"fingerprint of {name} {self.versions[name]}", "c0ffee")
            for name, service in self.services.items()
            if service.product == product
        )

    def deploy(self, product: str = "town") -> Rollout:
        """Deploy a product."""
        return deploy_product(self.place, product, self.targets(product), self.hear)

    def ship(self, commit: str = "c0ffee") -> str:
        """Deploy the product and record the release; its name."""
        targets = self.targets()
        services = tuple(released(target, target.service) for target in targets)
        shipment = Shipment(Deed("deploy", "town", commit), targets, services)
        return release_product(self.place, shipment, self.hear)

    def hear(self, line: str) -> None:
        """Keep a line that a deployment tells, and do what shall be done at this moment."""
        self.told.append(line)
        for moment, action in self.moments.items():
            if moment in line:
                action()

    def fetch(self, name: str, path: str = "/", **headers: str) -> str:
        """What users of a service get."""
        status, body = self.request(name, path, **headers)
        return body if status == 200 else f"{status} {body}"

    def request(self, name: str, path: str = "/", **headers: str) -> tuple[int, str]:
        """Status and body of one request through the public port; `headers` with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.place.environment.proxy_port, timeout=60)
        try:
            told = {key.replace("_", "-"): value for key, value in headers.items()}
            connection.request("GET", path, headers={"Host": f"{name}.localhost", **told})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def env_of(self, name: str) -> dict[str, str]:
        """The environment variables that a service really has."""
        found: dict[str, str] = json.loads(self.fetch(name, "/env"))
        return found

    def containers(self) -> dict[str, str]:
        """The ids of all containers here, by the last part of their names."""
        found = self.place.engine.client.api.containers(all=True, filters={"label": self.place.filters()})
        prefix = f"{self.place.prefix}-"
        return {c["Names"][0].lstrip("/").removeprefix(prefix): c["Id"] for c in found}

    def has_said(self, name: str, words: str) -> bool:
        """Whether these words stand in what a container has said."""
        said: bytes = self.place.engine.client.api.logs(self.containers()[name])
        return words in said.decode()

    def kill(self, name: str) -> None:
        """Kill a container's process as a kernel out of memory does; the engine starts it again."""
        told = self.place.engine.client.api.inspect_container(self.containers()[name])
        os.kill(told["State"]["Pid"], signal.SIGKILL)

    def query(self, text: str, database: str = "chat") -> str:
        """What PostgreSQL here answers to a statement, or several."""
        argv = ["sh", "-c", QUERY, database, text]
        code, said = run_in_container(self.place, self.place.named("postgres"), argv)
        assert code == 0, said
        return said.strip()

    def restarts(self, name: str) -> int:
        """How often the engine has started a container again."""
        return int(self.place.engine.client.api.inspect_container(self.containers()[name])["RestartCount"])

    def volumes(self) -> set[str]:
        """The volumes here, by the last part of their names."""
        found = self.place.engine.client.api.volumes(filters={"label": self.place.filters()})
        return {volume["Name"].removeprefix(f"{self.place.prefix}-") for volume in found["Volumes"] or ()}

    def raze(self) -> None:
        """Remove all that the test made."""
        api = self.place.engine.client.api
        for container in self.containers().values():
            try:
                api.remove_container(container, force=True, v=True)
            except docker.errors.APIError:
                continue  # a lock that is just going away by itself
        for network in api.networks(filters={"label": self.place.filters()}):
            api.remove_network(network["Id"])
        for volume in api.volumes(filters={"label": self.place.filters()})["Volumes"] or ():
            api.remove_volume(volume["Name"], force=True)


def held_images(engine: Engine) -> dict[str, str]:
    """What an engine runs for the base images: their stand-ins where it holds them."""
    held = sorted(tag for image in engine.client.api.images() for tag in image["RepoTags"] or ())
    own = {base: f"buildgraph.local/{base.partition(':')[0]}:" for base in BASES}
    stand_ins = {base: [tag for tag in held if tag.startswith(own[base])] for base in BASES}
    return {base: tags[-1] if base not in held and tags else base for base, tags in stand_ins.items()}


def build_server(engine: Engine, node: str) -> str:
    """The image of a service of a few lines, made from a base with node; its id."""
    return build_image(
        engine, node, {"app/server.mjs": SERVER.encode(), "app/migrate.mjs": MIGRATION.encode()}
    )


def build_image(engine: Engine, base: str, files: Mapping[str, bytes]) -> str:
    """An image that starts our server, made from a base and some files; its id."""
    container = engine.client.containers.create(base, ["true"])
    try:
        container.put_archive("/", render_archive(files))
        image = container.commit(changes='CMD ["node", "/app/server.mjs"]')
    finally:
        container.remove()
    return str(image.id)
