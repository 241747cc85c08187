/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * RunOptions:
 *
 * The command line of `vinfo run`. Strings that were not given are %NULL:
 * the element's own default holds then.
 */
typedef struct {
  char **inputs;
  char *out;
  char *store;
  char *model;
  char *architecture;
  char *score;
  char *reference;
  char *reference_model;
  char *estimator;
  char *dtype;
  char *policy;
  char *scoring;
  char *codec;
  char *weights;
  gint capacity;
  gint64 max_bytes;
  double max_age;  /* seconds, 0 = no limit */
  double max_rate; /* frames of a feed a minute, 0 = no limit */
  gint quality;
  gint frame_size;
  gint masks;
  gint batch_size;
  gint publish_interval;
  gint64 max_steps;
  gint64 seed;
  double samples_per_frame;
  double learning_rate;
  double max_regression; /* nats per pixel value */
  double duration;       /* seconds, 0 = no limit */
  gboolean live;
  gboolean offline;
  gboolean no_train;
  gboolean quiet;
  gboolean verbose;
} RunOptions;

/**
 * run_options_parse:
 * @argv: strings, changed by parsing
 *
 * Exits for `--help`.
 *
 * Returns: (transfer full): the options, or %NULL with @error
 */
RunOptions *run_options_parse (int argc, char **argv, GError **error);
void run_options_free (RunOptions *options);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RunOptions, run_options_free)
