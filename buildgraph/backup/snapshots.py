"""Redis to a file and back: a snapshot that is consistent, checked, and brought back while the server goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from buildgraph.backup.records import RedisSnapshot
from buildgraph.backup.scratch import FOLDER, SNAPSHOT, scratch_redis
from buildgraph.errors import StepFailed
from buildgraph.place.containers import run_in_container
from buildgraph.place.model import Place
from buildgraph.place.streams import stream_from_container
from buildgraph.servers import REDIS

NAME: Final = "redis.rdb"
CLIENT: Final = 'export REDISCLI_AUTH="$REDIS_PASSWORD"\n'
# Redis forks for it as for a replica, so it is one moment's data, and nothing is written inside the container.
# A server waits for further replicas before it begins, 5 seconds unless it is told not to.
SAVE: Final = f"""\
{CLIENT}
usual="$(redis-cli config get repl-diskless-sync-delay | tail -n 1)"
trap 'redis-cli config set repl-diskless-sync-delay "$usual" >/dev/null' EXIT
redis-cli config set repl-diskless-sync-delay 0 >/dev/null
redis-cli --rdb -
"""
VERSION: Final = f"{CLIENT}redis-cli info server"
CHECK: Final = f"redis-check-rdb {FOLDER}/{SNAPSHOT}"
KEYSPACE: Final = f"{CLIENT}redis-cli info keyspace"
# The server takes over what the scratch server holds, as a replica does: all at once, its clients stay connected.
# The script goes on in the container whatever becomes of this process, so the server never stays a replica.
TAKE: Final = f"""\
{CLIENT}
trap 'redis-cli replicaof no one >/dev/null; redis-cli config set masterauth "" >/dev/null' EXIT
printf '%s' "$REDIS_PASSWORD" | redis-cli -x config set masterauth >/dev/null || exit 1
redis-cli replicaof "$0" 6379 >/dev/null || exit 1
tries=0
until redis-cli info replication | grep -q '^master_link_status:up'; do
  tries=$((tries + 1))
  [ "$tries" -lt "$1" ] || {{ echo "the snapshot was not taken over in time" >&2; exit 1; }}
  sleep 0.1
done
"""
TAKE_WITHIN: Final = 6000  # tenths of a second


def save_redis(place: Place, write: Callable[[bytes], object]) -> RedisSnapshot:
    """A snapshot of the environment's Redis, handing its bytes to `write`; the caller adds what they come to."""
    container = place.named(REDIS)
    code, said = stream_from_container(place, container, ["sh", "-c", SAVE], write)
    if code != 0 or "success" not in said:
        raise StepFailed(REDIS, "no snapshot can be made", place.redact(said))
    version = _number(r"redis_version:(\S+)", _run(place, container, VERSION))
    return RedisSnapshot(NAME, version, 0, "", 0)


def check_snapshot(place: Place, product: str, file: Path) -> int:
    """Have a scratch server start from a snapshot, and count its keys; StepFailed when it is not whole.

    Keys that expire meanwhile are gone from the server, so between all and those that never expire are there.
    """
    with scratch_redis(place, product, file) as container:
        report = _run(place, container, CHECK)
        keys, expiring = (int(_number(rf"(\d+) {word}", report) or 0) for word in ("keys read", "expires"))
        loaded = _loaded(place, container)
    if not keys - expiring <= loaded <= keys:
        raise StepFailed(REDIS, f"the snapshot has {keys} keys, and a server that starts from it {loaded}")
    return keys


def bring_back(place: Place, product: str, file: Path) -> int:
    """Have the environment's Redis hold what a snapshot holds, and nothing else; how many keys it then has."""
    with scratch_redis(place, product, file) as scratch:
        _run(place, place.named(REDIS), TAKE, scratch, str(TAKE_WITHIN))
    return count_keys(place)


def count_keys(place: Place) -> int:
    """How many keys the environment's Redis holds, in all its databases."""
    return _loaded(place, place.named(REDIS))


def _loaded(place: Place, container: str) -> int:
    told = _run(place, container, KEYSPACE)
    return sum(int(count) for count in re.findall(r"^db\d+:keys=(\d+)", told, re.MULTILINE))


def _number(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _run(place: Place, container: str, script: str, *arguments: str) -> str:
    code, said = run_in_container(place, container, ["sh", "-c", script, *arguments])
    if code != 0:
        raise StepFailed(REDIS, "a step on Redis failed", place.redact(said))
    return said
