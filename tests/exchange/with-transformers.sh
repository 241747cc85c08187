#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs a Python program where PyTorch and transformers are:
#   with-transformers.sh ENVIRONMENT PROGRAM [ARGUMENT...]
# PyTorch is Debian's; the rest, pinned in requirements.txt, goes into the
# virtual environment ENVIRONMENT, which is made where it is not there yet or
# older. Where it can't be, the tests are skipped, or fail if VINFO_EXCHANGE is
# "required".
set -eu
requirements=$(dirname "$0")/requirements.txt
environment=$1
shift

give_up ()
{
  if [ "${VINFO_EXCHANGE-}" = required ]; then
    echo "Bail out! $1"
    exit 1
  fi
  echo "1..0 # SKIP $1"
  exit 0
}

# The copy of the requirements, the last thing to be written, says that it is
# complete.
make_environment ()
{
  rm -rf "$environment"
  # of Debian, whichever python3 comes first in PATH
  /usr/bin/python3 -m venv --system-site-packages "$environment" &&
    "$environment/bin/python" -m pip install --quiet --no-deps --retries 1 \
      --timeout 15 --disable-pip-version-check -r "$requirements" &&
    cp "$requirements" "$environment/requirements.txt"
}

/usr/bin/python3 -c 'import PIL, torch' 2>/dev/null ||
  give_up 'python3-torch and python3-pil are not installed'
# one of several tests makes it, the others wait
exec 9>"$environment.lock"
flock 9
cmp -s "$requirements" "$environment/requirements.txt" ||
  make_environment >&2 || give_up 'transformers could not be installed'
exec 9>&-

export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONDONTWRITEBYTECODE=1
exec "$environment/bin/python" "$@"
