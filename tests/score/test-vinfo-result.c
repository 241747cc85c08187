/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "score/vinfo-result.h"

#include <math.h>

#include "scene.h"
#include "score/gstvinfometa.h"

static VInfoResult *
result_new (void)
{
  return vinfo_result_new (
      vinfo_sample_id ("cam", "src", 40, 0), "cam", "src", "caps", 40, 7);
}

static void
set_scored (VInfoResult *result, VInfoReason reason)
{
  g_autoptr (VInfoImage) image = scene_new (1, 32, 32);
  VInfoScore score = { .loss = 1.5f, .value = 2.5f, .version = 3 };
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE] = { 9 };
  gfloat embedding[2] = { 0.6f, 0.8f };

  g_assert_true (vinfo_result_set_scored (
      result, &score, image, thumbnail, embedding, 2, 0.97, reason));
}

static void
count (VInfoResult *result, gpointer counter)
{
  (*(guint *)counter)++;
}

static void
test_sample_id_follows_feed_source_and_time (void)
{
  guint64 id = vinfo_sample_id ("cam", "file", 40, 0);

  g_assert_cmpuint (id, ==, vinfo_sample_id ("cam", "file", 40, 0));
  g_assert_cmpuint (id, !=, vinfo_sample_id ("cam2", "file", 40, 0));
  g_assert_cmpuint (id, !=, vinfo_sample_id ("cam", "file2", 40, 0));
  g_assert_cmpuint (id, !=, vinfo_sample_id ("cam", "file", 80, 0));
  g_assert_cmpuint (id, !=, vinfo_sample_id ("cam", "file", 40, 5));
  g_assert_cmpuint (
      vinfo_sample_id ("ab", "c", 0, 0), !=, vinfo_sample_id ("a", "bc", 0, 0));
}

static void
test_score_appears_with_its_stage (void)
{
  g_autoptr (VInfoResult) result = result_new ();
  g_autoptr (VInfoImage) image = NULL;
  gdouble duplicate_cosine;
  VInfoScore score;
  guint size;

  g_assert_cmpint (vinfo_result_get_stage (result), ==, VINFO_STAGE_PENDING);
  g_assert_false (vinfo_result_get_score (result, &score));
  g_assert_null (vinfo_result_get_thumbnail (result));
  set_scored (result, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_result_get_stage (result), ==, VINFO_STAGE_SCORED);
  g_assert_true (vinfo_result_get_score (result, &score));
  g_assert_cmpfloat (score.value, ==, 2.5f);
  g_assert_cmpfloat (
      vinfo_result_get_embedding (result, &size, &duplicate_cosine)[1], ==,
      0.8f);
  g_assert_cmpuint (size, ==, 2);
  g_assert_cmpfloat (duplicate_cosine, ==, 0.97);
  g_assert_cmpuint (vinfo_result_get_thumbnail (result)[0], ==, 9);
  image = vinfo_result_dup_image (result);
  g_assert_nonnull (image);
}

static void
test_verdict_is_told_and_leaves_the_image (void)
{
  g_autoptr (VInfoResult) kept = result_new ();
  g_autoptr (VInfoResult) refused = result_new ();
  g_autoptr (VInfoImage) image = NULL;

  set_scored (kept, VINFO_REASON_NONE);
  set_scored (refused, VINFO_REASON_NONE);
  vinfo_result_set_verdict (kept, VINFO_REASON_NONE);
  vinfo_result_set_verdict (refused, VINFO_REASON_THRESHOLD);
  g_assert_cmpint (vinfo_result_get_stage (kept), ==, VINFO_STAGE_KEPT);
  g_assert_cmpint (vinfo_result_get_stage (refused), ==, VINFO_STAGE_REJECTED);
  g_assert_cmpint (
      vinfo_result_get_reason (refused), ==, VINFO_REASON_THRESHOLD);
  image = vinfo_result_dup_image (kept);
  g_assert_nonnull (image);
}

