# What the scripts know of the machine they run on: where to keep things, how to speak, how to install.
# Sourced, never run.
# shellcheck shell=bash disable=SC2034  # the scripts use what stands here

cache="${XDG_CACHE_HOME:-$HOME/.cache}/buildgraph"
configuration="${XDG_CONFIG_HOME:-$HOME/.config}/buildgraph"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# A tool is missing or failed: the same exit code as buildgraph's own.
give_up() {
  say "$@"
  exit 3
}

has() { command -v "$1" >/dev/null 2>&1; }

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

missing_packages() {
  local package
  for package in "$@"; do
    is_installed "$package" || printf '%s\n' "$package"
  done
}

is_root_on_debian() { [ "$(id -u)" = 0 ] && has apt-get && [ -e /etc/debian_version ]; }

codename() { (. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}"); }

# The address of the machine's own mirror: apt's word for it, once it has the lists. No script names a host.
mirror() {
  local uri
  uri="$(listed_mirror)"
  [ -n "$uri" ] || { read_lists >&2 && uri="$(listed_mirror)"; }
  printf '%s' "$uri"
}

listed_mirror() {
  # shellcheck disable=SC2016  # apt expands these, not the shell
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$(codename)" '$1 == release && !found { print $2; found = 1 }'
}

# One at a time, whichever script asks: apt gives up where it could wait for another.
alone_with_apt() {
  mkdir -p "$cache"
  flock --close "$cache/apt.lock" "$@"
}

lists_read="$cache/apt-lists-read"

# An hour is soon enough, unless the sources have changed since then, or somebody has thrown the lists away.
has_lists() {
  [ -n "$(find "$lists_read" -mmin -60 2>/dev/null)" ] && compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null &&
    [ -z "$(find /etc/apt/sources.list* -newer "$lists_read")" ]
}

# Has apt know what there is to install.
read_lists() {
  has_lists || { alone_with_apt apt-get update -qq && touch "$lists_read"; }
}

# Installs packages quietly and without starting their services where there is no systemd to mind them.
install_packages() {
  local quiet=(env DEBIAN_FRONTEND=noninteractive)
  [ -d /run/systemd/system ] || quiet+=(RUNLEVEL=1)
  read_lists
  alone_with_apt "${quiet[@]}" apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=120 "$@" >/dev/null
}

# The release whose engine has BuildKit and buildx, and whose kubectl has kustomize 5; the one before lacks them.
newer_release=trixie

# Packages of a newer release are had for the asking only: nothing else on the machine is upgraded.
add_newer_release() {
  local uri source=/etc/apt/sources.list.d/buildgraph-engine.sources
  [ "$(codename)" != "$newer_release" ] || return 0
  [ ! -e "$source" ] || return 0
  uri="$(mirror)"
  [ -n "$uri" ] || give_up "apt's sources name no mirror of $(codename): add one."
  printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$newer_release" \
    >/etc/apt/preferences.d/buildgraph-engine
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
    "$uri" "$newer_release" "$keyring" >"$source"
}
