"""Coolify's HTTP API v1, the part of it that deploys use: each call by name, repeated only where that is harmless.

Addresses, methods and answers are those of Coolify's routes/api.php and its controllers (app/Http/Controllers/Api).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import quote

from buildgraph.coolify.answers import (
    Application,
    Deployment,
    Setting,
    Variable,
    parse_application,
    parse_deployment,
    parse_deployments,
    parse_variables,
)
from buildgraph.coolify.wire import TIMEOUT, Reply, Wire
from buildgraph.errors import ToolError, without_colours

TRIES: Final = 4
PAUSE: Final = 0.5  # seconds before the second try; doubled each time
LONGEST_PAUSE: Final = 60.0  # seconds that a Retry-After is followed for
SHOWN: Final = 500  # characters of an answer that an error shows
TOO_MANY, CONFLICT, MISSING = 429, 409, 404
PASSING: Final = (502, 503, 504)
WAYS_OUT: Final = {
    401: "give COOLIFY_TOKEN an API token of this server (Keys & Tokens > API tokens)",
    403: "enable the API (Settings > Advanced) and give the token read, read:sensitive, write and deploy",
    404: "is the uuid right, and of the token's team? Coolify shows it in the address of the application's page",
    422: "this version of Coolify does not take it; `docs/COOLIFY.md` tells which fields are used",
    TOO_MANY: "try again later, or raise the API's rate limit",
}
ELSEWHERE: Final = "the server leads elsewhere: write the address it answers at as `url`"
USUAL_WAY_OUT: Final = "look at the server; nothing is repeated that may have been done"


class Refusal(ToolError):
    """A request that Coolify did not carry out; `status` is 0 when no answer came."""

    def __init__(self, what: str, way_out: str, status: int) -> None:
        super().__init__(what, way_out)
        self.status = status


@dataclass(frozen=True, slots=True)
class NewVariable:
    """A variable as it shall be, put into the container's environment as it stands; printing it shows no value."""

    key: str
    value: str = field(repr=False)

    @property
    def body(self) -> dict[str, Setting]:
        """Its fields as all versions of the API take them."""
        return {
            "key": self.key,
            "value": self.value,
            "is_preview": False,
            "is_literal": True,
            "is_multiline": "\n" in self.value,
        }