static void
test_one_reservoir_that_keeps_a_frame_outweighs_others (void)
{
  g_autoptr (VInfoResult) first = result_new ();
  g_autoptr (VInfoResult) last = result_new ();

  set_scored (first, VINFO_REASON_NONE);
  vinfo_result_set_verdict (first, VINFO_REASON_NONE);
  vinfo_result_set_verdict (first, VINFO_REASON_THRESHOLD);
  g_assert_cmpint (vinfo_result_get_stage (first), ==, VINFO_STAGE_KEPT);

  set_scored (last, VINFO_REASON_NONE);
  vinfo_result_set_verdict (last, VINFO_REASON_THRESHOLD);
  vinfo_result_set_verdict (last, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_result_get_stage (last), ==, VINFO_STAGE_KEPT);
  g_assert_cmpint (vinfo_result_get_reason (last), ==, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_result_get_refusal (last), ==, VINFO_REASON_NONE);
}

static void
test_a_refusal_of_the_scorer_is_final (void)
{
  g_autoptr (VInfoResult) panel = result_new ();
  g_autoptr (VInfoResult) skipped = result_new ();

  set_scored (panel, VINFO_REASON_PANEL);
  vinfo_result_set_verdict (panel, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_result_get_stage (panel), ==, VINFO_STAGE_REJECTED);
  g_assert_cmpint (vinfo_result_get_refusal (panel), ==, VINFO_REASON_PANEL);

  vinfo_result_set_skipped (skipped, VINFO_REASON_FLAT);
  vinfo_result_set_verdict (skipped, VINFO_REASON_NONE);
  g_assert_cmpint (vinfo_result_get_stage (skipped), ==, VINFO_STAGE_SKIPPED);
  g_assert_cmpint (vinfo_result_get_refusal (skipped), ==, VINFO_REASON_FLAT);
}

static void
test_a_replayed_sample_is_told_from_a_kept_frame (void)
{
  g_autoptr (VInfoResult) replayed = result_new ();
  g_autoptr (VInfoResult) kept = result_new ();
  VInfoScore score = { .value = 2.5f };
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE] = { 0 };

  g_assert_true (
      vinfo_result_set_replayed (replayed, &score, thumbnail, NULL, 0, 0.25));
  g_assert_cmpint (vinfo_result_get_stage (replayed), ==, VINFO_STAGE_KEPT);
  g_assert_true (vinfo_result_is_replayed (replayed));
  g_assert_cmpfloat (vinfo_result_get_inclusion (replayed), ==, 0.25);
  g_assert_true (vinfo_result_get_score (replayed, &score));
  g_assert_cmpfloat (score.value, ==, 2.5f);
  g_assert_false (
      vinfo_result_set_replayed (replayed, &score, thumbnail, NULL, 0, 0.25));

  set_scored (kept, VINFO_REASON_NONE);
  vinfo_result_set_verdict (kept, VINFO_REASON_NONE);
  g_assert_false (vinfo_result_is_replayed (kept));
  g_assert_true (isnan (vinfo_result_get_inclusion (kept)));
}

static void
test_a_panel_frame_is_rejected_with_its_score (void)
{
  g_autoptr (VInfoResult) result = result_new ();
  VInfoScore score;

  set_scored (result, VINFO_REASON_PANEL);
  g_assert_cmpint (vinfo_result_get_stage (result), ==, VINFO_STAGE_REJECTED);
  g_assert_true (vinfo_result_get_score (result, &score));
  g_assert_null (vinfo_result_dup_image (result));
}

static void
test_what_was_skipped_is_never_scored (void)
{
  g_autoptr (VInfoResult) result = result_new ();
  g_autoptr (VInfoImage) image = scene_new (1, 32, 32);
  guint8 thumbnail[VINFO_THUMBNAIL_SIZE] = { 0 };
  VInfoScore score = { 0 };

  g_assert_true (vinfo_result_set_skipped (result, VINFO_REASON_FLUSHED));
  g_assert_false (vinfo_result_set_scored (
      result, &score, image, thumbnail, NULL, 0, 0.95, VINFO_REASON_NONE));
  g_assert_false (vinfo_result_set_skipped (result, VINFO_REASON_FAILED));
  g_assert_cmpint (vinfo_result_get_reason (result), ==, VINFO_REASON_FLUSHED);
}

static void
test_notification_comes_exactly_once (void)
{
  g_autoptr (VInfoResult) early = result_new ();
  g_autoptr (VInfoResult) late = result_new ();
  guint calls = 0;

  vinfo_result_notify (early, count, &calls, NULL);
  g_assert_cmpuint (calls, ==, 0);
  set_scored (early, VINFO_REASON_NONE);
  g_assert_cmpuint (calls, ==, 1);
  vinfo_result_set_verdict (early, VINFO_REASON_NONE);
  g_assert_cmpuint (calls, ==, 1);

  vinfo_result_set_skipped (late, VINFO_REASON_SKIPPED);
  vinfo_result_notify (late, count, &calls, NULL);
  g_assert_cmpuint (calls, ==, 2);
}

