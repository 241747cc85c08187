/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return policy_rank_key (sample, sample->score.value);
}

static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return policy_rank_inclusion (sample->score.value, threshold);
}

const Policy policy_top_k = { "top-k", VINFO_POLICY_SCORES, key, inclusion };
