/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A paired comparison of n seeds. */
typedef struct {
  guint n;
  double mean;      /* of the differences a − b */
  double error;     /* standard error of that mean */
  double t;         /* Student's */
  double p;         /* two-sided; NAN where n < 2 */
  double low, high; /* 95% confidence interval of the mean */
} PairedTest;

/* a, b: [n]. Differences that are all alike have p = 0, or 1 where they are 0. */
void paired_test_run (
    PairedTest *self, const double *a, const double *b, guint n);

/* Holm's step-down correction of n p-values, in place: each becomes the
 * smallest level of the family at which its hypothesis is rejected. NANs stay
 * and don't count. */
void paired_test_holm (double *p, guint n);

/* P(|T| > |t|) of Student's distribution. */
double paired_test_student (double t, double degrees);

G_END_DECLS
