#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Shows what a store keeps, in order of time, in a window.
#
#   replay.sh [-f] STORE [SPEED]
#
#   -f     goes on with what another process keeps meanwhile, until Ctrl-C
#   SPEED  frames a second (4)
set -eu
. "$(dirname "$0")/launch.sh"
follow=false
[ "${1-}" != -f ] || {
  follow=true
  shift
}
wants 1 "$@"
[ -f "$1" ] || fail "$1: no such file"

exec gst-launch-1.0 -e vinfosrc location="$1" order=time follow=$follow \
  ! identity sleep-time=$((1000000 / ${2:-4})) ! videoconvert ! videoscale \
  ! video/x-raw,width=640,height=360 ! $window sync=false
