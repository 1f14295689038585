#!/usr/bin/env bash
# Writes the root of all stand-ins to standard output: a minimal Debian from the mirror named by the caller, as a tar.
set -euo pipefail

mirror="$1" root="$2"

debootstrap --variant=minbase bookworm "$root" "$mirror" >&2
tar -C "$root" --numeric-owner --one-file-system -c \
  --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
  --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./var/log/*' \
  --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/info/*' \
  --exclude='./usr/share/locale/*' .
