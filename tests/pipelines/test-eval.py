# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo eval` on a small made data set."""

import json
import os
import subprocess

import numpy as np
import tap
from experiment import SECONDS, ExperimentTest, model
from PIL import Image
from program import vinfo

EXPERIMENT = """
[experiment]
name = small
data = {data}
seeds = 1
kept = 0.1
views = {views}

[stream]
sources = 40
longest = 20
revisits = 0.1
background = 0.4
junk = 0.1
junk-kinds = noise;flat;frozen

[split]
stream = 60
probe = 60
validation = 30
test-pictures = 60

[probe]
neighbours = 5
""" + model(8) + """
[arm full-shuffled]
select = all

[arm raw-pixels]
select = pixels

[arm oracle]
select = oracle

[arm uniform]
reservoir.policy = uniform
scorer.score = random
scorer.gates = false

[arm ours]
scorer.score = gain
"""


def draw(random, label):
    """A picture of one of three classes: stripes, rings, a slope."""
    y, x = np.mgrid[0:32, 0:32] / 32
    phase, colour = random.random(2), random.random((2, 3))
    wave = (np.sin(20 * x + 6 * phase[0]) if label == 0 else
            np.sin(25 * np.hypot(x - phase[0], y - phase[1])) if label == 1 else
            2 * (x * phase[0] + y * (1 - phase[0])) - 1)
    share = (wave[..., None] + 1) / 2
    pixels = 255 * (colour[0] * share + colour[1] * (1 - share))
    return Image.fromarray(pixels.round().astype(np.uint8))


