#!/bin/sh
# Builds and runs the benchmarks; writes docs/benchmarks.md. The virtual tree, the probes and the daemon need root.
# BENCH_SECONDS: how long the daemon is watched (default 20). FULCRUM_DATA: the folder with measured tables.
set -eu
cd "$(dirname "$0")/.."

swift build --configuration release
# A scratch path of its own: the benchmarks are no part of the package.
swift build --configuration release --package-path Benchmarks --scratch-path Benchmarks/.build

[ "$(id -u)" = 0 ] || echo "bench: not root, so the virtual tree, the probes and the daemon are skipped; sudo make bench measures all."
# bpftrace stands beside the probes in the report.
if [ "$(id -u)" = 0 ] && ! command -v bpftrace >/dev/null 2>&1; then
    apt-get install -y --no-install-recommends bpftrace >/dev/null 2>&1 ||
        echo "bench: bpftrace could not be installed with apt-get, so nothing stands beside the probes."
fi
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ -z "$(git status --porcelain -uno -- . ':!docs/benchmarks.md' 2>/dev/null)" ] || commit="$commit and uncommitted changes"
mkdir -p docs
exec Benchmarks/.build/release/bench \
    --programs .build/release --output docs/benchmarks.md --data "${FULCRUM_DATA:-../shared/data}" \
    --daemon-seconds "${BENCH_SECONDS:-20}" \
    --fact "Swift=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1), release build" \
    --fact "commit=$commit" --fact "date=$(date -u +%Y-%m-%dT%H:%MZ)" --fact "command=make bench"
