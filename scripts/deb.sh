#!/bin/sh
# Makes dist/fulcrum_VERSION_ARCH.deb of what `make install` installs. The libraries that the package depends on are read from
# the programs, so build it on the release of Debian or Ubuntu that it is for.
set -eu
cd "$(dirname "$0")/.."
version=$1

stop() {
    echo "deb: $*" >&2
    exit 1
}

for tool in dpkg-deb dpkg-shlibdeps dpkg-gencontrol strip; do
    command -v "$tool" >/dev/null 2>&1 || stop "$tool was not found; install dpkg-dev and binutils (apt-get install build-essential)."
done
entry=$(dpkg-parsechangelog --show-field Version)
[ "$entry" = "$version" ] || stop "debian/changelog says version $entry, the sources say $version; write an entry for it."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
install -d -m 755 "$root"
make --no-print-directory install DESTDIR="$root"
strip --remove-section=.comment "$root/usr/sbin/fulcrumd" "$root/usr/bin/fulcrumctl"

documents=$root/usr/share/doc/fulcrum
install -d "$documents" "$root/DEBIAN"
install -m 644 debian/copyright "$documents/copyright"
gzip --best --no-name <debian/changelog >"$documents/changelog.gz"
chmod 644 "$documents/changelog.gz"
install -m 644 debian/conffiles "$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "debian/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find usr -type f -exec md5sum {} +) >"$root/DEBIAN/md5sums"

dpkg-shlibdeps -T"$work/substvars" "$root/usr/sbin/fulcrumd" "$root/usr/bin/fulcrumctl"
dpkg-gencontrol -pfulcrum -P"$root" -T"$work/substvars" -f"$work/files"
chmod -R u+rwX,go=rX "$root"
mkdir -p dist
package=dist/fulcrum_${version}_$(dpkg --print-architecture).deb
dpkg-deb --root-owner-group --build -Zxz "$root" "$package" >/dev/null
echo "deb: $package"
