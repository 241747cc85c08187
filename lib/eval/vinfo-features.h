/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "mae/vinfo-mae.h"

G_BEGIN_DECLS

/**
 * vinfo_features_encode:
 * @mae: a model
 * @n: number of @images
 * @images: (array length=n): pictures of any sizes, stretched to the model's
 *   square
 * @features: (out caller-allocated) (nullable): [n, hidden_size] row-major, the
 *   mean of a picture's patch tokens after the encoder's final norm
 * @tokens: (out caller-allocated) (nullable): [n, n_patches, hidden_size], these
 *   tokens, patches row by row
 *
 * What a frozen encoder makes of whole pictures: no patch is masked, unlike in
 * training and scoring. The input of linear probes and of nearest neighbours.
 */
VINFO_API
void vinfo_features_encode (const VInfoMae *mae, guint n,
    VInfoImage *const *images, gfloat *features, gfloat *tokens);

G_END_DECLS
