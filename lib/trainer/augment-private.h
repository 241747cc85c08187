/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "mae/mae-private.h"
#include "nn/random-private.h"

G_BEGIN_DECLS

/* RandomResizedCrop (at least min_crop of the area, aspect 3/4 to 4/3) and a
 * horizontal flip in half the cases, cut into patches: [N, D]. With min_crop
 * of 1 or more the picture stays whole and unflipped. */
void augment_patchify (const VInfoMaeConfig *config, VInfoImage *image,
    double min_crop, NnRandom *random, float *patches);

G_END_DECLS
