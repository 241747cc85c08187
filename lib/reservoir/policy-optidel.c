/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

/* OptiDEL (Yang, Tan, Zhang, Yan, arXiv:2408.07107) keeps the crops with the
 * largest reconstruction error; so stay the frames that hold the hardest one,
 * whatever else their score ranks. Those whose regions aren't known go first. */
static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return policy_rank_key (sample, sample->score.region);
}

static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return policy_rank_inclusion (sample->score.region, threshold);
}

const Policy policy_optidel
    = { "optidel", VINFO_POLICY_SCORES, key, inclusion };
