# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes golden/: a small ViTMAEForPreTraining of Hugging Face's transformers
with random weights, and what it computes, for test-golden.c to compare with.

  pip install torch "transformers<5" && python tests/mae/golden.py

Version 5 names its modules otherwise than the files of facebook/vit-mae-*.
"""

import pathlib

import torch
from safetensors.torch import save_file
from transformers import ViTMAEConfig, ViTMAEForPreTraining

FOLDER = pathlib.Path(__file__).parent / "golden"
BATCH, VISIBLE = 2, 3


def make_model():
    config = ViTMAEConfig(
        image_size=12, patch_size=4, num_channels=3, hidden_size=12,
        num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
        decoder_hidden_size=8, decoder_num_hidden_layers=2,
        decoder_num_attention_heads=2, decoder_intermediate_size=16,
        mask_ratio=1 - (VISIBLE + 0.5) / 9, attn_implementation="eager")
    model = ViTMAEForPreTraining(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def gradients(model, pixels, noise, normalised):
    model.config.norm_pix_loss = normalised
    model.zero_grad()
    output = model(pixels, noise=noise)
    output.loss.backward()
    prefix = "normalised." if normalised else "raw."
    found = {prefix + name: parameter.grad.clone()
             for name, parameter in model.named_parameters()
             if parameter.grad is not None}
    return output, {prefix + "loss": output.loss.detach().reshape(1), **found}


def main():
    torch.manual_seed(1)
    model = make_model()
    pixels = torch.randn(BATCH, 3, 12, 12)
    noise = torch.rand(BATCH, 9)
    order = torch.argsort(noise, dim=1)
    _, normalised = gradients(model, pixels, noise, True)
    output, raw = gradients(model, pixels, noise, False)
    tokens = model.vit(pixels, noise=noise).last_hidden_state[:, 1:]
    masked = order[:, VISIBLE:, None].expand(-1, -1, output.logits.shape[2])
    FOLDER.mkdir(exist_ok=True)
    model.save_pretrained(FOLDER)
    save_file({
        "patches": model.patchify(pixels).contiguous(),
        "order": order,
        "prediction": output.logits.detach().gather(1, masked).contiguous(),
        "embedding": tokens.detach().mean(1).contiguous(),
        **normalised, **raw,
    }, FOLDER / "expected.safetensors")


main()
