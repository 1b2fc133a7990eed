#!/bin/sh
# Builds and runs all tests, then says how many passed, failed and were skipped, and why each was skipped.
set -u
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

swift build --build-tests || exit 1
# The pipe's status is tee's, so the tests' own goes through a file.
{ swift test --skip-build 2>&1; echo "$?" >"$log.status"; } | tee "$log"
status=$(cat "$log.status")
rm -f "$log.status"

passed=$(grep -E '^. Test [^ ].* passed after' "$log" | grep -vc '^. Test run ')
failed=$(grep -E '^. Test [^ ].* failed after' "$log" | grep -vc '^. Test run ')
skipped=$(grep -cE '^. (Test|Suite) .* skipped(: "|\.?$)' "$log")
if [ "$skipped" -gt 0 ]; then
    echo "Skipped:"
    grep -E '^. (Test|Suite) .* skipped(: "|\.?$)' "$log" | sed 's/^. /  /' | sort -u
    [ "$(id -u)" = 0 ] || echo "Tests that mount, probe or govern need root: sudo make test runs them."
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit "$status"
