"""A server that speaks Coolify's API on loopback: applications, variables and deployments as Coolify keeps them.

It answers as the controllers in coollabsio/coolify do (app/Http/Controllers/Api, version 4.0.0-beta.460), and what its
deployments start is told by a `Runner`. Every look at a deployment moves it one stage on, so that nobody waits.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.coolify_state import App, Container, Fault, Queued, Runner

TOKEN = "1|4sMoXw3bT0kenOfTheTests"
HEALTH = (
    "enabled path port host method return_code scheme interval timeout retries start_period type command",
)
SETTINGS = {
    *("name", "description", "domains", "ports_exposes", "limits_cpus", "limits_memory"),
    *("docker_registry_image_name", "docker_registry_image_tag"),
    *(f"health_check_{name}" for names in HEALTH for name in names.split()),
}
DOMAIN = re.compile(r"https?://[a-zA-Z0-9\-.]+\.[a-zA-Z]{2,}(:\d+)?")


class CoolifyServer:
    """The server: `url` is its own, `door` the port where its proxy answers for the applications' domains."""

    def __init__(self, runner: Runner, certificate: tuple[Path, Path] | None = None) -> None:
        self.runner = runner
        self.apps: dict[str, App] = {}
        self.deployments: list[Queued] = []
        self.requests: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.way = ""  # how deployments go: "", queued, stuck, failed-though-healthy, finished-without
        self.cancels = True
        self.shows_values = True
        self.behind = timedelta()  # how far variables' times lie back
        self.before: Callable[[str, str], None] = lambda method, path: None
        self.turn = threading.RLock()
        self._api = _listen(self, _Api, certificate)
        self._door = _listen(self, _Door)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._api.server_port}"
        self.door = self._door.server_port

    def application(self, name: str, **settings: Any) -> App:
        """Make an application, as a person does in Coolify."""
        self.apps[name] = App(name, {"docker_registry_image_name": "nginx", "limits_cpus": "0", **settings})
        return self.apps[name]

    def writes(self) -> list[str]:
        """The requests that changed something, or were meant to."""
        return [f"{method} {path}" for method, path in self.requests if method != "GET"]

    def close(self) -> None:
        """End; what was started ends too."""
        for server in (self._api, self._door):
            server.shutdown()
            server.server_close()
        for app in self.apps.values():
            if app.container is not None:
                app.container.stop()

    # What deployments do -------------------------------------------------------------------------------

    def move(self, deployment: Queued) -> None:
        """One stage further, unless it is over, or stands still."""
        if deployment.status == "queued" and self.way != "queued":
            deployment.status = "in_progress"
        elif deployment.status == "in_progress" and self.way != "stuck":
            self._run(deployment)

    def _run(self, deployment: Queued) -> None:
        app, image = deployment.app, deployment.app.wanted()
        deployment.lines += [f"Starting deployment of {image} to localhost.", "Rolling update started."]
        if self.way == "finished-without":
            deployment.status, app.container = "finished", None
            return
        new = self._start(deployment, image)
        if new is None:
            deployment.status = "failed"
            return
        if app.container is not None:
            app.container.stop()
        app.container, app.image, app.status = new, image, "running"
        deployment.lines += [
            "New container is healthy.",
            "Removing old containers.",
            "Rolling update completed.",
        ]
        deployment.status = "failed" if self.way == "failed-though-healthy" else "finished"

    def _start(self, deployment: Queued, image: str) -> Container | None:
        """A container that is well; None where none gets so, which the deployment's lines tell."""
        app = deployment.app
        try:
            new = self.runner.start(image, app.values(), app.settings)
        except KeyError:
            missing = f"Error response from daemon: manifest for {image} not found: manifest unknown"
            deployment.lines.append(missing)
            return None
        if not app.settings.get("health_check_enabled") or new.is_healthy():
            return new
        deployment.lines += ["New container is unhealthy.", *new.logs().splitlines()]
        deployment.lines.append("New container is not healthy, rolling back to the old container.")
        new.stop()
        return None


