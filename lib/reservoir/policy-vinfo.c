/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

#include <math.h>

/* Weighted sampling without replacement (Efraimidis and Spirakis, A-Res): with
 * u uniform in (0, 1), −log(u)/w is exponential with rate w, and the K
 * smallest are a draw with weights w = exp(q/T). */
static gdouble
key_of (gdouble u, gdouble quantile, gdouble temperature)
{
  return -log (u) * exp (-quantile / temperature);
}

static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return key_of (sample->u, sample->score.quantile, temperature);
}

/* Discounts only make keys larger, and a near-duplicate, which gets the ticket of
 * its like, comes in only where its own draw would let it. */
static gdouble
best_key (gdouble u, gdouble temperature)
{
  return key_of (u, 1, temperature);
}

/* P(E < M) = 1 − exp(−w·M), the rate w (discount included) read back from the
 * key. The caller's M is the smallest of the largest kept keys since the sample's
 * arrival (bias O(1/K)); with discounts w depends on what is kept, and this is
 * approximate. */
static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return -expm1 (log (sample->u) / sample->key * MAX (threshold, 0));
}

const Policy policy_vinfo = { "vinfo",
  VINFO_POLICY_SCORES | VINFO_POLICY_DRAWS | VINFO_POLICY_DIVERSE, key,
  inclusion, best_key };
