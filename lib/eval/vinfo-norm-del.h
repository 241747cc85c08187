/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * vinfo_norm_del:
 * @metric: what a model is worth downstream, for example its mIoU, 0 to 1
 * @kept: share of the data that it was trained on, 0 to 1
 * @alpha: how much data count; 1 in the paper
 *
 * The normalised data efficiency label of MedDEL (arXiv:2401.17542):
 * DEL = metric·exp(−α·kept), NormDEL = 1/(1 + exp(−DEL)).
 *
 * Returns: NormDEL, 0.5 to 0.73 for metrics of 0 to 1
 */
VINFO_API
gdouble vinfo_norm_del (gdouble metric, gdouble kept, gdouble alpha);

G_END_DECLS
