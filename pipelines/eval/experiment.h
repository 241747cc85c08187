/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/vinfo-mae.h"
#include "stream.h"
#include "trainer/vinfo-trainer.h"

/** What models are asked for in the end. */
typedef enum {
  TASK_LABELS,       /* the class of a picture */
  TASK_SEGMENTATION, /* where in a picture an object is; folds of sequences */
  TASK_FEEDS,        /* which of several feeds earns its place */
  TASK_OOD           /* what is out of distribution */
} Task;

/** How an arm comes by the frames that it trains on. */
typedef enum {
  SELECT_ELEMENTS, /* by vinfoscore, vinforeservoir and vinfotrainer */
  SELECT_ALL,      /* the whole stream */
  SELECT_CLEANED,  /* the whole stream less what the truth calls junk */
  SELECT_ORACLE,   /* a uniform choice of pictures, one clean frame of each */
  SELECT_NONE,     /* nothing: the untrained model */
  SELECT_PIXELS    /* nothing, and no model: probes see the pixels */
} Select;

/** What a reference model was trained on, as others are, before the stream. */
typedef enum {
  REFERENCE_NONE,       /* there is none, or `scorer.reference-model` */
  REFERENCE_VALIDATION, /* the pictures that calibrate */
  REFERENCE_PROBE       /* the pictures that probes learn from */
} Reference;

/**
 * Arm:
 * @seeds: this arm's, instead of the experiment's; 0: these
 * @trains: the predictor learns while it selects
 * @composes: trains on mosaics of what it keeps, by vinfocompose
 * @reference: where the model comes from that gain is measured against with
 *   reference = checkpoint
 * @shuffled: trains in random order, epoch by epoch; else in stream order
 * @properties: "ELEMENT.PROPERTY" → value, of SELECT_ELEMENTS
 */
typedef struct {
  char *name;
  Select select;
  guint seeds;
  gboolean shuffled;
  gboolean trains;
  gboolean composes;
  Reference reference;
  GHashTable *properties;
} Arm;

/**
 * Budget:
 * @name: what results call the experiment with it
 * @views: pictures that each arm's fresh model sees
 *
 * How long models are trained. What arms select doesn't depend on it.
 */
typedef struct {
  char *name;
  guint views;
} Budget;

/**
 * ReportConfig:
 * @baseline: arm that others are compared with
 * @metrics: (nullable) (array zero-terminated=1): what tables show; all else
 * @family: (nullable) (array zero-terminated=1): arms whose tests are corrected
 *   together; all else
 * @ranked: (nullable) (array zero-terminated=1): arms that are ranked; all else
 *   that keep a part of the stream
 *
 * How results are told.
 */
typedef struct {
  char *baseline;
  char **metrics;
  char **family;
  char **ranked;
} ReportConfig;

/**
 * Experiment:
 * @task: what models are asked for
 * @arm_names: (nullable) (array zero-terminated=1): the only arms
 * @kept: capacity, as a share of the stream
 * @views: of the first budget, whose name is the experiment's
 * @budgets: (element-type Budget): at least one
 * @stream_pictures: of the dataset's training pictures, those that the stream
 *   may show
 * @probe_pictures: those that probes learn from
 * @validation_pictures: those that calibrate
 * @test_pictures: most pictures to test on; 0: all that are left
 * @test_split: what the dataset's index calls its test pictures
 *
 * @folds: of %TASK_SEGMENTATION: parts that the sequences are dealt to
 * @feed_frames: of %TASK_FEEDS and %TASK_OOD: frames of each feed
 * @junk_feeds: (nullable) (array zero-terminated=1): feeds that are made
 *
 * What a key file describes.
 */
typedef struct {
  char *name;
  char *data;
  Task task;
  char **arm_names;
  guint seeds;
  double kept;
  guint views;
  GPtrArray *budgets;
  StreamConfig stream;
  guint stream_pictures, probe_pictures, validation_pictures, test_pictures;
  char *test_split;
  guint folds;
  guint feed_frames;
  char **junk_feeds;
  guint neighbours;
  double penalty;
  VInfoMaeConfig model;
  VInfoTrainerConfig training;
  GPtrArray *arms;        /* of Arm */
  GHashTable *properties; /* of all arms that don't say otherwise */
  ReportConfig report;
} Experiment;

/**
 * experiment_load:
 * @file: a key file; what it does not say, the file says that its key
 *   `extends` in [experiment] names, from its own folder
 *
 * Returns: (transfer full): what it describes, or %NULL with @error that names
 *   file, group and key
 */
Experiment *experiment_load (const char *file, GError **error);
void experiment_free (Experiment *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Experiment, experiment_free)
