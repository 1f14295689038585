#!/bin/sh
# Runs the command; arguments that name no command go to node.
set -e
case "${1:-}" in
  -*) exec node "$@" ;;
esac
command -v "${1:-node}" >/dev/null || exec node "$@"
exec "$@"
