/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "eval/vinfo-paired-test.h"

/**
 * ComparedArm:
 * @ratio: share of the stream that it trained on
 * @values: metric → (element-type Observation), by seed
 */
typedef struct {
  char *name;
  double ratio;
  GHashTable *values;
} ComparedArm;

/** Observation: of one arm and metric under a seed */
typedef struct {
  guint seed;
  double value;
} Observation;

/**
 * Comparison:
 * @arms: (element-type ComparedArm): in the order in which they were first seen
 * @metrics: (element-type utf8): likewise
 * @commits: (element-type utf8): of the programs that measured
 *
 * All results of one experiment.
 */
typedef struct {
  char *experiment;
  char *stream;
  double junk;
  GPtrArray *arms;
  GPtrArray *metrics;
  GPtrArray *commits;
} Comparison;

/**
 * comparisons_read:
 * @files: (array zero-terminated=1): of results; of two lines that say the
 *   same value of the same run, the later one counts
 *
 * Returns: (transfer full) (element-type Comparison): by experiment, in the
 *   order in which they were first seen, or %NULL with @error
 */
GPtrArray *comparisons_read (char *const *files, GError **error);

/** comparison_find_arm: (transfer none) (nullable) */
const ComparedArm *comparison_find_arm (
    const Comparison *self, const char *name);

/**
 * Summary:
 * @n: seeds
 * @error: standard error of the mean, NaN of less than two
 */
typedef struct {
  guint n;
  double mean;
  double error;
} Summary;

/** compared_arm_summarise: over the seeds */
Summary compared_arm_summarise (const ComparedArm *self, const char *metric);

/**
 * compared_arm_test:
 *
 * The difference @self − @baseline, paired over the seeds that both have.
 */
void compared_arm_test (const ComparedArm *self, const ComparedArm *baseline,
    const char *metric, VInfoPairedTest *test);

/**
 * compared_arm_norm_del: mean NormDEL (α = 1) of a @metric that is a share
 */
double compared_arm_norm_del (const ComparedArm *self, const char *metric);
