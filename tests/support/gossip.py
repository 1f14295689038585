"""A service that tells its secrets to whoever listens, in an environment that has them from every source."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.hamlet import Hamlet
from tests.support.scripted import PNPM
from tests.support.search import Marked

FILED, EVERY, ASKED = KEPT = ("here.env", "all.env", "asked")  # the files that hold values
OF_EVERY = ("TOLD", "REDIS_PASSWORD", "POSTGRES_PASSWORD", "NPM_TOKEN")
DECLARED = ("FILED", "TOLD", "ASKED", "GIVEN")
GIVEN = (*DECLARED, "POSTGRES_PASSWORD", "REDIS_PASSWORD")  # to containers
NAMES = (*GIVEN, "NPM_TOKEN")
BACKING = {
    # all that is asked of it, and by whom, goes into its log
    "postgres": {
        "image": "postgres:16-alpine",
        "settings": {"log_statement": "all", "log_connections": "on", "log_line_prefix": "%a %u %d "},
    },
    "redis": {"image": "redis:7-alpine", "settings": {"loglevel": "verbose"}},
}
# A text, a URL and JSON, line by line.
TELLS = f"""
const told = {[*DECLARED, "DATABASE_URL", "REDIS_PASSWORD"]}.map(name => process.env[name] ?? '');
const gossip = [...told, ...told.map(encodeURIComponent), JSON.stringify(told)].join('\\n');
console.log(gossip);
"""
SERVER = f"""
import http from 'node:http';
{TELLS}
const says = process.env.BROKEN === 'smoke' ? gossip : 'well';
if (process.env.BROKEN === 'start') process.exit(7);
http.createServer((request, response) => response.end(says)).listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
"""
MIGRATION = f"{TELLS}\nprocess.exit(process.env.BROKEN === 'migration' ? 1 : 0);\n"
DOCKERFILE = """FROM {base}
RUN --mount=type=secret,id=NPM_TOKEN cat /run/secrets/NPM_TOKEN && sha256sum /run/secrets/NPM_TOKEN >/seen
COPY services/api/ /app/
CMD ["node", "/app/server.mjs"]
"""
BLABS = ["sh", "-c", f"cat {ASKED}; cat {ASKED} >&2; exit 3"]


class Gossip(Hamlet):
    """The product `shop` with one such service, in development and production; `folder` is around all of it."""

    def __init__(self, folder: Path, registry: str, base: str) -> None:
        self.folder = folder
        self.registry = registry
        self.dockerfile = DOCKERFILE.format(base=base)
        super().__init__(folder / "town", ("development", "production"), base)
        (self.root / "manifests/products/mail.toml").unlink()
        self.write("services/api/Dockerfile", self.dockerfile)
        self.write("services/api/server.mjs", SERVER)
        self.write("services/api/migrate.mjs", MIGRATION)
        self.append(".gitignore", "\n".join(KEPT))
        for name in KEPT:
            self.write(name, "")
        self.append(
            "manifests/workspace.toml", '\n[checks]\nenv = ["GIVEN"]\n[scan]\ncommand = ["true", "{image}"]\n'
        )
        self.package("lib", scripts={"lint": "sh lint.sh"})
        self.write("packages/lib/lint.sh", "true\n")
        self.lock()
        self.write("../programs/pnpm", PNPM).chmod(0o755)
        self.asks(["cat", ASKED])
        self.fails_at("")
        self.commit()

    @property
    def written(self) -> tuple[Path, ...]:
        """The folders in which runs write what may be gone when they end."""
        return (self.folder / "TMPDIR", self.folder / "backups", self.root / ".buildgraph")

    @contextmanager
    def around(self) -> Iterator[pytest.MonkeyPatch]:
        """What is run meanwhile has folders of its own for what it writes, and a pnpm that does nothing."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("TMPDIR", "XDG_CACHE_HOME", "BUILDGRAPH_CHECKS"):
                patch.setenv(name, str(self.folder / name))
                (self.folder / name).mkdir()
            patch.setenv("PATH", f"{self.folder / 'programs'}{os.pathsep}{os.environ['PATH']}")
            yield patch

    def asks(self, command: list[str]) -> None:
        """Have a command tell the secret ASKED, in both environments."""
        told: dict[str, Any] = {"secrets": FILED, "secret_commands": {"*": ["cat", EVERY], "ASKED": command}}
        place = f"{self.registry}/{self.name}"
        backups = {"to": str(self.folder / "backups")}
        self.settings(registry=f"{place}/trial", backing=BACKING, backups=backups, **told)
        self.settings("production", registry=f"{place}/live", **told)

    def fails_at(self, step: str) -> None:
        """Have the service fail at its `migration`, its `start` or its `smoke` test, or ("") not at all."""
        secrets = {name: {"secret": True} for name in DECLARED}
        api = {
            "port": 3001,
            "redis": True,
            "database": "shop",
            "build_secrets": ["NPM_TOKEN"],
            "env": {**secrets, **({"BROKEN": step} if step else {})},
            "migration": {"command": ["node", "/app/migrate.mjs"]},
            "smoke": [{"name": "it is well", "contains": "well", "within": 1 if step else 10}],
        }
        self.declare("shop", api=api)

    def keep(self, marked: Marked, **others: str) -> None:
        """Put the values where the manifests say that they are, some of them others than usual."""
        values = {name: marked.value(name) for name in OF_EVERY} | others
        self.write(FILED, f"FILED='{marked.value('FILED')}'\n")
        self.write(EVERY, "".join(f"{name}='{value}'\n" for name, value in values.items()))
        self.write(ASKED, f"{marked.value('FIRST LINE')}\n{marked.value('SECOND LINE')}\n")