@dataclass(frozen=True, slots=True)
class Api:
    """The API of one server. Every call raises Refusal, told without secrets, when it is not carried out."""

    wire: Wire
    redact: Callable[[str], str] = str

    def version(self) -> str:
        """The version of Coolify."""
        return self._send("GET", "/version").text.strip().strip('"')

    def application(self, uuid: str) -> Application:
        """An application as it is set now."""
        return parse_application(self._json("GET", f"/applications/{_part(uuid)}"))

    def change(self, uuid: str, settings: Mapping[str, object]) -> None:
        """Set some of an application's settings; they hold from its next deployment on."""
        self._send("PATCH", f"/applications/{_part(uuid)}", dict(settings))

    def variables(self, uuid: str) -> tuple[Variable, ...]:
        """The variables of an application, the oldest first.

        Refusal where the token may not see values: nothing could be compared.
        """
        told = self._json("GET", f"/applications/{_part(uuid)}/envs")
        if any("value" not in each for each in told):
            what = f"{self.wire.url} hides the values of variables from this token"
            raise Refusal(what, WAYS_OUT[403], 403)
        return parse_variables(told)

    def set_variables(self, uuid: str, variables: Iterable[NewVariable]) -> None:
        """Have these variables, whether they were there or not; the others stay."""
        body = {"data": [variable.body for variable in variables]}
        self._send("PATCH", f"/applications/{_part(uuid)}/envs/bulk", body)

    def set_at_once(self, uuid: str, variable: NewVariable, within: float) -> None:
        """The same for one variable in a single try of so many seconds: later, the name may be another's."""
        path, body = f"/applications/{_part(uuid)}/envs/bulk", {"data": [variable.body]}
        self._send("PATCH", path, body, tries=1, within=within)

    def create_variable(self, uuid: str, variable: NewVariable) -> bool:
        """Make a variable; False when one of this name is there already."""
        try:
            self._send("POST", f"/applications/{_part(uuid)}/envs", variable.body)
        except Refusal as refusal:
            if refusal.status != CONFLICT:
                raise
            return False
        return True

    def remove_variable(self, uuid: str, variable: Variable) -> None:
        """Have a variable no more."""
        try:
            self._send("DELETE", f"/applications/{_part(uuid)}/envs/{_part(variable.uuid)}")
        except Refusal as refusal:
            if refusal.status != MISSING:
                raise

    def deploy(self, uuid: str) -> str:
        """Ask for a deployment of an application; returns the deployment's uuid: it is queued, not done.

        POST (a GET is refused by newer versions), and forced: otherwise Coolify skips it, with status 200, while
        another one waits (`queue_application_deployment`); without a build there is nothing else to force. Where no
        answer came, the deployment that has come since then is taken for the one asked for.
        """
        before = {found.uuid for found in self.deployments(uuid)}
        try:
            told = self._json("POST", f"/deploy?uuid={_part(uuid)}&force=true")
        except Refusal as refusal:
            return self._deployment_since(before, uuid, refusal)
        found = [each for each in told.get("deployments", ()) if each.get("deployment_uuid")]
        if not found:
            said = self.redact(json.dumps(told))[:SHOWN]
            raise Refusal(f"{self.wire.url} queued no deployment of {uuid}: {said}", USUAL_WAY_OUT, 200)
        return str(found[0]["deployment_uuid"])

    def _deployment_since(self, before: set[str], uuid: str, refusal: Refusal) -> str:
        if refusal.status not in (0, *PASSING):
            raise refusal
        new = [found.uuid for found in self.deployments(uuid) if found.uuid not in before]
        if len(new) != 1:
            raise refusal
        return new[0]

    def deployment(self, uuid: str) -> Deployment:
        """A deployment by its uuid."""
        return parse_deployment(self._json("GET", f"/deployments/{_part(uuid)}"))

    def deployments(self, application: str) -> tuple[Deployment, ...]:
        """The last deployments of an application, the newest first."""
        told = self._json("GET", f"/deployments/applications/{_part(application)}?skip=0&take=10")
        return parse_deployments(told)

    def cancel(self, deployment: str) -> bool:
        """Cancel a deployment; False where this version of Coolify cannot, or it is over."""
        try:
            self._send("POST", f"/deployments/{_part(deployment)}/cancel")
        except Refusal as refusal:
            if refusal.status in (400, 403, MISSING, 405):
                return False
            raise
        return True

    def stop(self, uuid: str) -> None:
        """Ask for an application to be stopped; it stays in Coolify."""
        self._send("POST", f"/applications/{_part(uuid)}/stop")

    def logs(self, uuid: str, lines: int) -> str:
        """The last lines of an application's container; "" when none runs (Coolify answers 400 then)."""
        try:
            told = self._json("GET", f"/applications/{_part(uuid)}/logs?lines={lines}")
        except Refusal as refusal:
            if refusal.status != 400:
                raise
            return ""
        return "\n".join(once(str(told.get("logs") or "").splitlines())[-lines:])

    def now(self) -> datetime:
        """The server's clock."""
        date = self._send("GET", "/version").date
        return parsedate_to_datetime(date) if date else datetime.now(UTC)

    # One call ------------------------------------------------------------------------------------------

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        reply = self._send(method, path, body)
        try:
            return json.loads(reply.text)
        except ValueError as error:
            what = f"{self.wire.url} answers {method} {path} with what is no JSON: {self.redact(reply.text)[:80]!r}"
            way_out = "is `url` that of the Coolify server itself?"
            raise Refusal(self.redact(what), way_out, reply.status) from error

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        tries: int = TRIES,
        within: float = TIMEOUT,
    ) -> Reply:
        """The answer to a request, which is sent again while that may help and can do no harm."""
        content = None if body is None else json.dumps(body).encode()
        for count in range(1, tries + 1):
            reply = self.wire.send(method, f"/api/v1{path}", content, within=within)
            if 200 <= reply.status < 300:
                return reply
            if count == tries or not _may_repeat(method, reply):
                break
            time.sleep(_pause(reply, count))
        raise self._refusal(f"{method} {self.wire.url}/api/v1{path}", reply)

    def _refusal(self, request: str, reply: Reply) -> Refusal:
        """What went wrong, in the server's own words, without any secret."""
        if reply.status == 0:
            what, way_out = (
                f"{request}: no answer: {reply.text}",
                "is the server there, and its certificate trusted?",
            )
        else:
            # what is cut before it is hidden may end within a secret
            what = f"{request}: {reply.status}: {self.redact(said(reply.text))[:SHOWN]}".rstrip(": ")
            way_out = ELSEWHERE if 300 <= reply.status < 400 else WAYS_OUT.get(reply.status, USUAL_WAY_OUT)
        return Refusal(self.redact(what), way_out, reply.status)


def once(lines: list[str]) -> list[str]:
    """The lines of a log, which Coolify gives twice, with and without colours (`getContainerLogs`)."""
    plain, half = list(map(without_colours, lines)), len(lines) // 2
    return plain[half:] if plain[:half] == plain[half:] else plain


def said(text: str) -> str:
    """The words of an answer that is an error: `message`, then each field that is wrong."""
    try:
        told = json.loads(text)
    except ValueError:
        return " ".join(text.split())
    if not isinstance(told, dict):
        return text
    message = [str(told[name]) for name in ("message", "error") if told.get(name)]
    errors = told.get("errors")
    fields = errors.items() if isinstance(errors, dict) else ()
    wrong = [f"{name}: {' '.join(texts) if isinstance(texts, list) else texts}" for name, texts in fields]
    return "; ".join([*message, *wrong]) or text


def _may_repeat(method: str, reply: Reply) -> bool:
    """Whether to send again: what was surely not done, and what changes nothing more when it is done twice."""
    if reply.status == TOO_MANY or reply.is_unsent:
        return True
    return method != "POST" and reply.status in (0, *PASSING)


def _pause(reply: Reply, count: int) -> float:
    """Seconds until the next try: what the server asks for, else twice as long each time."""
    if reply.retry_after.isdigit():
        return min(float(reply.retry_after), LONGEST_PAUSE)
    return PAUSE * 2.0 ** (count - 1)


def _part(name: str) -> str:
    """A name as one part of an address."""
    return quote(name, safe="")
