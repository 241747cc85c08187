# SPDX-License-Identifier: LGPL-2.1-or-later
"""Models and pictures between transformers and us, both ways."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import (ViTImageProcessor, ViTMAEConfig,
                          ViTMAEForPreTraining, ViTModel)

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "pipelines"), str(TESTS / "mae")]
import golden
import tap


def run(program, *arguments):
    """A program of the build, which must succeed."""
    process = subprocess.run([os.environ[program], *map(str, arguments)],
                             text=True, capture_output=True)
    if process.returncode != 0:
        raise AssertionError(process.stdout + process.stderr)


def load(folder, kind=ViTMAEForPreTraining):
    """The model, and the names of weights that were missing or too many."""
    model, report = kind.from_pretrained(folder, output_loading_info=True)
    return model.eval(), report


def loss_of(model, expected):
    """The loss of what golden.py wrote beside a model."""
    config = model.config
    channels, side, patch = (config.num_channels, config.image_size,
                             config.patch_size)
    n = side // patch
    pixels = (expected["patches"].reshape(-1, n, n, patch, patch, channels)
              .permute(0, 5, 1, 3, 2, 4).reshape(-1, channels, side, side))
    noise = torch.argsort(expected["order"][0], dim=1).float()
    with torch.no_grad():
        return model(pixels, noise=noise).loss.item()


class ExchangeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="vinfo-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.theirs, cls.ours = cls.folder / "theirs", cls.folder / "ours"
        golden.main(cls.theirs)
        for name in golden.MODELS:
            run("EXCHANGE", "resave", cls.theirs / name, cls.ours / name)

    def expected(self, name):
        return load_file(self.theirs / name / "expected.safetensors")

    def assert_same_config(self, a, b):
        a, b = a.to_dict(), b.to_dict()
        for key in a.keys() - {"architectures", "torch_dtype", "_name_or_path",
                               "transformers_version"}:
            self.assertEqual(a[key], b[key], key)

    def assert_same_weights(self, a, b):
        self.assertEqual(a.keys(), b.keys())
        for name in a:
            self.assertTrue(torch.equal(a[name], b[name]), name)

    def test_models_compute_here_what_they_do_there(self):
        run("TEST_GOLDEN", self.theirs)

    def test_committed_files_are_what_the_script_writes(self):
        for name in golden.MODELS:
            for file in ("model.safetensors", "expected.safetensors"):
                kept = load_file(TESTS / "mae/golden" / name / file)
                new = load_file(self.theirs / name / file)
                self.assertEqual(kept.keys(), new.keys())
                for tensor in kept:
                    torch.testing.assert_close(
                        kept[tensor], new[tensor], rtol=1e-4, atol=1e-5)

    def test_models_come_back_as_they_were(self):
        for name in golden.MODELS:
            before, _ = load(self.theirs / name)
            after, report = load(self.ours / name)
            self.assertFalse(any(report.values()), report)
            self.assert_same_weights(before.state_dict(), after.state_dict())
            self.assert_same_config(before.config, after.config)
            expected = self.expected(name)
            self.assertEqual(loss_of(before, expected),
                             loss_of(after, expected))
            self.assertAlmostEqual(loss_of(after, expected),
                                   expected["losses"][0].item(), places=5)

    def test_half_precision_comes_back_widened(self):
        for dtype in (torch.float16, torch.bfloat16):
            model, _ = load(self.theirs / "other-heads")
            model.to(dtype).save_pretrained(self.folder / "half")
            run("EXCHANGE", "resave", self.folder / "half",
                self.folder / "wide")
            wide, _ = load(self.folder / "wide")
            self.assertEqual(wide.dtype, torch.float32)
            self.assert_same_weights(model.float().state_dict(),
                                     wide.state_dict())

    def test_models_of_ours_compute_there_what_they_do_here(self):
        for name in ("nano", "tiny"):
            run("EXCHANGE", "new", name, self.folder / name)
            model, report = load(self.folder / name)
            self.assertFalse(any(report.values()), report)
            # 0.01 is too much for models of this size
            golden.write(self.folder / "new" / name, model, rate=1e-3)
        run("TEST_GOLDEN", self.folder / "new")

    def test_encoder_alone_loads_as_a_plain_vit(self):
        for name in golden.MODELS:
            encoder, report = load(self.ours / name, ViTModel)
            self.assertEqual({key.split(".")[-3] for key
                              in report["missing_keys"]}, {"pooler"})
            mae, _ = load(self.theirs / name)
            self.assert_same_weights(
                mae.vit.state_dict(),
                {key: value for key, value in encoder.state_dict().items()
                 if not key.startswith("pooler")})

    def test_base_and_large_are_those_of_facebook(self):
        large = dict(hidden_size=1024, num_hidden_layers=24,
                     num_attention_heads=16, intermediate_size=4096)
        for name, changes in {"base": {}, "large": large}.items():
            folder = self.folder / name
            folder.mkdir()
            run("EXCHANGE", "config", name, folder)
            self.assert_same_config(ViTMAEConfig(**changes),
                                    ViTMAEConfig.from_pretrained(folder))

    def pixels(self, name, size):
        """A picture as their processor and we give it to a model, in grey
        levels, and the model."""
        folder, image = self.ours / name, self.folder / "image.png"
        waves = numpy.random.default_rng(1).normal(size=(size, size, 3))
        waves = numpy.cumsum(numpy.cumsum(waves, 0), 1) * 255 / size
        Image.fromarray((waves % 256).astype("uint8")).save(image)
        run("EXCHANGE", "patches", folder, image, self.folder / "patches")
        ours = load_file(self.folder / "patches")["patches"]
        processor = ViTImageProcessor.from_pretrained(folder)
        model, _ = load(folder)
        image = numpy.asarray(Image.open(image))
        if model.config.num_channels == 1:
            image = numpy.asarray(Image.fromarray(image).convert("L"))[..., None]
        theirs = processor(image, return_tensors="pt")
        theirs = model.patchify(theirs["pixel_values"])[0]
        self.assertEqual(theirs.shape, ours.shape)
        levels = 255 * torch.tensor(processor.image_std).repeat(
            theirs.shape[1] // model.config.num_channels)
        return theirs * levels, ours * levels

    def test_processor_gives_the_same_pixels(self):
        theirs, ours = self.pixels("patch-of-3", 15)
        torch.testing.assert_close(theirs, ours, rtol=0, atol=1e-3)

    def test_processor_resizes_to_the_same_pixels(self):
        for size in (7, 40, 101):
            theirs, ours = self.pixels("patch-of-3", size)
            torch.testing.assert_close(theirs, ours, rtol=0, atol=1.001)
            self.assertLess((theirs - ours).abs().mean(), 0.2)

    def test_one_channel_is_the_luma_of_pillow(self):
        theirs, ours = self.pixels("one-channel", 12)
        torch.testing.assert_close(theirs, ours, rtol=0, atol=0.501)


if __name__ == "__main__":
    tap.main()
