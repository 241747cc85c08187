/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/panel-private.h"

#include "nn/random-private.h"

#define PANEL_STREAM 0x70616e65 /* "pane" */
#define PANEL_ONE_IN 20

static void
frame_clear (gpointer data)
{
  PanelFrame *frame = data;

  g_clear_pointer (&frame->image, vinfo_image_unref);
}

Panel *
panel_new (guint capacity, guint side, guint64 seed)
{
  Panel *panel = g_new0 (Panel, 1);

  panel->capacity = capacity;
  panel->side = side;
  panel->seed = seed;
  panel->frames = g_array_new (FALSE, FALSE, sizeof (PanelFrame));
  g_array_set_clear_func (panel->frames, frame_clear);
  return panel;
}

void
panel_free (Panel *panel)
{
  if (!panel)
    return;
  g_array_unref (panel->frames);
  g_free (panel);
}

static guint64
panel_hash (const Panel *panel, guint64 id)
{
  return nn_mix (id, nn_mix (panel->seed, PANEL_STREAM));
}

static guint
largest_hash (const Panel *panel)
{
  guint largest = 0;

  for (guint i = 1; i < panel->frames->len; i++)
    if (g_array_index (panel->frames, PanelFrame, i).hash
        > g_array_index (panel->frames, PanelFrame, largest).hash)
      largest = i;
  return largest;
}

static void
panel_add (Panel *panel, guint64 id, VInfoImage *square)
{
  PanelFrame frame = { id, panel_hash (panel, id), vinfo_image_ref (square) };

  g_array_append_val (panel->frames, frame);
}

void
panel_restore (Panel *panel, guint64 id, VInfoImage *square)
{
  panel_add (panel, id, square);
}

gboolean
panel_offer (Panel *panel, guint64 id, VInfoImage *image)
{
  guint64 hash = panel_hash (panel, id);
  g_autoptr (VInfoImage) square = NULL;

  panel->seen++;
  if (hash > G_MAXUINT64 / PANEL_ONE_IN || panel->capacity == 0)
    return FALSE;
  for (guint i = 0; i < panel->frames->len; i++)
    if (g_array_index (panel->frames, PanelFrame, i).id == id)
      return TRUE; /* the same recording again */

  if (panel->frames->len >= panel->capacity) {
    guint largest = largest_hash (panel);

    if (hash >= g_array_index (panel->frames, PanelFrame, largest).hash)
      return FALSE;
    g_array_remove_index (panel->frames, largest);
  } else if ((panel->frames->len + 1) * PANEL_ONE_IN > panel->seen) {
    return TRUE; /* held out: it may join when the recording comes again */
  }
  square = vinfo_image_resize (image, 0, 0, 0, 0, panel->side, panel->side);
  panel_add (panel, id, square);
  return TRUE;
}

GPtrArray *
panel_dup_images (const Panel *panel)
{
  GPtrArray *images = g_ptr_array_new_full (
      panel->frames->len, (GDestroyNotify)vinfo_image_unref);

  for (guint i = 0; i < panel->frames->len; i++)
    g_ptr_array_add (images,
        vinfo_image_ref (g_array_index (panel->frames, PanelFrame, i).image));
  return images;
}
