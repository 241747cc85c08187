/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/cholesky-private.h"

#include <cblas.h>
#include <math.h>

void
cholesky_factorise (double *a, guint width)
{
  for (guint i = 0; i < width; i++) {
    double *row = a + (gsize)i * width;

    for (guint j = 0; j <= i; j++) {
      const double *other = a + (gsize)j * width;
      double sum = row[j] - cblas_ddot ((int)j, row, 1, other, 1);

      row[j] = i == j ? sqrt (MAX (sum, G_MINDOUBLE)) : sum / other[j];
    }
    for (guint j = i + 1; j < width; j++)
      row[j] = 0;
  }
}
