# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Read by the ready-made pipelines: their usage, the plugin, the elements.

# The comment at the head of a script is its usage.
usage ()
{
  sed -n '3,/^[^#]/ { /^#/ s/^#\( \|$\)//p; }' "$0"
}

# The same with what holds for all pipelines of elements.
usage_of_pipeline ()
{
  usage
  cat <<'END'

Properties may be added to the elements, e.g. SCORER='architecture=tiny':
  SCORER, RESERVOIR, TRAINER, and WINDOW, the video sink with its own.
END
}

fail ()
{
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# An installed plugin, or one of GST_PLUGIN_PATH (meson devenv); else that of
# the build folder.
find_plugin ()
{
  gst-inspect-1.0 vinfoscore >/dev/null 2>&1 && return
  build=$(dirname "$0")/../build/plugins
  [ -e "$build/libgstvinfo.so" ] || fail 'no plugin: meson setup build &&' \
    'meson compile -C build, or set GST_PLUGIN_PATH'
  GST_PLUGIN_PATH=$build${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
  export GST_PLUGIN_PATH
}

# wants N "$@": shows the usage on -h, or where there are fewer than N; else
# finds the plugin
wants ()
{
  wanted=$1
  shift
  case ${1-} in -h | --help)
    usage_of_pipeline
    exit 0
    ;;
  esac
  if [ $# -lt "$wanted" ]; then
    usage_of_pipeline >&2
    exit 2
  fi
  find_plugin
}

# address INPUT: a file's URI, or the URI that it is
address ()
{
  case $1 in
    *://*) echo "$1" ;;
    *)
      [ -f "$1" ] || fail "$1: no such file"
      path=$(realpath "$1" | sed 's/%/%25/g; s/ /%20/g; s/#/%23/g; s/?/%3F/g')
      echo "file://$path"
      ;;
  esac
}

scorer="vinfoscore ${SCORER-}"
reservoir="vinforeservoir ${RESERVOIR-}"
trainer="vinfotrainer ${TRAINER-}"
window=${WINDOW:-autovideosink}
