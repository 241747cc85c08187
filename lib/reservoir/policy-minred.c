/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reservoir/policy-private.h"

/* Above all likenesses: to be looked at before anything is evicted. */
static gdouble
key (const VInfoSample *sample, gdouble temperature)
{
  return G_MAXFLOAT;
}

/* Nothing is drawn. */
static gdouble
inclusion (const VInfoSample *sample, gdouble threshold)
{
  return 1;
}

/* MinRed (Purushwalkam, Morgado, Gupta, arXiv:2203.12710): the most redundant
 * goes, the one nearest to its nearest neighbour; of such a pair the later.
 * While there are no embeddings, u decides, as in a uniform sample. */
static gdouble
key_among (Kept *kept, const VInfoSample *sample)
{
  gfloat likeness = kept_get_likeness (kept, sample);

  if (likeness > 0)
    return likeness;
  return sample->embedding != NULL ? 0 : sample->u - 1;
}

const Policy policy_minred = { "minred", VINFO_POLICY_COMPARES, key, inclusion,
  .key_among = key_among };
