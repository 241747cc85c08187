/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "comparison.h"

/**
 * rank_arms:
 * @arms: (element-type ComparedArm): that have @metric
 * @better: 1 where more is better, -1 where less is
 * @ranks: (out caller-allocates) (array): of each arm's mean, 1 = best; arms
 *   that are equal share the mean of their ranks
 */
void rank_arms (GPtrArray *arms, const char *metric, int better, double *ranks);
