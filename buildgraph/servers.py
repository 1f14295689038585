"""How a PostgreSQL and a Redis are started, told well and given databases: commands for their official images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

POSTGRES, REDIS = "postgres", "redis"  # the kinds, which are also the names of their containers
POSTGRES_DATA, REDIS_DATA = "/var/lib/postgresql/data", "/data"
PGDATA: Final = f"{POSTGRES_DATA}/cluster"  # not the volume's root, which may hold lost+found
# The password reaches Redis in a file in memory: an argument would stand in the process list, `/tmp` is on the disk.
START_REDIS: Final = """\
printf 'requirepass "%s"\\n' "$(printf '%s' "$REDIS_PASSWORD" | sed 's/[\\\\"]/\\\\&/g')" >/dev/shm/redis.conf
printf '%s\\n' "$@" >>/dev/shm/redis.conf
if command -v docker-entrypoint.sh >/dev/null; then exec docker-entrypoint.sh redis-server /dev/shm/redis.conf; fi
exec redis-server /dev/shm/redis.conf
"""
PING_REDIS: Final = 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli ping | grep -q PONG'
# Over TCP, for the server that initialises a new volume listens on its socket only.
PING_POSTGRES: Final = 'pg_isready -q -h 127.0.0.1 -U "$POSTGRES_USER"'
ENSURE_DATABASE: Final = """\
psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v name="$0" <<'SQL'
SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name')
\\gexec
SQL
"""

REDIS_ENTRYPOINT: Final = ("sh", "-c", START_REDIS, "start")


def postgres_command(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The server with settings of its own."""
    words = (word for name, value in sorted(settings.items()) for word in ("-c", f"{name}={value}"))
    return ("postgres", *words)


def redis_command(settings: Mapping[str, str]) -> tuple[str, ...]:
    """The lines of its configuration, for `REDIS_ENTRYPOINT`."""
    return (
        f"dir {REDIS_DATA}",
        "appendonly yes",
        *(f"{name} {value}" for name, value in sorted(settings.items())),
    )
