/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/neighbours-private.h"

#include <string.h>

#include "frames.h"
#include "nn/random-private.h"

static VInfoSample *
make_sample (guint64 id, guint64 source, guint size)
{
  VInfoSample *sample = vinfo_sample_new ();
  Frame frame;

  frame_init (&frame, id, 0.5);
  frame_show_source (&frame, source);
  sample->id = id;
  memcpy (sample->thumbnail, frame.thumbnail, VINFO_THUMBNAIL_SIZE);
  if (size > 0)
    sample->embedding = g_memdup2 (frame.embedding, size * sizeof (gfloat));
  sample->embedding_size = size;
  frame_finish (&frame);
  return sample;
}

static gdouble
dot (const VInfoSample *a, const VInfoSample *b)
{
  gdouble sum = 0;

  for (guint i = 0; i < a->embedding_size; i++)
    sum += a->embedding[i] * b->embedding[i];
  return sum;
}

/* Against a plain loop over @samples. */
static void
assert_finds (
    Neighbours *neighbours, GPtrArray *samples, const VInfoSample *wanted)
{
  gdouble highest = 0;
  guint n = 0;
  Neighbourhood found;

  neighbours_find (neighbours, wanted, FRAME_ETA, 0, &found);
  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = g_ptr_array_index (samples, i);

    if (sample->spare)
      continue;
    if (dot (sample, wanted) <= FRAME_ETA)
      highest = MAX (highest, dot (sample, wanted));
    else
      g_assert_true (g_ptr_array_index (neighbours->samples,
                         g_array_index (found.duplicates, guint, n++))
                     != NULL);
  }
  g_assert_cmpuint (found.duplicates->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpfloat (dot (g_ptr_array_index (neighbours->samples,
                                g_array_index (found.duplicates, guint, i)),
                           wanted),
        >, FRAME_ETA);
  g_assert_cmpfloat_with_epsilon (found.cosine, highest, 1e-5);
  neighbourhood_finish (&found);
}

static void
test_search_equals_a_plain_loop_while_samples_come_and_go (void)
{
  g_autoptr (GPtrArray) samples
      = g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);
  NnRandom random = { 3, 0, 0 };
  Neighbours neighbours;

  neighbours_init (&neighbours);
  for (guint64 id = 1; id <= 300; id++) {
    g_autoptr (VInfoSample) wanted
        = make_sample (1000 + id, id % 20, FRAME_EMBEDDING_SIZE);

    g_ptr_array_add (samples, make_sample (id, id % 20, FRAME_EMBEDDING_SIZE));
    neighbours_add (&neighbours, g_ptr_array_index (samples, samples->len - 1));
    if (id % 3 == 0) {
      guint row = nn_random_below (&random, samples->len);

      neighbours_remove (&neighbours, row);
      g_ptr_array_remove_index_fast (samples, row);
    }
    if (id % 5 == 0)
      ((VInfoSample *)g_ptr_array_index (samples, 0))->spare = TRUE;
    assert_finds (&neighbours, samples, wanted);
  }
  neighbours_finish (&neighbours);
}

static void
test_thumbnails_decide_where_embeddings_cannot (void)
{
  g_autoptr (VInfoSample) bare = make_sample (1, 1, 0);
  g_autoptr (VInfoSample) short_one = make_sample (2, 2, 8);
  g_autoptr (VInfoSample) other = make_sample (3, 3, FRAME_EMBEDDING_SIZE);
  Neighbours neighbours;
  Neighbourhood found;

  neighbours_init (&neighbours);
  neighbours_add (&neighbours, bare);
  neighbours_add (&neighbours, short_one);
  neighbours_find (&neighbours, other, FRAME_ETA, 0, &found);
  g_assert_cmpuint (found.duplicates->len, ==, 0);
  neighbourhood_finish (&found);

  memcpy (other->thumbnail, short_one->thumbnail, VINFO_THUMBNAIL_SIZE);
  other->thumbnail[0] ^= 8; /* half a grey level in the mean square */
  neighbours_find (&neighbours, other, FRAME_ETA, 0, &found);
  g_assert_cmpuint (found.duplicates->len, ==, 1);
  g_assert_cmpuint (found.nearest, ==, 1);
  neighbourhood_finish (&found);
  neighbours_finish (&neighbours);
}

