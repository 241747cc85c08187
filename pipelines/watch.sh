#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Prints the scores of every frame of an input, one line each.
#
#   watch.sh INPUT [MODEL]
#
#   INPUT  a video file or an address
#   MODEL  folder of the predictor to score with (a new one with random weights)
set -eu
. "$(dirname "$0")/launch.sh"
wants 1 "$@"
uri=$(address "$1")

# the status of a pipe is that of its last part; that of its first comes by 3
exec 4>&1
failed=$(
  {
    {
      gst-launch-1.0 -m uridecodebin uri="$uri" ! $scorer ${2:+model="$2"} \
        post-messages=true ! fakesink || echo yes >&3
    } | sed -un 's/([a-z0-9]*)//g; s/.*: vinfo-result, \(.*\);$/\1/p' >&4
  } 3>&1
)
[ -z "$failed" ]
