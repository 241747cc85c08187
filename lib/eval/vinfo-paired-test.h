/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoPairedTest:
 * @n: pairs
 * @mean: of the differences a − b
 * @error: standard error of that mean; NaN where @n < 2, as all that follows
 * @t: Student's, @mean / @error
 * @p: two-sided
 * @low: where the 95% confidence interval of the mean begins
 * @high: where it ends
 *
 * A paired comparison.
 */
typedef struct {
  guint n;
  gdouble mean;
  gdouble error;
  gdouble t;
  gdouble p;
  gdouble low, high;
} VInfoPairedTest;

/**
 * vinfo_paired_test_run:
 * @test: (out): the result
 * @a: (array length=n): for example, of one arm under each seed
 * @b: (array length=n): of another one under the same seeds
 * @n: pairs
 *
 * Student's paired t-test. Differences that are all alike have p = 0, or 1 where
 * they are 0.
 */
VINFO_API
void vinfo_paired_test_run (
    VInfoPairedTest *test, const gdouble *a, const gdouble *b, guint n);

/**
 * vinfo_paired_test_holm:
 * @p: (inout) (array length=n): p-values of a family
 * @n: their number
 *
 * Holm's step-down correction: each becomes the smallest level of the family at
 * which its hypothesis is rejected. NaNs stay and don't count.
 */
VINFO_API
void vinfo_paired_test_holm (gdouble *p, guint n);

G_END_DECLS
