# SPDX-License-Identifier: LGPL-2.1-or-later
"""Out-of-distribution scores against NumPy, in double precision and in the
plainest form: the classes' members listed, covariances as batch products,
inverses as such."""

import os
import subprocess
import unittest

import numpy as np
import tap

SHRINKAGE = 0.1
NEIGHBOUR = 10
WORD = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(a, b):
    """nn_mix(): two SplitMix64 finalisers."""
    def finalise(z):
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & WORD
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & WORD
        return z ^ (z >> 31)
    return finalise((finalise((a + GOLDEN) & WORD) + (b + 1) * GOLDEN) & WORD)


def order_of(n):
    """The order in which n embeddings are gone through."""
    stream = mix(n, 0x6F6F6420)
    order = [0] * n
    for i in range(n):
        j = mix(stream, i) * (i + 1) >> 64
        order[i] = order[j]
        order[j] = i
    return order


def cluster(rows, n_classes):
    """MacQueen's online k-means; the class of each row."""
    means = rows[:n_classes].copy()
    members = [[i] for i in range(n_classes)]
    for i in range(n_classes, len(rows)):
        c = int(np.argmin(((means - rows[i]) ** 2).sum(1)))
        members[c].append(i)
        means[c] = rows[members[c]].mean(0)
    return members


def mahalanobis(rows, queries, n_classes):
    n, d = rows.shape
    members = cluster(rows, n_classes)
    means = np.array([rows[m].mean(0) for m in members])
    within = np.concatenate([rows[m] - rows[m].mean(0) for m in members])
    covariance = within.T @ within / n
    if n < 2 * d:
        covariance = np.diag(np.diag(covariance))
    covariance = ((1 - SHRINKAGE) * covariance
                  + SHRINKAGE * np.trace(covariance) / d * np.eye(d))
    difference = queries[:, None] - means
    return np.einsum("qci,ij,qcj->qc", difference, np.linalg.inv(covariance),
                     difference).min(1)


def reference(embeddings, queries):
    n, d = embeddings.shape
    n_classes = min(max(n // 32, 2), 16)
    rows = embeddings[order_of(n)].astype(float)
    queries = queries.astype(float)
    directions = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    to = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    plain = mahalanobis(rows, queries, n_classes)
    bank = directions[:max(2 * d, 256)]
    distances = np.linalg.norm(to[:, None] - bank, axis=2)
    return {"mahalanobis": plain,
            "relative": plain - mahalanobis(rows, queries, 1),
            "maha++": mahalanobis(directions, to, n_classes),
            "knn": np.sort(distances, axis=1)[:, NEIGHBOUR - 1]}


def ours(embeddings, queries):
    process = subprocess.run(
        [os.environ["OOD_SCORES"], str(embeddings.shape[1]),
         str(len(embeddings)), str(len(queries))],
        input=np.concatenate([embeddings, queries]).tobytes(),
        capture_output=True, check=True)
    return np.frombuffer(process.stdout).reshape(4, len(queries))


class OodTest(unittest.TestCase):
    def check(self, seed, n, d, spread=3.0, offset=0.0):
        """Embeddings in six clumps with correlated values, and queries half of
        which are like them."""
        random = np.random.default_rng(seed)
        clumps = random.normal(size=(6, d)) * spread
        shape = random.normal(size=(d, d)) / np.sqrt(d)

        def draw(count):
            return (clumps[random.integers(6, size=count)] + offset
                    + random.normal(size=(count, d)) @ shape)

        embeddings = draw(n).astype(np.float32)
        queries = np.concatenate(
            [draw(20), offset + 5 * random.normal(size=(20, d))])
        queries = queries.astype(np.float32)
        expected = reference(embeddings, queries)
        for values, (kind, wanted) in zip(ours(embeddings, queries),
                                          expected.items()):
            # a difference may be near 0 where its terms are not
            scale = np.maximum(np.abs(wanted), 1e-3 * np.abs(wanted).max())
            self.assertLess((np.abs(values - wanted) / scale).max(), 1e-4, kind)

    def test_full_covariance_of_many_classes(self):
        self.check(seed=1, n=600, d=32)

    def test_full_covariance_from_twice_the_width_on(self):
        self.check(seed=2, n=128, d=64)

    def test_diagonal_covariance_of_few_embeddings(self):
        self.check(seed=3, n=127, d=64)

    def test_fewest_embeddings(self):
        self.check(seed=4, n=32, d=128)

    def test_one_clump(self):
        self.check(seed=5, n=300, d=16, spread=0)

    def test_embeddings_far_from_the_origin(self):
        """Where sums of squares would cancel: spread 1 around 300."""
        self.check(seed=6, n=400, d=24, offset=300.0)


if __name__ == "__main__":
    tap.main()
