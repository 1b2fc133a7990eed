#!/bin/sh
# Installs the Debian/Ubuntu packages that the build, the tests and the demo need. Safe to run again; says what it does.
set -eu

minimum="6.2"
packages="build-essential ca-certificates git pkg-config libbpf-dev libelf-dev zlib1g-dev libgpiod-dev libfuse3-dev libsqlite3-dev"

stop() {
    echo "setup: $*" >&2
    exit 1
}

command -v swift >/dev/null 2>&1 ||
    stop "Swift was not found in PATH; install Swift $minimum or newer from https://www.swift.org/install/linux and try again."
said=$(swift --version 2>&1 || true)
version=$(echo "$said" | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
[ -n "$version" ] || stop "the Swift toolchain in PATH does not work; 'swift --version' says: $(echo "$said" | head -n 1)"
lowest=$(printf '%s\n%s\n' "$minimum" "$version" | sort -V | head -n 1)
[ "$lowest" = "$minimum" ] || stop "Swift $version is too old; Fulcrum needs Swift $minimum or newer."

command -v dpkg-query >/dev/null 2>&1 ||
    stop "this is not Debian or Ubuntu (dpkg-query is missing); install by hand what these packages hold: $packages."
missing=""
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = "installed" ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "setup: Swift $version and all packages are present."
    exit 0
fi

sudo=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || stop "not root and no sudo here; as root, run: apt-get install$missing"
    sudo="sudo"
fi
echo "setup: installing$missing${sudo:+ (with sudo)}"
export DEBIAN_FRONTEND=noninteractive
# A fresh machine has no package lists; an old list can name versions that are gone, so a failed install retries with a new one.
install() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; }
if [ -z "$(ls /var/lib/apt/lists 2>/dev/null | grep -v -e lock -e partial || true)" ]; then
    $sudo apt-get update -qq
fi
install || { $sudo apt-get update -qq && install; } || stop "apt-get could not install$missing; see its message above."
echo "setup: done."
