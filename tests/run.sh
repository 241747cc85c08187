#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what is missing, builds, and runs the tests. Ends with the lines
#   N skipped
#   N passed, N failed
# and fails where a test does. Arguments go to meson setup; BUILD names the build
# folder, SUITES the suites to run instead of all
# but the slow.
set -eu
cd "$(dirname "$0")/.."
.ci/install

build=${BUILD:-build-test}
log=$build/meson-logs/testlog.json

if [ -f "$build/build.ninja" ]; then
  meson configure "$build" -Dwerror=true "$@"
else
  meson setup "$build" -Dbuildtype=debugoptimized -Dwerror=true "$@"
fi
meson compile -C "$build"

suites=
for suite in ${SUITES-}; do
  suites="$suites --suite $suite"
done
# the sanitizers make tests several times slower
multiplier=1
case "$*" in *b_sanitize*)
  multiplier=10
  # checked access by access, our own kernels are too slow for all tests; that of
  # the kernels runs each of them all the same
  export VINFO_KERNEL=openblas
  # the slice allocator passes memory from thread to thread out of TSan's sight
  export G_SLICE=always-malloc
  export LSAN_OPTIONS="print_suppressions=0:suppressions=$PWD/tests/plugins/lsan.supp"
  ;;
esac

rm -f "$log"
status=0
meson test -C "$build" --no-rebuild --print-errorlogs -t "$multiplier" $suites \
  || status=$?

count ()
{
  grep -cE "\"result\": \"($1)\"" "$log" || true
}
if [ ! -f "$log" ]; then
  echo "0 passed, 1 failed"
  exit 1
fi
failed=$(count 'FAIL|TIMEOUT|INTERRUPT|ERROR|UNEXPECTEDPASS')
# meson fails for more reasons than a failed test, a bad log for example
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
sed -nE 's/^\{"name": "([^"]*)".*"result": "(FAIL|TIMEOUT|INTERRUPT|ERROR|UNEXPECTEDPASS)".*/failed: \1 (\2)/p' "$log"
echo "$(count 'SKIP') skipped"
echo "$(count 'OK|EXPECTEDFAIL') passed, $failed failed"
[ "$failed" -eq 0 ]
