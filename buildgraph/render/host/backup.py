"""The daily backup of an environment as systemd has it: a service that runs the task, a timer that starts it."""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.engines import parse_engine
from buildgraph.render.host.server import Server

AT: Final = "03:00:00 UTC"  # when the architecture has it
PATIENCE: Final = "4h"  # each backup is loaded into an empty server before it counts
SERVICE: Final = """\
# {kept}
[Unit]
Description=Backup of {workspace} in {environment}
Wants=network-online.target
After=network-online.target docker.service

[Service]
Type=oneshot
{user}WorkingDirectory=/opt/{workspace}
# The environment's secrets, filled in from docker/env/{environment}.env.example, and the store's credentials.
EnvironmentFile=/etc/{workspace}/{environment}.env
ExecStart=/opt/{workspace}/.venv/bin/buildgraph backup env={environment}
TimeoutStartSec={patience}
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=full
"""
TIMER: Final = """\
[Unit]
Description=Daily backup of {workspace} in {environment}

[Timer]
OnCalendar=*-*-* {at}
# A machine that was off then makes up for it.
Persistent=true

[Install]
WantedBy=timers.target
"""


def render_backup_service(server: Server) -> str:
    """The service, without its first line; "" where the environment keeps no backups."""
    environment = server.environment
    if not environment.backups.to:
        return ""
    engine = parse_engine(environment.engine)
    return SERVICE.format(
        kept=_kept(server),
        workspace=server.workspace,
        environment=environment.name,
        user=f"User={engine.user}\n" if engine and engine.user else "",
        patience=PATIENCE,
    )


def render_backup_timer(server: Server) -> str:
    """The timer, without its first line; "" where the environment keeps no backups."""
    environment = server.environment
    if not environment.backups.to:
        return ""
    return TIMER.format(workspace=server.workspace, environment=environment.name, at=AT)


def _kept(server: Server) -> str:
    """What stays, as the manifest says; the task itself removes the rest."""
    backups = server.environment.backups
    counts = ((backups.daily, "days"), (backups.weekly, "weeks"), (backups.monthly, "months"))
    told = ", ".join(f"of {count} {unit}" for count, unit in counts if count)
    return f"Goes to {backups.to}, where the newest is kept {told}; `buildgraph backup` itself removes the others."
