/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ood.h"

#include <math.h>

#include "disturbance.h"
#include "eval/vinfo-rank-statistics.h"
#include "predictor/vinfo-predictor.h"
#include "predictor/vinfo-scorer.h"
#include "recordings.h"
#include "selection.h"

#define BLUR 8 /* pixels that become one */
#define BATCH 16
/* The panel, without which there are no statistics, is a twentieth of what came
 * and has 32 frames at least; some more, as its members are drawn. */
#define LEAST_FRAMES 1000

static const char *const kinds[]
    = { "mahalanobis", "relative", "maha++", "knn" }; /* from 1 on */
static const char *const outs[] = { "feeds", "noise", "flat", "blurred" };

#define N_KINDS G_N_ELEMENTS (kinds)
#define N_OUTS G_N_ELEMENTS (outs)

/* AUROC and FPR95 of a kind of score, by what is out. */
typedef struct {
  double auroc[N_OUTS], fpr95[N_OUTS];
} Quality;

/* One seed and arm. */
typedef struct {
  const Trial *trial;
  GPtrArray *recordings;
  const Arm *arm;
  guint seed;
  const char *model;
  GString *lines;
} Study;

static GPtrArray *
new_images (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)vinfo_image_unref);
}

static VInfoImage *
blur (VInfoImage *image)
{
  guint side = vinfo_image_get_width (image), small = MAX (1, side / BLUR);
  g_autoptr (VInfoImage) shrunk
      = vinfo_image_resize (image, 0, 0, 0, 0, small, small);

  return vinfo_image_resize (shrunk, 0, 0, 0, 0, side, side);
}

/* What is out, as many as are in where it is made. */
static GPtrArray *
make_out (const Study *self, guint feed, guint out, GPtrArray *in)
{
  guint side = vinfo_image_get_width (in->pdata[0]);
  GPtrArray *images = new_images ();
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  GRand *random = g_rand_new_with_seed (self->seed);

  for (guint i = 0; out == 0 && i < self->recordings->len; i++) {
    if (i != feed)
      recording_take (
          self->recordings->pdata[i], RECORDING_TEST_BEGIN, 1, others);
  }
  g_ptr_array_extend (
      images, others, (GCopyFunc)(gpointer)vinfo_image_ref, NULL);
  for (guint i = 0; out > 0 && i < in->len; i++)
    g_ptr_array_add (images, out == 1   ? disturbance_noise (side, random)
                             : out == 2 ? disturbance_flat (side, random)
                                        : blur (in->pdata[i]));
  g_rand_free (random);
  return images;
}

/* Returns: (transfer full): [n] how far out each is, or NULL without
 * statistics */
static double *
score (VInfoSnapshot *snapshot, GPtrArray *images)
{
  g_autoptr (VInfoScorer) scorer = vinfo_scorer_new ();
  g_autofree double *values = g_new (double, images->len);
  const guint64 ids[BATCH] = { 0 };
  VInfoScore scores[BATCH];

  for (guint first = 0; first < images->len; first += BATCH) {
    guint n = MIN (BATCH, images->len - first);

    vinfo_scorer_score (scorer, snapshot, VINFO_SCORE_LOSS, n,
        (VInfoImage **)images->pdata + first, ids, scores, NULL);
    for (guint i = 0; i < n; i++) {
      values[first + i] = scores[i].ood;
      if (isnan (values[first + i]))
        return NULL;
    }
  }
  return g_steal_pointer (&values);
}

static VInfoPredictor *
open_predictor (const Study *self, guint kind, GError **error)
{
  VInfoPredictorConfig config = VINFO_PREDICTOR_CONFIG_INIT;
  g_autofree char *location
      = g_build_filename (self->trial->scratch, "predictor", NULL);

  config.location = location;
  config.ood = (VInfoOodKind)(VINFO_OOD_MAHALANOBIS + kind);
  config.reference = VINFO_REFERENCE_SELF;
  return vinfo_predictor_new (&config, error);
}

static gboolean
judge (const Study *self, guint kind, GPtrArray *in, GPtrArray *const *out,
    Quality *quality, GError **error)
{
  g_autoptr (VInfoPredictor) predictor = open_predictor (self, kind, error);
  g_autoptr (VInfoSnapshot) snapshot = NULL;
  g_autofree double *low = NULL;

  if (!predictor)
    return FALSE;
  snapshot = vinfo_predictor_get_snapshot (predictor);
  low = score (snapshot, in);
  for (guint i = 0; low && i < N_OUTS; i++) {
    g_autofree double *high = score (snapshot, out[i]);

    quality->auroc[i] = vinfo_detection_auroc (low, in->len, high, out[i]->len);
    quality->fpr95[i] = vinfo_detection_fpr95 (low, in->len, high, out[i]->len);
  }
  if (low)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
      "arm %s: the predictor has no out-of-distribution statistics: it saw "
      "too few frames, or was never published",
      self->arm->name);
  return FALSE;
}

static void
clear_frame (gpointer data)
{
  vinfo_image_unref (((StreamFrame *)data)->image);
}

/* The beginning of a recording; each frame stands for as long as it takes to
 * make a stream that is long enough, as a camera would see it. */
