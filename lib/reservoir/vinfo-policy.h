/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include "vinfo-api.h"

G_BEGIN_DECLS

/**
 * VInfoPolicyTraits:
 * @VINFO_POLICY_SCORES: what is kept follows from scores
 * @VINFO_POLICY_COMPARES: samples are judged by one another
 * @VINFO_POLICY_DRAWS: a sample's ticket, of the seed, decides too
 * @VINFO_POLICY_DIVERSE: the near-duplicate rule, the discount for
 *   redundancy and the uniform share apply
 *
 * What a policy goes by.
 */
typedef enum {
  VINFO_POLICY_SCORES = 1 << 0,
  VINFO_POLICY_COMPARES = 1 << 1,
  VINFO_POLICY_DRAWS = 1 << 2,
  VINFO_POLICY_DIVERSE = 1 << 3
} VInfoPolicyTraits;

/**
 * vinfo_policy_get_names:
 *
 * Returns: (transfer none) (array zero-terminated=1): the policies of a
 *   reservoir, the default first
 */
VINFO_API
const char *const *vinfo_policy_get_names (void);

/**
 * vinfo_policy_describe:
 *
 * Returns: (transfer none): the same as "a, b, c", for people
 */
VINFO_API
const char *vinfo_policy_describe (void);

/**
 * vinfo_policy_get_traits:
 * @policy: one of vinfo_policy_get_names()
 *
 * Returns: what it goes by; 0 for an unknown one
 */
VINFO_API
VInfoPolicyTraits vinfo_policy_get_traits (const char *policy);

G_END_DECLS
