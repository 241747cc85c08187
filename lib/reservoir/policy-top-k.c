/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

#include <math.h>

/* The highest scores, those without one last. */
static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return isfinite (sample->score.value) ? -sample->score.value : G_MAXDOUBLE;
}

/* Nothing is drawn. */
static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return 1;
}

const Policy policy_top_k = { "top-k", VINFO_POLICY_SCORES, key, inclusion };
