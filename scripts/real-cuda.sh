#!/bin/sh
# Runs the probes against a real CUDA training loop and compares with CUDA's own events. Needs root, an NVIDIA GPU with its
# driver (libcuda.so.1), gcc and a Swift toolchain; no CUDA toolkit. Prints the table of docs/real-cuda.md.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "real-cuda: uprobes need root; run it with sudo." >&2; exit 1; }
ldconfig -p | grep -q 'libcuda\.so\.1' || { echo "real-cuda: there is no libcuda.so.1 here; install the NVIDIA driver." >&2; exit 1; }
swift build --configuration release --product fulcrumctl
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/training" Tests/RealCUDA/training.c -ldl
library=$(ldconfig -p | sed -n 's/.*libcuda\.so\.1 .*=> //p' | head -n 1)

field() { sed -n "s/.* $2 \([0-9.]*\).*/\1/p" "$1" | head -n 1; }

# One loop: MINIBATCHES LAUNCHES CYCLES PAUSE_US
observe() {
    mkfifo "$work/told"
    .build/release/fulcrumctl observe --level launches --libcuda "$library" >"$work/told" &
    observer=$!
    exec 3<"$work/told"
    while read -r line <&3; do
        echo "$line" >>"$work/observed"
        case $line in observing*) break ;; esac
    done
    "$work/training" "$@" | tee "$work/truth"
    kill -INT "$observer"
    cat <&3 >>"$work/observed"
    wait "$observer"
    exec 3<&-
    pid=$(sed -n 's/^truth pid \([0-9]*\).*/\1/p' "$work/truth")
    grep "^process $pid " "$work/observed" >"$work/line" || { echo "real-cuda: the probes saw nothing of process $pid." >&2; exit 1; }
    truth=$(field "$work/truth" busy_ms)
    seen=$(field "$work/line" busy_us)
    awk -v loop="$*" -v truth="$truth" -v seen="$seen" -v launches="$(field "$work/truth" launches)" \
        -v counted="$(field "$work/line" launches)" -v minibatches="$(field "$work/truth" minibatches)" \
        -v found="$(field "$work/line" minibatches)" 'BEGIN {
        printf "| %s | %s | %s | %s | %s | %.1f | %.1f | %+.2f %% |\n", loop, launches, counted, minibatches, found, truth, seen / 1000, 100 * (seen / 1000 / truth - 1) }' \
        >>"$work/table"
    rm "$work/told" "$work/observed"
}

observe 211 8 2000000 0
observe 211 8 2000000 5000
observe 1009 64 100000 0
sed -n 's/^device /Device /p' "$work/truth"
echo "Date $(date -u +%F), kernel $(uname -r)"
echo '| minibatches launches cycles pause_us | launches | counted | minibatches | found | CUDA events, ms | probes, ms | difference |'
echo '|---|---:|---:|---:|---:|---:|---:|---:|'
cat "$work/table"
