#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what is missing, builds, and runs the loop on INPUT… or, without one,
# on a generated film of several scenes. Leaves its results in demo-out; the
# same again goes on from there. Another INPUT gets a folder of its own, demo-out-2
# and so on. Ctrl-C ends the run and shows what there is.
#
#   demo.sh [INPUT...]
#
#   INPUT  a video file, a folder of pictures or an address
set -eu
. "$(dirname "$0")/launch.sh"
case ${1-} in -h | --help)
  usage
  exit 0
  ;;
esac
for input; do
  case $input in
    *://* | test:*) ;;
    *) [ -e "$input" ] || fail "$input: no such file or folder" ;;
  esac
done

echo 'Installing and building take about 2 minutes the first time; after that'
echo 'the generated film of 39 s takes some minutes, other inputs by their length.'
here=$(pwd)
cd "$(dirname "$0")/.."
.ci/install build

[ -f build/build.ninja ] || meson setup build --buildtype=release -Dtests=disabled
meson compile -C build

# scene PATTERN FRAMES: one scene of the film, as a launch line
scene ()
{
  echo "videotestsrc pattern=$1 num-buffers=$2 !" \
    "video/x-raw,width=640,height=360,framerate=30/1 ! film."
}

# A ball, a still picture, noise, stripes that run, and the ball again: what
# changes is worth keeping, what stands still or is noise is not.
make_film ()
{
  gst-launch-1.0 -q concat name=film ! videoconvert ! jpegenc ! avimux \
    ! filesink location="$1" \
    $(scene ball 300) $(scene smpte100 180) $(scene snow 90) \
    $(scene 'smpte75 horizontal-speed=4' 300) $(scene ball 300)
}

# is_free FOLDER: nothing but, maybe, a demo of the same inputs was there
is_free ()
{
  [ ! -e "$1" ] || [ "$inputs" = "$(cat "$1/inputs" 2>/dev/null)" ]
}

# inputs are named from where the caller stands
repository=$(pwd)
cd "$here"
inputs=$([ $# -eq 0 ] && echo 'generated film' || realpath -m -- "$@")

# what a demo of other inputs left is neither mixed with this one nor deleted
out=$here/demo-out
number=1
until is_free "$out"; do
  number=$((number + 1))
  out=$here/demo-out-$number
done
if [ -e "$out/store.vinfo" ]; then
  echo "Goes on with what the demo of the same input left in $out"
else
  echo "Starts in $out"
fi

# Where nothing was kept, nothing stays of what was made here.
clean_up ()
{
  [ -e "$out/store.vinfo" ] || rm -f "$out/inputs" "$out/film.avi"
  rmdir "$out" 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 130' INT
mkdir -p "$out"
echo "$inputs" > "$out/inputs"

if [ $# -eq 0 ]; then
  make_film "$out/film.avi"
  set -- "$out/film.avi"
fi

# show WHAT FILE
show ()
{
  [ ! -e "$2" ] || printf '%-15s%s\n' "$1:" "$2"
}

# the run ends by itself on Ctrl-C; then there is something to show
trap : INT
status=0
"$repository/build/pipelines/vinfo" run "$@" --out "$out" \
  --architecture nano --capacity 64 || status=$?
echo
show 'Contact sheet' "$out/contact-sheet.png"
show Summary "$out/summary.json"
[ ! -e "$out/summary.json" ] || cat "$out/summary.json"
exit $status