static void
test_same_thumbnail_is_a_duplicate_whatever_the_embeddings_say (void)
{
  g_autoptr (VInfoSample) kept = make_sample (1, 1, FRAME_EMBEDDING_SIZE);
  g_autoptr (VInfoSample) wanted = make_sample (2, 2, FRAME_EMBEDDING_SIZE);
  Neighbours neighbours;
  Neighbourhood found;

  g_assert_cmpfloat (dot (kept, wanted), <, FRAME_ETA);
  memcpy (wanted->thumbnail, kept->thumbnail, VINFO_THUMBNAIL_SIZE);
  neighbours_init (&neighbours);
  neighbours_add (&neighbours, kept);
  neighbours_find (&neighbours, wanted, FRAME_ETA, 0, &found);
  g_assert_cmpuint (found.duplicates->len, ==, 1);
  neighbourhood_finish (&found);
  neighbours_finish (&neighbours);
}

static void
test_nothing_is_near_up_to_the_cosine_that_counts (void)
{
  g_autoptr (VInfoSample) sample = make_sample (1, 1, FRAME_EMBEDDING_SIZE);
  g_autoptr (VInfoSample) wanted = make_sample (2, 1, FRAME_EMBEDDING_SIZE);
  gdouble cosine = dot (sample, wanted);
  Neighbours neighbours;
  Neighbourhood found;

  neighbours_init (&neighbours);
  neighbours_add (&neighbours, sample);
  neighbours_find (&neighbours, wanted, 1, cosine - 1e-3, &found);
  g_assert_cmpfloat_with_epsilon (found.cosine, cosine, 1e-5);
  neighbourhood_finish (&found);
  neighbours_find (&neighbours, wanted, 1, cosine + 1e-3, &found);
  g_assert_cmpfloat (found.cosine, ==, 0);
  neighbourhood_finish (&found);
  neighbours_finish (&neighbours);
}

static void
test_refreshed_row_is_found_under_its_new_embedding (void)
{
  g_autoptr (VInfoSample) sample = make_sample (1, 1, FRAME_EMBEDDING_SIZE);
  g_autoptr (VInfoSample) wanted = make_sample (2, 2, FRAME_EMBEDDING_SIZE);
  Neighbours neighbours;
  Neighbourhood found;

  neighbours_init (&neighbours);
  neighbours_add (&neighbours, sample);
  neighbours_find (&neighbours, wanted, FRAME_ETA, 0, &found);
  g_assert_cmpuint (found.duplicates->len, ==, 0);
  neighbourhood_finish (&found);

  memcpy (sample->embedding, wanted->embedding,
      FRAME_EMBEDDING_SIZE * sizeof (gfloat));
  neighbours_refresh (&neighbours, 0);
  neighbours_find (&neighbours, wanted, FRAME_ETA, 0, &found);
  g_assert_cmpuint (found.duplicates->len, ==, 1);
  neighbourhood_finish (&found);
  neighbours_finish (&neighbours);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func (
      "/neighbours/search-equals-a-plain-loop-while-samples-come-and-go",
      test_search_equals_a_plain_loop_while_samples_come_and_go);
  g_test_add_func ("/neighbours/thumbnails-decide-where-embeddings-cannot",
      test_thumbnails_decide_where_embeddings_cannot);
  g_test_add_func (
      "/neighbours/same-thumbnail-is-a-duplicate-whatever-the-embeddings-say",
      test_same_thumbnail_is_a_duplicate_whatever_the_embeddings_say);
  g_test_add_func ("/neighbours/nothing-is-near-up-to-the-cosine-that-counts",
      test_nothing_is_near_up_to_the_cosine_that_counts);
  g_test_add_func ("/neighbours/refreshed-row-is-found-under-its-new-embedding",
      test_refreshed_row_is_found_under_its_new_embedding);
  return g_test_run ();
}
