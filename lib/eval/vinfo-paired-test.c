/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "eval/vinfo-paired-test.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#define CONFIDENCE 0.95

/* The continued fraction of the incomplete beta function by Lentz's method;
 * converges fast for x < (a + 1)/(a + b + 2). */
static double
beta_fraction (double a, double b, double x)
{
  double c = 1, d = 1 - (a + b) * x / (a + 1), value;

  value = d = 1 / (fabs (d) < DBL_MIN ? DBL_MIN : d);
  for (guint m = 1; m < 1000; m++) {
    double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

    d = 1 + even * d;
    c = 1 + even / c;
    d = 1 / (fabs (d) < DBL_MIN ? DBL_MIN : d);
    value *= d * c;
    d = 1 + odd * d;
    c = 1 + odd / c;
    d = 1 / (fabs (d) < DBL_MIN ? DBL_MIN : d);
    value *= d * c;
    if (fabs (d * c - 1) < 4 * DBL_EPSILON)
      break;
  }
  return value;
}

/* I_x(a, b), the regularised incomplete beta function. */
static double
incomplete_beta (double a, double b, double x)
{
  double front;

  if (x <= 0 || x >= 1)
    return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2))
    return 1 - incomplete_beta (b, a, 1 - x);
  front = exp (
      lgamma (a + b) - lgamma (a) - lgamma (b) + a * log (x) + b * log1p (-x));
  return front * beta_fraction (a, b, x) / a;
}

/* P(|T| > |t|) of Student's distribution. */
static double
student_tail (double t, double degrees)
{
  return incomplete_beta (degrees / 2, 0.5, degrees / (degrees + t * t));
}

/* The t that |T| exceeds with probability p, by bisection. */
static double
student_quantile (double p, double degrees)
{
  double low = 0, high = 1;

  while (student_tail (high, degrees) > p)
    high *= 2;
  for (guint i = 0; i < 100; i++) {
    double middle = (low + high) / 2;

    if (student_tail (middle, degrees) > p)
      low = middle;
    else
      high = middle;
  }
  return high;
}

void
vinfo_paired_test_run (
    VInfoPairedTest *self, const gdouble *a, const gdouble *b, guint n)
{
  double mean = 0, squares = 0, reach;

  for (guint i = 0; i < n; i++)
    mean += (a[i] - b[i]) / n;
  *self = (VInfoPairedTest){ n, mean, NAN, NAN, NAN, NAN, NAN };
  if (n < 2)
    return;
  for (guint i = 0; i < n; i++)
    squares += (a[i] - b[i] - mean) * (a[i] - b[i] - mean);
  self->error = sqrt (squares / (n - 1) / n);
  if (self->error > 0) {
    self->t = mean / self->error;
    self->p = student_tail (self->t, n - 1);
  } else {
    self->t = mean == 0 ? 0 : copysign (INFINITY, mean);
    self->p = mean == 0 ? 1 : 0;
  }
  reach = student_quantile (1 - CONFIDENCE, n - 1) * self->error;
  self->low = mean - reach;
  self->high = mean + reach;
}

static gint
compare_values (gconstpointer a, gconstpointer b)
{
  double first = **(double *const *)a, second = **(double *const *)b;

  return (first > second) - (first < second);
}

void
vinfo_paired_test_holm (gdouble *p, guint n)
{
  g_autofree double **sorted = g_new (double *, n);
  guint count = 0;
  double least = 0;

  for (guint i = 0; i < n; i++) {
    if (!isnan (p[i]))
      sorted[count++] = &p[i];
  }
  qsort (sorted, count, sizeof *sorted, compare_values);
  for (guint i = 0; i < count; i++) {
    least = MAX (least, MIN (1, *sorted[i] * (count - i)));
    *sorted[i] = least;
  }
}
