# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of `vinfo eval` share: a small model, a folder with made data."""

import json
import os
import tempfile
import unittest

SECONDS = ('selection-seconds', 'training-seconds')


def model(patch_size):
    """The key file's groups of a model that trains in a second."""
    return f"""
[model]
image_size = 32
patch_size = {patch_size}
hidden_size = 32
num_hidden_layers = 2
num_attention_heads = 2
intermediate_size = 64
decoder_hidden_size = 16
decoder_num_hidden_layers = 1
decoder_num_attention_heads = 2
decoder_intermediate_size = 32

[training]
batch-size = 16
"""


class ExperimentTest(unittest.TestCase):
    """A folder for all tests of a class, in it `data`, which make_data() fills."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.mkdir(os.path.join(cls.folder.name, 'data'))
        cls.make_data(os.path.join(cls.folder.name, 'data'))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)
        return self.path(name)

    def values(self, name):
        """(arm, seed, metric) → value of the results, but for times."""
        with open(self.path(name)) as file:
            lines = [json.loads(line) for line in file]
        return {(v['arm'], v['seed'], v['metric']): v['value'] for v in lines
                if v['metric'] not in SECONDS}