static void
test_all_who_wait_are_notified (void)
{
  g_autoptr (VInfoResult) result = result_new ();
  guint first = 0, second = 0;

  vinfo_result_notify (result, count, &first, NULL);
  vinfo_result_notify (result, count, &second, NULL);
  set_scored (result, VINFO_REASON_NONE);
  g_assert_cmpuint (first, ==, 1);
  g_assert_cmpuint (second, ==, 1);
}

static void
test_every_copy_of_a_buffer_sees_completion (void)
{
  GstBuffer *buffer = gst_buffer_new (), *copy;
  VInfoResult *result = result_new ();

  gst_buffer_add_vinfo_result (buffer, result);
  copy = gst_buffer_copy (buffer);
  g_assert_true (gst_buffer_get_vinfo_result (copy) == result);
  vinfo_result_set_skipped (result, VINFO_REASON_SKIPPED);
  vinfo_result_unref (result);
  gst_buffer_unref (buffer);
  g_assert_cmpint (vinfo_result_get_stage (gst_buffer_get_vinfo_result (copy)),
      ==, VINFO_STAGE_SKIPPED);
  gst_buffer_unref (copy);
}

static void
test_a_new_result_replaces_the_old_one (void)
{
  GstBuffer *buffer = gst_buffer_new ();
  g_autoptr (VInfoResult) first = result_new ();
  g_autoptr (VInfoResult) second = result_new ();

  g_assert_null (gst_buffer_get_vinfo_result (buffer));
  gst_buffer_add_vinfo_result (buffer, first);
  gst_buffer_add_vinfo_result (buffer, second);
  g_assert_true (gst_buffer_get_vinfo_result (buffer) == second);
  gst_buffer_unref (buffer);
}

static void
test_parts_are_those_that_were_set (void)
{
  g_autoptr (VInfoResult) result = vinfo_result_new (7, "mosaic", "", "", 0, 0);
  const guint64 ids[] = { 3, G_MAXUINT64, 3 };
  guint n;

  g_assert_null (vinfo_result_get_parts (result, &n));
  g_assert_cmpuint (n, ==, 0);
  vinfo_result_set_parts (result, ids, 3);
  g_assert_cmpmem (
      vinfo_result_get_parts (result, &n), sizeof ids, ids, sizeof ids);
  g_assert_cmpuint (n, ==, 3);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/result/sample-id-follows-feed-source-and-time",
      test_sample_id_follows_feed_source_and_time);
  g_test_add_func ("/result/score-appears-with-its-stage",
      test_score_appears_with_its_stage);
  g_test_add_func ("/result/verdict-is-told-and-leaves-the-image",
      test_verdict_is_told_and_leaves_the_image);
  g_test_add_func ("/result/one-reservoir-that-keeps-a-frame-outweighs-others",
      test_one_reservoir_that_keeps_a_frame_outweighs_others);
  g_test_add_func ("/result/a-refusal-of-the-scorer-is-final",
      test_a_refusal_of_the_scorer_is_final);
  g_test_add_func ("/result/a-replayed-sample-is-told-from-a-kept-frame",
      test_a_replayed_sample_is_told_from_a_kept_frame);
  g_test_add_func ("/result/a-panel-frame-is-rejected-with-its-score",
      test_a_panel_frame_is_rejected_with_its_score);
  g_test_add_func ("/result/what-was-skipped-is-never-scored",
      test_what_was_skipped_is_never_scored);
  g_test_add_func ("/result/notification-comes-exactly-once",
      test_notification_comes_exactly_once);
  g_test_add_func (
      "/result/all-who-wait-are-notified", test_all_who_wait_are_notified);
  g_test_add_func ("/result/every-copy-of-a-buffer-sees-completion",
      test_every_copy_of_a_buffer_sees_completion);
  g_test_add_func ("/result/a-new-result-replaces-the-old-one",
      test_a_new_result_replaces_the_old_one);
  g_test_add_func ("/result/parts-are-those-that-were-set",
      test_parts_are_those_that_were_set);
  return g_test_run ();
}
