#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Measures vinfo beside PyTorch (eager and compiled, in 32 and 16 bits) and ONNX
# Runtime, the newest of PyPI, and writes JSON lines:
#   tests/bench/run.sh VINFO ENVIRONMENT [OPTION of vinfo bench...]
# ENVIRONMENT is a virtual environment, made where it is not there; PyTorch
# brings several gigabytes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
vinfo=$1
environment=$2
shift 2

if ! cmp -s "$here/requirements.txt" "$environment/requirements.txt"; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$environment/"
fi
python=$environment/bin/python
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONDONTWRITEBYTECODE=1
exec "$vinfo" bench \
  --peer "pytorch=$python $here/pytorch.py" \
  --peer "pytorch-compiled=$python $here/pytorch.py --compile" \
  --peer "pytorch-bf16=$python $here/pytorch.py --bf16" \
  --peer "pytorch-compiled-bf16=$python $here/pytorch.py --compile --bf16" \
  --peer "onnxruntime=$python $here/onnx_runtime.py" "$@"
