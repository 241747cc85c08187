/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "feeds.h"

#include <math.h>

#include "eval/vinfo-features.h"
#include "eval/vinfo-information.h"
#include "eval/vinfo-rank-statistics.h"
#include "eval/vinfo-redundancy.h"
#include "pretraining.h"
#include "recordings.h"
#include "selection.h"

#define DUPLICATE_COSINE 0.95
#define NO_FEED G_MAXUINT

/* One seed: all arms at once, since the worths are the same for all. */
typedef struct {
  const Trial *trial;
  GPtrArray *recordings;
  guint seed;
  char *model;
  GString *lines;
  GPtrArray *validation, *test; /* of VInfoImage: of feeds that are no junk */
  GArray *stream;               /* of StreamFrame; run is the feed */
  VInfoMae *mae;                /* of all feeds */
  double *worths;               /* [feeds] nats per pixel value */
} Study;

static const char *
get_name (const Study *self, guint feed)
{
  return ((Recording *)self->recordings->pdata[feed])->name;
}

static void
add_value (const Study *self, const char *arm, double ratio, const char *metric,
    double value)
{
  trial_add_value (self->trial, self->trial->experiment->name, self->lines, arm,
      ratio, self->seed, metric, value);
}

static void
clear_frame (gpointer data)
{
  vinfo_image_unref (((StreamFrame *)data)->image);
}

/* A frame of each feed in turn. */
static GArray *
make_stream (GPtrArray *recordings)
{
  GArray *stream = g_array_new (FALSE, FALSE, sizeof (StreamFrame));
  const Recording *first = recordings->pdata[0];
  guint n = (guint)(RECORDING_STREAM_END * first->images->len);

  g_array_set_clear_func (stream, clear_frame);
  for (guint i = 0; i < n; i++) {
    for (guint feed = 0; feed < recordings->len; feed++) {
      const Recording *recording = recordings->pdata[feed];
      StreamFrame frame = { FRAME_EVENT, i, feed,
        vinfo_image_ref (recording->images->pdata[i]) };

      g_array_append_val (stream, frame);
    }
  }
  return stream;
}

/* Trains on the stream but @without. *iv: of the test */
static VInfoMae *
train (const Study *self, guint without, double *iv, GError **error)
{
  g_autoptr (GPtrArray) pictures = g_ptr_array_new ();
  VInfoInformation information;
  VInfoMae *mae;

  for (guint i = 0; i < self->stream->len; i++) {
    const StreamFrame *frame = &g_array_index (self->stream, StreamFrame, i);

    if (frame->run != without)
      g_ptr_array_add (pictures, frame->image);
  }
  mae = pretraining_run (self->trial->experiment, self->model, pictures,
      self->trial->experiment->views, TRUE, self->seed, error);
  if (!mae)
    return NULL;
  vinfo_information_measure (mae, self->validation->len,
      (VInfoImage **)self->validation->pdata, self->test->len,
      (VInfoImage **)self->test->pdata, &information);
  *iv = information.iv;
  return mae;
}

static gboolean
measure_worths (Study *self, GError **error)
{
  double all;

  self->mae = train (self, NO_FEED, &all, error);
  if (!self->mae)
    return FALSE;
  add_value (self, "all feeds", 1, "iv", all);
  for (guint feed = 0; feed < self->recordings->len; feed++) {
    double rest;
    g_autoptr (VInfoMae) mae = train (self, feed, &rest, error);

    if (!mae)
      return FALSE;
    self->worths[feed] = all - rest;
    add_value (self, get_name (self, feed), 1, "worth", self->worths[feed]);
    g_printerr ("%s seed %u without %s: I_V %.4f, worth %+.4f\n",
        self->trial->experiment->name, self->seed, get_name (self, feed), rest,
        self->worths[feed]);
  }
  return TRUE;
}

/* The rank of each by worth, 1 the worthiest. */
static void
add_ranks (const Study *self, const char *metric, const double *values)
{
  for (guint i = 0; i < self->recordings->len; i++) {
    guint rank = 1;

    for (guint j = 0; j < self->recordings->len; j++)
      rank += values[j] > values[i];
    add_value (self, get_name (self, i), 1, metric, rank);
  }
}

/* The mean gain of each feed's frames that were scored, and how well it tells
 * the worths. */
static void
add_proxy (const Study *self, const Arm *arm, const float *gains)
{
  guint n = self->recordings->len;
  g_autofree double *means = g_new0 (double, n);
  g_autofree guint *counts = g_new0 (guint, n);
  g_autofree char *metric = g_strconcat ("gain of ", arm->name, NULL);
  g_autofree char *rank = g_strconcat ("rank by ", arm->name, NULL);

  for (guint i = 0; i < self->stream->len; i++) {
    guint feed = g_array_index (self->stream, StreamFrame, i).run;

    if (!isfinite (gains[i]))
      continue;
    means[feed] += gains[i];
    counts[feed]++;
  }
  for (guint feed = 0; feed < n; feed++) {
    /* frames that the gates refuse are never scored: nothing is gained */
    means[feed] /= MAX (counts[feed], 1);
    add_value (self, get_name (self, feed), 1, metric, means[feed]);
  }
  add_ranks (self, rank, means);
  add_value (self, arm->name, self->trial->experiment->kept, "rank-correlation",
      vinfo_rank_correlation (self->worths, means, n));
}

