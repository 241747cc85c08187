# SPDX-License-Identifier: LGPL-2.1-or-later
"""ONNX Runtime in `vinfo bench`, for scoring:
    onnx_runtime.py score MODEL BATCH

The graph is PyTorch's of tests/bench/pytorch.py, with the mask in it."""

import os
import pathlib
import sys
import tempfile

import numpy
import onnxruntime
import torch
from transformers import ViTMAEForPreTraining

from contestant import serve
from pytorch import MEAN, STD


class Loss(torch.nn.Module):
    def __init__(self, model, batch):
        super().__init__()
        patches = (model.config.image_size // model.config.patch_size) ** 2
        self.model = model
        self.register_buffer("mask",
                             torch.rand(1, patches).expand(batch, patches))

    def forward(self, pictures):
        return self.model((pictures.float() / 255 - MEAN) / STD,
                          noise=self.mask).loss


def export(folder, batch, path):
    torch.manual_seed(1)
    model = ViTMAEForPreTraining.from_pretrained(folder).eval()
    side = model.config.image_size
    pictures = torch.randint(0, 256, (batch, 3, side, side), dtype=torch.uint8)
    torch.onnx.export(Loss(model, batch), (pictures,), path, dynamo=False,
                      input_names=["pictures"], opset_version=17)
    return pictures.numpy()


def prepare(work, folder, batch):
    if work != "score":
        sys.exit("ONNX Runtime does not train")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    with tempfile.TemporaryDirectory() as there:
        path = str(pathlib.Path(there, "model.onnx"))
        pictures = export(folder, batch, path)
        session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"])

    def score():
        (loss,) = session.run(None, {"pictures": pictures})
        assert numpy.isfinite(loss)

    return score


if __name__ == "__main__":
    serve(prepare, *sys.argv[1:])
