/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "split.h"

void
split_finish (Split *self)
{
  g_clear_pointer (&self->stream, g_ptr_array_unref);
  g_clear_pointer (&self->probe, g_ptr_array_unref);
  g_clear_pointer (&self->validation, g_ptr_array_unref);
  g_clear_pointer (&self->test, g_ptr_array_unref);
}

/* Every picture that is no test picture, in random order. */
static GPtrArray *
shuffle_training (
    const Experiment *experiment, Dataset *dataset, guint32 seed, Split *split)
{
  GPtrArray *pictures = g_ptr_array_new ();
  GRand *random = g_rand_new_with_seed (seed);

  for (guint i = 0; i < dataset->items->len; i++) {
    DatasetItem *item = dataset->items->pdata[i];

    g_ptr_array_add (g_strcmp0 (item->split, experiment->test_split) == 0
                         ? split->test
                         : pictures,
        item);
  }
  for (guint i = pictures->len; i > 1; i--) {
    guint j = (guint)g_rand_int_range (random, 0, (gint32)i);
    gpointer swapped = pictures->pdata[i - 1];

    pictures->pdata[i - 1] = pictures->pdata[j];
    pictures->pdata[j] = swapped;
  }
  g_rand_free (random);
  return pictures;
}

/* Leaves n of the items: their order may go class by class. */
static void
take_evenly (GPtrArray *items, guint n)
{
  for (guint i = 0; i < n; i++)
    items->pdata[i] = items->pdata[(guint64)i * items->len / n];
  g_ptr_array_set_size (items, (gint)n);
}

/* Fold `seed` is the test, the next one the probe's training and calibration,
 * all others are the stream. Sequence number i is in fold i modulo their number. */
static gboolean
split_sequences (const Experiment *e, Dataset *dataset, guint32 seed,
    Split *split, GError **error)
{
  guint test = seed % e->folds, probe = (seed + 1) % e->folds;

  for (guint i = 0; i < dataset->items->len; i++) {
    DatasetItem *item = dataset->items->pdata[i];
    guint fold = item->label % e->folds;

    g_ptr_array_add (fold == test    ? split->test
                     : fold == probe ? split->probe
                                     : split->stream,
        item);
  }
  g_ptr_array_extend (split->validation, split->probe, NULL, NULL);
  if (dataset->labels->len >= e->folds)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %u sequences do not make %u folds", e->data, dataset->labels->len,
      e->folds);
  return FALSE;
}

static gboolean
split_pictures (const Experiment *e, Dataset *dataset, guint32 seed,
    Split *split, GError **error)
{
  g_autoptr (GPtrArray) pictures = NULL;
  guint probe = e->stream_pictures, validation = probe + e->probe_pictures;
  guint rest = validation + e->validation_pictures;

  pictures = shuffle_training (e, dataset, seed, split);
  for (guint i = 0; i < pictures->len; i++)
    g_ptr_array_add (i < probe        ? split->stream
                     : i < validation ? split->probe
                     : i < rest       ? split->validation
                                      : split->test,
        pictures->pdata[i]);
  if (pictures->len >= rest && split->test->len > 0) {
    if (e->test_pictures > 0 && e->test_pictures < split->test->len)
      take_evenly (split->test, e->test_pictures);
    return TRUE;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
      "%s: %u pictures to train on and %u to test on; the split wants %u and "
      "one at least",
      e->data, pictures->len, split->test->len, rest);
  return FALSE;
}

gboolean
split_make (const Experiment *experiment, Dataset *dataset, guint32 seed,
    Split *split, GError **error)
{
  gboolean made;

  *split = (Split){ g_ptr_array_new (), g_ptr_array_new (), g_ptr_array_new (),
    g_ptr_array_new () };
  made = experiment->task == TASK_SEGMENTATION
             ? split_sequences (experiment, dataset, seed, split, error)
             : split_pictures (experiment, dataset, seed, split, error);
  if (!made)
    split_finish (split);
  return made;
}
