/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "arms.h"

#include "downstream.h"
#include "pretraining.h"
#include "selection.h"

/* What a frozen model is worth by one metric, a name that lives forever. */
typedef struct {
  const char *metric;
  double value;
} Measured;

/* One arm under one seed. */
typedef struct {
  const Trial *trial;
  const Arm *arm;
  guint seed;
  const Split *split;
  GArray *stream;
  const char *model; /* directory of the initial model */
  guint n_classes;
  const Budget *budget; /* the current one, and ... */
  GString *lines;       /* ... its results */
  GArray *measured;     /* of Measured: of the last budget's model */
} Run;

/* What was trained on: the whole, as far as it is no junk, or a part. */
static double
get_ratio (const Run *self)
{
  return self->arm->select == SELECT_ALL || self->arm->select == SELECT_CLEANED
             ? 1
             : self->trial->experiment->kept;
}

static void
add_value (const Run *self, const char *metric, double value)
{
  trial_add_value (self->trial, self->budget->name, self->lines,
      self->arm->name, get_ratio (self), self->seed, metric, value);
}

/* Shares of the selected frames, and the pictures that they show. */
static void
add_composition (const Run *self, GArray *stream, GArray *frames)
{
  g_autoptr (GHashTable) sources = g_hash_table_new (NULL, NULL);
  guint junk = 0, background = 0;

  for (guint i = 0; i < frames->len; i++) {
    const StreamFrame *frame = &g_array_index (
        stream, StreamFrame, g_array_index (frames, guint, i));

    junk += frame_kind_is_junk (frame->kind);
    background += frame->kind == FRAME_BACKGROUND;
    if (frame->kind == FRAME_EVENT)
      g_hash_table_add (sources, GUINT_TO_POINTER (frame->source));
  }
  add_value (self, "frames", frames->len);
  if (frames->len == 0)
    return;
  add_value (self, "junk-kept", (double)junk / frames->len);
  add_value (self, "background-kept", (double)background / frames->len);
  add_value (self, "sources", g_hash_table_size (sources));
}

static void
add_selection (const Run *self, GArray *stream, const Selection *selection)
{
  add_composition (self, stream, selection->frames);
  add_value (self, "stream-frames", stream->len);
  add_value (self, "scored", selection->scored);
  add_value (self, "selection-seconds", selection->seconds);
  if (selection->mosaics)
    add_value (self, "mosaics", selection->mosaics->len);
}

static void
collect_metric (const char *metric, double value, gpointer user_data)
{
  Measured measured = { metric, value };

  g_array_append_val ((GArray *)user_data, measured);
}

/* A model that nothing trains is the same one under all budgets, and measured
 * under the first. */
static gboolean
measure (const Run *self, const VInfoMae *mae, gboolean trained, GError **error)
{
  if (trained)
    g_array_set_size (self->measured, 0);
  if (self->measured->len == 0
      && !downstream_measure (self->trial->experiment, self->split,
          self->n_classes, mae, collect_metric, self->measured, error))
    return FALSE;
  for (guint i = 0; i < self->measured->len; i++) {
    Measured m = g_array_index (self->measured, Measured, i);

    add_value (self, m.metric, m.value);
    g_printerr (" %s %.4f", m.metric, m.value);
  }
  return TRUE;
}

/* Returns: (transfer container) (element-type VInfoImage): to train on */
static GPtrArray *
list_pictures (GArray *stream, const Selection *selection)
{
  GPtrArray *pictures = g_ptr_array_new ();

  if (selection->mosaics) {
    g_ptr_array_extend (pictures, selection->mosaics, NULL, NULL);
    return pictures;
  }
  for (guint i = 0; i < selection->frames->len; i++) {
    guint frame = g_array_index (selection->frames, guint, i);

    g_ptr_array_add (
        pictures, g_array_index (stream, StreamFrame, frame).image);
  }
  return pictures;
}

/* Trains the model that gain is measured against, where the arm wants one, as
 * long as the first budget says.
 * *directory: (transfer full) (nullable): where it is */
static gboolean
make_reference (const Run *self, char **directory, GError **error)
{
  const Trial *trial = self->trial;
  g_autoptr (GPtrArray) pictures = NULL;
  g_autoptr (VInfoMae) mae = NULL;

  *directory = NULL;
  if (self->arm->reference == REFERENCE_NONE)
    return TRUE;
  pictures = dataset_list_images (self->arm->reference == REFERENCE_PROBE
                                      ? self->split->probe
                                      : self->split->validation);
  mae = pretraining_run (trial->experiment, self->model, pictures,
      trial->experiment->views, TRUE, self->seed, error);
  if (!mae)
    return FALSE;
  *directory = g_build_filename (trial->scratch, "reference", NULL);
  return vinfo_mae_save (mae, *directory, error);
}

