"""Who changes an environment: a person on a machine, or a job of a CI service; it asks nobody."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping


def read_actor(environ: Mapping[str, str] = os.environ) -> str:
    """`user@host`; in CI who started the job, and the job's address.

    GitHub: "Default environment variables"; GitLab: "Predefined CI/CD variables reference".
    """
    if environ.get("GITHUB_ACTIONS"):
        run = "/".join(environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY"))
        return f"{environ.get('GITHUB_ACTOR', 'somebody')}, {run}/actions/runs/{environ.get('GITHUB_RUN_ID', '')}"
    if environ.get("GITLAB_CI"):
        return f"{environ.get('GITLAB_USER_LOGIN', 'somebody')}, {environ.get('CI_JOB_URL', 'a GitLab job')}"
    return f"{_user()}@{socket.gethostname()}"


def read_process() -> str:
    """`read_actor`, and which process of theirs this is."""
    return f"{read_actor()}, process {os.getpid()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        return str(os.getuid())
