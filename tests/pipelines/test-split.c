/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of a dataset an experiment's stream, probes and test get to see. */

#include "split.h"

/* n items, labels going round n_labels; every third is the index's test. */
static Dataset
make_dataset (guint n, guint n_labels)
{
  Dataset dataset = { g_ptr_array_new_with_free_func (g_free),
    g_ptr_array_new_with_free_func (g_free) };

  for (guint i = 0; i < n; i++) {
    DatasetItem *item = g_new0 (DatasetItem, 1);

    item->label = i % n_labels;
    item->split = (char *)(i % 3 == 0 ? "test" : "train");
    g_ptr_array_add (dataset.items, item);
  }
  for (guint i = 0; i < n_labels; i++)
    g_ptr_array_add (dataset.labels, g_strdup_printf ("%u", i));
  return dataset;
}

static void
dataset_clear (Dataset *self)
{
  g_ptr_array_unref (self->items);
  g_ptr_array_unref (self->labels);
}

static void
mark (GPtrArray *items, guint bit, guint *seen)
{
  for (guint i = 0; i < items->len; i++)
    seen[((DatasetItem *)items->pdata[i])->label] |= bit;
}

static void
test_sequences_are_in_one_part_each_and_all_are_tested (void)
{
  Experiment experiment = { .task = TASK_SEGMENTATION, .folds = 4 };
  Dataset dataset = make_dataset (60, 10);
  guint tested[10] = { 0 };

  for (guint seed = 0; seed < 4; seed++) {
    guint seen[10] = { 0 };
    Split split;

    g_assert_true (split_make (&experiment, &dataset, seed, &split, NULL));
    g_assert_cmpuint (
        split.stream->len + split.probe->len + split.test->len, ==, 60);
    g_assert_cmpuint (split.validation->len, ==, split.probe->len);
    mark (split.stream, 1, seen);
    mark (split.probe, 2, seen);
    mark (split.validation, 2, seen);
    mark (split.test, 4, seen);
    mark (split.test, 1, tested);
    for (guint i = 0; i < 10; i++)
      g_assert_true (seen[i] == 1 || seen[i] == 2 || seen[i] == 4);
    split_finish (&split);
  }
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (tested[i], ==, 1);
  dataset_clear (&dataset);
}

static void
test_too_few_sequences_are_an_error (void)
{
  Experiment experiment
      = { .data = (char *)"here", .task = TASK_SEGMENTATION, .folds = 4 };
  Dataset dataset = make_dataset (60, 3);
  g_autoptr (GError) error = NULL;
  Split split;

  g_assert_false (split_make (&experiment, &dataset, 0, &split, &error));
  g_assert_cmpstr (error->message, ==, "here: 3 sequences do not make 4 folds");
  dataset_clear (&dataset);
}

static void
test_pictures_are_in_one_part_each (void)
{
  Experiment experiment = { .stream_pictures = 20,
    .probe_pictures = 10,
    .validation_pictures = 5,
    .neighbours = 1,
    .test_split = (char *)"test" };
  Dataset dataset = make_dataset (60, 10);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  Split split;

  g_assert_true (split_make (&experiment, &dataset, 1, &split, NULL));
  for (guint part = 0; part < 4; part++) {
    GPtrArray *parts[]
        = { split.stream, split.probe, split.validation, split.test };

    for (guint i = 0; i < parts[part]->len; i++)
      g_assert_true (g_hash_table_add (seen, parts[part]->pdata[i]));
  }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 60);
  g_assert_cmpuint (split.test->len, ==, 25);
  split_finish (&split);
  dataset_clear (&dataset);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/split/sequences-are-in-one-part-each-and-all-are-tested",
      test_sequences_are_in_one_part_each_and_all_are_tested);
  g_test_add_func ("/split/too-few-sequences-are-an-error",
      test_too_few_sequences_are_an_error);
  g_test_add_func ("/split/pictures-are-in-one-part-each",
      test_pictures_are_in_one_part_each);
  return g_test_run ();
}
