# SPDX-License-Identifier: LGPL-2.1-or-later
"""`vinfo eval --report` on committed results, against NumPy and SciPy."""

import collections
import json
import os
import re
import tempfile
import unittest
from xml.etree import ElementTree

import numpy as np
import tap
from program import vinfo
from scipy import stats

RESULTS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       'eval-results.jsonl')
KEYS = """
[experiment]
name = small-5
data = nowhere

[arm ours]
[arm uniform]
[arm full-shuffled]
select = all

[report]
baseline = {baseline}
metrics = iv;linear
family = ours
"""


def read():
    """experiment → arm → metric → values by seed"""
    values = collections.defaultdict(
        lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    with open(RESULTS) as file:
        for line in map(json.loads, file):
            values[line['experiment']][line['arm']][line['metric']].append(
                line['value'])
    return values


def holm(p):
    order = np.argsort(p)
    steps = [min(1, p[j] * (len(p) - i)) for i, j in enumerate(order)]
    corrected = np.empty(len(p))
    corrected[order] = np.maximum.accumulate(steps)
    return corrected


class Report(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def report(self, name, *files):
        run = vinfo('eval', '--report', self.path(name), *files)
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(self.path(name)) as file:
            return file.read()

    def rows(self, page, caption):
        """Cells of the tables whose caption holds the words, by row."""
        tables = []
        for part in page.split('\n\n')[1:]:
            if part.startswith('|') and caption in before:
                tables.append([[cell.strip() for cell in line[1:-1].split('|')]
                               for line in part.strip().split('\n')])
            before = part
        return tables

    def keys(self, baseline):
        with open(self.path(baseline + '.ini'), 'w') as file:
            file.write(KEYS.format(baseline=baseline))
        return self.path(baseline + '.ini')

    def test_means_have_their_standard_errors(self):
        page = self.report('a.md', RESULTS)
        tables = self.rows(page, 'mean ± standard error over seeds')
        self.assertEqual(len(tables), 2)
        for values, table in zip(read().values(), tables):
            self.assertEqual([row[0] for row in table[2:]], list(values))
            for row in table[2:]:
                linear = 100 * np.array(values[row[0]]['linear'])
                self.assertEqual(row[2], '3')
                self.assertEqual(row[3], f'{linear.mean():.2f} ± '
                                         f'{stats.sem(linear):.2f}')

    def test_differences_are_paired_and_corrected_over_the_arms(self):
        page = self.report('b.md', RESULTS)
        tables = self.rows(page, 'Difference to `full-shuffled`')
        for values, table in zip(read().values(), tables):
            for column, metric, scale, digits in ((2, 'linear', 100, 2),
                                                  (3, 'iv', 1, 4)):
                base = values['full-shuffled'][metric]
                p = holm([stats.ttest_rel(values[arm][metric], base).pvalue
                          for arm in ('uniform', 'ours')])
                for row, level in zip(table[2:], p):
                    d = scale * np.subtract(values[row[0]][metric], base)
                    words = (f'p = {level:.3f}' if level >= 0.001
                             else 'p < 0.001')
                    self.assertEqual(
                        row[column], f'{d.mean():+.{digits}f} ± '
                                     f'{stats.sem(d):.{digits}f}, {words}')

    def test_key_file_chooses_baseline_metrics_order_and_family(self):
        page = self.report('c.md', RESULTS, self.keys('uniform'))
        means = self.rows(page, 'mean ± standard error over seeds')[0]
        self.assertEqual([row[0] for row in means[2:]],
                         ['ours', 'uniform', 'full-shuffled'])
        self.assertTrue(means[0][3].startswith('I_V'))
        table = self.rows(page, 'Difference to `uniform`')[0]
        values = read()['small-5']
        p = stats.ttest_rel(values['ours']['iv'],
                            values['uniform']['iv']).pvalue
        self.assertTrue(table[2][2].endswith(f', p = {p:.3f}'))
        self.assertNotIn('p', table[3][2])

    def test_norm_del_counts_what_is_kept(self):
        page = self.report('d.md', RESULTS)
        table = self.rows(page, 'NormDEL')[1]
        for row in table[2:]:
            kept = 1 if row[0] == 'full-shuffled' else 0.2
            linear = np.array(read()['small-20'][row[0]]['linear'])
            value = 1 / (1 + np.exp(-linear * np.exp(-kept)))
            self.assertEqual(row[1], f'{100 * value.mean():.2f}')

    def test_ranks_are_of_the_arms_that_keep_a_part(self):
        page = self.report('e.md', RESULTS)
        table = self.rows(page, 'Average rank over 2 experiments')[0]
        ranks = collections.defaultdict(list)
        for values in read().values():
            for metric in 'linear', 'iv':
                means = {arm: np.mean(values[arm][metric])
                         for arm in ('uniform', 'ours')}
                for arm in means:
                    ranks[arm, metric].append(
                        1 + sum(m > means[arm] for m in means.values()))
        self.assertEqual(table[2:], [
            [arm] + [f'{np.mean(ranks[arm, m]):.2f}' for m in ('linear', 'iv')]
            for arm in ('uniform', 'ours')])

    def test_captions_name_command_and_commit(self):
        page = self.report('f.md', RESULTS)
        command = f'vinfo eval --report {self.path("f.md")} {RESULTS}'
        captions = re.findall(r'^.*Table by.*$', page, re.M)
        self.assertEqual(len(captions), 7)
        for caption in captions:
            self.assertIn(f'`{command}`', caption)
        self.assertEqual(sum('`0123456789ab`' in c for c in captions), 6)

    def test_html_is_one_page_with_plots_the_same_each_time(self):
        page = self.report('g.html', RESULTS)
        self.assertEqual(page, self.report('g.html', RESULTS))
        self.assertNotRegex(page, r'<script|<link|src=|http')
        plots = re.findall(r'<svg.*?</svg>', page, re.S)
        self.assertEqual(len(plots), 4)
        circles = [float(c.get('cx')) for c in
                   ElementTree.fromstring(plots[0]).iter('circle')]
        linear = [np.mean(v['linear']) for v in read()['small-5'].values()]
        self.assertAlmostEqual(
            (circles[1] - circles[0]) / (circles[2] - circles[0]),
            (linear[1] - linear[0]) / (linear[2] - linear[0]), delta=0.02)
        self.assertEqual(page.count('<tr>'), 3 * 4 + 3 * 4 - 2 + 3)

    def test_what_is_no_result_is_named(self):
        with open(self.path('wrong.jsonl'), 'w') as file:
            file.write('{"experiment":"a","arm":"b","seed":0,"metric":"c",'
                       '"value":1}\n{"experiment":"a"}\n')
        for files, words in (([self.path('wrong.jsonl')], 'line 2: no result'),
                             ([self.path('missing')], 'missing'),
                             ([self.keys('uniform')], 'nothing to tell'),
                             ([RESULTS, self.keys('best')],
                              '[report] baseline: not one of the arms')):
            run = vinfo('eval', '--report', self.path('h.md'), *files)
            self.assertEqual(run.returncode, 1)
            self.assertIn(words, run.stderr)
            self.assertFalse(os.path.exists(self.path('h.md')))


if __name__ == '__main__':
    tap.main()