static gboolean
select_frames (const Run *self, Selection *selection, GError **error)
{
  const Trial *trial = self->trial;
  g_autofree char *reference = NULL;
  Setting setting = { .stream = self->stream,
    .capacity = (guint)(trial->experiment->kept * self->stream->len),
    .model = self->model,
    .scratch = trial->scratch,
    .seed = self->seed };

  if (!make_reference (self, &reference, error))
    return FALSE;
  setting.reference = reference;
  return selection_make (self->arm, &setting, selection, error);
}

/* Trains a fresh model within the budget, and measures it. */
static gboolean
run_budget (const Run *self, const Selection *selection, GError **error)
{
  const Experiment *e = self->trial->experiment;
  g_autoptr (GPtrArray) pictures = list_pictures (self->stream, selection);
  g_autoptr (VInfoMae) mae = NULL;
  gint64 start = g_get_monotonic_time ();

  if (self->arm->select != SELECT_PIXELS) {
    mae = pretraining_run (e, self->model, pictures, self->budget->views,
        self->arm->shuffled, self->seed, error);
    if (!mae)
      return FALSE;
  }
  add_selection (self, self->stream, selection);
  add_value (self, "training-seconds", (g_get_monotonic_time () - start) / 1e6);
  g_printerr (
      "%s seed %u %s:", self->budget->name, self->seed, self->arm->name);
  if (!measure (self, mae, pictures->len > 0, error))
    return FALSE;
  g_printerr ("\n");
  return record_add (self->trial->record, self->lines->str, error);
}

/* One selection serves all budgets. */
static gboolean
run_arm (Run *self, GError **error)
{
  GPtrArray *budgets = self->trial->experiment->budgets;
  g_autoptr (GArray) measured = g_array_new (FALSE, FALSE, sizeof (Measured));
  gboolean done = TRUE;
  Selection selection;

  if (!select_frames (self, &selection, error))
    return FALSE;
  self->measured = measured;
  for (guint i = 0; done && i < budgets->len; i++) {
    g_autoptr (GString) lines = g_string_new (NULL);

    self->budget = budgets->pdata[i];
    self->lines = lines;
    if (!trial_has (self->trial, self->budget, self->arm->name, self->seed))
      done = run_budget (self, &selection, error);
  }
  selection_finish (&selection);
  return done;
}

static guint
count_seeds (const Experiment *experiment, const Arm *arm)
{
  return arm->seeds > 0 ? arm->seeds : experiment->seeds;
}

static guint
count_most_seeds (const Trial *trial)
{
  const Experiment *e = trial->experiment;
  guint most = 0;

  for (guint i = 0; trial->seeds == 0 && i < e->arms->len; i++)
    most = MAX (most, count_seeds (e, e->arms->pdata[i]));
  return trial->seeds > 0 ? trial->seeds : most;
}

static gboolean
run_seed (Trial *trial, guint seed, Dataset *dataset, GError **error)
{
  const Experiment *e = trial->experiment;
  g_autoptr (GArray) stream = NULL;
  g_autofree char *model = NULL;
  Split split;
  gboolean done = TRUE;

  if (!split_make (e, dataset, seed, &split, error))
    return FALSE;
  for (guint i = 0; done && i < e->arms->len; i++) {
    Run run = { .trial = trial,
      .arm = e->arms->pdata[i],
      .seed = seed,
      .split = &split,
      .n_classes = dataset->labels->len };

    if (!trial_wants (trial, run.arm->name, count_seeds (e, run.arm), seed))
      continue;
    if (!stream)
      stream = stream_new (&e->stream, split.stream, seed);
    if (!model)
      model = trial_write_model (trial, seed, error);
    run.stream = stream;
    run.model = model;
    done = model && run_arm (&run, error);
  }
  split_finish (&split);
  return done;
}

gboolean
arms_run (Trial *trial, GError **error)
{
  const Experiment *e = trial->experiment;
  g_autoptr (Dataset) dataset = dataset_open (
      trial->data, e->model.image_size, e->task == TASK_SEGMENTATION, error);
  gboolean done = dataset != NULL;

  for (guint i = 0; done && i < count_most_seeds (trial); i++)
    done = run_seed (trial, trial->first + i, dataset, error);
  return done;
}
