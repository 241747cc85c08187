#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what is missing, builds, and runs the loop on INPUT… or, without one,
# on a generated film of several scenes. Leaves its results in demo-out; the
# same again goes on from there, another INPUT starts afresh.
#
#   sh pipelines/demo.sh [INPUT…]
set -eu
here=$(pwd)
cd "$(dirname "$0")/.."
.ci/install build

[ -f build/build.ninja ] || meson setup build --buildtype=release -Dtests=disabled
meson compile -C build

out=$here/demo-out
mkdir -p "$out"

# scene PATTERN FRAMES: one scene of the film, as a launch line
scene ()
{
  echo "videotestsrc pattern=$1 num-buffers=$2 !" \
    "video/x-raw,width=640,height=360,framerate=30/1 ! film."
}

# A ball, a still picture, noise, stripes that run, and the ball again: what
# changes is worth keeping, what stands still or is noise is not.
if [ $# -eq 0 ]; then
  film=$out/film.avi
  gst-launch-1.0 -q concat name=film ! videoconvert ! jpegenc ! avimux \
    ! filesink location="$film" \
    $(scene ball 300) $(scene smpte100 180) $(scene snow 90) \
    $(scene 'smpte75 horizontal-speed=4' 300) $(scene ball 300)
  set -- "$film"
fi

# inputs are named from where the caller stands
repository=$(pwd)
cd "$here"

# what a demo of other inputs left is not to be mixed with this one
inputs=$(realpath -m -- "$@")
if [ ! -e "$out/store.vinfo" ]; then
  echo "Starts in $out"
elif [ "$inputs" = "$(cat "$out/inputs" 2>/dev/null)" ]; then
  echo "Goes on with what the demo of the same input left in $out"
else
  echo "Another input: starts afresh in $out"
  rm -rf "$out"/store.vinfo* "$out/predictor" "$out/contact-sheet.png" \
    "$out/log.jsonl" "$out/summary.json"
fi
echo "$inputs" > "$out/inputs"

"$repository/build/pipelines/vinfo" run "$@" --out "$out" \
  --architecture nano --capacity 64
echo
echo "Contact sheet: $out/contact-sheet.png"
echo "Summary:       $out/summary.json"
cat "$out/summary.json"
