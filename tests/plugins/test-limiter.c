/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gstvinfolimiter.h"

#include <gst/check/check.h>

#define MIN_SIZE 5

/* By the counts themselves, as Reverb does: the first MIN_SIZE are an offset. */
typedef struct {
  gdouble ratio, buffer;
  guint64 inserts, samples;
} Counts;

static gdouble
error_of (const Counts *c, guint more_inserts, guint more_samples)
{
  return (c->inserts + more_inserts) * c->ratio - c->samples - more_samples
         - MIN_SIZE * c->ratio;
}

static gboolean
may_sample (const Counts *c)
{
  return c->inserts >= MIN_SIZE && error_of (c, 0, 1) >= -c->buffer;
}

static gboolean
may_insert (const Counts *c)
{
  return c->inserts + 1 <= MIN_SIZE || error_of (c, 1, 0) <= c->buffer;
}

static void
follow (gdouble ratio, gdouble buffer)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  GstVInfoLimiter limiter
      = { .samples_per_insert = ratio, .error_buffer = buffer };
  Counts c = { ratio, buffer };

  for (guint i = 0; i < 5000; i++) {
    gboolean insert = g_rand_boolean (random);

    fail_unless_equals_int (
        gst_vinfo_limiter_may_sample (&limiter, c.inserts, MIN_SIZE),
        may_sample (&c));
    if (c.inserts >= MIN_SIZE)
      fail_unless_equals_uint64 (gst_vinfo_limiter_count_due (&limiter),
          (guint64)(error_of (&c, 0, 0) + buffer));
    fail_unless (may_sample (&c) || may_insert (&c));
    if (insert && may_insert (&c)) {
      c.inserts++;
      gst_vinfo_limiter_note_insert (&limiter, c.inserts, MIN_SIZE, FALSE);
    } else if (!insert && may_sample (&c)) {
      c.samples++;
      gst_vinfo_limiter_note_sample (&limiter);
    }
  }
  fail_unless (c.inserts > 2 * MIN_SIZE);
  fail_unless (ABS (error_of (&c, 0, 0)) <= buffer + 1e-9);
}

GST_START_TEST (test_bounds_are_those_of_the_counts)
{
  follow (1, 1);
  follow (4, 4);
  follow (4, 40);
  follow (0.25, 3);
}
GST_END_TEST;

GST_START_TEST (test_what_a_live_feed_brings_too_much_is_forgotten)
{
  GstVInfoLimiter limiter = { .samples_per_insert = 2, .error_buffer = 10 };

  for (guint i = 1; i <= 1000; i++)
    gst_vinfo_limiter_note_insert (&limiter, i, MIN_SIZE, TRUE);
  fail_unless_equals_uint64 (gst_vinfo_limiter_count_due (&limiter), 20);
}
GST_END_TEST;

static Suite *
limiter_suite (void)
{
  Suite *suite = suite_create ("limiter");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (suite, tc);
  tcase_add_test (tc, test_bounds_are_those_of_the_counts);
  tcase_add_test (tc, test_what_a_live_feed_brings_too_much_is_forgotten);
  return suite;
}

GST_CHECK_MAIN (limiter);
