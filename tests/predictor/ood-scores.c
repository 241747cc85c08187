/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ood-scores D N M: reads N + M embeddings of D floats, makes statistics of the
 * first N, and writes the M others' scores as doubles, a kind after the other. */
#include <stdio.h>
#include <stdlib.h>

#include "predictor/ood-private.h"

int
main (int argc, char **argv)
{
  guint width = argc > 3 ? (guint)atoi (argv[1]) : 0;
  guint n = width ? (guint)atoi (argv[2]) : 0;
  guint m = width ? (guint)atoi (argv[3]) : 0;
  gsize size = (gsize)(n + m) * width;
  g_autofree float *rows = g_new (float, MAX (size, 1));
  g_autofree double *scratch = NULL;
  g_autoptr (Ood) ood = NULL;

  if (size == 0 || fread (rows, sizeof *rows, size, stdin) != size)
    return EXIT_FAILURE;
  ood = ood_new (rows, n, width);
  if (!ood)
    return EXIT_FAILURE;
  scratch = g_new (double, ood_scratch_size (ood));
  for (guint kind = VINFO_OOD_MAHALANOBIS; kind <= VINFO_OOD_KNN; kind++) {
    for (guint i = 0; i < m; i++) {
      double score
          = ood_score (ood, kind, rows + (gsize)(n + i) * width, scratch);

      fwrite (&score, sizeof score, 1, stdout);
    }
  }
  return EXIT_SUCCESS;
}
