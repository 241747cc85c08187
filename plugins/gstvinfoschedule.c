/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfoschedule.h"

#define NO_PASS G_MAXUINT64

struct _GstVInfoSchedule {
  GstVInfoOrder order;
  guint passes; /* 0: without end */
  guint64 seed;

  GPtrArray *first;  /* of VInfoSample, by arrival */
  GPtrArray *pass;   /* the same, in the order of ... */
  guint64 number;    /* ... this pass */
  GArray *later;     /* of GstVInfoScheduled */
  GHashTable *known; /* ids, of what the store had at last */
};

static GPtrArray *
new_list (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_sample_unref);
}

/* A shuffle depends on seed and @number only, so that a seek to a later pass
 * finds what playing up to there would have. */
static void
sort (const GstVInfoSchedule *schedule, GPtrArray *samples, guint64 number)
{
  const guint32 words[] = { (guint32)schedule->seed,
    (guint32)(schedule->seed >> 32), (guint32)number, (guint32)(number >> 32) };
  g_autoptr (GRand) random
      = g_rand_new_with_seed_array (words, G_N_ELEMENTS (words));

  gst_vinfo_order_sort (schedule->order, samples, random);
}

/* Puts those that are new on @list, and knows them. */
static void
take_unknown (GstVInfoSchedule *schedule, GPtrArray *samples, GPtrArray *list)
{
  GHashTable *known
      = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < samples->len; i++) {
    VInfoSample *sample = g_ptr_array_index (samples, i);

    if (g_hash_table_add (known, g_memdup2 (&sample->id, sizeof sample->id))
        && !g_hash_table_contains (schedule->known, &sample->id))
      g_ptr_array_add (list, vinfo_sample_ref (sample));
  }
  g_hash_table_unref (schedule->known);
  schedule->known = known;
}

static GstVInfoScheduled
describe (const VInfoSample *sample)
{
  return (GstVInfoScheduled){ sample->id, sample->width, sample->height };
}

GstVInfoSchedule *
gst_vinfo_schedule_new (
    GPtrArray *samples, GstVInfoOrder order, guint passes, guint64 seed)
{
  GstVInfoSchedule *schedule = g_new0 (GstVInfoSchedule, 1);

  schedule->order = order;
  schedule->passes = passes;
  schedule->seed = seed;
  schedule->first = new_list ();
  schedule->pass = g_ptr_array_new ();
  schedule->number = NO_PASS;
  schedule->later = g_array_new (FALSE, FALSE, sizeof (GstVInfoScheduled));
  schedule->known = g_hash_table_new (g_int64_hash, g_int64_equal); /* none */
  take_unknown (schedule, samples, schedule->first);
  return schedule;
}

void
gst_vinfo_schedule_free (GstVInfoSchedule *schedule)
{
  if (!schedule)
    return;

  g_hash_table_unref (schedule->known);
  g_array_unref (schedule->later);
  g_ptr_array_unref (schedule->pass);
  g_ptr_array_unref (schedule->first);
  g_free (schedule);
}

void
gst_vinfo_schedule_extend (GstVInfoSchedule *schedule, GPtrArray *samples)
{
  g_autoptr (GPtrArray) added = new_list ();

  take_unknown (schedule, samples, added);
  sort (schedule, added, schedule->later->len);
  for (guint i = 0; i < added->len; i++) {
    GstVInfoScheduled item = describe (g_ptr_array_index (added, i));

    g_array_append_val (schedule->later, item);
  }
}

guint
gst_vinfo_schedule_count_samples (const GstVInfoSchedule *schedule)
{
  return schedule->first->len + schedule->later->len;
}

guint64
gst_vinfo_schedule_get_length (const GstVInfoSchedule *schedule)
{
  if (schedule->passes == 0 && schedule->first->len > 0)
    return G_MAXUINT64;
  return (guint64)schedule->passes * schedule->first->len
         + schedule->later->len;
}

static void
begin_pass (GstVInfoSchedule *schedule, guint64 number)
{
  g_ptr_array_set_size (schedule->pass, 0);
  g_ptr_array_extend (schedule->pass, schedule->first, NULL, NULL);
  sort (schedule, schedule->pass, number);
  schedule->number = number;
}

GstVInfoScheduled
gst_vinfo_schedule_get (GstVInfoSchedule *schedule, guint64 number)
{
  guint n = schedule->first->len;
  guint64 n_first = (guint64)schedule->passes * n;

  if (n == 0 || (schedule->passes > 0 && number >= n_first))
    return g_array_index (schedule->later, GstVInfoScheduled, number - n_first);
  if (number / n != schedule->number)
    begin_pass (schedule, number / n);
  return describe (g_ptr_array_index (schedule->pass, number % n));
}
