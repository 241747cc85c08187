/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

/* The K smallest of uniform hashes: a uniform sample without replacement. */
static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return sample->u;
}

static gdouble
best_key (gdouble u, gdouble temperature)
{
  return u;
}

static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return CLAMP (threshold, 0, 1);
}

const Policy policy_uniform
    = { "uniform", VINFO_POLICY_DRAWS, key, inclusion, best_key };
