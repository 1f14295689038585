"""What Coolify's API answers, as values; fields that a version lacks are empty. It asks nobody.

The fields are those of Coolify's openapi.yaml (schemas Application, EnvironmentVariable,
ApplicationDeploymentQueue).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

Setting = str | int | bool
# What Coolify's deployment job writes once requests go to the new container, and when it takes that one away again
# (app/Jobs/ApplicationDeploymentJob.php; seen beside the status "failed" in coollabsio/coolify#7559, #2921).
TOOK_OVER: Final = "Rolling update completed."
TAKEN_BACK: Final = "Removing the new version of your application"


@dataclass(frozen=True, slots=True)
class Application:
    """An application as Coolify keeps it: `status` such as `running:healthy`, and its settings by their names."""

    uuid: str
    name: str
    status: str
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """What its container does: running, exited, restarting …"""
        return self.status.partition(":")[0].partition(" ")[0]

    @property
    def is_healthy(self) -> bool:
        """Whether its container runs and its health check passes.

        The job that deploys writes `running` once the check has passed; `:healthy` comes with the next look at the
        containers, a minute later at most.
        """
        return self.status in ("running", "running:healthy", "running (healthy)")

    def differs(self, wanted: Mapping[str, Setting]) -> dict[str, Setting]:
        """Those of the wanted settings that it has not."""
        return {name: value for name, value in wanted.items() if not _same(self.settings.get(name), value)}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an application; printing it shows no value. `changed` is by the server's clock."""

    id: int
    uuid: str
    key: str
    value: str = field(repr=False)
    changed: datetime | None = None


class Stage(Enum):
    """How far a deployment is; Coolify's words are the values of ApplicationDeploymentStatus."""

    WAITING = "queued"
    RUNNING = "in_progress"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled-by-user"
    UNKNOWN = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in (Stage.FINISHED, Stage.FAILED, Stage.CANCELLED)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment of an application: its stage, and the lines it has logged so far."""

    uuid: str
    stage: Stage
    lines: tuple[str, ...] = ()

    @property
    def has_taken_over(self) -> bool:
        """Whether the new container serves, by the deployment's own log, whatever its status says."""
        said = "\n".join(self.lines)
        return TOOK_OVER in said and TAKEN_BACK not in said


def parse_application(told: Mapping[str, Any]) -> Application:
    """An application from its JSON; `domains` is what is written, `fqdn` what is read."""
    settings = {**told, "domains": told.get("fqdn") or ""}
    return Application(
        str(told.get("uuid", "")), str(told.get("name", "")), str(told.get("status", "")), settings
    )


def parse_variables(told: Any) -> tuple[Variable, ...]:
    """The variables of an application from their JSON, those of previews left out, the oldest first."""
    found = (_variable(each) for each in told if not each.get("is_preview"))
    return tuple(sorted(found, key=lambda variable: variable.id))


def _variable(told: Mapping[str, Any]) -> Variable:
    changed = told.get("updated_at")
    return Variable(
        id=int(told.get("id") or 0),
        uuid=str(told.get("uuid", "")),
        key=str(told.get("key", "")),
        value=str(told.get("value") or ""),
        changed=datetime.fromisoformat(str(changed)) if changed else None,
    )


def parse_deployment(told: Mapping[str, Any]) -> Deployment:
    """A deployment from its JSON; a status that is not known counts as not over yet."""
    status = str(told.get("status", ""))
    stage = Stage(status) if status in {stage.value for stage in Stage} else Stage.UNKNOWN
    return Deployment(str(told.get("deployment_uuid", "")), stage, _lines(told.get("logs")))


def parse_deployments(told: Any) -> tuple[Deployment, ...]:
    """The deployments of an application, the newest first: a list, or a table that holds one."""
    listed = told.get("deployments", ()) if isinstance(told, dict) else told
    return tuple(parse_deployment(each) for each in listed)


def _lines(logs: Any) -> tuple[str, ...]:
    """A deployment's log: JSON of entries with `output`, some of them hidden from users; or plain text."""
    try:
        entries = json.loads(logs) if isinstance(logs, str) else logs or ()
        shown = [str(each.get("output") or "") for each in entries if not each.get("hidden")]
    except (ValueError, AttributeError, TypeError):
        shown = [str(logs)]
    return tuple(line for output in shown for line in output.splitlines())


def _same(found: object, wanted: Setting) -> bool:
    if isinstance(wanted, bool):
        return bool(found) == wanted
    return ("" if found is None else str(found)) == str(wanted)
