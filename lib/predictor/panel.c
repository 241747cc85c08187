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

/* Of frames that the hash chose and of those chosen otherwise alike. */
static guint64
panel_rank (guint64 hash)
{
  return hash > G_MAXUINT64 / PANEL_ONE_IN ? hash / PANEL_ONE_IN : hash;
}

static guint
highest_rank (const Panel *panel)
{
  guint highest = 0;

  for (guint i = 1; i < panel->frames->len; i++)
    if (g_array_index (panel->frames, PanelFrame, i).rank
        > g_array_index (panel->frames, PanelFrame, highest).rank)
      highest = i;
  return highest;
}

static VInfoImage *
make_square (const Panel *panel, VInfoImage *image)
{
  return vinfo_image_resize (image, 0, 0, 0, 0, panel->side, panel->side);
}

static void
panel_add (Panel *panel, guint64 id, VInfoImage *square)
{
  PanelFrame frame = { id, panel_rank (panel_hash (panel, id)),
    vinfo_image_hash (square), vinfo_image_ref (square) };

  g_array_append_val (panel->frames, frame);
}

void
panel_restore (Panel *panel, guint64 id, VInfoImage *square)
{
  panel_add (panel, id, square);
}

static gboolean
has_id (const Panel *panel, guint64 id)
{
  for (guint i = 0; i < panel->frames->len; i++)
    if (g_array_index (panel->frames, PanelFrame, i).id == id)
      return TRUE;
  return FALSE;
}

gboolean
panel_has (const Panel *panel, guint64 id, VInfoImage *image)
{
  g_autoptr (VInfoImage) square = NULL;
  guint64 pixels;

  if (has_id (panel, id))
    return TRUE;
  if (panel->frames->len == 0)
    return FALSE;
  square = make_square (panel, image);
  pixels = vinfo_image_hash (square);
  for (guint i = 0; i < panel->frames->len; i++)
    if (g_array_index (panel->frames, PanelFrame, i).pixels == pixels)
      return TRUE;
  return FALSE;
}

/* FALSE where the panel is full and the frame ranks too high for it. */
static gboolean
panel_join (Panel *panel, guint64 id, VInfoImage *image)
{
  g_autoptr (VInfoImage) square = NULL;

  if (panel->capacity == 0)
    return FALSE;
  if (panel->frames->len >= panel->capacity) {
    guint highest = highest_rank (panel);

    if (panel_rank (panel_hash (panel, id))
        >= g_array_index (panel->frames, PanelFrame, highest).rank)
      return FALSE;
    g_array_remove_index (panel->frames, highest);
  }
  square = make_square (panel, image);
  panel_add (panel, id, square);
  return TRUE;
}

gboolean
panel_offer (Panel *panel, guint64 id, VInfoImage *image)
{
  panel->seen++;
  if (panel_hash (panel, id) > G_MAXUINT64 / PANEL_ONE_IN
      || panel->capacity == 0)
    return FALSE;
  if (has_id (panel, id))
    return TRUE; /* the same recording again */
  if (panel->frames->len < panel->capacity
      && (panel->frames->len + 1) * PANEL_ONE_IN > panel->seen)
    return TRUE; /* held out: it may join when the recording comes again */
  return panel_join (panel, id, image);
}

void
panel_hold_out (Panel *panel, guint64 id, VInfoImage *image)
{
  if (has_id (panel, id))
    return;
  panel->seen += PANEL_ONE_IN; /* it stands for them */
  panel_join (panel, id, image);
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
