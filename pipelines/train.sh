#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Trains on the frames that a store keeps. FOLDER gets a checkpoint of each
# publication; once more with the same goes on.
#
#   train.sh STORE FOLDER [PASSES]
#
# PASSES over all frames in shuffled order (100). `vinfo train` can do more.
set -eu
. "$(dirname "$0")/launch.sh"
wants 2 "$@"
[ -f "$1" ] || fail "$1: no such file"
mkdir -p "$2"

exec gst-launch-1.0 -em vinfosrc location="$1" order=uniform \
  num-epochs="${3:-100}" ! $trainer location="$2"
