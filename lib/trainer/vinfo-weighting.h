/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoWeighting:
 * @VINFO_WEIGHTING_NONE: equally
 * @VINFO_WEIGHTING_INCLUSION: by 1/p, p the probability with which the sample
 *   was kept (Horvitz and Thompson): the loss is then that of the stream, not
 *   of what was chosen from it
 *
 * How the samples of a step weigh in its loss.
 */
typedef enum { VINFO_WEIGHTING_NONE, VINFO_WEIGHTING_INCLUSION } VInfoWeighting;

VINFO_API
GType vinfo_weighting_get_type (void);
#define VINFO_TYPE_WEIGHTING (vinfo_weighting_get_type ())

/**
 * vinfo_weighting_weigh:
 * @inclusion: p, in (0, 1]; what is not in there is not known and counts as 1
 *
 * Returns: the weight of a sample, positive and finite
 */
VINFO_API
gfloat vinfo_weighting_weigh (VInfoWeighting weighting, gdouble inclusion);

G_END_DECLS
