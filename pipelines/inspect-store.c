/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is in a store: counts, and where the scores lie.
 */
#include "inspect-store.h"

#include <glib/gstdio.h>
#include <math.h>

#include "image/vinfo-reason.h"
#include "json.h"
#include "store/vinfo-store.h"

/* Adds @counts as an object of numbers by name, in order of the names. */
static void
add_counts (JsonBuilder *builder, const char *name, GTree *counts)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  for (GTreeNode *node = g_tree_node_first (counts); node;
       node = g_tree_node_next (node))
    json_add_int (builder, g_tree_node_key (node),
        GPOINTER_TO_INT (g_tree_node_value (node)));
  json_builder_end_object (builder);
}

static gint
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  return g_strcmp0 (a, b);
}

typedef char *(*NameFunc) (const VInfoSample *sample);

static char *
name_of_feed (const VInfoSample *sample)
{
  return g_strdup (sample->feed);
}

static char *
name_of_version (const VInfoSample *sample)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, sample->score.version);
}

static char *
name_of_codec (const VInfoSample *sample)
{
  return g_strdup (sample->codec == VINFO_IMAGE_CODEC_PNG ? "png" : "mjpeg");
}

/* How many samples there are of each name. */
static void
add_tally (
    JsonBuilder *builder, const char *name, GPtrArray *samples, NameFunc func)
{
  g_autoptr (GTree) counts
      = g_tree_new_full (compare_names, NULL, g_free, NULL);

  for (guint i = 0; i < samples->len; i++) {
    char *key = func (samples->pdata[i]);
    gint n = GPOINTER_TO_INT (g_tree_lookup (counts, key));

    g_tree_insert (counts, key, GINT_TO_POINTER (n + 1));
  }
  add_counts (builder, name, counts);
}

typedef double (*ValueFunc) (const VInfoSample *sample);

static double
value_of_score (const VInfoSample *sample)
{
  return sample->score.value;
}

static double
value_of_quantile (const VInfoSample *sample)
{
  return sample->score.quantile;
}

static double
value_of_loss (const VInfoSample *sample)
{
  return sample->score.loss;
}

static gint
compare_values (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Linear between the two values around it, as NumPy's default. */
static double
find_quantile (const GArray *sorted, double q)
{
  double at = q * (sorted->len - 1);
  guint below = (guint)at;
  double low = g_array_index (sorted, double, below);
  double high
      = g_array_index (sorted, double, MIN (below + 1, sorted->len - 1));

  return low + (at - below) * (high - low);
}

/* Smallest, quartiles and largest of those that have the value; or null. */
static void
add_quantiles (
    JsonBuilder *builder, const char *name, GPtrArray *samples, ValueFunc func)
{
  g_autoptr (GArray) values = g_array_new (FALSE, FALSE, sizeof (double));

  for (guint i = 0; i < samples->len; i++) {
    double value = func (samples->pdata[i]);

    if (isfinite (value))
      g_array_append_val (values, value);
  }
  json_builder_set_member_name (builder, name);
  if (values->len == 0) {
    json_builder_add_null_value (builder);
    return;
  }
  g_array_sort (values, compare_values);
  json_builder_begin_array (builder);
  for (guint i = 0; i <= 4; i++)
    json_add_value (builder, find_quantile (values, i / 4.));
  json_builder_end_array (builder);
}

static void
add_all_quantiles (JsonBuilder *builder, GPtrArray *samples)
{
  json_builder_set_member_name (builder, "quantiles");
  json_builder_begin_object (builder);
  add_quantiles (builder, "score", samples, value_of_score);
  add_quantiles (builder, "quantile", samples, value_of_quantile);
  add_quantiles (builder, "loss", samples, value_of_loss);
  json_builder_end_object (builder);
}

/* What is known of how far samples are out of distribution. */
static void
add_ood_of_samples (JsonBuilder *builder, GPtrArray *samples)
{
  double sum = 0, largest = -INFINITY;
  guint known = 0;

  for (guint i = 0; i < samples->len; i++) {
    float ood = ((const VInfoSample *)samples->pdata[i])->score.ood;

    if (!isfinite (ood))
      continue;
    known++;
    sum += ood;
    largest = MAX (largest, ood);
  }
  json_builder_set_member_name (builder, "ood");
  json_builder_begin_object (builder);
  json_add_int (builder, "known", known);
  json_add_number (builder, "mean", known ? sum / known : NAN);
  json_add_number (builder, "largest", known ? largest : NAN);
  json_builder_end_object (builder);
}

static void
add_totals (JsonBuilder *builder, GPtrArray *samples)
{
  guint64 bytes = 0, views = 0;
  guint n_uniform = 0, n_spare = 0;

  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    bytes += sample->blob_size;
    views += sample->views;
    n_uniform += sample->uniform;
    n_spare += sample->spare;
  }
  json_add_int (builder, "samples", samples->len);
  json_add_int (builder, "bytes", (gint64)bytes);
  json_add_int (builder, "uniform", n_uniform);
  json_add_int (builder, "spare", n_spare);
  json_add_int (builder, "views", (gint64)views);
}

