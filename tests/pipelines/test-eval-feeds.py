# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo eval` with task = feeds and task = ood on made feeds."""

import os

import numpy as np
import tap
from experiment import ExperimentTest, model
from PIL import Image
from program import vinfo

EXPERIMENT = """
[experiment]
name = made
data = {data}
task = {task}
seeds = 1
kept = 0.3
views = 640

[feeds]
frames = 60
{feeds}
""" + model(8) + """
[arm ours]
scorer.score = gain
reservoir.samples-per-frame = 4
trainer.batch-size = 16
trainer.first-publish = 10
trainer.publish-interval = 20
"""


def make_feeds(folder):
    """Three folders of 60 frames: waves of their own colours that drift."""
    random = np.random.default_rng(3)
    y, x = np.mgrid[0:32, 0:32] / 32
    for feed in range(3):
        os.mkdir(os.path.join(folder, f'feed-{feed}'))
        colours = random.random((2, 3))
        for i in range(60):
            wave = np.sin((4 + 5 * feed) * (x * np.cos(i / 9)
                                            + y * np.sin(i / 9)) + i / 4)
            share = (wave[..., None] + 1) / 2
            pixels = 255 * (colours[0] * share + colours[1] * (1 - share))
            pixels += 3 * random.normal(size=pixels.shape)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(
                os.path.join(folder, f'feed-{feed}', f'{i:02}.png'))


class Feeds(ExperimentTest):
    make_data = staticmethod(make_feeds)

    def eval(self, out, task, feeds=''):
        file = self.write('made.ini', EXPERIMENT.format(
            data=self.path('data'), task=task, feeds=feeds))
        return vinfo('eval', file, '--out', self.path(out))

    def values(self, name):
        """(arm, metric) → value of the one seed."""
        return {(arm, metric): value for (arm, _, metric), value
                in super().values(name).items()}

    def test_junk_feeds_are_worth_least_and_give_no_gain_at_all(self):
        run = self.eval('a', 'feeds', 'junk = noise;flat')
        self.assertEqual(run.returncode, 0, run.stderr)
        self.eval('b', 'feeds', 'junk = noise;flat')
        values = self.values('a')
        self.assertEqual(values, self.values('b'))
        feeds = ['feed-0', 'feed-1', 'feed-2', 'noise', 'flat']
        worth = [values[feed, 'worth'] for feed in feeds]
        self.assertGreater(max(worth[:3]), max(worth[3:]))
        self.assertEqual(sorted(values[f, 'rank'] for f in feeds),
                         [1, 2, 3, 4, 5])
        for feed in 'noise', 'flat':
            self.assertEqual(values[feed, 'gain of ours'], 0)
            self.assertEqual(values[feed, 'kept by ours'], 0)
        self.assertEqual(values['all feeds', 'frames'], 5 * 42)
        self.assertEqual(values['ours', 'frames'],
                         sum(values[f, 'kept by ours'] for f in feeds))
        self.assertLess(values['ours', 'duplicate-pairs'],
                        values['all feeds', 'duplicate-pairs'])

    def test_other_feeds_are_out_of_distribution(self):
        run = self.eval('c', 'ood')
        self.assertEqual(run.returncode, 0, run.stderr)
        values = self.values('c')
        self.assertEqual(len(values), 4 * (3 + 1) * 8)
        for kind in 'mahalanobis', 'maha++', 'knn':
            parts = [values[f'ours {kind} in feed-{i}', 'auroc-feeds']
                     for i in range(3)]
            self.assertAlmostEqual(values[f'ours {kind}', 'auroc-feeds'],
                                   np.mean(parts), 6)
            self.assertGreater(np.mean(parts), 0.8)

    def test_feeds_that_are_none_are_named(self):
        for task, feeds, words in (
                ('feeds', 'junk = dull', 'not one of noise, flat'),
                ('ood', 'frames = 61', 'it has 60 frames, 61 are wanted'),
                ('feeds', 'frames = 10', '[feeds] frames')):
            run = self.eval('d', task, feeds)
            self.assertEqual(run.returncode, 1)
            self.assertIn(words, run.stderr)


if __name__ == '__main__':
    tap.main()
