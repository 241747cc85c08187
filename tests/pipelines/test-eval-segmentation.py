# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo eval` with task = segmentation on made sequences with masks."""

import os

import numpy as np
import tap
from experiment import ExperimentTest, model
from PIL import Image
from program import vinfo

EXPERIMENT = """
[experiment]
name = discs
data = {data}
task = segmentation
seeds = 2
kept = 0.3
views = {views}

[split]
folds = 4
""" + model(4) + """
[arm full-shuffled]
select = all

[arm ours]
scorer.score = gain
"""


def make_sequences(folder, masks=True):
    """Eight sequences of six frames: a striped disc that moves over a slope."""
    random = np.random.default_rng(2)
    y, x = np.mgrid[0:48, 0:64]
    with open(os.path.join(folder, 'index.csv'), 'w') as index:
        index.write('frame,sequence,image' + ',mask\n' * masks + '\n' * (not masks))
        for i in range(48):
            if i % 6 == 0:
                centre, tilt = 12 + 24 * random.random(2), random.random(2)
            centre = centre + random.normal(size=2)
            disc = np.hypot(y - centre[0], x - centre[1] - 8) < 11
            slope = 60 + 80 * (tilt[0] * y / 48 + tilt[1] * x / 64)
            grey = np.where(disc, 128 + 90 * np.sin(0.7 * x), slope)
            grey = grey + random.normal(size=grey.shape)
            Image.fromarray(grey.clip(0, 255).astype(np.uint8)).convert(
                'RGB').save(os.path.join(folder, f'{i}.png'))
            Image.fromarray(disc).save(os.path.join(folder, f'{i}-mask.png'))
            index.write(f'{i},{i // 6},{i}.png'
                        + f',{i}-mask.png' * masks + '\n')


class Segmentation(ExperimentTest):
    make_data = staticmethod(make_sequences)

    def eval(self, out, *options, data='data', folds=4):
        file = self.write('discs.ini', EXPERIMENT.format(
            data=self.path(data), views=480).replace(
                'folds = 4', f'folds = {folds}'))
        return vinfo('eval', file, '--out', self.path(out), *options)

    def test_discs_are_found_the_same_each_time(self):
        self.assertEqual(self.eval('a').returncode, 0)
        self.assertEqual(self.eval('b', '--jobs', '2').returncode, 0)
        values = self.values('a')
        self.assertEqual(values, self.values('b'))
        for seed in 0, 1:
            self.assertEqual(values['full-shuffled', seed, 'stream-frames'], 24)
            for arm in 'full-shuffled', 'ours':
                # all background, or all disc, would be below a half
                self.assertGreater(values[arm, seed, 'miou'], 0.65)
                self.assertGreater(values[arm, seed, 'dice'], 0.6)
            self.assertEqual(values['ours', seed, 'frames'], 7)
        self.assertNotEqual(values['full-shuffled', 0, 'miou'],
                            values['full-shuffled', 1, 'miou'])

    def test_what_is_missing_is_named(self):
        os.mkdir(self.path('bare'))
        make_sequences(self.path('bare'), masks=False)
        os.mkdir(self.path('torn'))
        make_sequences(self.path('torn'))
        os.remove(self.path('torn/7-mask.png'))
        for data, folds, words in (('bare', 4, '`mask` in its first line'),
                                   ('torn', 4, '7-mask.png'),
                                   ('data', 9, 'do not make 9 folds'),
                                   ('data', 2, '[split] folds')):
            run = self.eval('c', data=data, folds=folds)
            self.assertEqual(run.returncode, 1)
            self.assertIn(words, run.stderr)
            self.assertFalse(os.path.exists(self.path('c')))


if __name__ == '__main__':
    tap.main()
