/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "mae/mae-private.h"

G_BEGIN_DECLS

/* Complementary masks: the patches, shuffled by a seed, dealt into groups of
 * n_visible = N * (1 - mask_ratio). Group g is what mask g leaves visible.
 * Patches left over are visible in none. */
typedef struct {
  gint ref_count;
  guint n_patches;
  guint n_groups;     /* masks there are; scoring uses the first M of them */
  guint n_visible;    /* patches that a mask leaves visible */
  gint *visible_mask; /* [n_patches]: mask in which visible, or -1 */
  guint16 *order;     /* [n_groups, n_patches]: visible, then masked patches */
} Masks;

Masks *masks_new (const VInfoMaeConfig *config, guint64 seed);

/* Takes a stored assignment; NULL where it is none for this config. */
Masks *masks_new_from_assignment (
    const VInfoMaeConfig *config, const gint64 *visible_mask);
Masks *masks_ref (Masks *masks);
void masks_unref (Masks *masks);

static inline const guint16 *
masks_order (const Masks *masks, guint mask)
{
  return masks->order + (gsize)mask * masks->n_patches;
}

G_END_DECLS
