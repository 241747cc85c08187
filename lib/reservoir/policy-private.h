/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "reservoir/kept-private.h"
#include "reservoir/policy-list.h"
#include "reservoir/vinfo-reservoir.h"

G_BEGIN_DECLS

/* What decides which samples stay: those with the smallest keys. One policy is
 * one file policy-NAME.c that defines policy_NAME, and its name in meson.build's
 * list. */
typedef struct {
  const char *name;
  VInfoPolicyTraits traits;

  /* From the score, u and arrival of @sample; always finite. */
  gdouble (*key) (const VInfoSample *sample, gdouble temperature);

  /* Probability that a sample of this weight has a key under @threshold, which
   * is +INFINITY where there is room. */
  gdouble (*inclusion) (const VInfoSample *sample, gdouble threshold);

  /* The least key that any score gives a sample of this u; NULL where a score
   * alone can make it kept, or offers change what is kept. */
  gdouble (*best_key) (gdouble u, gdouble temperature);

  /* Where samples are judged by one another, else NULL: the key of @sample,
   * kept or not, among the others. key() is then what it can't exceed. */
  KeyAmong key_among;

  /* Plans evictions from the full set, none where all shall compete; may be
   * NULL. */
  void (*make_room) (Kept *kept, const VInfoReservoirConfig *config);
} Policy;

#define POLICY_DECLARE(id) extern const Policy policy_##id;
POLICIES (POLICY_DECLARE)
#undef POLICY_DECLARE

const Policy *policy_find (const char *name); /* NULL where there is none */
gboolean policy_is_diverse (const Policy *policy);

/* Key of a policy that keeps the highest @score. Samples without one, as all are
 * before there is a calibrated predictor, come after those with one and are a
 * uniform sample: by u, not the first that came. */
gdouble policy_rank_key (const VInfoSample *sample, gdouble score);
gdouble policy_rank_inclusion (gdouble score, gdouble threshold);

G_END_DECLS
