#!/bin/sh
# Runs haproxy as master and worker in the foreground, as the official image does.
set -e
case "${1:-}" in
  -*) set -- haproxy "$@" ;;
esac
if [ "${1:-}" != haproxy ]; then exec "$@"; fi
shift
exec haproxy -W -db "$@"
