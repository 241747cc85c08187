# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the lines of docs/scores.md that compute a score with PyTorch, and does
the same for scores of learnt estimators."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import ViTImageProcessor, ViTMAEForPreTraining

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "pipelines"))
import tap
from program import FAST, SOURCE, ProgramTest, launch, vinfo


def lines_of_the_page():
    blocks = re.findall(r"```python\n(.*?)```",
                        (SOURCE / "docs/scores.md").read_text(), re.S)
    assert len(blocks) == 1, blocks
    return blocks[0]


def features_of(model, pixels, hidden):
    """The input of the decoder's output layer [N, F], without the class token,
    and the prediction; hidden None: nothing is visible."""
    seen = []
    handle = model.decoder.decoder_norm.register_forward_hook(
        lambda module, inputs, output: seen.append(output[0, 1:]))
    ratio = model.config.mask_ratio
    if hidden is None:
        model.config.mask_ratio = 1.0
        noise = torch.arange(model.vit.embeddings.num_patches)[None].float()
    else:
        noise = hidden[None].float()
    prediction = model(pixels, noise=noise).logits[0]
    model.config.mask_ratio = ratio
    handle.remove()
    return seen[0], prediction


def learned_pvi(folder, picture):
    """Of estimator=learned, from what the predictor's file holds."""
    torch.set_grad_enabled(False)
    told = json.loads(vinfo("inspect", folder, "--json").stdout)
    model = ViTMAEForPreTraining.from_pretrained(folder)
    pixels = ViTImageProcessor.from_pretrained(folder)(
        Image.open(picture).convert("RGB"), return_tensors="pt").pixel_values
    file = {name.removeprefix("learned."): values for name, values
            in load_file(told["null"]).items()}
    knots = told["estimators"]["learned"]["recalibration"]
    y, mu = model.patchify(pixels)[0], file["mu"]
    (a, b, c), (a_x, b_x, c_x) = file["blends"].tolist()

    z, _ = features_of(model, pixels, None)
    null = z @ file["null.weight"].T + file["null.bias"]
    mean_null = mu + a * (null - mu)
    v_null = c + b * (z @ file["null_variance.weight"]
                      + file["null_variance.bias"])
    pvi = []
    for hidden in torch.tensor(told["hidden"]).bool():
        z, f = features_of(model, pixels, hidden)
        h = z @ file["variance.weight"] + file["variance.bias"]
        v = v_null + b_x * (h - v_null) + c_x
        if knots:  # only where the panel is likelier by it
            v = v + torch.tensor(numpy.interp(
                v.numpy(), *numpy.log([[knot[name] for knot in knots]
                                       for name in ("variance", "factor")])))
        mean = mean_null + a_x * (f - mean_null)
        error_null = (y - mean_null).square().mean(1)
        error = (y - mean).square().mean(1)
        pvi.append(((v_null + error_null / v_null.exp()
                     - v - error / v.exp()) / 2)[hidden].mean())
    return torch.stack(pvi).mean().item()


class ScoresPageTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="vinfo-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.results = pathlib.Path(folder.name)
        cls.predictor = cls.train(cls.results / "out")

    @classmethod
    def train(cls, out, *options):
        # Of so many frames the panel gets enough to calibrate, and to put
        # learnt variances right by their size. Which these are hangs on the
        # names of the frames, the same for a generated stream.
        process = vinfo("run", "test:ball:44", "--out", out, *FAST,
                        "--samples-per-frame", 1, *options)
        assert process.returncode == 0, process.stderr
        return out / "predictor/latest"

    def picture(self, pattern, width, height):
        path = self.folder / f"{pattern}-{width}x{height}.png"
        launch(f"videotestsrc pattern={pattern} num-buffers=1 ! video/x-raw,"
               f"width={width},height={height} ! videoconvert ! pngenc ! "
               f"filesink location={path}")
        return path

    def by_hand(self, predictor, picture):
        program = pathlib.Path(os.environ["VINFO"]).parent
        path = f"{program}:{os.environ['PATH']}"
        result = subprocess.run(
            [sys.executable, "-", predictor, picture], check=True,
            text=True, input=lines_of_the_page(), stdout=subprocess.PIPE,
            env={**os.environ, "PATH": path})
        return json.loads(result.stdout)

    def assert_same(self, predictor, picture, tolerance):
        process = vinfo("score", picture, "--model", predictor, "--json")
        self.assertEqual(process.returncode, 0, process.stderr)
        ours, theirs = json.loads(process.stdout), self.by_hand(predictor, picture)
        self.assertEqual(theirs["pvi"] is None, ours["pvi"] is None)
        for name in [name for name in ("loss", "pvi") if theirs[name] is not None]:
            print(f"# {picture.name} {name} {ours[name]} {theirs[name]}")
            self.assertAlmostEqual(ours[name], theirs[name],
                                   delta=tolerance * max(1, theirs[name]))

    def test_picture_of_the_models_size_has_this_score(self):
        self.assert_same(self.predictor, self.picture("smpte", 32, 32), 1e-5)

    def test_model_without_a_panel_has_this_loss(self):
        plain = self.folder / "plain"
        plain.mkdir()
        for name in ("config", "preprocessor_config"):
            shutil.copy(self.predictor / f"{name}.json", plain)
        shutil.copy(self.predictor / "model.safetensors", plain)
        self.assert_same(plain, self.picture("smpte", 32, 32), 1e-5)

    def test_stretched_frame_has_this_score(self):
        self.assert_same(self.predictor, self.picture("ball", 160, 90), 1e-3)

    def test_learned_estimators_have_this_score(self):
        predictor = self.train(self.folder / "out", "--estimator", "learned")
        told = json.loads(vinfo("inspect", predictor, "--json").stdout)
        learned, closed = (told["estimators"][name]
                           for name in ("learned", "closed"))
        print(f"# closed {closed} learned {learned}")
        self.assertLess(learned["h_null"], closed["h_null"])
        self.assertLess(learned["h_x"], learned["h_null"])
        picture = self.picture("smpte", 32, 32)
        process = vinfo("score", picture, "--model", predictor, "--json",
                        "--estimator", "learned")
        ours, theirs = json.loads(process.stdout), learned_pvi(predictor, picture)
        print(f"# {ours['pvi']} {theirs}")
        self.assertAlmostEqual(ours["pvi"], theirs,
                               delta=1e-4 * max(1, abs(theirs)))

    def test_model_of_normalised_patches_has_this_score(self):
        model = self.folder / "model"
        subprocess.run([os.environ["EXCHANGE"], "new", "nano", model],
                       check=True)
        config = json.loads((model / "config.json").read_text())
        config["norm_pix_loss"] = True
        (model / "config.json").write_text(json.dumps(config))
        predictor = self.train(self.folder / "out", "--model", model)
        self.assert_same(predictor, self.picture("smpte", 32, 32), 1e-5)


if __name__ == "__main__":
    tap.main()
