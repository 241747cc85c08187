# SPDX-License-Identifier: LGPL-2.1-or-later
"""PyTorch and transformers in `vinfo bench`:
    pytorch.py [--compile] [--bf16] score|train MODEL BATCH

What we do to a picture, done the way their documentation does it: 8-bit pixels
are scaled and standardised, masked (scoring: by one mask for all), and the loss
is that of ViTMAEForPreTraining; training clips the gradient and takes a step of
AdamW."""

import argparse
import contextlib

import torch
from transformers import ViTMAEForPreTraining

from contestant import serve

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def prepare_with(options):
    def prepare(work, folder, batch):
        torch.manual_seed(1)
        model = ViTMAEForPreTraining.from_pretrained(
            folder, attn_implementation="sdpa")
        side = model.config.image_size
        patches = (side // model.config.patch_size) ** 2
        pictures = torch.randint(0, 256, (batch, 3, side, side),
                                 dtype=torch.uint8)
        mask = torch.rand(1, patches).expand(batch, patches)
        narrow = (torch.autocast("cpu", torch.bfloat16) if options.bf16
                  else contextlib.nullcontext())

        def loss_of(noise):
            pixels = (pictures.float() / 255 - MEAN) / STD
            with narrow:
                return model(pixels, noise=noise).loss

        loss = torch.compile(loss_of) if options.compile else loss_of

        def score():
            with torch.inference_mode():
                return loss(mask)

        def train():
            optimizer.zero_grad(set_to_none=True)
            loss(torch.rand(batch, patches)).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

        if work == "score":
            model.eval()
            return score
        model.train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4,
                                      betas=(0.9, 0.95), fused=True)
        return train

    return prepare


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("work", choices=["score", "train"])
    parser.add_argument("model")
    parser.add_argument("batch")
    options = parser.parse_args()
    serve(prepare_with(options), options.work, options.model, options.batch)


if __name__ == "__main__":
    main()