def _listen(
    coolify: CoolifyServer, handler: type[_Handler], certificate: tuple[Path, Path] | None = None
) -> ThreadingHTTPServer:
    bound = type(handler.__name__, (handler,), {"coolify": coolify})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    coolify: CoolifyServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def reply(self, status: int, body: str, headers: Mapping[str, str] = {}) -> None:
        content = body.encode()
        self.send_response_only(status)
        for name, value in {"Date": format_datetime(datetime.now(UTC), usegmt=True), **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.close_connection = True


class _Door(_Handler):
    """What users of the applications get."""

    def do_GET(self) -> None:
        host = (self.headers["Host"] or "").partition(":")[0]
        for app in self.coolify.apps.values():
            domain = urlsplit(str(app.settings.get("domains") or "")).hostname
            if domain == host and app.container is not None:
                return self.reply(*app.container.answer(self.path))
        return self.reply(503, "no available server")


class _Api(_Handler):
    """The API."""

    def do_GET(self) -> None:
        self.serve()

    do_POST = do_PATCH = do_DELETE = do_GET

    def serve(self) -> None:
        coolify, path = self.coolify, self.path
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        coolify.before(self.command, path)
        with coolify.turn:
            coolify.requests.append((self.command, path))
            fault = self.fault()
            if fault and not fault.is_carried_out:
                return self.reply(fault.status, fault.body, fault.headers)
            status, answer = self.answer(body)
        if fault:
            return self.reply(fault.status, fault.body, fault.headers)
        return self.reply(status, answer if isinstance(answer, str) else json.dumps(answer))

    def fault(self) -> Fault | None:
        for fault in self.coolify.faults:
            if fault.method in ("", self.command) and fault.path in self.path and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def answer(self, body: Any) -> tuple[int, Any]:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {"message": "Unauthenticated."}
        address = urlsplit(self.path)
        parts = address.path.removeprefix("/api/v1/").split("/")
        match self.command, parts:
            case "GET", ["version"]:
                return 200, "4.0.0-beta.460"
            case "POST", ["deploy"]:
                return self.deploy(parse_qs(address.query))
            case "GET", ["deployments", "applications", name]:
                found = [d for d in self.coolify.deployments if d.app.uuid == name]
                return 200, {"count": len(found), "deployments": [d.told(True) for d in reversed(found)][:10]}
            case _, ["deployments", *rest]:
                return self.deployment(rest)
            case _, ["applications", name, *rest]:
                app = self.coolify.apps.get(name)
                return (
                    (404, {"message": "Application not found."}) if app is None else self.of(app, rest, body)
                )
        return 404, {"message": "Not found."}

    def deploy(self, query: Mapping[str, list[str]]) -> tuple[int, Any]:
        app = self.coolify.apps.get(query["uuid"][0])
        if app is None:
            return 404, {"message": "No resources found."}
        under_way = [
            d for d in self.coolify.deployments if d.app is app and d.status in ("queued", "in_progress")
        ]
        if under_way and query.get("force") != ["true"]:
            return 200, {"deployments": [{"message": "Deployment already queued for this commit."}]}
        new = Queued(f"d{uuid.uuid4().hex[:8]}", app)
        self.coolify.deployments.append(new)
        told = {"message": f"Application {app.uuid} deployment queued.", "resource_uuid": app.uuid}
        return 200, {"deployments": [{**told, "deployment_uuid": new.uuid}]}

    def deployment(self, rest: list[str]) -> tuple[int, Any]:
        found = next((d for d in self.coolify.deployments if d.uuid == rest[0]), None)
        if found is None:
            return 404, {"message": "Deployment not found."}
        if rest[1:] == ["cancel"]:
            if not self.coolify.cancels:
                return 404, {"message": "Not found."}
            found.status = "cancelled-by-user"
            return 200, {"message": "Deployment cancelled successfully."}
        self.coolify.move(found)
        return 200, found.told(self.coolify.shows_values)

    def of(self, app: App, rest: list[str], body: Any) -> tuple[int, Any]:
        match self.command, rest:
            case "GET", []:
                return 200, app.told()
            case "PATCH", []:
                return self.change(app, body)
            case _, ["envs", *below]:
                return self.envs(app, below, body)
            case "GET", ["logs"]:
                if app.container is None:
                    return 400, {"message": "Application is not running."}
                return 200, {"logs": app.container.logs() * 2}
            case "POST", ["stop"]:
                if app.container is not None:
                    app.container.stop()
                app.container = None
                return 200, {"message": "Application stopping request queued."}
        return 404, {"message": "Not found."}

    def envs(self, app: App, below: list[str], body: Any) -> tuple[int, Any]:
        match self.command, below:
            case "GET", []:
                hidden = () if self.coolify.shows_values else ("value", "real_value")
                return 200, [{k: v for k, v in each.items() if k not in hidden} for each in app.envs]
            case "POST", []:
                return self.create_env(app, body)
            case "PATCH", ["bulk"]:
                for each in body["data"]:
                    self.set_env(app, each)
                return 201, []
            case "DELETE", [name]:
                if not any(each["uuid"] == name for each in app.envs):
                    return 404, {"message": "Environment variable not found."}
                app.envs[:] = [each for each in app.envs if each["uuid"] != name]
                return 200, {"message": "Environment variable deleted."}
        return 404, {"message": "Not found."}

    def change(self, app: App, body: dict[str, Any]) -> tuple[int, Any]:
        errors = {name: ["This field is not allowed."] for name in body if name not in SETTINGS}
        if "domains" in body and not DOMAIN.match(body["domains"]):
            errors["domains"] = [f"Invalid domain: {body['domains']}"]
        if errors:
            return 422, {"message": "Validation failed.", "errors": errors}
        app.settings.update(body)
        return 200, {"uuid": app.uuid}

    def create_env(self, app: App, body: dict[str, Any]) -> tuple[int, Any]:
        if any(each["key"] == body["key"] and not each["is_preview"] for each in app.envs):
            message = "Environment variable already exists. Use PATCH request to update it."
            return 409, {"message": message}
        return 201, {"uuid": self.set_env(app, body)["uuid"]}

    def set_env(self, app: App, body: dict[str, Any]) -> dict[str, Any]:
        value = (body["value"] or "").strip() or None
        now = (
            (datetime.now(UTC) - self.coolify.behind)
            .isoformat(timespec="microseconds")
            .replace("+00:00", "Z")
        )
        for each in app.envs:
            if each["key"] == body["key"] and not each["is_preview"]:
                each.update(value=value, updated_at=now)
                return each
        last = max((each["id"] for each in app.envs), default=0)
        fields = {
            "key": body["key"],
            "value": value,
            "updated_at": now,
            "is_literal": body.get("is_literal", False),
        }
        made = [
            {"id": last + number, "uuid": f"e{uuid.uuid4().hex[:8]}", "is_preview": is_preview, **fields}
            for number, is_preview in ((1, False), (2, True))  # Coolify makes one for previews, too
        ]
        app.envs += made
        return made[0]
