/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "predictor/masks-private.h"

#include "nn/random-private.h"

#define MASKS_STREAM 0x6d61736b /* "mask" */

static void
fill_order (Masks *masks)
{
  for (guint g = 0; g < masks->n_groups; g++) {
    guint16 *visible = masks->order + (gsize)g * masks->n_patches;
    guint16 *masked = visible + masks->n_visible;

    for (guint p = 0; p < masks->n_patches; p++) {
      if (masks->visible_mask[p] == (gint)g)
        *visible++ = (guint16)p;
      else
        *masked++ = (guint16)p;
    }
  }
}

static Masks *
masks_alloc (const VInfoMaeConfig *config)
{
  Masks *masks = g_new0 (Masks, 1);

  masks->ref_count = 1;
  masks->n_patches = mae_n_patches (config);
  masks->n_visible = mae_n_visible (config);
  masks->n_groups = masks->n_patches / masks->n_visible;
  masks->visible_mask = g_new (gint, masks->n_patches);
  masks->order = g_new (guint16, (gsize)masks->n_groups * masks->n_patches);
  return masks;
}

Masks *
masks_new (const VInfoMaeConfig *config, guint64 seed)
{
  Masks *masks = masks_alloc (config);
  NnRandom random = { .seed = seed, .stream = MASKS_STREAM };
  g_autofree guint16 *patches = g_new (guint16, masks->n_patches);

  for (guint p = 0; p < masks->n_patches; p++)
    patches[p] = (guint16)p;
  nn_random_shuffle (&random, patches, masks->n_patches);

  for (guint i = 0; i < masks->n_patches; i++) {
    guint group = i / masks->n_visible;

    masks->visible_mask[patches[i]]
        = group < masks->n_groups ? (gint)group : -1;
  }
  fill_order (masks);
  return masks;
}

Masks *
masks_new_from_assignment (
    const VInfoMaeConfig *config, const gint64 *visible_mask)
{
  Masks *masks = masks_alloc (config);
  g_autofree guint *counts = g_new0 (guint, masks->n_groups);

  for (guint p = 0; p < masks->n_patches; p++) {
    gint64 group = visible_mask[p];

    if (group < -1 || group >= (gint64)masks->n_groups)
      goto invalid;
    if (group >= 0 && ++counts[group] > masks->n_visible)
      goto invalid;
    masks->visible_mask[p] = (gint)group;
  }
  for (guint g = 0; g < masks->n_groups; g++)
    if (counts[g] != masks->n_visible)
      goto invalid;

  fill_order (masks);
  return masks;

invalid:
  masks_unref (masks);
  return NULL;
}

Masks *
masks_ref (Masks *masks)
{
  g_atomic_int_inc (&masks->ref_count);
  return masks;
}

void
masks_unref (Masks *masks)
{
  if (!masks || !g_atomic_int_dec_and_test (&masks->ref_count))
    return;
  g_free (masks->visible_mask);
  g_free (masks->order);
  g_free (masks);
}
