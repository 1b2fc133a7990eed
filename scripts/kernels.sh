#!/bin/sh
# Loads the probes into the kernels of Debian 11 (5.10) for x86-64 and arm64 under QEMU, with the kernel's BTF hidden, and
# checks that calls are counted to the one (Tests/Kernels/init.c). Needs root for apt-get; downloads about 120 MB.
# DIRECTORY: where the downloads are kept (default /tmp/fulcrum-kernels).
set -eu
cd "$(dirname "$0")/.."
repository=$PWD
directory=${DIRECTORY:-/tmp/fulcrum-kernels}
# The mirror that this machine itself uses.
mirror=${MIRROR:-$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    sed -nE 's/^(deb (\[[^]]*\] )?|URIs: )(http[^ ]*debian\/?)( .*)?$/\3/p' | head -n 1)}
[ -n "$mirror" ] || { echo "kernels: no Debian mirror in /etc/apt; name one in MIRROR." >&2; exit 1; }
packages=
for package in qemu-system-x86 qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross cpio libelf-dev zlib1g-dev; do
    dpkg -s "$package" >/dev/null 2>&1 || packages="$packages $package"
done
# shellcheck disable=SC2086
[ -z "$packages" ] || apt-get install -y --no-install-recommends $packages >/dev/null
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang

failed=0
for architecture in amd64 arm64; do
    case $architecture in
    amd64) machine=x86 triplet=x86_64-linux-gnu compiler=gcc console=ttyS0 qemu="qemu-system-x86_64 -M q35 -cpu max" ;;
    arm64) machine=arm64 triplet=aarch64-linux-gnu compiler=aarch64-linux-gnu-gcc console=ttyAMA0
        qemu="qemu-system-aarch64 -M virt -cpu cortex-a57" ;;
    esac
    work=$directory/$architecture
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root/proc" "$work/root/sys" "$work/include"
    printf 'deb %s bullseye main\ndeb %s bookworm main\n' "$mirror" "$mirror" >"$work/sources.list"
    apt() {
        apt-get -qq -o APT::Architecture=$architecture -o APT::Architectures=$architecture \
            -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists" \
            -o Dir::Cache="$work/cache" -o Dir::State::status=/dev/null "$@"
    }
    if [ ! -d "$work/files/boot" ]; then
        apt update
        kernel=$(apt-cache -o APT::Architecture=$architecture -o Dir::Etc::SourceList="$work/sources.list" \
            -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
            pkgnames linux-image-5.10.0- | grep -E "^linux-image-5\.10\.0-[0-9]+-$architecture\$" | sort -V | tail -n 1)
        (cd "$work" && apt -o APT::Sandbox::User=root download "$kernel" libbpf-dev/bookworm libelf-dev/bookworm zlib1g-dev/bookworm)
        for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/files"; done
    fi
    "$clang" -target bpf -D__TARGET_ARCH_$machine -O2 -g -std=gnu11 -idirafter /usr/include/x86_64-linux-gnu \
        -idirafter /usr/include/aarch64-linux-gnu -c bpf/cuda.bpf.c -o "$work/root/cuda.o"
    # Of the guest's packages only the headers of libbpf: those of the C library are the compiler's own.
    ln -sfn "$work/files/usr/include/bpf" "$work/include/bpf"
    $compiler -O1 -Wall -Wextra -static -idirafter "$work/include" -o "$work/root/init" \
        "$repository/Tests/Kernels/init.c" -L"$work/files/usr/lib/$triplet" -lbpf -lelf -lz
    (cd "$work/root" && find . | cpio --quiet -o -H newc | gzip >"$work/initrd.gz")
    timeout 300 $qemu -m 512 -smp 2 -nographic -nic none -no-reboot -kernel "$work"/files/boot/vmlinuz-* -initrd "$work/initrd.gz" \
        -append "console=$console quiet panic=1" </dev/null | tr -d '\r' | sed -n -e 's/^.*kernel 5/kernel 5/' -e '/^kernel /,/^RESULT/p' | tee "$work/log"
    grep -q '^RESULT passed' "$work/log" || failed=1
done
exit $failed
