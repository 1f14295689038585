#!/bin/sh
# Runs the server as user redis and open to its network, as the official image does.
set -e
case "${1:-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" != redis-server ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then
  chown -R redis:redis .
  exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
fi
case " $* " in
  *" --protected-mode "*) exec "$@" ;;
esac
exec "$@" --protected-mode no
