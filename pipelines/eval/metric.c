/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metric.h"

static const Metric metrics[] = {
  { "linear", "linear probe, %", 100, 2, 1, TRUE },
  { "knn", "kNN, %", 100, 2, 1, TRUE },
  { "knn-whitened", "whitened kNN, %", 100, 2, 1, TRUE },
  { "miou", "mIoU, %", 100, 2, 1, TRUE },
  { "dice", "Dice, %", 100, 2, 1, TRUE },
  { "iv", "I_V, nats/pixel", 1, 4, 1, FALSE },
  { "loss", "loss", 1, 4, -1, FALSE },
  { "frames", "frames", 1, 0, 0, FALSE },
  { "worth", "worth, millinats/pixel", 1000, 2, 1, FALSE },
  { "rank", "rank", 1, 1, -1, FALSE },
  { "rank-correlation", "rank correlation with worth", 1, 2, 1, FALSE },
  { "nearest-cosine", "cosine to the nearest", 1, 3, -1, FALSE },
  { "duplicate-pairs", "pairs above 0.95", 1, 0, -1, FALSE },
  { "auroc-feeds", "AUROC, feeds", 1, 3, 1, FALSE },
  { "fpr95-feeds", "FPR95, feeds, %", 100, 1, -1, FALSE },
  { "auroc-noise", "AUROC, noise", 1, 3, 1, FALSE },
  { "fpr95-noise", "FPR95, noise, %", 100, 1, -1, FALSE },
  { "auroc-flat", "AUROC, one colour", 1, 3, 1, FALSE },
  { "fpr95-flat", "FPR95, one colour, %", 100, 1, -1, FALSE },
  { "auroc-blurred", "AUROC, blurred", 1, 3, 1, FALSE },
  { "fpr95-blurred", "FPR95, blurred, %", 100, 1, -1, FALSE },
  { "junk-kept", "junk, %", 100, 2, -1, FALSE },
  { "background-kept", "background, %", 100, 2, 0, FALSE },
  { "sources", "sources", 1, 0, 0, FALSE },
  { "mosaics", "mosaics", 1, 0, 0, FALSE },
  { "stream-frames", "frames of the stream", 1, 0, 0, FALSE },
  { "scored", "frames scored", 1, 0, 0, FALSE },
  { "selection-seconds", "selection, s", 1, 1, 0, FALSE },
  { "training-seconds", "training, s", 1, 1, 0, FALSE },
};

Metric
metric_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (metrics); i++) {
    if (g_str_equal (metrics[i].name, name))
      return metrics[i];
  }
  return (Metric){ name, name, 1, -1, 0, FALSE };
}

char *
metric_format (const Metric *metric, double value, gboolean sign)
{
  char format[16], number[G_ASCII_DTOSTR_BUF_SIZE];

  if (metric->decimals < 0)
    g_strlcpy (format, "%.4g", sizeof format);
  else
    g_snprintf (format, sizeof format, "%%.%df", metric->decimals);
  g_ascii_formatd (number, sizeof number, format, metric->scale * value);
  return g_strconcat (
      sign && value > 0 && number[0] != '-' ? "+" : "", number, NULL);
}