/* features: (transfer full): [n, hidden_size] of the model of all feeds */
static float *
encode (const Study *self, GPtrArray *images)
{
  guint width = vinfo_mae_get_config (self->mae)->hidden_size;
  float *features = g_new (float, (gsize)images->len *width);

  vinfo_features_encode (
      self->mae, images->len, (VInfoImage **)images->pdata, features, NULL);
  return features;
}

static float *
find_centre (const Study *self)
{
  guint width = vinfo_mae_get_config (self->mae)->hidden_size;
  g_autofree float *rows = encode (self, self->validation);
  float *centre = g_new0 (float, width);

  for (guint i = 0; i < self->validation->len; i++) {
    for (guint d = 0; d < width; d++)
      centre[d] += rows[(gsize)i * width + d] / self->validation->len;
  }
  return centre;
}

/* How much the pictures repeat each other, under the model of all feeds. */
static void
add_redundancy (
    const Study *self, const char *arm, double ratio, GPtrArray *images)
{
  g_autofree float *centre = NULL, *rows = NULL;
  VInfoRedundancy redundancy;

  add_value (self, arm, ratio, "frames", images->len);
  if (images->len < 2)
    return;
  centre = find_centre (self);
  rows = encode (self, images);
  vinfo_redundancy_measure (rows, images->len,
      vinfo_mae_get_config (self->mae)->hidden_size, centre, DUPLICATE_COSINE,
      &redundancy);
  add_value (self, arm, ratio, "nearest-cosine", redundancy.nearest);
  add_value (self, arm, ratio, "duplicate-pairs", redundancy.duplicates);
}

static void
add_kept (const Study *self, const Arm *arm, GArray *frames)
{
  g_autoptr (GPtrArray) images = g_ptr_array_new ();
  g_autofree guint *counts = g_new0 (guint, self->recordings->len);
  g_autofree char *metric = g_strconcat ("kept by ", arm->name, NULL);

  for (guint i = 0; i < frames->len; i++) {
    const StreamFrame *frame = &g_array_index (
        self->stream, StreamFrame, g_array_index (frames, guint, i));

    g_ptr_array_add (images, frame->image);
    counts[frame->run]++;
  }
  for (guint feed = 0; feed < self->recordings->len; feed++)
    add_value (self, get_name (self, feed), 1, metric, counts[feed]);
  add_redundancy (self, arm->name, self->trial->experiment->kept, images);
}

static gboolean
run_arm (const Study *self, const Arm *arm, GError **error)
{
  const Experiment *e = self->trial->experiment;
  g_autofree float *gains = g_new (float, self->stream->len);
  Setting setting = { .stream = self->stream,
    .capacity = (guint)(e->kept * self->stream->len),
    .model = self->model,
    .scratch = self->trial->scratch,
    .seed = self->seed,
    .gains = gains };
  Selection selection;

  if (!selection_make (arm, &setting, &selection, error))
    return FALSE;
  add_proxy (self, arm, gains);
  add_kept (self, arm, selection.frames);
  selection_finish (&selection);
  return TRUE;
}

static gboolean
run_seed (Study *self, GError **error)
{
  const Experiment *e = self->trial->experiment;
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  self->model = trial_write_model (self->trial, self->seed, error);
  if (!self->model || !measure_worths (self, error))
    return FALSE;
  add_ranks (self, "rank", self->worths);
  for (guint i = 0; i < self->stream->len; i++)
    g_ptr_array_add (all, g_array_index (self->stream, StreamFrame, i).image);
  add_redundancy (self, "all feeds", 1, all);
  for (guint i = 0; i < e->arms->len; i++) {
    if (!run_arm (self, e->arms->pdata[i], error))
      return FALSE;
  }
  return record_add (self->trial->record, self->lines->str, error);
}

static gboolean
study_seed (Trial *trial, GPtrArray *recordings, guint seed, GError **error)
{
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autofree double *worths = g_new0 (double, recordings->len);
  g_autoptr (GPtrArray) validation = g_ptr_array_new ();
  g_autoptr (GPtrArray) test = g_ptr_array_new ();
  g_autoptr (GArray) stream = make_stream (recordings);
  Study study = { .trial = trial,
    .recordings = recordings,
    .seed = seed,
    .lines = lines,
    .validation = validation,
    .test = test,
    .stream = stream,
    .worths = worths };
  gboolean done;

  for (guint i = 0; i < recordings->len; i++) {
    const Recording *recording = recordings->pdata[i];

    if (recording->junk)
      continue;
    recording_take (
        recording, RECORDING_STREAM_END, RECORDING_VALIDATION_END, validation);
    recording_take (recording, RECORDING_TEST_BEGIN, 1, test);
  }
  done = run_seed (&study, error);
  g_free (study.model);
  g_clear_pointer (&study.mae, vinfo_mae_unref);
  return done;
}

gboolean
feeds_run (Trial *trial, GError **error)
{
  const Experiment *e = trial->experiment;
  guint seeds = trial->seeds > 0 ? trial->seeds : e->seeds;
  g_autoptr (GPtrArray) recordings = recordings_load (
      trial->data, e->feed_frames, e->model.image_size, e->junk_feeds, error);
  gboolean done = recordings != NULL;

  for (guint i = 0; done && i < seeds; i++) {
    if (trial_wants (trial, "all feeds", e->seeds, trial->first + i))
      done = study_seed (trial, recordings, trial->first + i, error);
  }
  return done;
}
