/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoProbeSet:
 * @n: number of rows
 * @width: values of each
 * @rows: (array): [n, width] row-major, features of a frozen encoder
 * @labels: (array length=n): classes, from 0
 */
typedef struct {
  guint n;
  guint width;
  const gfloat *rows;
  const guint *labels;
} VInfoProbeSet;

/**
 * vinfo_probe_linear:
 * @training: what the probe learns from
 * @test: what it is measured on, of the same width
 * @n_classes: labels are below it
 * @penalty: ℓ2 penalty on the weights of standardised features; scikit-learn's C
 *   is 1/(penalty·n)
 * @accuracy: (out): share of @test that is classified as labelled, 0 to 1
 * @error: %G_IO_ERROR_FAILED where the regression found no minimum
 *
 * A linear probe: multinomial logistic regression, trained to its minimum, on
 * features standardised by the mean and deviation of @training.
 *
 * Returns: whether it worked
 */
VINFO_API
gboolean vinfo_probe_linear (const VInfoProbeSet *training,
    const VInfoProbeSet *test, guint n_classes, gdouble penalty,
    gdouble *accuracy, GError **error);

/**
 * vinfo_probe_neighbours:
 * @training: the neighbours
 * @test: what is classified, of the same width
 * @n_classes: labels are below it
 * @k: neighbours that vote, 1 to @training's n
 * @whiten: first remove all correlation that @training has: features become
 *   L⁻¹(x − mean) with LLᵀ their covariance
 *
 * k nearest neighbours by cosine, one vote each.
 *
 * Returns: share of @test that is classified as labelled, 0 to 1
 */
VINFO_API
gdouble vinfo_probe_neighbours (const VInfoProbeSet *training,
    const VInfoProbeSet *test, guint n_classes, guint k, gboolean whiten);

G_END_DECLS
