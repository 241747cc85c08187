/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "comparison.h"
#include "metric.h"
#include "page.h"

/**
 * ComparisonView:
 * @arms: (element-type ComparedArm): in the order of the rows
 * @metrics: (element-type utf8): in the order of the columns
 * @baseline: (nullable): what arms are compared with
 * @family: (nullable): names of the arms whose tests are corrected together;
 *   all but the baseline
 * @source: command and commit, for captions
 *
 * What of a comparison is shown.
 */
typedef struct {
  GPtrArray *arms;
  GPtrArray *metrics;
  const ComparedArm *baseline;
  char *const *family;
  const char *source;
} ComparisonView;

/** comparison_add_means: mean ± standard error of each arm and metric */
void comparison_add_means (GString *page, const Writer *writer,
    const Comparison *comparison, const ComparisonView *view);

/** comparison_add_differences: paired, to the baseline, with their tests */
void comparison_add_differences (
    GString *page, const Writer *writer, const ComparisonView *view);

/** comparison_add_norm_del: of metrics that are shares */
void comparison_add_norm_del (
    GString *page, const Writer *writer, const ComparisonView *view);

/** comparison_add_plots: means with error bars, where the page can show them */
void comparison_add_plots (
    GString *page, const Writer *writer, const ComparisonView *view);
