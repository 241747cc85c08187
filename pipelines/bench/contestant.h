/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "work.h"

/*
 * A contestant of `vinfo bench` is a process: vinfo itself, or a program that
 * does the same work with another library. It is started as
 *
 *   COMMAND... WORK MODEL BATCH
 *
 * with WORK "score" or "train" and MODEL a Hugging Face directory. It loads the
 * model, does one batch and writes the line "ready". Then, for each line that it
 * reads, a number of seconds, it does batches for that long and writes one line:
 * pictures done, seconds taken, and how many bytes of memory it had at most
 * above what it had before it loaded the model. It ends with its input.
 */

typedef struct _Contestant Contestant;

/** The answer to a line. */
typedef struct {
  double rate; /* pictures/s */
  double bytes;
} Answer;

/**
 * contestant_start:
 * @name: as in the results
 * @command: (array zero-terminated=1): program and first arguments
 * @threads: told to it as `VINFO_THREADS`, `OMP_NUM_THREADS` and
 *   `OPENBLAS_NUM_THREADS`
 *
 * Returns: (transfer full): once it is ready
 */
Contestant *contestant_start (const char *name, const char *const *command,
    const Work *work, const char *model, guint threads, GError **error);

/** contestant_ask: Returns: %FALSE with @error where it gave no answer */
gboolean contestant_ask (
    Contestant *self, double seconds, Answer *answer, GError **error);

/** contestant_free: Waits for its end. */
void contestant_free (Contestant *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Contestant, contestant_free)
