#!/bin/sh
# Asks nginx whether it serves, by what the image's family has: wget on Alpine, bash on Debian.
if command -v wget >/dev/null; then
  exec wget -q -T 2 -O /dev/null "http://127.0.0.1:$PORT$HEALTH_PATH"
fi
exec bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$PORT" && printf "GET %s HTTP/1.0\r\n\r\n" "$HEALTH_PATH" >&3 &&
  read -t 2 -r _ status _ <&3 && [ "$status" = 200 ]'
