#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the fuzz targets with clang and runs each for $1 seconds (60), from the
# committed corpus and what earlier runs have found in the build folder. Ends
# with a line N passed, N failed; a finding stays in the build folder as crash-*,
# leak-*, oom-* or timeout-*, to be replayed by
#   $BUILD/tests/fuzz/fuzz-NAME FILE
set -eu
cd "$(dirname "$0")/../.."
.ci/install fuzz

seconds=${1:-60}
build=${BUILD:-build-fuzz}
targets='safetensors config predictor image'
passed=0
failed=0

# clang tells at length which loops it leaves as they are without optimisation
[ -f "$build/build.ninja" ] \
  || CC=clang CFLAGS='-Wno-pass-failed -Wno-unused-variable' \
    meson setup "$build" -Dfuzz=enabled -Db_lundef=false
# shellcheck disable=SC2046 # one word a target
ninja -C "$build" $(printf 'tests/fuzz/fuzz-%s ' $targets)

# libFuzzer looks for leaks after each input. At the exit LeakSanitizer would find
# GLib's table of quarks besides, which is there from the start.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}leak_check_at_exit=0"

for target in $targets; do
  dictionary=-dict=tests/fuzz/json.dict
  [ "$target" = image ] && dictionary=
  corpus=$build/corpus/$target
  mkdir -p "$corpus"
  # shellcheck disable=SC2086 # none, or one
  if "$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" \
    -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    $dictionary -artifact_prefix="$build/$target-" \
    "$corpus" "tests/fuzz/corpus/$target" >"$build/$target.log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: fuzz-$target"
    tail -n 40 "$build/$target.log"
  fi
  grep -E 'number_of_executed_units|peak_rss' "$build/$target.log" || true
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
