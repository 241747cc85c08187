#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs into a folder of its own and compiles each installed header alone, as
# C and as C++, with the flags that the pkg-config file gives: nothing that it
# needs may be missing, from its includes or from what is installed. As TAP.
#   test-headers.sh BUILD-FOLDER C-COMPILER C++-COMPILER
set -eu
build=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

meson install -C "$build" --no-rebuild --quiet --destdir "$folder" \
  >"$folder/log" 2>&1 || { cat "$folder/log"; echo 'Bail out!'; exit 1; }
module=$(find "$folder" -name vinfo-1.0.pc)
headers=$(dirname "$(find "$folder" -name vinfo.h)")
requires=$(pkg-config --print-requires "$module")
flags="-I$headers $(pkg-config --cflags $requires)"

# Compiles the header $1 as language $2 by the compiler $3.
compile ()
{
  echo "#include \"$1\"" |
    $3 -x "$2" -fsyntax-only -Wall -Wextra -Werror $flags - 2>"$folder/log"
}

number=0
report ()
{
  number=$((number + 1))
  if compile "$@"; then
    echo "ok $number - $1 alone as $2"
  else
    sed 's/^/# /' "$folder/log"
    echo "not ok $number - $1 alone as $2"
  fi
}

for header in $(cd "$headers" && find . -name '*.h' | sort); do
  report "${header#./}" c "$2"
  report "${header#./}" c++ "$3"
done
echo "1..$number"
[ "$number" -gt 0 ]
