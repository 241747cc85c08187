/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "selection.h"

#include "loop.h"

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint first = *(const guint *)a, second = *(const guint *)b;

  return (first > second) - (first < second);
}

static void
select_all (GArray *stream, gboolean clean, GArray *frames)
{
  for (guint i = 0; i < stream->len; i++) {
    FrameKind kind = g_array_index (stream, StreamFrame, i).kind;

    if (!clean || !frame_kind_is_junk (kind))
      g_array_append_val (frames, i);
  }
}

/* Algorithm R over the first frames of the events' pictures. */
static void
select_oracle (GArray *stream, guint capacity, guint32 seed, GArray *frames)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GRand *random = g_rand_new_with_seed (seed);
  guint n = 0;

  for (guint i = 0; i < stream->len; i++) {
    const StreamFrame *frame = &g_array_index (stream, StreamFrame, i);
    guint at;

    if (frame->kind != FRAME_EVENT
        || !g_hash_table_add (seen, GUINT_TO_POINTER (frame->source)))
      continue;
    at = (guint)g_rand_int_range (random, 0, (gint32)++n);
    if (frames->len < capacity)
      g_array_append_val (frames, i);
    else if (at < capacity)
      g_array_index (frames, guint, at) = i;
  }
  g_rand_free (random);
  g_array_sort (frames, compare_numbers);
}

gboolean
selection_make (const Arm *arm, const Setting *setting, Selection *selection,
    GError **error)
{
  gint64 start = g_get_monotonic_time ();
  GArray *stream = setting->stream;
  gboolean done = TRUE;

  *selection
      = (Selection){ .frames = g_array_new (FALSE, FALSE, sizeof (guint)) };
  if (arm->select == SELECT_ELEMENTS) {
    done = loop_run (arm, setting, selection, error);
    g_array_sort (selection->frames, compare_numbers);
  } else if (arm->select == SELECT_ORACLE) {
    select_oracle (stream, setting->capacity, setting->seed, selection->frames);
  } else if (arm->select == SELECT_ALL || arm->select == SELECT_CLEANED) {
    select_all (stream, arm->select == SELECT_CLEANED, selection->frames);
  }
  selection->seconds = (g_get_monotonic_time () - start) / 1e6;
  if (!done)
    selection_finish (selection);
  return done;
}

void
selection_finish (Selection *self)
{
  g_clear_pointer (&self->frames, g_array_unref);
  g_clear_pointer (&self->mosaics, g_ptr_array_unref);
}
