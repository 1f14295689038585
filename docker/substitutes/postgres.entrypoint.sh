#!/usr/bin/env bash
# Makes the cluster, user and database of the environment's POSTGRES_* variables at the first start, then runs the server.
set -euo pipefail

user="${POSTGRES_USER:-postgres}"
database="${POSTGRES_DB:-$user}"

password() {
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then cat "$POSTGRES_PASSWORD_FILE"; else printf '%s' "${POSTGRES_PASSWORD:-}"; fi
}

run_as_postgres() {
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
}

client() { psql -q -v ON_ERROR_STOP=1 --no-psqlrc -U "$user" -h /var/run/postgresql "$@"; }

run_first_scripts() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) bash "$file" ;;
      *.sql) client -d "$database" -f "$file" ;;
    esac
  done
}

make_cluster() {
  local method="${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}"
  if [ -z "$(password)" ] && [ "$method" != trust ]; then
    echo "POSTGRES_PASSWORD is not set: the superuser of a new database needs a password." >&2
    exit 1
  fi
  local options=(--username="$user" --auth-local=trust --auth-host=scram-sha-256)
  if [ -n "$(password)" ]; then
    initdb "${options[@]}" --pwfile=<(password)
  else
    initdb "${options[@]}"
  fi
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
  # No port before all is made: whoever waits for the port must find the whole of it.
  pg_ctl -w -o "-c listen_addresses='' -c unix_socket_directories=/var/run/postgresql" start
  [ "$database" = postgres ] || client -d postgres -v name="$database" <<<'CREATE DATABASE :"name"'
  run_first_scripts
  pg_ctl -w -m fast stop
}

case "${1:-}" in
  -*) set -- postgres "$@" ;;
esac
[ "${1:-}" = postgres ] || exec "$@"
[ "$(id -u)" != 0 ] || run_as_postgres "$@"
[ -s "$PGDATA/PG_VERSION" ] || make_cluster
shift
exec postgres -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