static GArray *
make_stream (const Recording *recording, guint32 seed)
{
  GArray *stream = g_array_new (FALSE, TRUE, sizeof (StreamFrame));
  GRand *random = g_rand_new_with_seed (seed);
  guint n = (guint)(RECORDING_STREAM_END * recording->images->len);
  guint shown = (LEAST_FRAMES + n - 1) / n;

  g_array_set_clear_func (stream, clear_frame);
  for (guint i = 0; i < n * shown; i++) {
    VInfoImage *image = recording->images->pdata[i / shown];
    StreamFrame frame = { FRAME_EVENT, i / shown, 0,
      i % shown == 0 ? vinfo_image_ref (image)
                     : disturbance_jitter (image, 0, random) };

    g_array_append_val (stream, frame);
  }
  g_rand_free (random);
  return stream;
}

/* The elements' predictor of one feed is left in the scratch folder. */
static gboolean
train (const Study *self, const Recording *recording, GError **error)
{
  g_autoptr (GArray) stream = make_stream (recording, self->seed);
  Setting setting = { .stream = stream,
    .capacity = (guint)(self->trial->experiment->kept * stream->len),
    .model = self->model,
    .scratch = self->trial->scratch,
    .keeps_predictor = TRUE,
    .seed = self->seed };
  Selection selection;

  if (!selection_make (self->arm, &setting, &selection, error))
    return FALSE;
  selection_finish (&selection);
  return TRUE;
}

/* qualities: [N_KINDS] */
static gboolean
run_feed (const Study *self, guint feed, Quality *qualities, GError **error)
{
  const Recording *recording = self->recordings->pdata[feed];
  g_autoptr (GPtrArray) in = g_ptr_array_new ();
  GPtrArray *out[N_OUTS];
  gboolean done = train (self, recording, error);

  recording_take (recording, RECORDING_TEST_BEGIN, 1, in);
  for (guint i = 0; i < N_OUTS; i++)
    out[i] = make_out (self, feed, i, in);
  for (guint kind = 0; done && kind < N_KINDS; kind++)
    done = judge (self, kind, in, out, &qualities[kind], error);
  for (guint i = 0; i < N_OUTS; i++)
    g_ptr_array_unref (out[i]);
  return done;
}

/* feed: (nullable): NULL for the mean of all */
static void
add_quality (
    const Study *self, const char *feed, guint kind, const Quality *quality)
{
  g_autofree char *arm
      = feed ? g_strdup_printf (
            "%s %s in %s", self->arm->name, kinds[kind], feed)
             : g_strdup_printf ("%s %s", self->arm->name, kinds[kind]);

  for (guint i = 0; i < N_OUTS; i++) {
    g_autofree char *auroc = g_strconcat ("auroc-", outs[i], NULL);
    g_autofree char *fpr95 = g_strconcat ("fpr95-", outs[i], NULL);
    double ratio = self->trial->experiment->kept;

    trial_add_value (self->trial, self->trial->experiment->name, self->lines,
        arm, ratio, self->seed, auroc, quality->auroc[i]);
    trial_add_value (self->trial, self->trial->experiment->name, self->lines,
        arm, ratio, self->seed, fpr95, quality->fpr95[i]);
  }
  if (!feed)
    g_printerr ("%s seed %u %s: AUROC feeds %.3f noise %.3f flat %.3f blurred "
                "%.3f\n",
        self->trial->experiment->name, self->seed, arm, quality->auroc[0],
        quality->auroc[1], quality->auroc[2], quality->auroc[3]);
}

static void
add_to_mean (Quality *mean, const Quality *quality, guint n)
{
  for (guint i = 0; i < N_OUTS; i++) {
    mean->auroc[i] += quality->auroc[i] / n;
    mean->fpr95[i] += quality->fpr95[i] / n;
  }
}

static gboolean
run_arm (const Study *self, GError **error)
{
  Quality means[N_KINDS] = { 0 }, qualities[N_KINDS];

  for (guint feed = 0; feed < self->recordings->len; feed++) {
    const Recording *recording = self->recordings->pdata[feed];

    if (!run_feed (self, feed, qualities, error))
      return FALSE;
    for (guint kind = 0; kind < N_KINDS; kind++) {
      add_quality (self, recording->name, kind, &qualities[kind]);
      add_to_mean (&means[kind], &qualities[kind], self->recordings->len);
    }
  }
  for (guint kind = 0; kind < N_KINDS; kind++)
    add_quality (self, NULL, kind, &means[kind]);
  return record_add (self->trial->record, self->lines->str, error);
}

static gboolean
run_seed (Trial *trial, GPtrArray *recordings, guint seed, GError **error)
{
  const Experiment *e = trial->experiment;
  g_autofree char *model = trial_write_model (trial, seed, error);
  gboolean done = model != NULL;

  for (guint i = 0; done && i < e->arms->len; i++) {
    const Arm *arm = e->arms->pdata[i];
    g_autofree char *first = g_strdup_printf ("%s %s", arm->name, kinds[0]);
    g_autoptr (GString) lines = g_string_new (NULL);
    Study study = { trial, recordings, arm, seed, model, lines };

    if (trial_wants (trial, first, e->seeds, seed))
      done = run_arm (&study, error);
  }
  return done;
}

gboolean
ood_run (Trial *trial, GError **error)
{
  const Experiment *e = trial->experiment;
  guint seeds = trial->seeds > 0 ? trial->seeds : e->seeds;
  g_autoptr (GPtrArray) recordings = recordings_load (
      trial->data, e->feed_frames, e->model.image_size, NULL, error);
  gboolean done = recordings != NULL;

  for (guint i = 0; done && i < seeds; i++)
    done = run_seed (trial, recordings, trial->first + i, error);
  return done;
}
