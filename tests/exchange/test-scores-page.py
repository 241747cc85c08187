# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the lines of docs/scores.md that compute a score with PyTorch."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "pipelines"))
import tap
from program import FAST, SOURCE, ProgramTest, launch, make_film, scene, vinfo


def lines_of_the_page():
    blocks = re.findall(r"```python\n(.*?)```",
                        (SOURCE / "docs/scores.md").read_text(), re.S)
    assert len(blocks) == 1, blocks
    return blocks[0]


class ScoresPageTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="vinfo-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.results = pathlib.Path(folder.name)
        # of so many frames the panel gets enough to calibrate
        cls.film = make_film(cls.results / "film.avi",
                             scene("pattern=ball", 1000))
        cls.predictor = cls.train(cls.results / "out")

    @classmethod
    def train(cls, out, *options):
        process = vinfo("run", cls.film, "--out", out, *FAST,
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
        for name in ("loss", "pvi"):
            print(f"# {picture.name} {name} {ours[name]} {theirs[name]}")
            self.assertAlmostEqual(ours[name], theirs[name],
                                   delta=tolerance * max(1, theirs[name]))

    def test_picture_of_the_models_size_has_this_score(self):
        self.assert_same(self.predictor, self.picture("smpte", 32, 32), 1e-5)

    def test_stretched_frame_has_this_score(self):
        self.assert_same(self.predictor, self.picture("ball", 160, 90), 1e-3)

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
