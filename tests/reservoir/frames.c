/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "frames.h"

#include <math.h>
#include <string.h>

#include "nn/random-private.h"

static VInfoImage *
make_noise (guint64 id, guint side)
{
  NnRandom random = { id, 1, 0 };
  g_autofree guint8 *pixels = g_malloc (3 * side * side);

  for (guint i = 0; i < 3 * side * side; i++)
    pixels[i] = nn_random_below (&random, 256);
  return vinfo_image_new_from_data (side, side, 3 * side, pixels);
}

void
frame_init (Frame *frame, guint64 id, gfloat quantile)
{
  NnRandom random = { id, 0, 0 };

  memset (frame, 0, sizeof *frame);
  for (guint i = 0; i < VINFO_THUMBNAIL_SIZE; i++)
    frame->thumbnail[i] = nn_random_below (&random, 256);
  frame->image = make_noise (id, 2);
  frame->offer = (VInfoOffer){
    .id = id,
    .feed = "feed",
    .source = "",
    .caps = "video/x-raw",
    .pts = id,
    .image = frame->image,
    .thumbnail = frame->thumbnail,
    .score = { .value = quantile,
        .quantile = quantile,
        .pvi = NAN,
        .gain = NAN,
        .region = quantile,
        .version = 1,
        .masks = 1 },
    .duplicate_cosine = FRAME_ETA,
  };
}

void
frame_finish (Frame *frame)
{
  g_clear_pointer (&frame->image, vinfo_image_unref);
}

static void
normalise (gfloat *vector)
{
  gfloat sum = 0;

  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++)
    sum += vector[i] * vector[i];
  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++)
    vector[i] /= sqrtf (sum);
}

void
frame_show_source (Frame *frame, guint64 source)
{
  NnRandom random = { source, 2, 0 };
  NnRandom turn = { frame->offer.id, 3, 0 };

  for (guint i = 0; i < FRAME_EMBEDDING_SIZE; i++)
    frame->embedding[i]
        = nn_random_normal (&random) + 0.1f * (gfloat)nn_random_normal (&turn);
  normalise (frame->embedding);
  frame->offer.embedding = frame->embedding;
  frame->offer.embedding_size = FRAME_EMBEDDING_SIZE;
}

void
frame_enlarge (Frame *frame, guint side)
{
  vinfo_image_unref (frame->image);
  frame->image = make_noise (frame->offer.id, side);
  frame->offer.image = frame->image;
}

VInfoReason
frame_offer (Frame *frame, VInfoReservoir *reservoir)
{
  g_autoptr (GError) error = NULL;
  VInfoVerdict verdict;

  vinfo_reservoir_offer (reservoir, &frame->offer, &verdict, &error);
  g_assert_no_error (error);
  g_assert_cmpint (verdict.kept, ==, verdict.reason == VINFO_REASON_NONE);
  vinfo_verdict_clear (&verdict);
  return verdict.reason;
}

VInfoReason
offer_id (VInfoReservoir *reservoir, guint64 id, gfloat quantile)
{
  Frame frame;
  VInfoReason reason;

  frame_init (&frame, id, quantile);
  reason = frame_offer (&frame, reservoir);
  frame_finish (&frame);
  return reason;
}

VInfoReservoir *
open_reservoir (const VInfoReservoirConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VInfoStore) store = vinfo_store_open (NULL, &error);
  VInfoReservoir *reservoir;

  g_assert_no_error (error);
  reservoir = vinfo_reservoir_new (config, store, &error);
  g_assert_no_error (error);
  return reservoir;
}

gint
compare_ids (gconstpointer a, gconstpointer b)
{
  guint64 first = *(const guint64 *)a, second = *(const guint64 *)b;

  return (first > second) - (first < second);
}

GArray *
list_ids (VInfoReservoir *reservoir)
{
  g_autoptr (GPtrArray) samples = vinfo_reservoir_list (reservoir);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < samples->len; i++) {
    const VInfoSample *sample = g_ptr_array_index (samples, i);

    g_array_append_val (ids, sample->id);
  }
  g_array_sort (ids, compare_ids);
  return ids;
}

void
assert_same_ids (GArray *ids, GArray *expected)
{
  g_assert_cmpuint (ids->len, ==, expected->len);
  for (guint i = 0; i < ids->len; i++)
    g_assert_cmpuint (g_array_index (ids, guint64, i), ==,
        g_array_index (expected, guint64, i));
}
