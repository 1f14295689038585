#!/bin/sh
# Serves the registry of a configuration file; anything else is a command.
set -e
case "${1:-}" in
  *.yml | *.yaml) exec registry serve "$@" ;;
  serve | garbage-collect | help | -*) exec registry "$@" ;;
esac
exec "$@"
