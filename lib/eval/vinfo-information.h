/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "image/vinfo-image.h"
#include "mae/vinfo-mae.h"

G_BEGIN_DECLS

/**
 * VInfoInformation:
 * @iv: I_V(X→Y) of the test pictures, nats per pixel value
 * @loss: their MAE loss, uncalibrated, mean over the masks
 * @alpha: α of the calibration
 * @sigma2: σ², variance around the calibrated prediction
 * @s2: s², variance around the null
 */
typedef struct {
  gdouble iv;
  gdouble loss;
  gdouble alpha;
  gdouble sigma2;
  gdouble s2;
} VInfoInformation;

/**
 * vinfo_information_measure:
 * @mae: a model
 * @n_panel: at least 1
 * @panel: (array length=n_panel): pictures that calibrate null and prediction
 * @n_test: at least 1
 * @test: (array length=n_test): other pictures, to be measured
 * @information: (out): the result
 *
 * The V-information that the model family has of pictures that neither training
 * nor calibration has seen: the mean over @test of
 * PVI = ½·log(s²/σ²) + ½·(e_∅/s² − e_X/σ²) with the null μ, α, σ² and s² of
 * @panel, all complementary masks. The same masks for every model of a shape, so
 * models compare.
 */
VINFO_API
void vinfo_information_measure (const VInfoMae *mae, guint n_panel,
    VInfoImage *const *panel, guint n_test, VInfoImage *const *test,
    VInfoInformation *information);

G_END_DECLS
