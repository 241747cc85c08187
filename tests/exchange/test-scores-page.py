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
        film = make_film(cls.results / "film.avi", scene("pattern=ball", 1000))
        process = vinfo("run", film, "--out", cls.results / "out", *FAST,
                        "--samples-per-frame", 1)
        assert process.returncode == 0, process.stderr
        cls.predictor = cls.results / "out/predictor/latest"

    def picture(self, pattern, width, height):
        path = self.folder / f"{pattern}-{width}x{height}.png"
        launch(f"videotestsrc pattern={pattern} num-buffers=1 ! video/x-raw,"
               f"width={width},height={height} ! videoconvert ! pngenc ! "
               f"filesink location={path}")
        return path

    def by_hand(self, picture):
        program = pathlib.Path(os.environ["VINFO"]).parent
        path = f"{program}:{os.environ['PATH']}"
        result = subprocess.run(
            [sys.executable, "-", self.predictor, picture], check=True,
            text=True, input=lines_of_the_page(), stdout=subprocess.PIPE,
            env={**os.environ, "PATH": path})
        return json.loads(result.stdout)

    def assert_same(self, picture, tolerance):
        process = vinfo("score", picture, "--model", self.predictor, "--json")
        self.assertEqual(process.returncode, 0, process.stderr)
        ours, theirs = json.loads(process.stdout), self.by_hand(picture)
        for name in ("loss", "pvi"):
            print(f"# {picture.name} {name} {ours[name]} {theirs[name]}")
            self.assertAlmostEqual(ours[name], theirs[name],
                                   delta=tolerance * max(1, theirs[name]))

    def test_picture_of_the_models_size_has_this_score(self):
        self.assert_same(self.picture("smpte", 32, 32), 1e-5)

    def test_stretched_frame_has_this_score(self):
        self.assert_same(self.picture("ball", 160, 90), 1e-3)


if __name__ == "__main__":
    tap.main()