def commit():
    """What this source tree is, or the version where git can't tell."""
    source = os.path.dirname(os.path.abspath(__file__))
    try:
        return subprocess.run(
            ['git', 'describe', '--always', '--exclude=*', '--abbrev=12'],
            cwd=source, check=True, capture_output=True,
            text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return vinfo('--version').stdout.split()[1].rstrip(',')


def make_data(folder):
    random = np.random.default_rng(1)
    with open(os.path.join(folder, 'index.csv'), 'w') as index:
        index.write('file,label,split\n')
        for i in range(240):
            name = f'{i:03}.png'
            draw(random, i % 3).save(os.path.join(folder, name))
            index.write(f'{name},{"abc"[i % 3]},'
                        f'{"test" if i % 3 == i // 3 % 3 else "train"}\n')


class Eval(ExperimentTest):
    make_data = staticmethod(make_data)

    def experiment(self, views=160):
        return self.write('small.ini', EXPERIMENT.format(
            data=self.path('data'), views=views))

    def eval(self, *arguments):
        return vinfo('eval', *arguments)

    def test_results_are_reproducible_whatever_the_jobs(self):
        file = self.experiment()
        self.assertEqual(self.eval(file, '--out', self.path('a')).returncode, 0)
        self.assertEqual(self.eval(file, '--out', self.path('b'),
                                   '--jobs', '2').returncode, 0)
        a = self.values('a')
        self.assertEqual(len(a), 4 * 11 + 6)
        self.assertEqual(a, self.values('b'))

    def test_ours_keeps_no_junk_and_more_pictures_than_uniform(self):
        self.eval(self.experiment(), '--out', self.path('c'))
        values = self.values('c')
        frames = values['full-shuffled', 0, 'frames']
        self.assertAlmostEqual(values['full-shuffled', 0, 'junk-kept'], 0.1,
                               delta=0.05)
        self.assertAlmostEqual(values['full-shuffled', 0, 'background-kept'],
                               0.4, delta=0.08)
        for arm in 'ours', 'uniform':
            self.assertEqual(values[arm, 0, 'frames'], int(0.1 * frames))
        self.assertGreater(values['uniform', 0, 'junk-kept'], 0)
        self.assertEqual(values['ours', 0, 'junk-kept'], 0)
        self.assertGreater(values['ours', 0, 'sources'],
                           values['uniform', 0, 'sources'])

    def test_training_gives_information_of_unseen_pictures(self):
        self.eval(self.experiment(views=3200), '--out', self.path('d'), '--arm',
                  'full-shuffled')
        long = self.values('d')
        self.eval(self.experiment(views=16), '--out', self.path('e'), '--arm',
                  'full-shuffled')
        self.assertGreater(long['full-shuffled', 0, 'iv'],
                           self.values('e')['full-shuffled', 0, 'iv'] + 0.05)

    def test_arms_may_compose_mosaics_and_have_a_reference(self):
        text = EXPERIMENT.format(data=self.path('data'), views=160)
        # scores decide once the panel has its 32 frames, 5% of what came
        text = text.replace('background = 0.4', 'background = 0.75')
        file = self.write('systems.ini', text.replace(
            'seeds = 1', 'seeds = 1\narms = ours;optidel;checkpoint') + '''
[arm optidel]
reservoir.policy = optidel
compose = true

[arm checkpoint]
scorer.score = gain
scorer.reference = checkpoint
reference = validation
''')
        run = self.eval(file, '--out', self.path('n'))
        self.assertEqual(run.returncode, 0, run.stderr)
        values = self.values('n')
        self.assertEqual({arm for arm, _, _ in values},
                         {'ours', 'optidel', 'checkpoint'})
        frames = values['optidel', 0, 'frames']
        self.assertEqual(values['optidel', 0, 'mosaics'], -(-frames // 4))
        self.assertNotIn(('ours', 0, 'mosaics'), values)
        self.assertNotEqual(values['checkpoint', 0, 'loss'],
                            values['ours', 0, 'loss'])
        with open(file) as keys:
            self.write('none.ini', keys.read().replace(
                'reference = validation', 'reference = none'))
        self.assertIn('no reference model', self.eval(
            self.path('none.ini'), '--out', self.path('o'), '--arm',
            'checkpoint').stderr)

    def test_seeds_go_on_from_the_first(self):
        self.eval(self.experiment(), '--out', self.path('i'), '--arm',
                  'raw-pixels', '--first-seed', '3', '--seeds', '2')
        self.assertEqual({seed for _, seed, _ in self.values('i')}, {3, 4})

    def test_arm_may_have_seeds_of_its_own(self):
        file = self.write('own.ini', EXPERIMENT.format(
            data=self.path('data'), views=16).replace(
                'select = pixels', 'select = pixels\nseeds = 2'))
        self.eval(file, '--out', self.path('k'))
        seeds = {(arm, seed) for arm, seed, _ in self.values('k')}
        self.assertIn(('raw-pixels', 1), seeds)
        self.assertEqual(len(seeds), 6)

    def test_one_selection_serves_several_budgets(self):
        file = self.write('budgets.ini', EXPERIMENT.format(
            data=self.path('data'), views=16) + '''
[budget more]
views = 800
''')
        self.eval(file, '--out', self.path('budgets'), '--arm', 'ours')
        with open(self.path('budgets')) as results:
            lines = [json.loads(line) for line in results]
        found = {(v['experiment'], v['metric']): v['value'] for v in lines}
        self.assertEqual(found['small', 'selection-seconds'],
                         found['more', 'selection-seconds'])
        self.assertNotEqual(found['more', 'iv'], found['small', 'iv'])
        # what is missing of a selection's results is made up for
        self.write('budgets', ''.join(json.dumps(v) + '\n' for v in lines
                                      if v['experiment'] == 'small'))
        self.eval(file, '--out', self.path('budgets'), '--arm', 'ours')
        self.assertEqual(
            {metric: value for (_, _, metric), value in
             self.values('budgets').items()},
            {metric: value for (name, metric), value in found.items()
             if name == 'more' and metric not in SECONDS})

    def test_model_that_no_budget_trains_has_results_under_each(self):
        file = self.write('untrained.ini', EXPERIMENT.format(
            data=self.path('data'), views=16) + """
[arm untrained]
select = none

[budget more]
views = 32
""")
        for arm in 'untrained', 'raw-pixels':
            self.eval(file, '--out', self.path(arm), '--arm', arm)
            with open(self.path(arm)) as results:
                lines = [json.loads(line) for line in results]
            small, more = ({v['metric']: v['value'] for v in lines
                            if v['experiment'] == name
                            and v['metric'] not in SECONDS}
                           for name in ('small', 'more'))
            self.assertIn('linear', small)
            self.assertEqual(small, more)

    def test_arm_may_select_without_training(self):
        file = self.write('untaught.ini', EXPERIMENT.format(
            data=self.path('data'), views=16).replace(
                '[arm uniform]', '[arm uniform]\ntrainer = false'))
        self.eval(self.experiment(views=16), '--out', self.path('taught'),
                  '--arm', 'uniform')
        self.eval(file, '--out', self.path('untaught'), '--arm', 'uniform')
        self.assertEqual(self.values('taught'), self.values('untaught'))
        # of what is scored by the predictor it makes a difference
        text = EXPERIMENT.format(data=self.path('data'), views=16).replace(
            '[arm ours]', '[arm ours]\ntrainer.batch-size = 4\n'
            'trainer.publish-interval = 5')
        self.eval(self.write('taught.ini', text), '--out',
                  self.path('ours-taught'), '--arm', 'ours')
        file = self.write('untaught.ini', text.replace(
            '[arm ours]', '[arm ours]\ntrainer = false'))
        self.eval(file, '--out', self.path('ours-untaught'), '--arm', 'ours')
        self.assertNotEqual(self.values('ours-taught'),
                            self.values('ours-untaught'))

    def test_file_may_extend_another(self):
        self.experiment(views=16)
        file = self.write('more.ini', """
[experiment]
extends = small.ini
name = more
kept = 0.2
""")
        self.eval(file, '--out', self.path('l'), '--arm', 'oracle')
        with open(self.path('l')) as results:
            line = json.loads(results.readline())
        self.assertEqual((line['experiment'], line['ratio'], line['arm']),
                         ('more', 0.2, 'oracle'))
        self.write('small.ini', '[experiment]\nextends = more.ini\n')
        self.assertIn('circle', self.eval(file, '--out', 'm').stderr)

    def test_what_is_done_is_not_run_again(self):
        file = self.experiment()
        self.eval(file, '--out', self.path('f'), '--arm', 'oracle')
        with open(self.path('f')) as results:
            first = results.read()
        again = self.eval(file, '--out', self.path('f'), '--arm', 'oracle')
        self.assertEqual(again.returncode, 0)
        with open(self.path('f')) as results:
            self.assertEqual(results.read(), first)

    def test_results_name_the_commit_and_do_not_depend_on_it(self):
        file = self.experiment(views=16)
        self.eval(file, '--out', self.path('h'), '--arm', 'oracle')
        with open(self.path('h')) as results:
            lines = [json.loads(line) for line in results]
        self.assertEqual(
            {line['commit'].removesuffix('-dirty') for line in lines},
            {commit()})
        for line in lines:
            line['commit'] = 'another'
        self.write('h', ''.join(json.dumps(line) + '\n' for line in lines))
        self.eval(file, '--out', self.path('h'), '--arm', 'oracle')
        with open(self.path('h')) as results:
            self.assertEqual([json.loads(line) for line in results], lines)

    def test_arm_has_its_own_property_before_that_of_all(self):
        text = EXPERIMENT.format(data=self.path('data'), views=16)
        file = self.write('shared.ini', text + """
[elements]
scorer.score = great

[arm as-all]
""")
        for arm, runs in ('ours', True), ('as-all', False):
            result = self.eval(file, '--out', self.path(f'shared-{arm}'),
                               '--arm', arm)
            self.assertEqual(result.returncode == 0, runs, result.stderr)
        self.assertIn('great', result.stderr)

    def test_mistakes_in_the_key_file_are_named(self):
        text = EXPERIMENT.format(data=self.path('data'), views=16)
        for old, new, words in (
                ('sources = 40', 'sorces = 40', '[stream] sorces: no such key'),
                ('select = oracle', 'select = best', '[arm oracle] select'),
                ('kept = 0.1', 'kept = 2', '[experiment] kept'),
                ('scorer.score = gain', 'scorer.scor = 1',
                 'vinfoscore has no property scor'),
                ('scorer.score = gain', 'scorer.score = great', 'loss-easy'),
                ('noise;flat', 'noise;dull', '[stream] junk-kinds'),
                ('[arm oracle]', '[elements]\nscorer.scor = 1\n[arm oracle]',
                 'vinfoscore has no property scor'),
                ('[arm oracle]', '[elements]\nscore = gain\n[arm oracle]',
                 '[elements] score: no such key'),
                ('[arm oracle]', '[training]\ndtype = f64\n[arm oracle]',
                 '[training] dtype'),
                ('stream = 60', 'stream = 6000', 'pictures to train on')):
            file = self.write('wrong.ini', text.replace(old, new))
            result = self.eval(file, '--out', self.path('g'), '--arm', 'ours'
                               if 'scor' in new and 'arm' not in words
                               else 'oracle')
            self.assertNotEqual(result.returncode, 0)
            self.assertIn(words, result.stderr)


if __name__ == '__main__':
    tap.main()
