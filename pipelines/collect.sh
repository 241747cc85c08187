#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Keeps the best frames of any number of inputs in one reservoir, scored by one
# shared model, and trains on them. Ctrl-C ends it. FOLDER gets store.vinfo and
# predictor; once more with the same goes on.
#
#   collect.sh [-n] FOLDER [NAME=]INPUT...
#
#   -n     collects only: no training
#   INPUT  a video file or an address: rtsp://door.local/stream
#   NAME   what its feed is called (feed1, feed2, ...)
set -eu
. "$(dirname "$0")/launch.sh"
train=yes
[ "${1-}" != -n ] || {
  train=
  shift
}
wants 2 "$@"
mkdir -p "$1"
folder=$1
shift

# every input becomes a branch that ends at a pad of the reservoir
number=0
for input; do
  shift
  number=$((number + 1))
  name=feed$number
  case ${input%%=*} in
    "$input" | *[!A-Za-z0-9_.-]*) ;;
    *)
      name=${input%%=*}
      input=${input#*=}
      ;;
  esac
  uri=$(address "$input")
  set -- "$@" uridecodebin uri="$uri" ! $scorer feed="$name" ! r.sink_$number
done

exec gst-launch-1.0 -e $reservoir name=r location="$folder/store.vinfo" \
  ${train:+! $trainer location="$folder/predictor"} "$@"
