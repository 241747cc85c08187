#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Keeps the best frames of a camera and trains on them, with its picture in a
# window. Ctrl-C ends it. FOLDER gets store.vinfo and predictor; once more with
# the same goes on.
#
#   camera.sh FOLDER [SOURCE]
#
# SOURCE is a live element with its properties: 'v4l2src device=/dev/video1'
# (default: v4l2src).
set -eu
. "$(dirname "$0")/launch.sh"
wants 1 "$@"
mkdir -p "$1"

exec gst-launch-1.0 -e ${2:-v4l2src} ! videoconvert ! tee name=t \
  ! queue ! $window t. \
  ! queue ! $scorer ! $reservoir location="$1/store.vinfo" codec=mjpeg \
  ! $trainer location="$1/predictor"