static void
add_time (JsonBuilder *builder, const char *name, gint64 wall_time)
{
  g_autoptr (GDateTime) time
      = g_date_time_new_from_unix_utc (wall_time / G_USEC_PER_SEC);
  g_autofree char *text = time ? g_date_time_format_iso8601 (time) : NULL;

  json_builder_set_member_name (builder, name);
  if (text)
    json_builder_add_string_value (builder, text);
  else
    json_builder_add_null_value (builder);
}

/* When the first and the last of them arrived; null where there are none. */
static void
add_times (JsonBuilder *builder, GPtrArray *samples)
{
  gint64 first = G_MAXINT64, last = G_MAXINT64;

  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = samples->pdata[i];

    first = MIN (first, sample->wall_time);
    last = i == 0 ? sample->wall_time : MAX (last, sample->wall_time);
  }
  add_time (builder, "oldest", first);
  add_time (builder, "newest", last);
}

/* What was offered in the store's whole life, and why what isn't kept is not. */
static void
add_reasons (JsonBuilder *builder, VInfoStore *store)
{
  json_add_int (builder, "offered", vinfo_store_get_counter (store, "offered"));
  json_builder_set_member_name (builder, "rejected");
  json_builder_begin_object (builder);
  for (guint i = 0; i < VINFO_N_REASONS; i++) {
    const char *reason = vinfo_reason_to_string (i);
    g_autofree char *name = g_strconcat ("rejected-", reason, NULL);
    gint64 count = vinfo_store_get_counter (store, name);

    if (count > 0)
      json_add_int (builder, reason, count);
  }
  json_builder_end_object (builder);
}

static void
add_file_size (JsonBuilder *builder, const char *file)
{
  GStatBuf status;

  json_add_int (builder, "file_bytes",
      g_stat (file, &status) == 0 ? (gint64)status.st_size : 0);
}

gboolean
inspect_store (const char *file, JsonBuilder *builder, GError **error)
{
  g_autoptr (VInfoStore) store = vinfo_store_open_existing (file, error);
  g_autoptr (GPtrArray) samples
      = store ? vinfo_store_list (store, error) : NULL;
  g_autoptr (GError) damage = NULL;

  if (!samples)
    return FALSE;
  add_totals (builder, samples);
  add_file_size (builder, file);
  add_tally (builder, "feeds", samples, name_of_feed);
  add_tally (builder, "versions", samples, name_of_version);
  add_tally (builder, "codecs", samples, name_of_codec);
  add_times (builder, samples);
  add_all_quantiles (builder, samples);
  add_ood_of_samples (builder, samples);
  add_reasons (builder, store);
  json_builder_set_member_name (builder, "integrity");
  json_builder_add_string_value (
      builder, vinfo_store_check (store, &damage) ? "ok" : damage->message);
  return TRUE;
}
