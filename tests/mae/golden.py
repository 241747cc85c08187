# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes small ViTMAEForPreTraining models of Hugging Face's transformers with
random weights, and what PyTorch computes with them, for test-golden.c to
compare with: a folder for each of MODELS.

  python tests/mae/golden.py [FOLDER]     FOLDER: golden/ beside this file

needs what tests/exchange/requirements.txt names; the committed files come from
those versions. Beside a model, expected.safetensors holds, for B pictures with
N patches, V of them visible,

  patches        [B, N, D]       standardised pixels
  order          [STEPS, B, N]   the visible patches, then the masked ones
  prediction     [B, N - V, D]   under order[0], as are the gradients
  embedding      [B, E]          mean of the visible tokens after the norm
  whole          [B, E]          the same with all patches visible, by ViTModel
  losses         [STEPS]         before each AdamW step
  rate_decay_clip                of those steps
  gradient.NAME                  of losses[0]
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import ViTMAEConfig, ViTMAEForPreTraining, ViTModel

BATCH, STEPS = 2, 10
RATE, DECAY, CLIP = 0.01, 0.5, 0.3

PLAIN = dict(
    image_size=12, patch_size=4, num_channels=3, mask_ratio=0.6,
    hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
    intermediate_size=12, decoder_hidden_size=8, decoder_num_hidden_layers=1,
    decoder_num_attention_heads=2, decoder_intermediate_size=12)
MODELS = {
    "one-channel": dict(num_channels=1, num_hidden_layers=2),
    "patch-of-3": dict(image_size=15, patch_size=3, mask_ratio=0.75),
    "normalised": dict(norm_pix_loss=True, decoder_num_hidden_layers=2),
    "other-heads": dict(hidden_size=12, num_attention_heads=3,
                        decoder_num_attention_heads=1, layer_norm_eps=1e-3),
}


def make_model(changes):
    """A model whose biases and norms are no zeros and ones either."""
    config = ViTMAEConfig(**{**PLAIN, **changes}, attn_implementation="eager")
    model = ViTMAEForPreTraining(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def make_optimiser(model, rate):
    """No decay for what is no matrix: biases, norms and the two tokens."""
    trained = {name: parameter for name, parameter in model.named_parameters()
               if parameter.requires_grad}
    rest = {name for name, parameter in trained.items()
            if parameter.ndim == 1 or "token" in name}
    return torch.optim.AdamW(
        [{"params": [trained[name] for name in rest], "weight_decay": 0},
         {"params": [trained[name] for name in trained.keys() - rest]}],
        lr=rate, betas=(0.9, 0.95), weight_decay=DECAY)


def train(model, pixels, noise, rate):
    """The loss before each step, and the first step's gradients."""
    optimiser, losses, first = make_optimiser(model, rate), [], None
    for step_noise in noise:
        loss = model(pixels, noise=step_noise).loss
        optimiser.zero_grad()
        loss.backward()
        first = first or {
            "gradient." + name: parameter.grad.clone()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad}
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimiser.step()
        losses.append(loss.item())
    return {"losses": torch.tensor(losses),
            "rate_decay_clip": torch.tensor([rate, DECAY, CLIP]), **first}


def whole_embedding(model, pixels):
    encoder = ViTModel(model.config, add_pooling_layer=False).eval()
    encoder.load_state_dict(model.vit.state_dict())
    return encoder(pixels).last_hidden_state[:, 1:].mean(1)


def compute(model, pixels, noise):
    patches = model.patchify(pixels)
    order = torch.argsort(noise, dim=2)
    with torch.no_grad():
        output = model(pixels, noise=noise[0])
        tokens = model.vit(pixels, noise=noise[0]).last_hidden_state[:, 1:]
        whole = whole_embedding(model, pixels)
    masked = order[0, :, tokens.shape[1]:, None]
    return {
        "patches": patches, "order": order,
        "prediction": output.logits.gather(
            1, masked.expand(-1, -1, patches.shape[2])),
        "embedding": tokens.mean(1), "whole": whole}


def write(folder, model, rate=RATE):
    """Saves the model and what it computes; trains it."""
    torch.manual_seed(2)
    config = model.config
    side = config.image_size
    pixels = torch.randn(BATCH, config.num_channels, side, side)
    noise = torch.rand(STEPS, BATCH, (side // config.patch_size) ** 2)
    model.save_pretrained(folder)
    expected = compute(model, pixels, noise)
    expected.update(train(model, pixels, noise, rate))
    save_file({name: tensor.contiguous() for name, tensor in expected.items()},
              folder / "expected.safetensors")


def main(folder=pathlib.Path(__file__).parent / "golden"):
    for name, changes in MODELS.items():
        torch.manual_seed(1)
        write(pathlib.Path(folder) / name, make_model(changes))


if __name__ == "__main__":
    main(*sys.argv[1:])
