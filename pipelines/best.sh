#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Writes the best frames of a store as PNG files, the best first.
#
#   best.sh STORE FOLDER [N]
#
# N is how many (20).
set -eu
. "$(dirname "$0")/launch.sh"
wants 2 "$@"
[ -f "$1" ] || fail "$1: no such file"
mkdir -p "$2"

exec gst-launch-1.0 -e vinfosrc location="$1" order=priority \
  num-buffers="${3:-20}" ! videoconvert ! pngenc \
  ! multifilesink location="$2/best-%04d.png"
